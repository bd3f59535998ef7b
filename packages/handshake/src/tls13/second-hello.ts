/** Judging the ClientHello that answers our HelloRetryRequest (RFC 9846 §4.2.2). */
import { equal, type Group } from '@biopair/crypto'
import { type Bytes, encode, TlsAlert, uint16, vector } from '@biopair/wire'
import type { ServerConfig } from '../config.ts'
import { extensionTypes, readExtension, readExtensions } from '../extensions/index.ts'
import {
  type ClientHello,
  extensionBlock,
  type RawExtension,
  type ServerHello,
} from '../messages/index.ts'
import { hex } from '../names.ts'
import type { Offer } from './offer.ts'

/** RFC 9846 §4.2.2: the second ClientHello is the first, but for what a HelloRetryRequest changes. Its legacy_version is judged as the first's was. Answers what it answers. */
export function checkSecondHello(
  first: ClientHello,
  second: ClientHello,
  retry: ServerHello,
): ServerHello {
  const asked = readExtensions('HelloRetryRequest', retry.extensions, everyOffer)
  const named = asked.key_share?.selected_group
  const before = unchanged(first, named !== undefined)
  for (const [i, { what, bytes }] of unchanged(second, named !== undefined).entries())
    if (!equal(bytes, before[i]?.bytes as Bytes)) throw changed(what)
  checkAnswer(second, named)
  const identities = (hello: ClientHello) =>
    readExtension('ClientHello', 'pre_shared_key', hello.extensions ?? [])?.identities ?? []
  let from = 0
  for (const { identity } of identities(second)) {
    from = 1 + identities(first).findIndex((one, i) => i >= from && equal(one.identity, identity))
    if (from === 0) throw changed('a pre-shared key that was not offered before')
  }
  const cookie = cookieOf(second)
  if (asked.cookie ? !cookie || !equal(cookie, asked.cookie.cookie) : cookie) throw wrongCookie()
  return retry
}

/** A part of a ClientHello, and what it is called. */
interface Part {
  readonly what: string
  readonly bytes: Bytes
}

/** What a HelloRetryRequest leaves as it was, part by part; `newShare`: it names a group, so that shares change. */
export function unchanged(hello: ClientHello, newShare: boolean): readonly Part[] {
  const free: readonly number[] = [
    ...(newShare ? [extensionTypes.key_share] : []),
    extensionTypes.early_data,
    extensionTypes.cookie,
    extensionTypes.pre_shared_key,
    extensionTypes.padding,
  ]
  const isFixed = ({ extension_type }: RawExtension) => !free.includes(extension_type)
  return [
    { what: 'random', bytes: hello.random },
    { what: 'legacy_session_id', bytes: hello.legacy_session_id },
    { what: 'cipher_suites', bytes: encode(suites, hello.cipher_suites) },
    { what: 'legacy_compression_methods', bytes: hello.legacy_compression_methods },
    {
      what: 'an extension that may not change',
      bytes: encode(extensionBlock(0), (hello.extensions ?? []).filter(isFixed)),
    },
  ]
}

const suites = vector(uint16, 0, 2 ** 16 - 2)

/** RFC 9846 §4.2.2: early data has gone; where a group was `named`, its share has come, and it alone. */
export function checkAnswer(second: ClientHello, named: number | undefined): void {
  const given = readExtensions('ClientHello', second.extensions ?? [])
  if (given.early_data)
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_EXTENSION',
      section: '4.2.2',
      why: 'expected no early_data after a HelloRetryRequest',
    })
  const shares = given.key_share?.client_shares ?? []
  if (named !== undefined && (shares.length !== 1 || shares[0]?.group !== named))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_KEY_SHARE',
      section: '4.3.8',
      why: `expected one share for group ${hex(named)}, got ${shares.map(share => hex(share.group)).join(', ') || 'none'}`,
    })
}

/** The cookie that a ClientHello brings; undefined for none. */
export function cookieOf(hello: ClientHello): Bytes | undefined {
  return readExtension('ClientHello', 'cookie', hello.extensions ?? [])?.cookie
}

export function changed(what: string): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'BAD_EXTENSION',
    section: '4.2.2',
    why: `${what} differs between the two ClientHellos`,
  })
}

export function wrongCookie(): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'COOKIE_MISMATCH',
    section: '4.3.2',
    why: 'the cookie is not that of the HelloRetryRequest',
  })
}

/** The group that a HelloRetryRequest has to name: one without a share. */
export function namedGroup(offer: Offer, group: Group | undefined): Group | undefined {
  return group && !offer.shares.has(group.id) ? group : undefined
}

/** Whether a first ClientHello is answered with a HelloRetryRequest, if this is the group. */
export function asksAgain(offer: Offer, group: Group | undefined, config: ServerConfig): boolean {
  return config.cookie === 'always' || namedGroup(offer, group) !== undefined
}

/** The group of the first choice, which a conformant second ClientHello has a share for. */
export function retriedGroup(offer: Offer, group: Group): Group {
  if (offer.shares.has(group.id)) return group
  throw new TlsAlert('illegal_parameter', {
    reason: 'BAD_KEY_SHARE',
    section: '4.2.2',
    why: `expected a share for ${group.name} in the second ClientHello`,
  })
}

/** What a HelloRetryRequest of ours may name: read back without asking what was offered. */
const everyOffer: ReadonlySet<number> = new Set(Object.values(extensionTypes))
