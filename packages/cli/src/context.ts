/** Contexts made of flags: files read, lists split, providers chosen. */
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import type { ContextOptions } from '@biopair/ssl'
import { type ClientFlags, type ServerFlags, wholeNumber } from './arguments.ts'
import { messageOf } from './failure.ts'
import { UsageError } from './usage-error.ts'

/** Options of a client's context. A server is verified unless -noverify says otherwise. */
export function clientOptions(flags: ClientFlags): ContextOptions {
  return {
    ...commonOptions(flags),
    ca: flags.CAfile === undefined ? [...rootCertificates] : [read('CAfile', flags.CAfile)],
    rejectUnauthorized: !flags.noverify,
    ...depth('verify', flags.verify),
  }
}

/** Options of a server's context. */
export function serverOptions(flags: ServerFlags): ContextOptions {
  if (flags.cert === undefined)
    throw new UsageError('s_server needs -cert, and -key where the key is in another file')
  const asks = flags.verify ?? flags.Verify
  if (asks !== undefined && flags.CAfile === undefined && !flags.noverify)
    throw new UsageError('-verify and -Verify need -CAfile: whom to believe')
  return {
    ...commonOptions(flags),
    ...(flags.CAfile === undefined ? {} : { ca: [read('CAfile', flags.CAfile)] }),
    ...(asks === undefined ? {} : { requestCert: true }),
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
    crypto: provider(flags.provider),
  }
}

function identity({ cert, key }: ClientFlags): ContextOptions {
  if (cert === undefined) {
    if (key === undefined) return {}
    throw new UsageError('-key without -cert')
  }
  return { cert: read('cert', cert), key: read(key === undefined ? 'cert' : 'key', key ?? cert) }
}

function depth(flag: string, text: string | undefined): ContextOptions {
  if (text === undefined) return {}
  return { verifyLimits: { depth: wholeNumber(flag, text, 0, 100) } }
}

function provider(name: string | undefined): typeof noble {
  if (name === undefined || name === 'node') return nodeCrypto
  if (name === 'noble') return noble
  throw new UsageError(`-provider: expected noble or node, got ${name}`)
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
