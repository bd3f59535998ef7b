/** Certificates that delegate, and delegated credentials right and wrong, made apart from our own. */
import {
  failed,
  type PrivateKey,
  type SignatureSchemeName,
  signatureSchemes,
} from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { privateKeyFrom } from '@biopair/x509'
import { nothing } from './der-writer.ts'
import type { Bytes } from './key-schedule.ts'
import {
  chainFor,
  chainNames,
  extension,
  type KeyKind,
  type Minted,
  type MintOptions,
  mint,
} from './mint.ts'

export const usage = '1.3.6.1.4.1.44363.44'

/** A leaf below the intermediate of `chainFor('p256')`, which may delegate unless the test says otherwise. */
export function delegatingLeaf(options: MintOptions = {}): Minted {
  const { intermediate } = chainFor('p256')
  const extensions = [extension(usage, false, nothing())]
  return mint({ issuer: intermediate, names: chainNames, extensions, ...options })
}

/** The leaf with what stands above it, as its owner sends it. */
export function chainOf(leaf: Minted): { readonly pem: string; readonly der: readonly Bytes[] } {
  const { intermediate } = chainFor('p256')
  return { pem: leaf.pem + intermediate.pem, der: [leaf.der, intermediate.der] }
}

export const schemeFor: Readonly<Record<KeyKind, SignatureSchemeName>> = {
  p256: 'ecdsa_secp256r1_sha256',
  p384: 'ecdsa_secp384r1_sha384',
  p521: 'ecdsa_secp521r1_sha512',
  ed25519: 'ed25519',
  rsa: 'rsa_pss_rsae_sha256',
  'rsa-pss': 'rsa_pss_pss_sha256',
  'rsa-1024': 'rsa_pss_rsae_sha256',
}

export function privateKeyOf({ keyPem }: Minted): PrivateKey {
  const key = nodeCrypto.privateKey(privateKeyFrom(keyPem))
  if (failed(key)) throw new Error(key.why)
  return key
}

export interface Crafted {
  readonly leaf: Minted
  readonly leafKind?: KeyKind
  /** The key that is delegated to. */
  readonly spki: Uint8Array
  /** dc_cert_verify_algorithm, and how the leaf signs. */
  readonly scheme: number
  readonly algorithm?: number
  /** Seconds from the leaf's notBefore. */
  readonly validTime: number
  readonly role?: 'client' | 'server'
  readonly spoil?: (signature: Bytes) => Uint8Array
}

/** A DelegatedCredential (RFC 9345 §4), written by hand. */
export function craft(how: Crafted): Bytes {
  const { leaf, leafKind = 'p256', spki, scheme, validTime, role = 'server' } = how
  const { spoil = (same: Bytes) => same } = how
  const row = signatureSchemes[schemeFor[leafKind]]
  const { algorithm = row.id } = how
  const credential = Buffer.concat([
    uint(4, validTime),
    uint(2, scheme),
    uint(3, spki.length),
    spki,
  ])
  const content = Buffer.concat([
    Buffer.alloc(64, 0x20),
    Buffer.from(`TLS, ${role} delegated credentials\0`, 'latin1'),
    leaf.der,
    credential,
    uint(2, algorithm),
  ])
  const signature = spoil(privateKeyOf(leaf).sign(row.algorithm, content))
  return new Uint8Array(
    Buffer.concat([credential, uint(2, algorithm), uint(2, signature.length), signature]),
  )
}

function uint(length: number, value: number): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.writeUIntBE(value, 0, length)
  return bytes
}
