/** Certificates for tests, minted by `@biopair/testkit/mint` around the keys of node:crypto, which are fresh and fast. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import type { Bytes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Signing as AnySigning,
  type CertificateOptions,
  certificate,
  extension,
  Minter,
  type MintKey,
  nameConstraints,
  pem,
} from '@biopair/testkit/mint'
import { MlDsaKey, type MlDsaKind, mlDsaKinds } from './ml-dsa-key.ts'

export { generalName as alternativeName } from '@biopair/testkit/mint'
export { extension, nameConstraints }

/** Kinds of keys that a certificate can be minted for. `rsa-1024` is there to be refused. */
export const keyKinds = ['p256', 'p384', 'p521', 'ed25519', 'rsa', 'rsa-pss'] as const
export type KeyKind = (typeof keyKinds)[number] | 'rsa-1024'
/** Those, and the kinds that neither Node 20 nor OpenSSL 3.0 knows. */
export type AnyKind = KeyKind | MlDsaKind
export type AnyKey = KeyObject | MlDsaKey

/** How a certificate is signed; what the signer's key suggests, unless a test wants another. */
export type Signing = Pick<AnySigning, 'hash' | 'pss'>

/** What to mint. Everything has a sound default, so that a test names only what it is about. */
export interface MintOptions
  extends Partial<Omit<CertificateOptions, 'issuer' | 'key' | 'signing' | 'signKey'>> {
  /** Who signs; itself if left out. */
  readonly issuer?: Minted<AnyKey> | undefined
  /** A kind (a fresh key is made) or a private key. */
  readonly key?: KeyKind | KeyObject
  readonly signing?: Signing
}

/** What to mint around an ML-DSA key. */
export interface MlDsaMintOptions extends Omit<MintOptions, 'key'> {
  readonly key: MlDsaKind | MlDsaKey
}

/** A certificate and the key that belongs to it. */
export interface Minted<Key extends AnyKey = KeyObject> {
  readonly der: Bytes
  readonly pem: string
  /** PKCS#8. */
  readonly keyPem: string
  readonly keyDer: Bytes
  readonly key: Key
  /** The DER of its subject. */
  readonly subject: Bytes
  readonly spki: Bytes
}

/** Purpose OIDs, for `extKeyUsage`. */
export const serverAuth = '1.3.6.1.5.5.7.3.1'
export const clientAuth = '1.3.6.1.5.5.7.3.2'

/** Mints one certificate. */
export function mint(options?: MintOptions): Minted
export function mint(options: MlDsaMintOptions): Minted<MlDsaKey>
export function mint(options: MintOptions | MlDsaMintOptions): Minted<AnyKey>
export function mint(options: MintOptions | MlDsaMintOptions = {}): Minted<AnyKey> {
  const { key = 'p256', issuer, signing, ...rest } = options
  const privateKey = keyFrom(key)
  const { der, subject, spki } = certificate(
    {
      // Valid from 2020 to 2049, unless a test says otherwise.
      notBefore: Date.UTC(2020, 0, 1),
      notAfter: Date.UTC(2049, 11, 31, 23, 59, 59),
      ...rest,
      key: mintKey(privateKey),
      ...(issuer && { issuer: issuerOf(issuer) }),
      ...(signing && { signing }),
    },
    { sha256: nodeCrypto.hashes.sha256, random: undefined },
  )
  const keyDer = pkcs8Of(privateKey)
  return {
    der,
    pem: pem('CERTIFICATE', der),
    keyPem: pem('PRIVATE KEY', keyDer),
    keyDer,
    key: privateKey,
    subject,
    spki,
  }
}

/** As the minter takes an issuer. */
export function issuerOf({ subject, spki, key }: Minted<AnyKey>) {
  return { subject, spki, key: mintKey(key) }
}

const minter = new Minter({ time: 0, crypto: nodeCrypto })
const mintKeys = new WeakMap<KeyObject, MintKey>()

function mintKey(key: AnyKey): MintKey {
  if (key instanceof MlDsaKey) return key.key
  const made = mintKeys.get(key) ?? minter.keyOf(pkcs8Of(key))
  mintKeys.set(key, made)
  return made
}

function pkcs8Of(key: AnyKey): Bytes {
  if (key instanceof MlDsaKey) return key.pkcs8()
  return new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
}

/** A chain of three, and all that a connection is configured with. */
export interface Chain<Key extends AnyKey = KeyObject> {
  readonly root: Minted<Key>
  readonly intermediate: Minted<Key>
  readonly leaf: Minted<Key>
  /** What the leaf's owner sends: leaf, intermediate. */
  readonly der: readonly [Bytes, Bytes]
  readonly pem: string
  readonly keyPem: string
}

/** Names that the leaf of `chainFor` has. */
export const chainNames = ['server.example', '*.wild.example', 'localhost', '127.0.0.1', '::1']

const chains = new Map<AnyKind, Chain<AnyKey>>()

/** Root, intermediate and leaf of one kind of key, made once per process. The leaf serves both purposes. */
export function chainFor(kind: KeyKind): Chain
export function chainFor(kind: MlDsaKind): Chain<MlDsaKey>
export function chainFor(kind: AnyKind): Chain<AnyKey>
export function chainFor(kind: AnyKind): Chain<AnyKey> {
  const made = chains.get(kind)
  if (made !== undefined) return made
  const key = kind as KeyKind
  const root = mint({ subject: `${kind} root`, key, ca: true })
  const intermediate = mint({
    subject: `${kind} intermediate`,
    key,
    ca: 0,
    issuer: root,
  })
  const leaf = mint({ key, issuer: intermediate, names: chainNames })
  const chain: Chain = {
    root,
    intermediate,
    leaf,
    der: [leaf.der, intermediate.der],
    pem: leaf.pem + intermediate.pem,
    keyPem: leaf.keyPem,
  }
  chains.set(kind, chain)
  return chain
}

function keyFrom(key: AnyKind | AnyKey): AnyKey {
  if (typeof key !== 'string') return key
  const kind = mlDsaKinds.find(name => name === key)
  return kind ? new MlDsaKey(kind, new Uint8Array(randomBytes(32))) : freshKey(key as KeyKind)
}

/** A fresh private key. */
export function freshKey(kind: KeyKind): KeyObject {
  switch (kind) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    case 'rsa-1024':
      return generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    case 'rsa-pss':
      return generateKeyPairSync('rsa-pss', {
        modulusLength: 2048,
        hashAlgorithm: 'sha256',
        mgf1HashAlgorithm: 'sha256',
        // Node takes a number; its types at version 20 say string.
        ...({ saltLength: 32 } as object),
      }).privateKey
  }
}
