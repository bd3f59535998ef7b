/** A certificate to order: sound by default, and anything in it can be said otherwise (RFC 5280 §4). */
import type { Bytes, Hash, Random } from '@biopair/crypto'
import { type KeyUsage, keyPurposes } from '@biopair/x509'
import { bitString, context, integer, sequence, time, tlv } from './der-writer.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  extKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts'
import type { MintKey } from './keys.ts'
import { type GeneralNameInput, type NameInput, nameOf } from './names.ts'
import { pem } from './pem.ts'
import { type Signing, signerOf } from './signing.ts'

/** Who can sign a certificate: a name and its key. */
export interface Issuer {
  /** The DER of its subject. */
  readonly subject: Uint8Array
  readonly spki: Uint8Array
  readonly key: MintKey
}

/** What to mint. Everything has a sound default, so that a test names only what it is about. */
export interface CertificateOptions {
  /** `server.example`; a common name, a list of attributes, or DER. */
  readonly subject?: NameInput
  /** Who signs; itself if left out. */
  readonly issuer?: Issuer | undefined
  /** The issuer's name, where it is to differ from the issuer's subject. */
  readonly issuerName?: NameInput
  readonly key: MintKey
  /** Who really signs, where it is not who should. */
  readonly signKey?: MintKey
  /** SubjectPublicKeyInfo, where it is not the key's. */
  readonly spki?: Uint8Array
  /** basicConstraints: TRUE with a path length or without, FALSE, or `none` for no extension. */
  readonly ca?: boolean | number | 'none'
  /** Subject alternative names, as `generalName` takes them; no extension if empty. A leaf has `server.example`. */
  readonly names?: readonly GeneralNameInput[]
  /** Milliseconds since 1970, or the DER of a Time. */
  readonly notBefore: number | Uint8Array
  readonly notAfter: number | Uint8Array
  /** A number or a magnitude; `{ content }` is the INTEGER's content. From a hash of subject and key if left out. */
  readonly serial?: number | Uint8Array | { readonly content: Uint8Array }
  /** Bits of keyUsage by number or name (RFC 5280 §4.2.1.3), or `none`. keyCertSign and cRLSign, or digitalSignature, if left out. */
  readonly keyUsage?: readonly (number | KeyUsage)[] | 'none'
  /** Key purpose OIDs, or `none`; serverAuth and clientAuth for a leaf, none for an authority. */
  readonly extKeyUsage?: readonly string[] | 'none'
  /** Extensions to add, as `extension` makes them. */
  readonly extensions?: readonly Uint8Array[]
  /** False leaves subjectKeyIdentifier and authorityKeyIdentifier out. */
  readonly keyIdentifiers?: boolean
  /** 3 if left out; below it, there are no extensions. */
  readonly version?: number
  readonly signing?: Signing | undefined
  /** AlgorithmIdentifiers in tbsCertificate and outside of it, where they are not what signs. */
  readonly innerAlgorithm?: Uint8Array
  readonly outerAlgorithm?: Uint8Array
  /** Changes tbsCertificate before it is signed, the signature, and the whole. */
  readonly spoilTbs?: (tbs: Bytes) => Bytes
  readonly spoilSignature?: (signature: Bytes) => Bytes
  readonly spoil?: (der: Bytes) => Bytes
}

/** A certificate and the key that belongs to it; it can issue others. */
export interface Minted extends Issuer {
  readonly der: Bytes
  readonly pem: string
  readonly subject: Bytes
  readonly spki: Bytes
}

/** Mints one certificate. `random` is what signatures follow from. */
export function certificate(
  options: CertificateOptions,
  { sha256, random }: { readonly sha256: Hash; readonly random: Random | undefined },
): Minted {
  const { key, issuer, version = 3 } = options
  const subject = nameOf(options.subject ?? 'server.example')
  const spki = new Uint8Array(options.spki ?? key.spki)
  const signer = signerOf(options.signKey ?? issuer?.key ?? key, options.signing, random)
  const { innerAlgorithm = signer.identifier, outerAlgorithm = innerAlgorithm } = options
  const written = sequence(
    ...(version === 1 ? [] : [context(0, integer(version - 1))]),
    serialNumber(options.serial ?? sha256.digest(subject, spki).subarray(0, 8)),
    innerAlgorithm,
    nameOf(options.issuerName ?? issuer?.subject ?? subject),
    sequence(timeOf(options.notBefore), timeOf(options.notAfter)),
    subject,
    spki,
    ...(version < 3 ? [] : extensions(options, spki, sha256)),
  )
  const tbs = options.spoilTbs?.(written) ?? written
  const signature = signer.sign(tbs)
  const whole = sequence(
    tbs,
    outerAlgorithm,
    bitString(options.spoilSignature?.(signature) ?? signature),
  )
  const der = options.spoil?.(whole) ?? whole
  return { der, pem: pem('CERTIFICATE', der), subject, spki, key }
}

/** A key identifier: the first 20 bytes of SHA-256 over SubjectPublicKeyInfo (RFC 7093 §2, method 4). */
export function keyIdentifier(spki: Uint8Array, sha256: Hash): Bytes {
  return sha256.digest(spki).slice(0, 20)
}

function serialNumber(serial: NonNullable<CertificateOptions['serial']>): Bytes {
  if (typeof serial === 'number' || serial instanceof Uint8Array) return integer(serial)
  return tlv(0x02, serial.content)
}

function timeOf(at: number | Uint8Array): Uint8Array {
  return typeof at === 'number' ? time(at) : at
}

function extensions(options: CertificateOptions, spki: Uint8Array, sha256: Hash): Uint8Array[] {
  const { ca = false } = options
  const authority = ca !== false && ca !== 'none'
  const list: Uint8Array[] = []
  if (ca !== 'none') list.push(basicConstraints(authority, typeof ca === 'number' ? ca : undefined))
  const { keyUsage: usage = authority ? [5, 6] : [0] } = options
  if (usage !== 'none') list.push(keyUsage(usage))
  const { extKeyUsage: purposes = authority ? 'none' : bothPurposes } = options
  if (purposes !== 'none') list.push(extKeyUsage(purposes))
  const { names = authority ? [] : ['server.example'] } = options
  if (names.length > 0) list.push(subjectAltName(names))
  if (options.keyIdentifiers !== false) {
    list.push(subjectKeyIdentifier(keyIdentifier(spki, sha256)))
    list.push(authorityKeyIdentifier(keyIdentifier(options.issuer?.spki ?? spki, sha256)))
  }
  list.push(...(options.extensions ?? []))
  return list.length === 0 ? [] : [context(3, sequence(...list))]
}

const bothPurposes = [keyPurposes.serverAuth, keyPurposes.clientAuth]
