/** `checkServerIdentity`, as node:tls has it: whether a certificate names the server that was asked for (RFC 9525). */
import type { CryptoProvider } from '@biopair/crypto'
import {
  type Certificate,
  type GeneralName,
  type LegacyCertificate,
  legacyCertificate,
  matchName,
  parseIp,
} from '@biopair/x509'
import { type Again, following } from './answers.ts'
import { misuse } from './misuse.ts'

/** As much of a certificate as names need: the rest of `LegacyCertificate` may be missing. */
export type NamedCertificate = Pick<LegacyCertificate, 'subjectaltname'>

/**
 * Is asked once a server's chain is believed, in place of our own look at the names: undefined for a certificate that will do, an Error for one
 * that will not. It may answer later.
 */
export type CheckServerIdentity = (
  hostname: string,
  cert: LegacyCertificate,
) => Error | undefined | Promise<Error | undefined>

/** The error of a certificate that names somebody else, with node:tls's properties. */
export class ServerIdentityError extends Error {
  readonly code = 'ERR_TLS_CERT_ALTNAME_INVALID'
  readonly reason: string
  readonly host: string
  readonly cert: NamedCertificate

  constructor(reason: string, host: string, cert: NamedCertificate) {
    super(`Hostname/IP does not match certificate's altnames: ${reason}`)
    this.reason = reason
    this.host = host
    this.cert = cert
  }
}

/**
 * Whether `cert` names `hostname`, by the rules that hold without this function: undefined, or why not. Where node:tls's function would look at the common
 * name, or let a wildcard stand for a part of a label, this one does not.
 */
export function checkServerIdentity(
  hostname: string,
  cert: NamedCertificate,
): ServerIdentityError | undefined {
  const { subjectaltname = '' } = cert
  const names = altNames(subjectaltname)
  const bare = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
  if (matchName({ subjectAltName: names }, hostname).ok) return undefined
  const addresses = names.flatMap(name =>
    name.kind === 'iPAddress' ? [shownIp(name.address)] : [],
  )
  const reason = parseIp(bare)
    ? `IP: ${bare} is not in the cert's list: ${addresses.join(', ')}`
    : names.some(({ kind }) => kind === 'dNSName')
      ? `Host: ${bare}. is not in the cert's altnames: ${subjectaltname}`
      : 'Cert does not contain a DNS name'
  return new ServerIdentityError(reason, bare, cert)
}

/** What a callback of the application's says of a certificate that was parsed. */
export function askIdentity<T>(
  check: CheckServerIdentity,
  hostname: string,
  leaf: Certificate,
  hashes: CryptoProvider['hashes'],
  next: (error: Error | undefined) => T | Again | Promise<T | Again>,
): T | Again | Promise<T | Again> {
  return following(check(hostname, legacyCertificate(leaf, hashes)), error => {
    if (error === undefined || error instanceof Error) return next(error)
    const got = error === null ? 'null' : typeof error
    throw misuse(
      'ERR_INVALID_ARG_TYPE',
      `checkServerIdentity: expected undefined or an Error, got ${got}`,
    )
  })
}

/** The names of one text, of which those in quotes are JSON strings: a comma inside one ends nothing. */
function altNames(text: string): GeneralName[] {
  const names: GeneralName[] = []
  for (const [, kind = '', value = ''] of text.matchAll(
    /(?:^|, )([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/g,
  )) {
    const plain = value.startsWith('"') ? unquoted(value) : value
    if (plain === undefined) continue
    const address = kind === 'IP Address' ? parseIp(plain) : undefined
    if (kind === 'DNS') names.push({ kind: 'dNSName', text: plain })
    else if (address) names.push({ kind: 'iPAddress', address })
  }
  return names
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}

/** RFC 5952, as node:tls writes it in its reason. */
function shownIp(address: Uint8Array): string {
  if (address.length === 4) return address.join('.')
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16),
  )
  // The first of the longest runs of zeros that are two at least.
  let [start, length] = [0, 1]
  for (const i of groups.keys()) {
    const end = groups.findIndex((group, at) => at >= i && group !== '0')
    const run = (end < 0 ? 8 : end) - i
    if (run > length) [start, length] = [i, run]
  }
  if (length < 2) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}
