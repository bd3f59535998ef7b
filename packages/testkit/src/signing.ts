/** How certificates, CRLs and OCSP responses are signed: soundly, with hashes that nobody should believe, or wrongly padded. */
import type { Bytes, HashName, Random, SignatureAlgorithm } from '@biopair/crypto'
import { ecdsa } from '@noble/curves/abstract/weierstrass.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { context, integer, join, nothing, octetString, oid, sequence } from './der-writer.ts'
import type { MintKey } from './keys.ts'
import { algorithmOfKey } from './pkcs8.ts'
import { rsaPrivateOperation } from './rsa.ts'

export type AnyHash = HashName | 'md5' | 'sha1'

/** How to sign; what is left out follows from the key. */
export interface Signing {
  /** SHA-256; SHA-384 and SHA-512 for P-384 and P-521; what an id-RSASSA-PSS key says. MD5 with RSA alone. */
  readonly hash?: AnyHash
  /** RSASSA-PSS by an rsaEncryption key. */
  readonly pss?: boolean
  /** Of RSASSA-PSS: as long as the hash, or what the key says. */
  readonly saltLength?: number
  /** Changes EMSA-PKCS1-v1_5's encoded message (RFC 8017 §9.2) before the private operation. */
  readonly spoilEncoded?: (encoded: Bytes) => Bytes
}

/** An AlgorithmIdentifier, and what signs so. */
export interface Signer {
  readonly identifier: Bytes
  sign(message: Uint8Array): Bytes
}

/** The signer of a key. With `random` a signature follows from it (RFC 6979 for ECDSA). TypeError for what the key cannot do. */
export function signerOf(key: MintKey, signing: Signing = {}, random?: Random): Signer {
  const { material } = key
  const by = (identifier: Bytes, algorithm: SignatureAlgorithm): Signer => ({
    identifier,
    sign: message => key.privateKey.sign(algorithm, message, random),
  })
  switch (material.kind) {
    case 'ed25519':
      return by(algorithmOfKey(key.publicMaterial), { kind: 'ed25519' })
    case 'ml-dsa':
      return by(algorithmOfKey(key.publicMaterial), { kind: 'ml-dsa', set: material.set })
    case 'ec': {
      const { hash = curveHashes[material.curve] } = signing
      if (hash === 'md5') throw new TypeError('ECDSA has no identifier with MD5')
      const identifier = sequence(oid(ecdsaOids[hash]))
      if (hash !== 'sha1') return by(identifier, { kind: 'ecdsa', hash })
      return { identifier, sign: message => ecdsaSha1(material, message) }
    }
    case 'rsa':
      return material.pss !== undefined || signing.pss === true
        ? pssSigner(key, signing, by)
        : pkcs1Signer(key, signing, by)
  }
}

type With = (identifier: Bytes, algorithm: SignatureAlgorithm) => Signer

function pkcs1Signer(key: MintKey, signing: Signing, by: With): Signer {
  const { hash = 'sha256', spoilEncoded } = signing
  const identifier = sequence(oid(rsaOids[hash]), nothing())
  if (spoilEncoded === undefined && hash !== 'md5' && hash !== 'sha1')
    return by(identifier, { kind: 'rsa_pkcs1', hash })
  const { material } = key
  if (material.kind !== 'rsa') throw new TypeError('expected an RSA key')
  return {
    identifier,
    sign(message) {
      const encoded = emsaPkcs1(hash, message, material.n.length)
      return rsaPrivateOperation(material, spoilEncoded?.(encoded) ?? encoded)
    },
  }
}

function pssSigner({ material }: MintKey, signing: Signing, by: With): Signer {
  const bound =
    material.kind === 'rsa' && typeof material.pss === 'object' ? material.pss : undefined
  const { hash = bound?.hash ?? 'sha256' } = signing
  if (hash === 'sha1' || hash === 'md5')
    throw new TypeError('RSASSA-PSS is minted with SHA-2 alone')
  const { saltLength = bound?.saltLength ?? hashFunctions[hash].outputLen } = signing
  return by(pssIdentifier(hash, saltLength), { kind: 'rsa_pss', hash, saltLength })
}

/** The AlgorithmIdentifier of RSASSA-PSS with one hash for message and mask (RFC 4055 §3.1). */
export function pssIdentifier(hash: HashName, saltLength: number): Bytes {
  const hashIdentifier = sequence(oid(hashOids[hash]), nothing())
  return sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(
      context(0, hashIdentifier),
      context(1, sequence(oid('1.2.840.113549.1.1.8'), hashIdentifier)),
      context(2, integer(saltLength)),
    ),
  )
}

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2) with any of the hashes, `length` bytes. */
export function emsaPkcs1(hash: AnyHash, message: Uint8Array, length: number): Bytes {
  const info = digestInfo(hash, message)
  const padding = new Uint8Array(length - 3 - info.length).fill(0xff)
  return join(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info)
}

/** DigestInfo (RFC 8017 §A.2.4). */
export function digestInfo(hash: AnyHash, message: Uint8Array): Bytes {
  return sequence(
    sequence(oid(hashOids[hash]), nothing()),
    octetString(hashFunctions[hash](message)),
  )
}

/** RFC 6979 over SHA-1, which no provider signs with. */
function ecdsaSha1(
  { curve, d }: { readonly curve: keyof typeof curves; readonly d: Uint8Array },
  message: Uint8Array,
): Bytes {
  const options = { format: 'der', lowS: false, extraEntropy: false } as const
  const signature = ecdsa(curves[curve].Point, sha1).sign(message, new Uint8Array(d), options)
  return new Uint8Array(signature)
}

const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const
const curveHashes = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' } as const
const hashFunctions = { md5, sha1, sha256, sha384, sha512 } as const

/** OIDs of hashes. */
export const hashOids = {
  md5: '1.2.840.113549.2.5',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const
const ecdsaOids = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
} as const
const rsaOids = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
} as const
