/** The calls of X509_VERIFY_PARAM_set_flags(3): what a peer's certificate has to be and to prove. */
import { isReferenceName, parseIp } from '@biopair/x509'
import { ErrorList } from './errors.ts'
import { ERR_LIB_X509 } from './reasons.ts'

export const X509_V_FLAG_USE_CHECK_TIME = 0x2
export const X509_V_FLAG_CRL_CHECK = 0x4
export const X509_V_FLAG_CRL_CHECK_ALL = 0x8
export const X509_V_FLAG_TRUSTED_FIRST = 0x8000
export const X509_V_FLAG_PARTIAL_CHAIN = 0x8_0000
export const X509_V_FLAG_NO_CHECK_TIME = 0x20_0000

export const X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT = 0x1
export const X509_CHECK_FLAG_NO_WILDCARDS = 0x2
export const X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS = 0x4
export const X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS = 0x8
export const X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS = 0x10
export const X509_CHECK_FLAG_NEVER_CHECK_SUBJECT = 0x20

export const X509_PURPOSE_SSL_CLIENT = 1
export const X509_PURPOSE_SSL_SERVER = 2

/**
 * Flags that would make verification stricter in a way that there is none of here (extended CRLs, Suite B, the signature of an anchor): they are refused, since
 * who sets them relies on them. Flags that would make it laxer are kept and do nothing.
 */
const refusedFlags = 0x2000 | 0x4000 | 0x3_0000

/** What is demanded. Made by X509_VERIFY_PARAM_new, or an SSL's or SSL_CTX's own; its members are for the calls of this folder. */
export class X509_VERIFY_PARAM {
  readonly errors = new ErrorList()
  /** Any one of them: host names, and addresses that SSL_set1_host was given. */
  hosts: readonly string[] = []
  ip: string | undefined
  email: string | undefined
  /** Said explicitly: whatever name the certificate has. */
  anyName = false
  hostFlags = 0
  depth = -1
  purpose = 0
  /** Seconds since 1970. */
  time: number | undefined
  flags = 0
  /** Acceptable certificate policies, OIDs; undefined for any. */
  policies: readonly string[] | undefined
  /** Of the connection that this belongs to: what was matched. */
  peerName: () => string | undefined = () => undefined

  /** Takes over what another one demands. */
  take(from: X509_VERIFY_PARAM): void {
    this.hosts = from.hosts
    this.ip = from.ip
    this.email = from.email
    this.anyName = from.anyName
    this.hostFlags = from.hostFlags
    this.depth = from.depth
    this.purpose = from.purpose
    this.time = from.time
    this.flags = from.flags
    this.policies = from.policies
  }

  /** The kinds of names that are demanded: of each one has to be proved. */
  get kinds(): readonly (readonly string[])[] {
    const { hosts, ip, email } = this
    return [
      hosts,
      ip === undefined ? [] : [ip],
      email === undefined ? [] : [`email:${email}`],
    ].filter(({ length }) => length > 0)
  }

  refuse(why: string): 0 {
    this.errors.push(ERR_LIB_X509, 'PASSED_INVALID_ARGUMENT', why)
    return 0
  }
}

/** Nothing is demanded. */
export function X509_VERIFY_PARAM_new(): X509_VERIFY_PARAM {
  return new X509_VERIFY_PARAM()
}

/** Nothing to do: there is nothing to give back. */
export function X509_VERIFY_PARAM_free(_param: X509_VERIFY_PARAM | null): void {}

/** `to` demands what `from` does, and nothing else. 1. */
export function X509_VERIFY_PARAM_set1(to: X509_VERIFY_PARAM, from: X509_VERIFY_PARAM): 1 {
  to.take(from)
  return 1
}

/** The one host name to prove; null says explicitly that any will do. 1, or 0 for what is no host name (an address: see set1_ip_asc). */
export function X509_VERIFY_PARAM_set1_host(param: X509_VERIFY_PARAM, name: string | null): 0 | 1 {
  return setHosts(param, name, [])
}

/** One more host name: any one of them has to be proved. 1, or 0 for what is no host name. */
export function X509_VERIFY_PARAM_add1_host(param: X509_VERIFY_PARAM, name: string | null): 0 | 1 {
  return name === null || name === '' ? 1 : setHosts(param, name, param.hosts)
}

function setHosts(param: X509_VERIFY_PARAM, name: string | null, others: readonly string[]): 0 | 1 {
  param.errors.clear()
  if (name === null) {
    param.hosts = []
    param.anyName = true
    return 1
  }
  if (parseIp(name) || name.startsWith('email:') || !isReferenceName(name))
    return param.refuse(`expected a host name in A-labels, got ${JSON.stringify(name)}`)
  param.hosts = [...others, name]
  param.anyName = false
  return 1
}

/** As SSL_set1_host: a host name, or an address. */
export function setHostOrAddress(
  param: X509_VERIFY_PARAM,
  name: string,
  others: readonly string[],
): 0 | 1 {
  if (!parseIp(name)) return setHosts(param, name, others)
  param.errors.clear()
  param.hosts = [...others, name]
  param.anyName = false
  return 1
}

/** The host name at a place of the list, or null. */
export function X509_VERIFY_PARAM_get0_host(param: X509_VERIFY_PARAM, idx: number): string | null {
  return param.hosts[idx] ?? null
}

/** X509_CHECK_FLAG_ bits. NO_WILDCARDS counts; the others say what holds anyway, or would allow what is never allowed. */
export function X509_VERIFY_PARAM_set_hostflags(param: X509_VERIFY_PARAM, flags: number): void {
  param.hostFlags = flags >>> 0
}

export function X509_VERIFY_PARAM_get_hostflags(param: X509_VERIFY_PARAM): number {
  return param.hostFlags
}

/** What the certificate of this SSL's peer has of the names that were demanded: perhaps a wildcard. null before, and for none. */
export function X509_VERIFY_PARAM_get0_peername(param: X509_VERIFY_PARAM): string | null {
  return param.peerName() ?? null
}

/** A mailbox to prove; null for none. 1, or 0 for what is no mailbox. */
export function X509_VERIFY_PARAM_set1_email(
  param: X509_VERIFY_PARAM,
  email: string | null,
): 0 | 1 {
  param.errors.clear()
  if (email !== null && !isReferenceName(`email:${email}`))
    return param.refuse(`expected a mailbox in ASCII, got ${JSON.stringify(email)}`)
  param.email = email ?? undefined
  return 1
}

export function X509_VERIFY_PARAM_get0_email(param: X509_VERIFY_PARAM): string | null {
  return param.email ?? null
}

/** An address of 4 or 16 bytes to prove; null for none. 1, or 0 for another length. */
export function X509_VERIFY_PARAM_set1_ip(param: X509_VERIFY_PARAM, ip: Uint8Array | null): 0 | 1 {
  if (ip === null) return X509_VERIFY_PARAM_set1_ip_asc(param, null)
  if (ip.length === 4) return X509_VERIFY_PARAM_set1_ip_asc(param, [...ip].join('.'))
  const view = new DataView(ip.buffer, ip.byteOffset, ip.byteLength)
  const groups = Array.from({ length: ip.length >> 1 }, (_, i) =>
    view.getUint16(2 * i).toString(16),
  )
  return X509_VERIFY_PARAM_set1_ip_asc(param, ip.length === 16 ? groups.join(':') : '')
}

/** As set1_ip, in text: dotted decimal, or with colons. */
export function X509_VERIFY_PARAM_set1_ip_asc(
  param: X509_VERIFY_PARAM,
  ipasc: string | null,
): 0 | 1 {
  param.errors.clear()
  if (ipasc !== null && !parseIp(ipasc))
    return param.refuse(`expected an IP address, got ${JSON.stringify(ipasc)}`)
  param.ip = ipasc ?? undefined
  return 1
}

/** The address to prove, as it was given; null for none. */
export function X509_VERIFY_PARAM_get1_ip_asc(param: X509_VERIFY_PARAM): string | null {
  return param.ip ?? null
}

/** How many certificates may stand between the peer's and the anchor; below 0: 10. */
export function X509_VERIFY_PARAM_set_depth(param: X509_VERIFY_PARAM, depth: number): void {
  param.depth = depth
}

/** -1 where it was not set. */
export function X509_VERIFY_PARAM_get_depth(param: X509_VERIFY_PARAM): number {
  return param.depth
}

/** X509_PURPOSE_SSL_SERVER for a client, X509_PURPOSE_SSL_CLIENT for a server, which is what holds without this. 1, or 0 for others. */
export function X509_VERIFY_PARAM_set_purpose(param: X509_VERIFY_PARAM, purpose: number): 0 | 1 {
  param.errors.clear()
  if (purpose !== X509_PURPOSE_SSL_CLIENT && purpose !== X509_PURPOSE_SSL_SERVER)
    return param.refuse(`expected 1 or 2, got purpose ${purpose}`)
  param.purpose = purpose
  return 1
}

/** Seconds since 1970: when the chain has to be valid. */
export function X509_VERIFY_PARAM_set_time(param: X509_VERIFY_PARAM, t: number): void {
  param.time = t
  param.flags |= X509_V_FLAG_USE_CHECK_TIME
}

/** 0 where it was not set. */
export function X509_VERIFY_PARAM_get_time(param: X509_VERIFY_PARAM): number {
  return param.time ?? 0
}

/**
 * Adds X509_V_FLAG_ bits. 1, or 0 for bits that ask for checks that there are none of (SUITEB, ...). PARTIAL_CHAIN, USE_CHECK_TIME, CRL_CHECK and, beside it,
 * CRL_CHECK_ALL, X509_STRICT and those on policies count; others are kept, and do nothing.
 */
export function X509_VERIFY_PARAM_set_flags(param: X509_VERIFY_PARAM, flags: number): 0 | 1 {
  param.errors.clear()
  if (flags & refusedFlags)
    return param.refuse(`flags 0x${(flags & refusedFlags).toString(16)}: there is no such check`)
  param.flags = (param.flags | flags) >>> 0
  return 1
}

export function X509_VERIFY_PARAM_clear_flags(param: X509_VERIFY_PARAM, flags: number): 1 {
  param.flags = (param.flags & ~flags) >>> 0
  return 1
}

export function X509_VERIFY_PARAM_get_flags(param: X509_VERIFY_PARAM): number {
  return param.flags
}
