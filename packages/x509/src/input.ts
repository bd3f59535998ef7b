/** What a program may hand us as a key or a certificate, told apart by shape: no type of Node or the DOM is named. */
import { X509InputError } from './failure.ts'
import { pemText } from './pem.ts'

/** PEM text, or DER or PEM bytes: any view of memory, or the memory itself. */
export type FileInput = string | ArrayBuffer | ArrayBufferView

/** A `KeyObject` of node:crypto, structurally. */
export interface KeyObjectLike {
  readonly type: string
  export(options: { type: 'pkcs8' | 'spki'; format: 'der' }): Uint8Array
}

/** An `X509Certificate` of node:crypto, structurally. */
export interface X509CertificateLike {
  readonly raw: Uint8Array
}

/** A `CryptoKey` of Web Crypto, structurally. */
export interface CryptoKeyLike {
  readonly type: string
  readonly extractable: boolean
  readonly usages: readonly string[]
  readonly algorithm: { readonly name: string }
}

/** A JSON Web Key (RFC 7517): what it holds is checked when it is read. */
export interface Jwk {
  readonly kty?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly alg?: string | undefined
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
  readonly n?: string | undefined
  readonly e?: string | undefined
  readonly d?: string | undefined
  readonly p?: string | undefined
  readonly q?: string | undefined
  readonly dp?: string | undefined
  readonly dq?: string | undefined
  readonly qi?: string | undefined
  readonly oth?: unknown
  readonly pub?: string | undefined
  readonly priv?: string | undefined
}

/** What can be read as a private key now. */
export type PrivateKeyInput = FileInput | Jwk | KeyObjectLike
/** What can be read as a public key now. */
export type PublicKeyInput = FileInput | Jwk | KeyObjectLike
/** What can be read as one certificate, or as a bundle of them. */
export type CertificateInput = FileInput | X509CertificateLike

/** Something given, and what it is. */
export type Seen =
  | { readonly as: 'PEM'; readonly text: string }
  | { readonly as: 'DER'; readonly bytes: Uint8Array }
  | { readonly as: 'JWK'; readonly jwk: Jwk }
  | { readonly as: 'KeyObject'; readonly key: KeyObjectLike }
  | { readonly as: 'X509Certificate'; readonly raw: Uint8Array }
  | { readonly as: 'CryptoKey'; readonly key: CryptoKeyLike }
  | { readonly as: 'other'; readonly name: string }

/** Tells what something is. Text and bytes that hold a JSON object are a JWK, and other text is PEM. */
export function seen(input: unknown): Seen {
  if (typeof input === 'string') return seenText(input)
  const bytes = bytesOf(input)
  if (bytes !== undefined) {
    if (bytes[0] === 0x7b) return seenText(String.fromCharCode(...bytes.subarray(0, 65_536)))
    const text = pemText(bytes)
    return text === undefined ? { as: 'DER', bytes } : { as: 'PEM', text }
  }
  if (typeof input !== 'object' || input === null)
    return { as: 'other', name: input === null ? 'null' : typeof input }
  if (Array.isArray(input)) return { as: 'other', name: 'a list' }
  const { kty, keys, type, algorithm, usages, raw } = input as Readonly<Record<string, unknown>>
  if (typeof kty === 'string') return { as: 'JWK', jwk: input as Jwk }
  if (Array.isArray(keys)) return { as: 'other', name: 'a JWK Set' }
  if (typeof type === 'string' && typeof (input as Partial<KeyObjectLike>).export === 'function')
    return { as: 'KeyObject', key: input as KeyObjectLike }
  if (typeof type === 'string' && typeof algorithm === 'object' && Array.isArray(usages))
    return { as: 'CryptoKey', key: input as CryptoKeyLike }
  const certificate = bytesOf(raw)
  if (certificate !== undefined) return { as: 'X509Certificate', raw: certificate }
  return { as: 'other', name: 'another object' }
}

/** What it is, for an error: never a byte of what it holds. */
export function shown(what: Seen): string {
  switch (what.as) {
    case 'PEM':
      return 'PEM text'
    case 'DER':
      return 'bytes'
    case 'JWK':
      return 'a JWK'
    case 'KeyObject':
      return `a ${['private', 'public', 'secret'].find(type => type === what.key.type) ?? 'strange'} KeyObject`
    case 'X509Certificate':
      return 'an X509Certificate'
    case 'CryptoKey':
      return `a ${what.key.extractable ? '' : 'non-extractable '}CryptoKey`
    case 'other':
      return what.name
  }
}

/**
 * The bytes of a view or a buffer, not copied, as a plain Uint8Array: `slice` of a Buffer copies nothing. Undefined for anything else; those of another realm
 * count too.
 */
export function bytesOf(input: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(input))
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
  const name = Object.prototype.toString.call(input)
  return name === '[object ArrayBuffer]' || name === '[object SharedArrayBuffer]'
    ? new Uint8Array(input as ArrayBuffer)
    : undefined
}

/** What a KeyObject exports; `X509InputError` where it does not, or is none after all. */
export function exported(key: KeyObjectLike, type: 'pkcs8' | 'spki'): Uint8Array {
  const code = type === 'pkcs8' ? 'ERR_PRIVATE_KEY_INVALID' : 'ERR_PUBLIC_KEY_INVALID'
  let bytes: Uint8Array | undefined
  try {
    bytes = bytesOf(key.export({ type, format: 'der' }))
  } catch {
    throw new X509InputError(code, `expected a KeyObject that exports ${type}, got one that throws`)
  }
  if (bytes !== undefined) return bytes
  throw new X509InputError(
    code,
    `expected a KeyObject that exports ${type} as bytes, got another answer`,
  )
}

function seenText(text: string): Seen {
  if (!text.trimStart().startsWith('{')) return { as: 'PEM', text }
  try {
    const what = seen(JSON.parse(text))
    if (what.as === 'JWK' || what.as === 'other') return what
  } catch {
    // Its message would show what it read.
  }
  return { as: 'other', name: 'text that is no JSON' }
}
