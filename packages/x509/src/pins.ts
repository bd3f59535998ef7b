/** Pins: SHA-256 of the public keys of which one has to be on a path (RFC 7469 §2.4 and §2.6). */
import type { Bytes } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import { sameBytes } from './der.ts'
import { X509InputError } from './failure.ts'
import type { Problem } from './problem.ts'

/** Pins, and how to know a key by them. */
export interface Pins {
  /** SHA-256 of SubjectPublicKeyInfos, 32 bytes each. */
  readonly digests: readonly Uint8Array[]
  readonly sha256: (bytes: Uint8Array) => Uint8Array
}

/**
 * The digests of pins: `sha256/` and base64 (`sha256//`, as curl writes it, too), or 32 bytes. `X509InputError` with the code `ERR_PIN_INVALID`
 * for anything else, and for an empty list, which nobody could satisfy.
 */
export function pinsFrom(pins: readonly (string | Uint8Array)[]): Bytes[] {
  if (!Array.isArray(pins)) throw invalid(`expected a list of pins, got ${typeof pins}`)
  if (pins.length === 0) throw invalid('expected at least one pin, got none')
  return pins.map((pin, index) => {
    const digest = typeof pin === 'string' ? fromText(pin) : pin
    if (digest instanceof Uint8Array && digest.length === 32) return new Uint8Array(digest)
    const got = typeof pin === 'string' ? JSON.stringify(pin) : `${pin?.length} bytes`
    throw invalid(
      `pins[${index}]: expected sha256/ and 32 bytes in base64, or the bytes, got ${got}`,
    )
  })
}

/** What one verification knows of the keys that it meets: each is digested once. */
export class PinCheck {
  readonly #pins: Pins | undefined
  readonly #known = new Map<Certificate, boolean>()

  constructor(pins: Pins | undefined) {
    this.#pins = pins
  }

  /** What is wrong with a path on which no key is pinned. */
  problem(path: readonly Certificate[]): Problem | undefined {
    if (!this.#pins || path.some(certificate => this.#has(certificate))) return undefined
    const keys =
      path.length === 1 ? "the certificate's key" : `one of the ${path.length} keys of the path`
    return {
      code: 'ERR_TLS_CERT_NOT_PINNED',
      why: `expected ${keys} among ${this.#pins.digests.length} pins, got none`,
    }
  }

  #has(certificate: Certificate): boolean {
    let pinned = this.#known.get(certificate)
    if (pinned === undefined) {
      pinned = isPinned(certificate.spki, this.#pins as Pins)
      this.#known.set(certificate, pinned)
    }
    return pinned
  }
}

/** Whether a SubjectPublicKeyInfo is one of those that were pinned. */
export function isPinned(spki: Uint8Array, { digests, sha256 }: Pins): boolean {
  const digest = sha256(spki)
  return digests.some(pin => sameBytes(pin, digest))
}

// 43 digits, the last of which has two bits to spare, and a sign of padding.
const form = /^sha256\/\/?([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048])=$/
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function fromText(text: string): Uint8Array | undefined {
  const base64 = form.exec(text)?.[1]
  if (base64 === undefined) return undefined
  const bytes = new Uint8Array(32)
  for (let i = 0; i < 32; i++) {
    const at = Math.floor((i * 4) / 3)
    const first = digits.indexOf(base64.charAt(at))
    const second = digits.indexOf(base64.charAt(at + 1))
    const shift = 2 * (i % 3)
    bytes[i] = ((first << (2 + shift)) | (second >> (4 - shift))) & 0xff
  }
  return bytes
}

function invalid(message: string): X509InputError {
  return new X509InputError('ERR_PIN_INVALID', message)
}
