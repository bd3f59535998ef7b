/** A distinguished name: its bytes, a readable form, and a form in which equal names are equal (RFC 5280 §7.1). */
import { shortNames } from './attribute-names.ts'
import { DerError, DerReader, type Element, sameBytes, tags } from './der.ts'

interface Attribute {
  readonly type: string
  readonly value: Element
}

/** A `Name` of RFC 5280 §4.1.2.4. What is derived from its bytes is derived when it is first asked for. */
export class DistinguishedName {
  /** The DER of the Name, a view of what was parsed. */
  readonly raw: Uint8Array
  readonly #rdns: readonly (readonly Attribute[])[]
  readonly #source: Uint8Array
  #canonical: readonly string[] | undefined
  #key: string | undefined

  private constructor(
    raw: Uint8Array,
    source: Uint8Array,
    rdns: readonly (readonly Attribute[])[],
  ) {
    this.raw = raw
    this.#source = source
    this.#rdns = rdns
  }

  /** Reads a Name. */
  static read(from: DerReader, what: string): DistinguishedName {
    const element = from.take(tags.SEQUENCE, what)
    const sequence = new DerReader(from.bytes, element.content, element.end)
    const rdns: Attribute[][] = []
    while (!sequence.done) {
      const set = sequence.inside(tags.SET, 'RelativeDistinguishedName')
      const attributes: Attribute[] = []
      if (set.done) throw new DerError('an attribute', 'an empty SET', set.at)
      while (!set.done) {
        const pair = set.inside(tags.SEQUENCE, 'AttributeTypeAndValue')
        attributes.push({ type: pair.oid('attribute type'), value: pair.any('attribute value') })
        pair.finish('AttributeTypeAndValue')
      }
      rdns.push(attributes)
    }
    return new DistinguishedName(from.whole(element), from.bytes, rdns)
  }

  get empty(): boolean {
    return this.#rdns.length === 0
  }

  /** Readable, most general first, as `openssl x509 -subject` writes it: `C = CH, O = Example, CN = Root`. */
  get text(): string {
    return this.#rdns
      .map(rdn =>
        rdn
          .map(
            ({ type, value }) =>
              `${shortNames[type] ?? type} = ${escaped(this.#string(value).text)}`,
          )
          .join(' + '),
      )
      .join(', ')
  }

  /** One string per RDN; names that match RDN by RDN are equal element by element. */
  get canonical(): readonly string[] {
    this.#canonical ??= this.#rdns.map(rdn =>
      rdn
        .map(({ type, value }) => {
          const { text, known } = this.#string(value)
          const folded = known ? fold(text) : text
          return `${type}=${folded.length}:${folded}`
        })
        .sort()
        .join('+'),
    )
    return this.#canonical
  }

  /** The canonical form as one string, for an index. */
  get key(): string {
    this.#key ??= this.canonical.join(',')
    return this.#key
  }

  /** The attributes of each RDN, in order: dotted type, readable value, and the DER of the value. */
  get attributes(): readonly (readonly { type: string; text: string; der: Uint8Array }[])[] {
    return this.#rdns.map(rdn =>
      rdn.map(({ type, value }) => ({
        type,
        text: this.#string(value).text,
        der: this.#source.subarray(value.start, value.end),
      })),
    )
  }

  /** The values of an attribute, readable. */
  values(type: string): string[] {
    return this.#rdns
      .flat()
      .filter(attribute => attribute.type === type)
      .map(attribute => this.#string(attribute.value).text)
  }

  equals(other: DistinguishedName): boolean {
    return sameBytes(this.raw, other.raw) || this.key === other.key
  }

  #string(value: Element): { text: string; known: boolean } {
    const bytes = this.#source.subarray(value.content, value.end)
    const text = decode(value.tag, bytes)
    if (text !== undefined) return { text, known: true }
    const all = this.#source.subarray(value.start, value.end)
    return {
      text: `#${Array.from(all, byte => byte.toString(16).padStart(2, '0')).join('')}`,
      known: false,
    }
  }
}

// RFC 4514 §2.4; control characters too, since this text ends up in logs.
function escaped(text: string): string {
  return text
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/\p{Cc}/gu, character => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

// RFC 5280 §7.1 compares after RFC 4518's preparation. This is the part of it that certificates need:
// ASCII case, and runs of spaces. Further folding would only make more names equal.
function fold(text: string): string {
  return text
    .replace(/[\t-\r ]+/g, ' ')
    .replace(/^ | $/g, '')
    .replace(/[A-Z]/g, letter => letter.toLowerCase())
}

function decode(tag: number, bytes: Uint8Array): string | undefined {
  switch (tag) {
    case tags.UTF8String:
      return utf8(bytes)
    case tags.NumericString:
    case tags.PrintableString:
    case tags.IA5String:
    case tags.VisibleString:
    case tags.TeletexString:
      return latin1(bytes)
    case tags.BMPString:
      return wide(bytes, 2)
    case tags.UniversalString:
      return wide(bytes, 4)
    default:
      return undefined
  }
}

/** One character per byte. */
export function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function wide(bytes: Uint8Array, width: number): string | undefined {
  if (bytes.length % width !== 0) return undefined
  let text = ''
  for (let i = 0; i < bytes.length; i += width) {
    let code = 0
    for (let j = i; j < i + width; j++) code = code * 256 + (bytes[j] as number)
    if (code > 0x10ffff) return undefined
    text += String.fromCodePoint(code)
  }
  return text
}

/** RFC 3629; undefined for what is not UTF-8. */
function utf8(bytes: Uint8Array): string | undefined {
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++] as number
    if (first < 0x80) {
      text += String.fromCharCode(first)
      continue
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0
    if (more === 0 || first > 0xf4 || i + more > bytes.length) return undefined
    let code = first & (0x3f >> more)
    for (let j = 0; j < more; j++) {
      const next = bytes[i++] as number
      if ((next & 0xc0) !== 0x80) return undefined
      code = (code << 6) | (next & 0x3f)
    }
    const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
    text += String.fromCodePoint(code)
  }
  return text
}
