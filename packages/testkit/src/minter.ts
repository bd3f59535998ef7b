/** `Minter`: certificates, CRLs and OCSP responses to order, with the provider, the randomness and the time that it is given. */
import type { Bytes, PrivateKeyMaterial, Random } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import {
  certificateChainFrom,
  isX509Failure,
  keyPurposes,
  parseCertificate,
  privateKeyFrom,
} from '@biopair/x509'
import { type CertificateOptions, certificate, type Issuer, type Minted } from './certificate.ts'
import { type CrlOptions, crl, type MintedCrl } from './crl.ts'
import { ocspNoCheck } from './extensions.ts'
import { type KeyKind, keyMaterial, type MintCrypto, MintKey } from './keys.ts'
import { type OcspOptions, ocspResponse } from './ocsp.ts'
import { pem } from './pem.ts'

export interface MinterOptions {
  /** Now, milliseconds since 1970: what is minted is valid from a day before until 90 days after, unless it says otherwise. */
  readonly time: number
  /** Who makes keys and signatures: noble. */
  readonly crypto?: MintCrypto
  /** What keys and signatures follow from (`seededRandom`): the same bytes with every provider. The provider draws if left out. */
  readonly random?: Random
}

/** As `CertificateOptions`; a key may be a kind, and is a new P-256 key if left out. */
export type MintOptions = Partial<Omit<CertificateOptions, 'key'>> & {
  readonly key?: KeyKind | MintKey
}

const day = 86_400_000

/** Mints. It keeps nothing but how many RSA keys it has handed out. */
export class Minter {
  readonly time: number
  readonly #crypto: MintCrypto
  readonly #random: Random | undefined
  #rsaKeys = 0

  constructor({ time, crypto = noble, random }: MinterOptions) {
    this.time = time
    this.#crypto = crypto
    this.#random = random
  }

  /** A key of a kind (P-256): a new one, but for RSA, whose three fixed keys take turns. */
  key(kind: KeyKind = 'p256'): MintKey {
    const random: Random = this.#random ?? ((_purpose, length) => this.#crypto.randomBytes(length))
    const nth = kind === 'rsa' || kind === 'rsa-pss' ? this.#rsaKeys++ : 0
    return this.keyOf(keyMaterial(kind, random, nth))
  }

  /** A key that is there already: PKCS#8, SEC 1 or PKCS#1 as PEM or DER, or a provider's material. */
  keyOf(key: string | Uint8Array | PrivateKeyMaterial): MintKey {
    const material =
      typeof key === 'string' || key instanceof Uint8Array ? privateKeyFrom(key) : key
    return new MintKey(material, this.#crypto)
  }

  /** A certificate; a leaf for server.example that signs itself, unless told otherwise. */
  certificate(options: MintOptions = {}): Minted {
    const { key = 'p256' } = options
    const whole: CertificateOptions = {
      notBefore: this.time - day,
      notAfter: this.time + 90 * day,
      ...options,
      key: typeof key === 'string' ? this.key(key) : key,
    }
    return certificate(whole, this.#means)
  }

  /** A root that signs itself. */
  root(options: MintOptions = {}): Minted {
    return this.certificate({ subject: 'root', ca: true, ...options })
  }

  /** An authority below another. */
  intermediate(issuer: Issuer, options: MintOptions = {}): Minted {
    return this.certificate({ subject: 'intermediate', ca: true, issuer, ...options })
  }

  /** What servers and clients show: for server.example, and both purposes. */
  leaf(issuer: Issuer, options: MintOptions = {}): Minted {
    return this.certificate({ issuer, ...options })
  }

  /** A certificate that may sign OCSP responses for its issuer. */
  responder(issuer: Issuer, options: MintOptions = {}): Minted {
    return this.certificate({
      subject: 'ocsp responder',
      issuer,
      extKeyUsage: [keyPurposes.OCSPSigning],
      names: [],
      extensions: [ocspNoCheck()],
      ...options,
    })
  }

  /** A CRL of this time, the next in a week, that revokes nothing unless told to. */
  crl(issuer: Issuer, options: Partial<Omit<CrlOptions, 'issuer'>> = {}): MintedCrl {
    const { time } = this
    const whole = { thisUpdate: time, nextUpdate: time + 7 * day, ...options, issuer }
    return crl(whole, this.#means)
  }

  /** An OCSP response of this time, the next in a week: `good`, signed by the issuer, unless told otherwise. */
  ocsp(
    leaf: { readonly der: Uint8Array },
    issuer: Issuer,
    options: Partial<Omit<OcspOptions, 'leaf' | 'issuer'>> = {},
  ): Bytes {
    const { time } = this
    const whole = { thisUpdate: time, nextUpdate: time + 7 * day, ...options, leaf, issuer }
    return ocspResponse(whole, this.#random)
  }

  /** A certificate made elsewhere (PEM or DER, the first of several) and its key, to issue with. */
  adopt(made: string | Uint8Array, key: string | Uint8Array): Minted {
    const [der] = certificateChainFrom(made)
    const parsed = der && parseCertificate(der)
    if (der === undefined || parsed === undefined || isX509Failure(parsed))
      throw new TypeError('expected a certificate')
    const subject = new Uint8Array(parsed.subject.raw)
    const spki = new Uint8Array(parsed.spki)
    return { der, pem: pem('CERTIFICATE', der), subject, spki, key: this.keyOf(key) }
  }

  get #means() {
    return { sha256: this.#crypto.hashes.sha256, random: this.#random }
  }
}
