/** Names as certificates have them: Name (RFC 5280 §4.1.2.4) and GeneralName (§4.2.1.6). */
import type { Bytes } from '@biopair/crypto'
import { parseIp } from '@biopair/x509'
import {
  ascii,
  context,
  implicit,
  join,
  oid,
  sequence,
  set,
  tlv,
  utf8String,
} from './der-writer.ts'

/** Attribute types by their short names. */
export const attributeTypes = {
  C: '2.5.4.6',
  ST: '2.5.4.8',
  L: '2.5.4.7',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
} as const
export type AttributeType = keyof typeof attributeTypes

/** A common name, the attributes of a name in order, or the DER of a whole Name. */
export type NameInput = string | readonly (readonly [AttributeType, string])[] | Uint8Array

/** The DER of a Name. '' and [] are the empty one. */
export function nameOf(input: NameInput): Bytes {
  if (input instanceof Uint8Array) return new Uint8Array(input)
  return typeof input === 'string' ? commonName(input) : distinguishedName(input)
}

/** A Name with one common name; an empty one for ''. */
export function commonName(text: string): Bytes {
  return text === '' ? sequence() : distinguishedName([['CN', text]])
}

/** A Name, one attribute in each RDN: C as PrintableString, DC and emailAddress as IA5String, the rest as UTF8String. */
export function distinguishedName(
  attributes: readonly (readonly [AttributeType, string])[],
): Bytes {
  return sequence(
    ...attributes.map(([type, text]) =>
      set(sequence(oid(attributeTypes[type]), value(type, text))),
    ),
  )
}

function value(type: AttributeType, text: string): Bytes {
  if (type === 'C') return tlv(0x13, ascii(text))
  return type === 'DC' || type === 'emailAddress' ? tlv(0x16, ascii(text)) : utf8String(text)
}

/**
 * The DER of a GeneralName: dNSName, iPAddress where the text is one, rfc822Name behind `email:`, uniformResourceIdentifier behind
 * `uri:`, registeredID behind `rid:`; directoryName of a list of attributes. Bytes are taken as they are.
 */
export function generalName(name: GeneralNameInput): Bytes {
  if (name instanceof Uint8Array) return new Uint8Array(name)
  if (typeof name !== 'string') return context(4, distinguishedName(name))
  const [, kind, text = ''] = /^(email|uri|rid):(.*)$/s.exec(name) ?? []
  if (kind === 'email') return implicit(1, ascii(text))
  if (kind === 'uri') return implicit(6, ascii(text))
  if (kind === 'rid') return implicit(8, oid(text).subarray(2))
  const address = parseIp(name)
  return address === undefined ? implicit(2, ascii(name)) : implicit(7, address)
}

/** See `generalName`. */
export type GeneralNameInput = string | readonly (readonly [AttributeType, string])[] | Uint8Array

/** The base of a GeneralSubtree: as `generalName`, and `address/mask` is a network. */
export function subtreeBase(base: GeneralNameInput): Bytes {
  if (typeof base === 'string' && !/^(email|uri|rid):/.test(base)) {
    const [address = '', mask = ''] = base.split('/')
    const [network, bits] = [parseIp(address), parseIp(mask)]
    if (network !== undefined && bits !== undefined) return implicit(7, join(network, bits))
  }
  return generalName(base)
}
