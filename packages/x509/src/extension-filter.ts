/** Whether a certificate has an extension that says what is asked for (RFC 9846 §4.3.5). */
import type { Bytes } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import { attempt, DerError, DerReader, sameBytes, tags } from './der.ts'
import { keyPurposes, keyUsages } from './extensions.ts'
import type { X509Failure } from './failure.ts'

export type ExtensionFilter = (certificate: Certificate) => boolean

/**
 * A test for an extension with a value (DER; empty for any). "All key usage bits asserted in the request are also asserted in" the
 * certificate, and all its key purposes are found there; any other extension has to be the same byte for byte. A failure for a value
 * that such an extension cannot have, or that names anyExtendedKeyUsage.
 */
export function extensionFilter(oid: string, value: Uint8Array): ExtensionFilter | X509Failure {
  const has: ExtensionFilter = ({ extensions }) => extensions.some(other => other.oid === oid)
  if (value.length === 0) return has
  if (oid === '2.5.29.15') return keyUsageFilter(value)
  if (oid === '2.5.29.37') return keyPurposeFilter(value)
  return ({ extensions }) =>
    extensions.some(other => other.oid === oid && sameBytes(other.value, value))
}

function keyUsageFilter(value: Uint8Array): ExtensionFilter | X509Failure {
  const wanted = attempt('RFC 5280 4.2.1.3', () => {
    const from = new DerReader(value)
    const { bytes } = from.bits('KeyUsage')
    from.finish('KeyUsage')
    return keyUsages.filter((_, bit) => (((bytes[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0)
  })
  if ('failure' in wanted) return wanted
  return ({ keyUsage }) => keyUsage !== undefined && wanted.every(usage => keyUsage.includes(usage))
}

function keyPurposeFilter(value: Uint8Array): ExtensionFilter | X509Failure {
  const wanted = attempt('RFC 5280 4.2.1.12', () => {
    const from = new DerReader(value)
    const list = from.inside(tags.SEQUENCE, 'ExtKeyUsageSyntax')
    const purposes: string[] = []
    while (!list.done) {
      const { at } = list
      const purpose = list.oid('KeyPurposeId')
      // "The special anyExtendedKeyUsage OID MUST NOT be used in the request."
      if (purpose === keyPurposes.anyExtendedKeyUsage)
        throw new DerError('key purposes', 'anyExtendedKeyUsage', at, '4.3.5')
      purposes.push(purpose)
    }
    from.finish('ExtKeyUsageSyntax')
    return purposes
  })
  if ('failure' in wanted) return wanted
  return ({ extKeyUsage }) =>
    extKeyUsage !== undefined && wanted.every(purpose => extKeyUsage.includes(purpose))
}

/** The DER of an OBJECT IDENTIFIER, dotted; undefined for bytes that are none. */
export function oidToText(der: Uint8Array): string | undefined {
  const text = attempt('X.690 8.19', () => {
    const from = new DerReader(der)
    const oid = from.oid('OBJECT IDENTIFIER')
    from.finish('OBJECT IDENTIFIER')
    return { oid }
  })
  return 'failure' in text ? undefined : text.oid
}

/** A dotted OBJECT IDENTIFIER as DER; undefined for what is none. */
export function oidFromText(text: string): Bytes | undefined {
  if (!/^[0-2](\.(0|[1-9]\d{0,14}))+$/.test(text)) return undefined
  const [first = 0, second = 0, ...others] = text.split('.').map(Number)
  if (first < 2 && second > 39) return undefined
  const content = [first * 40 + second, ...others].flatMap(base128)
  const der = Uint8Array.of(tags.OBJECT_IDENTIFIER, content.length, ...content)
  return oidToText(der) === text ? der : undefined
}

function base128(arc: number): number[] {
  const digits = [arc % 128]
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    digits.unshift(0x80 | (left % 128))
  return digits
}
