/** SubjectPublicKeyInfo, written: what a raw public key is shown as, where there is no certificate to take it from (RFC 5480, 8017, 8410, 4055). */
import {
  ascii,
  type Bytes,
  type CurveName,
  concat,
  type HashName,
  type MlDsaName,
  type PssRestriction,
  type PublicKeyMaterial,
} from '@biopair/crypto'
import { constructed, tags } from './der.ts'

/** The DER of a public key, as `parsePublicKey` reads it. */
export function encodePublicKey(material: PublicKeyMaterial): Bytes {
  switch (material.kind) {
    case 'ec':
      return spki([ids['id-ecPublicKey'], ids[material.curve]], material.point)
    case 'ed25519':
      return spki([ids['id-Ed25519']], material.key)
    case 'ml-dsa':
      return spki([ids[material.set]], material.key)
    case 'rsa': {
      const key = element(tags.SEQUENCE, unsigned(material.n), unsigned(material.e))
      if (material.pss === undefined) return spki([ids.rsaEncryption, nothing], key)
      return spki([ids['id-RSASSA-PSS'], ...restriction(material.pss)], key)
    }
  }
}

function spki(algorithm: readonly Bytes[], key: Uint8Array): Bytes {
  const bits = element(tags.BIT_STRING, Uint8Array.of(0), key)
  return element(tags.SEQUENCE, element(tags.SEQUENCE, ...algorithm), bits)
}

/** RSASSA-PSS-params (RFC 4055 §3.1); left out for a key that says nothing. */
function restriction(pss: PssRestriction): readonly Bytes[] {
  if (pss === 'any') return []
  const hash = element(tags.SEQUENCE, ids[pss.hash], nothing)
  const mask = element(tags.SEQUENCE, ids['id-mgf1'], hash)
  const salt = unsigned(Uint8Array.of(pss.saltLength >> 8, pss.saltLength & 0xff))
  const fields = [hash, mask, ...(pss.saltLength === 20 ? [] : [salt])]
  return [element(tags.SEQUENCE, ...fields.map((field, n) => element(constructed(n), field)))]
}

/** INTEGER of a big-endian magnitude. */
function unsigned(magnitude: Uint8Array): Bytes {
  const first = magnitude.findIndex(byte => byte !== 0)
  const digits = first < 0 ? Uint8Array.of(0) : magnitude.subarray(first)
  const sign = (digits[0] as number) > 0x7f ? Uint8Array.of(0) : new Uint8Array(0)
  return element(tags.INTEGER, sign, digits)
}

function element(tag: number, ...content: readonly Uint8Array[]): Bytes {
  const body = concat(...content)
  const { length } = body
  if (length < 0x80) return concat(Uint8Array.of(tag, length), body)
  if (length < 0x100) return concat(Uint8Array.of(tag, 0x81, length), body)
  return concat(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), body)
}

const nothing = element(tags.NULL)

/** OBJECT IDENTIFIERs, whole. */
const ids: Readonly<Record<Name, Bytes>> = {
  'id-ecPublicKey': identifier('\x2a\x86\x48\xce\x3d\x02\x01'),
  'P-256': identifier('\x2a\x86\x48\xce\x3d\x03\x01\x07'),
  'P-384': identifier('\x2b\x81\x04\x00\x22'),
  'P-521': identifier('\x2b\x81\x04\x00\x23'),
  'id-Ed25519': identifier('\x2b\x65\x70'),
  'ML-DSA-44': identifier('\x60\x86\x48\x01\x65\x03\x04\x03\x11'),
  'ML-DSA-65': identifier('\x60\x86\x48\x01\x65\x03\x04\x03\x12'),
  'ML-DSA-87': identifier('\x60\x86\x48\x01\x65\x03\x04\x03\x13'),
  rsaEncryption: identifier('\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01'),
  'id-mgf1': identifier('\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08'),
  'id-RSASSA-PSS': identifier('\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a'),
  sha256: identifier('\x60\x86\x48\x01\x65\x03\x04\x02\x01'),
  sha384: identifier('\x60\x86\x48\x01\x65\x03\x04\x02\x02'),
  sha512: identifier('\x60\x86\x48\x01\x65\x03\x04\x02\x03'),
}

type Name =
  | CurveName
  | HashName
  | MlDsaName
  | 'id-ecPublicKey'
  | 'id-Ed25519'
  | 'rsaEncryption'
  | 'id-mgf1'
  | 'id-RSASSA-PSS'

function identifier(content: string): Bytes {
  return element(tags.OBJECT_IDENTIFIER, ascii(content))
}
