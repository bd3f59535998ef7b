/** Certificates for tests: any key, any extension, any fault, signed with node:crypto. */
import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import type { Bytes } from '@biopair/crypto'
import { parseIp } from '@biopair/x509'
import {
  ascii,
  bitString,
  boolean,
  commonName,
  context,
  implicit,
  integer,
  join,
  nothing,
  octetString,
  oid,
  pem,
  sequence,
  time,
} from './der-writer.ts'

import { MlDsaKey, type MlDsaKind, mlDsaKinds } from './ml-dsa-key.ts'

/** Kinds of keys that a certificate can be minted for. `rsa-1024` is there to be refused. */
export const keyKinds = ['p256', 'p384', 'p521', 'ed25519', 'rsa', 'rsa-pss'] as const
export type KeyKind = (typeof keyKinds)[number] | 'rsa-1024'
/** Those, and the kinds that neither Node 20 nor OpenSSL 3.0 knows. */
export type AnyKind = KeyKind | MlDsaKind
export type AnyKey = KeyObject | MlDsaKey

/** How a certificate is signed; what the signer's key suggests, unless a test wants another. */
export interface Signing {
  readonly hash: 'sha1' | 'md5' | 'sha256' | 'sha384' | 'sha512'
  readonly pss?: boolean
}

/** What to mint. Everything has a sound default, so that a test names only what it is about. */
export interface MintOptions {
  /** The common name, or the DER of a whole Name. */
  readonly subject?: string | Uint8Array
  /** Who signs; itself if left out. */
  readonly issuer?: Minted<AnyKey> | undefined
  /** The issuer's name, where it is to differ from the issuer's subject. */
  readonly issuerName?: string | Uint8Array
  /** A kind (a fresh key is made) or a private key. */
  readonly key?: KeyKind | KeyObject
  /** basicConstraints: TRUE with a path length or without, FALSE, or `none` for no extension. */
  readonly ca?: boolean | number | 'none'
  /** Subject alternative names: host names and IP addresses; no extension if empty. */
  readonly names?: readonly string[]
  /** Milliseconds since 1970; 2020 to 2049 if left out. */
  readonly notBefore?: number
  readonly notAfter?: number
  /** The serial number's magnitude; from a hash of subject and key if left out. */
  readonly serial?: number | Uint8Array
  /** Bits of keyUsage by number (RFC 5280 §4.2.1.3); `none` for no extension. */
  readonly keyUsage?: readonly number[] | 'none'
  /** Key purpose OIDs; serverAuth and clientAuth for a leaf, none for an authority. */
  readonly extKeyUsage?: readonly string[] | 'none'
  /** Extensions to add, as `extension` makes them. */
  readonly extensions?: readonly Uint8Array[]
  /** False leaves subjectKeyIdentifier and authorityKeyIdentifier out. */
  readonly keyIdentifiers?: boolean
  /** 3 if left out; below it, there are no extensions. */
  readonly version?: 1 | 2 | 3
  readonly signing?: Signing
  /** Changes tbsCertificate before it is signed, or the signature after. */
  readonly spoilTbs?: (tbs: Bytes) => Bytes
  readonly spoilSignature?: (signature: Bytes) => Bytes
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
  const { subject = 'server.example', ca = false, key = 'p256', version = 3 } = options
  const privateKey = keyFrom(key)
  const { spki, pkcs8 } = encodings(privateKey)
  const name = typeof subject === 'string' ? commonName(subject) : new Uint8Array(subject)
  const signer = options.issuer?.key ?? privateKey
  const algorithm = algorithmOf(signer, options.signing)
  const issuerName = options.issuerName ?? options.issuer?.subject ?? name
  const {
    notBefore = Date.UTC(2020, 0, 1),
    notAfter = Date.UTC(2049, 11, 31, 23, 59, 59),
    serial = digest('sha256', name, spki).subarray(0, 8),
  } = options
  const written = sequence(
    ...(version === 1 ? [] : [context(0, integer(version - 1))]),
    integer(serial),
    algorithm.identifier,
    typeof issuerName === 'string' ? commonName(issuerName) : issuerName,
    sequence(time(notBefore), time(notAfter)),
    name,
    spki,
    ...(version < 3 ? [] : extensionsOf(options, ca, spki)),
  )
  const tbs = options.spoilTbs?.(written) ?? written
  const signature = algorithm.sign(tbs)
  const der = sequence(
    tbs,
    algorithm.identifier,
    bitString(options.spoilSignature?.(signature) ?? signature),
  )
  return {
    der,
    pem: pem('CERTIFICATE', der),
    keyPem: pem('PRIVATE KEY', pkcs8),
    keyDer: pkcs8,
    key: privateKey,
    subject: name,
    spki,
  }
}

/** One extension. */
export function extension(id: string, critical: boolean, value: Uint8Array): Bytes {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

/** A nameConstraints extension; bases are host names, or `address/mask` of IP addresses. */
export function nameConstraints(
  permitted: readonly string[],
  excluded: readonly string[] = [],
): Bytes {
  const subtrees = (n: number, bases: readonly string[]) =>
    bases.length === 0 ? [] : [context(n, ...bases.map(base => sequence(constraint(base))))]
  return extension('2.5.29.30', true, sequence(...subtrees(0, permitted), ...subtrees(1, excluded)))
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

function encodings(key: AnyKey): { readonly spki: Bytes; readonly pkcs8: Bytes } {
  if (key instanceof MlDsaKey) return { spki: key.spki, pkcs8: key.pkcs8() }
  return {
    spki: new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' })),
    pkcs8: new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })),
  }
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

function extensionsOf(
  options: Omit<MintOptions, 'key'>,
  ca: boolean | number | 'none',
  spki: Uint8Array,
): Uint8Array[] {
  const authority = ca !== false && ca !== 'none'
  const list: Uint8Array[] = []
  if (ca !== 'none') {
    const value = authority ? [boolean(true), ...(ca === true ? [] : [integer(ca)])] : []
    list.push(extension('2.5.29.19', true, sequence(...value)))
  }
  const { keyUsage = authority ? [5, 6] : [0] } = options
  if (keyUsage !== 'none') list.push(extension('2.5.29.15', true, bits(keyUsage)))
  const { extKeyUsage = authority ? 'none' : [serverAuth, clientAuth] } = options
  if (extKeyUsage !== 'none')
    list.push(extension('2.5.29.37', false, sequence(...extKeyUsage.map(oid))))
  const { names = authority ? [] : ['server.example'] } = options
  if (names.length > 0)
    list.push(extension('2.5.29.17', false, sequence(...names.map(alternativeName))))
  if (options.keyIdentifiers !== false) {
    list.push(extension('2.5.29.14', false, octetString(keyIdentifier(spki))))
    const above = keyIdentifier(options.issuer?.spki ?? spki)
    list.push(extension('2.5.29.35', false, sequence(implicit(0, above))))
  }
  list.push(...(options.extensions ?? []))
  return list.length === 0 ? [] : [context(3, sequence(...list))]
}

/** A GeneralName: dNSName, iPAddress where the text is one, or rfc822Name behind `email:`. */
export function alternativeName(text: string): Bytes {
  if (text.startsWith('email:')) return implicit(1, ascii(text.slice('email:'.length)))
  const address = parseIp(text)
  return address === undefined ? implicit(2, ascii(text)) : implicit(7, address)
}

function constraint(base: string): Bytes {
  const [address = '', mask = ''] = base.split('/')
  const network = parseIp(address)
  const bits = parseIp(mask)
  return network === undefined || bits === undefined
    ? implicit(2, ascii(base))
    : implicit(7, join(network, bits))
}

function bits(numbers: readonly number[]): Bytes {
  const highest = Math.max(0, ...numbers)
  const bytes = new Uint8Array((highest >> 3) + 1)
  for (const bit of numbers) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return bitString(bytes, 7 - (highest & 7))
}

function keyIdentifier(spki: Uint8Array): Bytes {
  return digest('sha256', spki).slice(0, 20)
}

function digest(hash: string, ...parts: readonly Uint8Array[]): Bytes {
  return new Uint8Array(
    createHash(hash)
      .update(join(...parts))
      .digest(),
  )
}

const hashOids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}
const ecdsaOids = {
  md5: '1.2.840.10045.4.1',
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
}
const rsaOids = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
}

/** How a key signs. */
export function algorithmOf(
  key: AnyKey,
  wanted: Signing | undefined,
): { readonly identifier: Bytes; sign(tbs: Bytes): Bytes } {
  if (key instanceof MlDsaKey) return { identifier: key.identifier, sign: tbs => key.sign(tbs) }
  const algorithm = nodeAlgorithm(key, wanted)
  return {
    identifier: algorithm.identifier,
    sign: tbs => new Uint8Array(sign(algorithm.hash, tbs, algorithm.key)),
  }
}

function nodeAlgorithm(
  key: KeyObject,
  wanted: Signing | undefined,
): {
  identifier: Bytes
  hash: string | null
  key: KeyObject | { key: KeyObject; padding: number; saltLength: number }
} {
  const type = key.asymmetricKeyType
  if (type === 'ed25519') return { identifier: sequence(oid('1.3.101.112')), hash: null, key }
  if (type === 'ec') {
    const curve = key.asymmetricKeyDetails?.namedCurve
    const hash =
      wanted?.hash ??
      (curve === 'secp521r1' ? 'sha512' : curve === 'secp384r1' ? 'sha384' : 'sha256')
    return { identifier: sequence(oid(ecdsaOids[hash])), hash, key }
  }
  const hash = wanted?.hash ?? 'sha256'
  if (type === 'rsa' && wanted?.pss !== true)
    return { identifier: sequence(oid(rsaOids[hash]), nothing()), hash, key }
  if (hash === 'sha1' || hash === 'md5')
    throw new TypeError('mint signs RSASSA-PSS with SHA-2 alone')
  const hashIdentifier = sequence(oid(hashOids[hash]), nothing())
  const saltLength = { sha256: 32, sha384: 48, sha512: 64 }[hash]
  return {
    identifier: sequence(
      oid('1.2.840.113549.1.1.10'),
      sequence(
        context(0, hashIdentifier),
        context(1, sequence(oid('1.2.840.113549.1.1.8'), hashIdentifier)),
        context(2, integer(saltLength)),
      ),
    ),
    hash,
    key: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
  }
}
