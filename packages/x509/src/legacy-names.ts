/** Names as node:tls's getPeerCertificate() writes them: attributes by OpenSSL's short names, and alternative names in one text. */
import { shortNames } from './attribute-names.ts'
import { attempt, constructed, DerReader, tags } from './der.ts'
import type { DistinguishedName } from './distinguished-name.ts'
import { isX509Failure } from './failure.ts'
import { type GeneralName, readGeneralName } from './general-name.ts'

/** A name by attributes, `CN`, `O`, ...: a list where there are several. Has no prototype. */
export type LegacyName = { [attribute: string]: string | string[] | undefined }

/** A Name as an object. A type of attribute that is not among OpenSSL's usual ones stands there with its OID. */
export function legacyName(name: DistinguishedName): LegacyName {
  const object: LegacyName = Object.create(null)
  for (const { type, text } of name.attributes.flat()) add(object, shortNames[type] ?? type, text)
  return object
}

function add(object: LegacyName, key: string, value: string): void {
  const before = object[key]
  if (before === undefined) object[key] = value
  else if (Array.isArray(before)) before.push(value)
  else object[key] = [before, value]
}

/** `DNS:a.example, IP Address:192.0.2.1`: a value that could be taken for more than one name stands in quotes, as a JSON string (CVE-2021-44532). */
export function legacyAltNames(names: readonly GeneralName[]): string {
  return names
    .map(name => {
      const { kind, value } = shown(name)
      return `${kind}:${quoted(value, name.kind === 'directoryName' || name.kind === 'otherName')}`
    })
    .join(', ')
}

/** authorityInfoAccess by method and kind of name, `OCSP - URI`; undefined for bytes that are none. Has no prototype. */
export function legacyInfoAccess(value: Uint8Array): Record<string, string[]> | undefined {
  const object: Record<string, string[]> = Object.create(null)
  const read = attempt('RFC 5280 4.2.2.1', () => {
    const list = new DerReader(value).inside(tags.SEQUENCE, 'AuthorityInfoAccessSyntax')
    while (!list.done) {
      const one = list.inside(tags.SEQUENCE, 'AccessDescription')
      const method = one.oid('accessMethod')
      const { kind, value } = shown(readGeneralName(one, 'accessLocation'))
      const key = `${accessMethods[method] ?? method} - ${kind}`
      const values = object[key]
      if (values) values.push(value)
      else object[key] = [value]
    }
    return object
  })
  return isX509Failure(read) ? undefined : read
}

function shown(name: GeneralName): { readonly kind: string; readonly value: string } {
  switch (name.kind) {
    case 'dNSName':
      return { kind: 'DNS', value: name.text }
    case 'rfc822Name':
      return { kind: 'email', value: name.text }
    case 'uniformResourceIdentifier':
      return { kind: 'URI', value: name.text }
    case 'iPAddress':
      return { kind: 'IP Address', value: address(name.address) }
    case 'directoryName':
      return { kind: 'DirName', value: backwards(name.name) }
    case 'registeredID':
      return { kind: 'Registered ID', value: registered(name.raw) }
    case 'otherName':
      return { kind: 'othername', value: other(name.raw) }
    case 'x400Address':
      return { kind: 'X400Name', value: unsupported }
    case 'ediPartyName':
      return { kind: 'EdiPartyName', value: unsupported }
  }
}

const unsupported = '<unsupported>'

function quoted(text: string, utf8: boolean): string {
  const plain = (unit: string) =>
    unit >= ' ' && (unit < '\x7f' || (utf8 && unit > '\x7f')) && !`"',\\`.includes(unit)
  const units = text.split('')
  return units.every(plain) ? text : `"${units.map(escapedUnit(plain)).join('')}"`
}

/** As JSON has it, with escapes for whatever is not plain; a comma has one, so that who splits at commas is right. */
function escapedUnit(plain: (unit: string) => boolean): (unit: string) => string {
  return unit => {
    if (plain(unit) || unit === "'") return unit
    if (unit === '"' || unit === '\\') return `\\${unit}`
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  }
}

function address(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups: string[] = []
  for (let i = 0; i < bytes.length; i += 2)
    groups.push((((bytes[i] as number) << 8) | (bytes[i + 1] as number)).toString(16).toUpperCase())
  return groups.join(':')
}

/** RFC 2253: the most specific first. */
function backwards(name: DistinguishedName): string {
  return [...name.attributes]
    .reverse()
    .map(rdn =>
      [...rdn]
        .reverse()
        .map(({ type, text, der }) => {
          const known = shortNames[type]
          return known === undefined ? `${type}=#${hexOf(der)}` : `${known}=${escapedValue(text)}`
        })
        .join('+'),
    )
    .join(',')
}

function escapedValue(text: string): string {
  // OpenSSL leaves a # that is all of a value as it is.
  return text.replace(/[",+\\<>;]|^ |^#(?!$)| $/g, '\\$&')
}

function registered(raw: Uint8Array): string {
  // The tag of an OBJECT IDENTIFIER in the place of [8].
  const plain = Uint8Array.from([tags.OBJECT_IDENTIFIER, ...raw.subarray(1)])
  const text = attempt('RFC 5280 4.2.1.6', () => new DerReader(plain).oid('registeredID'))
  return typeof text === 'string' ? text : unsupported
}

/** otherName: `UPN:somebody@example`, for those that are text. */
function other(raw: Uint8Array): string {
  const text = attempt('RFC 5280 4.2.1.6', () => {
    const sequence = new DerReader(raw).inside(constructed(0), 'otherName')
    const type = sequence.oid('type-id')
    const value = sequence.inside(constructed(0), 'value')
    const named = otherNames[type]
    if (named === undefined || value.peek() !== named.tag) return unsupported
    const bytes = value.content(named.tag, 'value')
    return `${named.name}:${utf8Text(bytes)}`
  })
  return typeof text === 'string' ? text : unsupported
}

function utf8Text(bytes: Uint8Array): string {
  const escaped = Array.from(bytes, byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
  try {
    return decodeURIComponent(escaped)
  } catch {
    return unsupported
  }
}

/** Upper-case hexadecimal. */
export function hexOf(bytes: Uint8Array, between = ''): string {
  return Array.from(bytes, byte => byte.toString(16).toUpperCase().padStart(2, '0')).join(between)
}

const otherNames: Readonly<Record<string, { readonly name: string; readonly tag: number }>> = {
  '1.3.6.1.4.1.311.20.2.3': { name: 'UPN', tag: tags.UTF8String },
  '1.3.6.1.5.5.7.8.5': { name: 'XmppAddr', tag: tags.UTF8String },
  '1.3.6.1.5.5.7.8.7': { name: 'SRVName', tag: tags.IA5String },
  '1.3.6.1.5.5.7.8.8': { name: 'NAIRealm', tag: tags.UTF8String },
  '1.3.6.1.5.5.7.8.9': { name: 'SmtpUTF8Mailbox', tag: tags.UTF8String },
}

const accessMethods: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.48.1': 'OCSP',
  '1.3.6.1.5.5.7.48.2': 'CA Issuers',
  '1.3.6.1.5.5.7.48.3': 'AD Time Stamping',
  '1.3.6.1.5.5.7.48.4': 'ad dvcs',
  '1.3.6.1.5.5.7.48.5': 'CA Repository',
}
