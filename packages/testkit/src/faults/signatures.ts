/** Faults of keys and signatures (RFC 9846 §4.5.1.3, RFC 8017 §8.2, RFC 5480, RFC 9881). */
import type { Bytes, PublicKeyMaterial } from '@biopair/crypto'
import { encodePublicKey } from '@biopair/x509'
import { bitString, join, oid, sequence, tlv } from '../der-writer.ts'
import type { Minter } from '../minter.ts'
import { emsaPkcs1 } from '../signing.ts'
import { type Fault, issuerWithRsa, table } from './fault.ts'

/** Of PKCS#1 v1.5, whose encoded message is spoilt before the private operation. */
const padded = (says: string, spoilEncoded: (encoded: Bytes) => Bytes): Fault => ({
  says,
  at: 'signed',
  prepare: issuerWithRsa,
  change: plain => ({ ...plain, signing: { spoilEncoded } }),
  code: 'CERT_SIGNATURE_FAILURE',
  field: 'signatureValue',
})

/** Of a leaf, whose SubjectPublicKeyInfo says something else than its key. */
const keyed = (says: string, spki: (minter: Minter) => Uint8Array): Fault => ({
  says,
  at: 'leaf',
  change: (plain, _, minter) => ({ ...plain, spki: spki(minter) }),
  code: 'UNABLE_TO_GET_CERTS_PUBLIC_KEY',
  field: 'subjectPublicKeyInfo',
})

export const signatureFaults = table({
  badSignature: {
    says: 'has a damaged signature',
    at: 'signed',
    change: plain => ({ ...plain, spoilSignature: lastBitFlipped }),
    code: 'CERT_SIGNATURE_FAILURE',
    field: 'signatureValue',
  },
  noSignature: {
    says: 'has an empty signature',
    at: 'signed',
    change: plain => ({ ...plain, spoilSignature: () => new Uint8Array(0) }),
    code: 'CERT_SIGNATURE_FAILURE',
    field: 'signatureValue',
  },
  signedByAnother: {
    says: 'is signed with a key that is not the issuer’s',
    at: 'signed',
    prepare: (plan, depth, minter) =>
      plan.map((plain, i) => (i === depth + 1 ? { ...plain, key: minter.key('p256') } : plain)),
    change: (plain, _, minter) => ({ ...plain, signKey: minter.key('p256') }),
    code: 'CERT_SIGNATURE_FAILURE',
    field: 'signatureValue',
  },
  sha1Signature: {
    says: 'is signed with SHA-1',
    at: 'signed',
    prepare: issuerWithRsa,
    change: plain => ({ ...plain, signing: { hash: 'sha1' } }),
    code: 'CA_MD_TOO_WEAK',
    field: 'signatureAlgorithm',
  },
  ecdsaSha1Signature: {
    says: 'is signed with ECDSA and SHA-1',
    at: 'signed',
    prepare: (plan, depth, minter) =>
      plan.map((plain, i) => (i === depth + 1 ? { ...plain, key: minter.key('p256') } : plain)),
    change: plain => ({ ...plain, signing: { hash: 'sha1' } }),
    code: 'CA_MD_TOO_WEAK',
    field: 'signatureAlgorithm',
  },
  md5Signature: {
    says: 'is signed with MD5',
    at: 'signed',
    prepare: issuerWithRsa,
    change: plain => ({ ...plain, signing: { hash: 'md5' } }),
    code: 'CA_MD_TOO_WEAK',
    field: 'signatureAlgorithm',
  },
  unknownSignature: {
    says: 'is signed with what nobody knows',
    at: 'signed',
    change: plain => ({ ...plain, innerAlgorithm: sequence(oid('1.3.6.1.4.1.55738.666.2')) }),
    code: 'UNSUPPORTED_SIGNATURE_ALGORITHM',
    field: 'signatureAlgorithm',
  },
  trailingInPadding: padded('has bytes behind the DigestInfo', encoded => {
    const info = encoded.subarray(encoded.indexOf(0, 2) + 1)
    const room = encoded.length - 3 - info.length - 8
    return join(
      Uint8Array.of(0, 1),
      new Uint8Array(8).fill(0xff),
      Uint8Array.of(0),
      info,
      new Uint8Array(room),
    )
  }),
  shortPadding: padded('has a padding of seven bytes', encoded => {
    // Seven bytes FF, then zeros before what is the DigestInfo: one that reads from the right is content.
    const spoilt = new Uint8Array(encoded)
    spoilt.fill(0, 9, encoded.indexOf(0, 2) + 1)
    return spoilt
  }),
  paddingType2: padded('has a padding of block type 2', encoded => encoded.with(1, 2)),
  noNullInDigestInfo: padded('has a DigestInfo without NULL', encoded => {
    const at = encoded.indexOf(0, 2) + 1
    const info = encoded.subarray(at)
    const algorithm = info.subarray(4, 4 + 11)
    const without = sequence(sequence(algorithm), info.subarray(2 + 15))
    const start = new Uint8Array(encoded.length - without.length).fill(0xff)
    start.set([0, 1])
    start[start.length - 1] = 0
    return join(start, without)
  }),
  berInDigestInfo: padded('has a DigestInfo with a long length', encoded => {
    const info = encoded.subarray(encoded.indexOf(0, 2) + 1)
    const long = join(Uint8Array.of(0x30, 0x81, info[1] as number), info.subarray(2))
    const start = new Uint8Array(encoded.length - long.length).fill(0xff)
    start.set([0, 1])
    start[start.length - 1] = 0
    return join(start, long)
  }),
  otherHashInDigestInfo: padded('has a DigestInfo of another hash', encoded =>
    emsaPkcs1('sha384', new Uint8Array(3), encoded.length),
  ),
  smallRsaKey: {
    says: 'has an RSA key of 1024 bits',
    at: 'any',
    change: (plain, _, minter) => ({ ...plain, key: minter.key('rsa-1024') }),
    code: depth => (depth === 0 ? 'EE_KEY_TOO_SMALL' : 'CA_KEY_TOO_SMALL'),
    field: 'subjectPublicKeyInfo',
  },
  offCurve: {
    says: 'has a key that is no point of its curve',
    at: 'issuer',
    change: (plain, _, minter) => {
      const key = minter.key('p256')
      return { ...plain, key, spki: encodePublicKey(moved(key.publicMaterial)) }
    },
    code: 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    field: 'subjectPublicKeyInfo',
  },
  unknownKey: keyed('has a key of a kind that signs nothing', () =>
    sequence(sequence(oid('1.3.101.110')), bitString(new Uint8Array(32).fill(9))),
  ),
  hugeExponent: keyed('has an RSA key with an exponent of 40 bits', minter => {
    const { publicMaterial } = minter.key('rsa')
    if (publicMaterial.kind !== 'rsa') throw new TypeError('expected an RSA key')
    return encodePublicKey({ ...publicMaterial, e: Uint8Array.of(1, 0, 0, 0, 1) })
  }),
  explicitCurve: keyed('has a key with a curve of its own', minter => {
    const { publicMaterial } = minter.key('p256')
    if (publicMaterial.kind !== 'ec') throw new TypeError('expected an EC key')
    return sequence(
      sequence(oid('1.2.840.10045.2.1'), explicitP256()),
      bitString(publicMaterial.point),
    )
  }),
  mlDsaKeyUsage: {
    says: 'has an ML-DSA key that is to encrypt',
    at: 'leaf',
    prepare: (plan, _, minter) => plan.with(0, { ...first(plan), key: minter.key('mldsa44') }),
    change: plain => ({ ...plain, keyUsage: ['digitalSignature', 'keyEncipherment'] }),
    code: 'INVALID_PURPOSE',
    field: 'keyUsage',
  },
})

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new TypeError('expected a plan of at least one certificate')
  return one
}

function lastBitFlipped(signature: Bytes): Bytes {
  return signature.with(-1, (signature.at(-1) ?? 0) ^ 1)
}

function moved(material: PublicKeyMaterial): PublicKeyMaterial {
  if (material.kind !== 'ec') throw new TypeError('expected an EC key')
  const { point } = material
  return { ...material, point: point.with(-1, (point.at(-1) ?? 0) ^ 1) }
}

/** ECParameters that spell P-256 out (RFC 3279 §2.3.5). */
function explicitP256(): Bytes {
  const field = (hex: string) =>
    Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
      Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
    )
  const prime = field(`ffffffff00000001${'0'.repeat(24)}${'f'.repeat(24)}`)
  const a = prime.with(-1, 0xfc)
  const b = field('5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b')
  const generator = field(
    '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
      '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  )
  const order = field('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
  const positive = (bytes: Uint8Array) => tlv(0x02, Uint8Array.of(0), bytes)
  return sequence(
    tlv(0x02, Uint8Array.of(1)),
    sequence(oid('1.2.840.10045.1.1'), positive(prime)),
    sequence(tlv(0x04, a), tlv(0x04, b)),
    tlv(0x04, generator),
    positive(order),
    tlv(0x02, Uint8Array.of(1)),
  )
}
