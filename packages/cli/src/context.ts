/** Contexts made of flags: files read, lists split, providers chosen. */
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Session, sessionFromBytes } from '@biopair/ssl'
import { type ClientFlags, type ServerFlags, wholeNumber } from './arguments.ts'
import { messageOf } from './failure.ts'
import { UsageError } from './usage-error.ts'

/** Options of a client's context. A server is verified unless -noverify says otherwise. */
export function clientOptions(flags: ClientFlags): ContextOptions {
  return {
    ...commonOptions(flags),
    ca: flags.CAfile === undefined ? [...rootCertificates] : [read('CAfile', flags.CAfile)],
    rejectUnauthorized: !flags.noverify,
    ...(flags.no_ticket ? { tickets: false } : {}),
    ...depth('verify', flags.verify),
  }
}

/** Options of a server's context. */
export function serverOptions(flags: ServerFlags): ContextOptions {
  if (flags.cert === undefined && !(flags.nocert && flags.psk !== undefined))
    throw new UsageError(
      's_server needs -cert, and -key where the key is in another file; or -nocert and -psk',
    )
  const asks = flags.verify ?? flags.Verify
  if (asks !== undefined && flags.CAfile === undefined && !flags.noverify)
    throw new UsageError('-verify and -Verify need -CAfile: whom to believe')
  return {
    ...commonOptions(flags),
    ...(flags.CAfile === undefined ? {} : { ca: [read('CAfile', flags.CAfile)] }),
    ...(asks === undefined ? {} : { requestCert: true }),
    ...(flags.no_ticket ? { ticketPolicy: 'never' } : {}),
    ...number('num_tickets', flags.num_tickets, 0, 32, numTickets => ({ numTickets })),
    ...clientVerification(flags),
    ...depth('verify', flags.verify),
    ...depth('Verify', flags.Verify),
  }
}

/**
 * -Verify insists on a certificate that is believed. -verify lets a client go without one, but one that is shown has to be
 * believed. With -noverify beside them, either takes any.
 */
function clientVerification(flags: ServerFlags): ContextOptions {
  if (flags.Verify !== undefined) return flags.noverify ? { verifyCallback: () => true } : {}
  if (flags.noverify) return { rejectUnauthorized: false }
  return { rejectUnauthorized: false, verifyCallback: ({ ok }) => ok }
}

function commonOptions(flags: ClientFlags & ServerFlags): ContextOptions {
  return {
    ...identity(flags),
    ...(flags.alpn === undefined ? {} : { ALPNProtocols: flags.alpn.split(',') }),
    ...(flags.groups === undefined ? {} : { groups: flags.groups }),
    ...(flags.ciphersuites === undefined ? {} : { ciphers: flags.ciphersuites }),
    ...(flags.sigalgs === undefined ? {} : { sigalgs: schemes(flags.sigalgs) }),
    ...sharedKey(flags),
    ...(flags.allow_no_dhe_kex ? { pskModes: ['psk_dhe_ke', 'psk_ke'] } : {}),
    ...(flags.no_middlebox ? { middleboxCompat: false } : {}),
    ...number('record_padding', flags.record_padding, 0, 16_384, padding =>
      padding > 1 ? { padding } : {},
    ),
    ...number('max_send_frag', flags.max_send_frag, 512, 16_384, maxFragment => ({
      limits: { maxFragment },
    })),
    crypto: provider(flags.provider),
  }
}

function identity({ cert, key, cert_chain }: ClientFlags): ContextOptions {
  if (cert === undefined) {
    if (key !== undefined) throw new UsageError('-key without -cert')
    if (cert_chain !== undefined) throw new UsageError('-cert_chain without -cert')
    return {}
  }
  const own = read('cert', cert)
  const chain = cert_chain === undefined ? [own] : [own, read('cert_chain', cert_chain)]
  return {
    cert: chain.map(pem => new TextDecoder().decode(pem)).join('\n'),
    key: read(key === undefined ? 'cert' : 'key', key ?? cert),
  }
}

/** OpenSSL's -psk: for suites with SHA-256. */
function sharedKey({ psk, psk_identity }: ClientFlags): ContextOptions {
  if (psk === undefined) {
    if (psk_identity !== undefined) throw new UsageError('-psk_identity without -psk')
    return {}
  }
  // The value is a secret, and not shown.
  if (!/^(?:[0-9a-f]{2})+$/i.test(psk))
    throw new UsageError('-psk: expected bytes in hexadecimal, two digits each')
  const key = Uint8Array.from(Buffer.from(psk, 'hex'))
  return { psks: [{ identity: psk_identity ?? 'Client_identity', key }] }
}

function depth(flag: string, text: string | undefined): ContextOptions {
  return number(flag, text, 0, 100, depth => ({ verifyLimits: { depth } }))
}

function number(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
  option: (value: number) => ContextOptions,
): ContextOptions {
  return text === undefined ? {} : option(wholeNumber(flag, text, least, most))
}

function provider(name: string | undefined): typeof noble {
  if (name === undefined || name === 'node') return nodeCrypto
  if (name === 'noble') return noble
  throw new UsageError(`-provider: expected noble or node, got ${name}`)
}

/** The session of -sess_in. */
export function sessionIn(path: string): Session {
  try {
    return sessionFromBytes(read('sess_in', path))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`-sess_in: expected what -sess_out writes in ${path}`)
  }
}

function read(flag: string, path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError(`-${flag}: ${messageOf(error)}`)
  }
}

/** OpenSSL's `key+hash` names beside the RFC's. */
function schemes(list: string): string[] {
  return list.split(':').map(name => {
    const [, key, bits] = /^(ECDSA|RSA-PSS|PSS|RSA)\+SHA(256|384|512)$/i.exec(name) ?? []
    if (key === undefined || bits === undefined)
      return /^(ed25519|mldsa\d\d)$/i.test(name) ? name.toLowerCase() : name
    if (/^ecdsa$/i.test(key)) return `ecdsa_secp${bits === '512' ? '521' : bits}r1_sha${bits}`
    return /pss/i.test(key) ? `rsa_pss_rsae_sha${bits}` : `rsa_pkcs1_sha${bits}`
  })
}
