/** A private key of Web Crypto, which need not be extractable, behind the callbacks of a context. */
import type { SignatureScheme } from '@biopair/crypto'
import type { Identity, WantSignature } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import {
  type Certificate,
  certificateChainFrom,
  isX509Failure,
  parseCertificate,
  type X509Failure,
} from '@biopair/x509'
import { choose } from './choice.ts'
import type { ContextOptions } from './context-options.ts'
import { schemesOf } from './credentials.ts'
import { misuse } from './misuse.ts'

/** What is asked of a CryptoKey: one of any runtime will do. */
export interface WebCryptoKey {
  readonly type: string
  readonly usages: readonly string[]
  readonly algorithm: { readonly name: string }
}

/** What is asked of `crypto.subtle`. */
export interface WebCryptoSigner<K extends WebCryptoKey> {
  sign(
    algorithm: { name: string; hash?: string; saltLength?: number },
    key: K,
    data: Bytes,
  ): Promise<ArrayBuffer>
}

const hashNames = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const

/**
 * Options of a context that shows `cert` (PEM or DER, leaf first) and signs with a private CryptoKey: ECDSA, RSA-PSS or Ed25519, with usage
 * `sign`, of the certificate. The handshake stands still at `want_signature` meanwhile. An RSA-PSS key signs with its one hash. TypeError for a key that TLS 1.3 has
 * no use for. Whether key and certificate belong together shows in the handshake, since such a key does not say its public half.
 *
 * ```ts
 * new SslContext({ ...webCryptoKey(cert, key, crypto.subtle) })
 * ```
 */
export function webCryptoKey<K extends WebCryptoKey>(
  cert: string | Uint8Array,
  key: K,
  subtle: WebCryptoSigner<K>,
): Required<Pick<ContextOptions, 'certificateCallback' | 'signCallback'>> {
  if (key.type !== 'private' || !key.usages.includes('sign'))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `key: expected a private CryptoKey with usage sign, got a ${key.type} one for ${key.usages.join(', ') || 'nothing'}`,
    )
  const chain = certificateChainFrom(cert)
  const certificate = parseCertificate(chain[0] as Uint8Array)
  if (isX509Failure(certificate)) throw misuse('ERR_INVALID_ARG_VALUE', `cert: ${certificate.why}`)
  if (isX509Failure(certificate.publicKey))
    throw misuse('ERR_INVALID_ARG_VALUE', `cert: ${certificate.publicKey.why}`)
  const schemes = schemesOf(certificate.publicKey).filter(
    scheme => scheme.handshake && signs(key, scheme),
  )
  if (schemes.length === 0)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `key: expected ECDSA, RSA-PSS or Ed25519, and the certificate's own curve or kind, got ${algorithmText(key)}`,
    )
  const identity: Identity = { chain, schemes }
  const certificates = chain.map(parseCertificate).filter(readable)
  return {
    certificateCallback: want => choose([{ ...identity, certificate, certificates }], want),
    signCallback: async want => sign(want, key, subtle),
  }
}

/** As it says itself: `ECDSA P-384`. */
function algorithmText({ algorithm }: WebCryptoKey): string {
  const { name, namedCurve } = algorithm as { readonly name: string; readonly namedCurve?: string }
  return namedCurve === undefined ? name : `${name} ${namedCurve}`
}

function readable(parsed: Certificate | X509Failure): parsed is Certificate {
  return !isX509Failure(parsed)
}

/** Whether a key is one for a scheme. What it is bound to (a curve, a hash) it says in its algorithm. */
function signs(key: WebCryptoKey, { algorithm, key: kind }: SignatureScheme): boolean {
  const { name, namedCurve, hash } = key.algorithm as {
    readonly name: string
    readonly namedCurve?: string
    readonly hash?: { readonly name: string }
  }
  switch (algorithm.kind) {
    case 'ecdsa':
      return name === 'ECDSA' && namedCurve === kind
    case 'rsa_pss':
      return name === 'RSA-PSS' && hash?.name === hashNames[algorithm.hash]
    case 'ed25519':
      return name === 'Ed25519'
    default:
      return false
  }
}

async function sign<K extends WebCryptoKey>(
  { scheme: { algorithm }, content }: WantSignature,
  key: K,
  subtle: WebCryptoSigner<K>,
): Promise<Bytes> {
  const { name } = key.algorithm
  switch (algorithm.kind) {
    case 'ecdsa':
      return ecdsaDer(
        new Uint8Array(await subtle.sign({ name, hash: hashNames[algorithm.hash] }, key, content)),
      )
    case 'rsa_pss':
      return new Uint8Array(
        await subtle.sign({ name, saltLength: algorithm.saltLength }, key, content),
      )
    default:
      return new Uint8Array(await subtle.sign({ name }, key, content))
  }
}

/** ECDSA-Sig-Value (RFC 3279 §2.2.3) of the two halves that Web Crypto gives. */
function ecdsaDer(halves: Bytes): Bytes {
  const half = halves.length / 2
  const body = [...integer(halves.subarray(0, half)), ...integer(halves.subarray(half))]
  return Uint8Array.from([0x30, ...length(body.length), ...body])
}

/** A positive INTEGER: no zeros in front but one that keeps it positive. */
function integer(bytes: Uint8Array): number[] {
  const first = bytes.findIndex(byte => byte !== 0)
  const digits = first < 0 ? [0] : [...bytes.subarray(first)]
  if ((digits[0] as number) >= 0x80) digits.unshift(0)
  return [0x02, digits.length, ...digits]
}

/** Up to 255 bytes: a signature of P-521 has no more than 141. */
function length(bytes: number): number[] {
  return bytes < 0x80 ? [bytes] : [0x81, bytes]
}
