/** Contexts made of flags: files read, lists split, providers chosen. */
import { randomBytes } from 'node:crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Session, sessionFromBytes } from '@biopair/ssl'
import { type ClientFlags, type EitherFlags, type ServerFlags, wholeNumber } from './arguments.ts'
import { believed, usualAnchors } from './believed.ts'
import { certificateCompressions } from './certificate-compression.ts'
import { takesEarlyData } from './early.ts'
import { read } from './files.ts'
import { authorities, identity, rawKeys, schemes } from './identities.ts'
import { revocation } from './revocation.ts'
import { asksForStatus } from './status.ts'
import { UsageError } from './usage-error.ts'
import { versions } from './versions.ts'

/** Options of a client's context. A server is verified unless -noverify says otherwise. */
export function clientOptions(flags: ClientFlags): ContextOptions {
  return {
    ...commonOptions(flags),
    ca: believed(flags) ?? (flags['no-CAfile'] ? [] : usualAnchors()),
    rejectUnauthorized: !flags.noverify,
    ...(flags.no_ticket ? { tickets: false } : {}),
    ...(flags.enable_pha ? { postHandshakeAuth: true } : {}),
    ...asksForStatus(flags),
    ...depth('verify', flags.verify),
  }
}

/** Options of a server's context. */
export function serverOptions(flags: ServerFlags): ContextOptions {
  const alone = flags.key !== undefined && flags.enable_server_rpk
  if (flags.cert === undefined && !alone && !(flags.nocert && flags.psk !== undefined))
    throw new UsageError(
      's_server needs -cert, and -key where the key is in another file; or -nocert and -psk',
    )
  const asks = flags.verify ?? flags.Verify
  const ca = believed(flags)
  const believes = ca !== undefined || flags.expected_rpk !== undefined
  if (asks !== undefined && !believes && !flags.noverify)
    throw new UsageError('-verify and -Verify need -CAfile or -CApath: whom to believe')
  return {
    ...commonOptions(flags),
    ...(ca ? { ca } : {}),
    // Where nobody is asked in the handshake, the key c may ask later.
    requestCert: asks === undefined ? 'later' : true,
    ...(flags.client_sigalgs === undefined ? {} : { sigalgs: schemes(flags.client_sigalgs) }),
    ...takesEarlyData(flags),
    ...(flags.stateless ? { cookie: 'always', cookieKeys: randomBytes(32) } : {}),
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

function commonOptions(flags: EitherFlags): ContextOptions {
  return {
    ...identity(flags),
    ...rawKeys(flags),
    ...authorities(flags),
    ...revocation(flags),
    ...(flags.cert_comp ? { certificateCompression: certificateCompressions } : {}),
    ...(flags.alpn === undefined ? {} : { ALPNProtocols: flags.alpn.split(',') }),
    ...(flags.groups === undefined ? {} : { groups: flags.groups }),
    ...versions(flags),
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
