/** Judging the ClientHello that answers our HelloRetryRequest (RFC 9846 §4.2.2). */
import { equal, type Group } from '@biopair/crypto'
import { TlsAlert } from '@biopair/wire'
import { extensionTypes, readExtension, readExtensions } from '../extensions/index.ts'
import type { ClientHello, RawExtension, ServerHello } from '../messages/index.ts'
import { hex } from '../names.ts'
import type { Offer } from './offer.ts'

/** RFC 9846 §4.2.2: the second ClientHello is the first, but for what a HelloRetryRequest changes. Its legacy_version is judged as the first's was. */
export function checkSecondHello(
  first: ClientHello,
  second: ClientHello,
  retry: ServerHello,
): void {
  const changed = (what: string) =>
    new TlsAlert('illegal_parameter', {
      reason: 'BAD_EXTENSION',
      section: '4.2.2',
      why: `${what} differs between the two ClientHellos`,
    })
  if (!equal(second.random, first.random)) throw changed('random')
  if (!equal(second.legacy_session_id, first.legacy_session_id)) throw changed('legacy_session_id')
  if (second.cipher_suites.join() !== first.cipher_suites.join()) throw changed('cipher_suites')
  if (!equal(second.legacy_compression_methods, first.legacy_compression_methods))
    throw changed('legacy_compression_methods')
  const asked = readExtensions('HelloRetryRequest', retry.extensions, everyOffer)
  const newShare = asked.key_share !== undefined
  const before = fixed(first.extensions, newShare)
  const after = fixed(second.extensions, newShare)
  if (
    before.length !== after.length ||
    before.some((extension, i) => !same(extension, after[i] as RawExtension))
  )
    throw changed('an extension that may not change')

  const given = readExtensions('ClientHello', second.extensions ?? [])
  if (given.early_data)
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_EXTENSION',
      section: '4.2.2',
      why: 'expected no early_data after a HelloRetryRequest',
    })
  const identities = (hello: ClientHello) =>
    readExtension('ClientHello', 'pre_shared_key', hello.extensions ?? [])?.identities ?? []
  let from = 0
  for (const { identity } of identities(second)) {
    from = 1 + identities(first).findIndex((one, i) => i >= from && equal(one.identity, identity))
    if (from === 0) throw changed('a pre-shared key that was not offered before')
  }
  const cookie = given.cookie?.cookie
  if (asked.cookie ? !cookie || !equal(cookie, asked.cookie.cookie) : cookie)
    throw new TlsAlert('illegal_parameter', {
      reason: 'COOKIE_MISMATCH',
      section: '4.3.2',
      why: 'the cookie is not that of the HelloRetryRequest',
    })
  const shares = given.key_share?.client_shares ?? []
  if (
    asked.key_share &&
    (shares.length !== 1 || shares[0]?.group !== asked.key_share.selected_group)
  )
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_KEY_SHARE',
      section: '4.3.8',
      why: `expected one share for group ${hex(asked.key_share.selected_group)}, got ${shares.map(share => hex(share.group)).join(', ') || 'none'}`,
    })
}

/** The extensions of a ClientHello that a HelloRetryRequest leaves as they were; shares change where it names a group. */
function fixed(
  extensions: readonly RawExtension[] = [],
  newShare: boolean,
): readonly RawExtension[] {
  const free: readonly number[] = [
    ...(newShare ? [extensionTypes.key_share] : []),
    extensionTypes.early_data,
    extensionTypes.cookie,
    extensionTypes.pre_shared_key,
    extensionTypes.padding,
  ]
  return extensions.filter(extension => !free.includes(extension.extension_type))
}

function same(a: RawExtension, b: RawExtension): boolean {
  return a.extension_type === b.extension_type && equal(a.extension_data, b.extension_data)
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
