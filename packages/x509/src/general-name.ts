/** GeneralName: the forms that an alternative name and a name constraint are written in (RFC 5280 §4.2.1.6). */
import { constructed, DerError, type DerReader, primitive } from './der.ts'
import { DistinguishedName, latin1 } from './distinguished-name.ts'

/** A name; the forms that TLS has no use for stay raw. `iPAddress` is 4 or 16 bytes, in a constraint 8 or 32 (address, mask). */
export type GeneralName =
  | { readonly kind: 'dNSName' | 'rfc822Name' | 'uniformResourceIdentifier'; readonly text: string }
  | { readonly kind: 'iPAddress'; readonly address: Uint8Array }
  | { readonly kind: 'directoryName'; readonly name: DistinguishedName }
  | {
      readonly kind: 'otherName' | 'x400Address' | 'ediPartyName' | 'registeredID'
      readonly raw: Uint8Array
    }

const raws: ReadonlyMap<number, 'otherName' | 'x400Address' | 'ediPartyName' | 'registeredID'> =
  new Map([
    [constructed(0), 'otherName'],
    [constructed(3), 'x400Address'],
    [constructed(5), 'ediPartyName'],
    [primitive(8), 'registeredID'],
  ])
const texts: ReadonlyMap<number, 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'> = new Map([
  [primitive(1), 'rfc822Name'],
  [primitive(2), 'dNSName'],
  [primitive(6), 'uniformResourceIdentifier'],
])

/** Reads one. `addresses` are the lengths that an iPAddress may have here. */
export function readGeneralName(
  from: DerReader,
  what: string,
  addresses: readonly number[] = [4, 16],
): GeneralName {
  const at = from.at
  const tag = from.peek()
  const text = texts.get(tag)
  if (text !== undefined) {
    const bytes = from.content(tag, what)
    if (bytes.some(byte => byte > 0x7f))
      throw new DerError(`${what}.${text} as IA5String`, 'a byte above 7F', at)
    return { kind: text, text: latin1(bytes) }
  }
  if (tag === primitive(7)) {
    const address = from.content(tag, what)
    if (!addresses.includes(address.length))
      throw new DerError(
        `${what}.iPAddress of ${addresses.join(' or ')} bytes`,
        `${address.length} bytes`,
        at,
      )
    return { kind: 'iPAddress', address }
  }
  if (tag === constructed(4)) {
    const inside = from.inside(tag, what)
    const name = DistinguishedName.read(inside, `${what}.directoryName`)
    inside.finish(`${what}.directoryName`)
    return { kind: 'directoryName', name }
  }
  const raw = raws.get(tag)
  if (raw === undefined)
    throw new DerError(`a GeneralName in ${what}`, `tag ${tag.toString(16)}`, at)
  return { kind: raw, raw: from.whole(from.any(what)) }
}
