/** The cipher filter (BIO_f_cipher): what is written goes down enciphered, what is read comes up deciphered. */
import type { Stopped } from './bio.ts'
import { BioError, misuse } from './bio-error.ts'
import { checkBytes, checkCount } from './check.ts'
import { CodingFilter } from './coding-filter.ts'
import { ByteQueue } from './queue.ts'
import { broken } from './stopped.ts'

/**
 * A cipher that takes its bytes as they come; node:crypto's `Cipheriv` and `Decipheriv` are such. One with a tag appends it in
 * `final`, or keeps it back from `update` and throws in `final` where it is wrong.
 */
export interface StreamCipher {
  update(bytes: Uint8Array): Uint8Array
  /** What was held back, and the last block. Called once. Throws where the text is not whole or not authentic. */
  final(): Uint8Array
}

/** A cipher for each direction that is used. */
export interface Ciphers {
  readonly encrypt?: StreamCipher
  readonly decrypt?: StreamCipher
}

export interface CipherOptions {
  /**
   * Nothing is given to the reader before `final` of the deciphering has said that all of it is authentic; up to so many
   * bytes are held for it, more is `broken`. Without it bytes are given as they are deciphered, the last ones unverified until the end.
   */
  readonly holdUntilVerified?: number
}

/**
 * Every byte is enciphered once, however often a BIO below refuses it. `flush` and `end` finish the enciphering, once; the end from
 * below finishes the deciphering. A direction without a cipher is `broken`, never passed on in the clear.
 */
export class CipherFilter extends CodingFilter {
  readonly #hold: number | undefined
  #ciphers: Ciphers = {}
  #unverified: ByteQueue | undefined
  /** Why writes are refused though nothing failed. */
  #refusal: Stopped | undefined
  #taken = 0
  #given = 0
  #read: 'open' | 'ok' | 'failed' = 'open'
  #written: 'open' | 'ok' | 'failed' = 'open'

  constructor(ciphers: Ciphers, { holdUntilVerified }: CipherOptions = {}) {
    super()
    if (holdUntilVerified !== undefined)
      checkCount('holdUntilVerified of a cipher filter', holdUntilVerified, 1)
    this.#hold = holdUntilVerified
    this.#set(ciphers)
  }

  /**
   * How far it went well (BIO_get_cipher_status): `failed` once a cipher has thrown; `ok` once each cipher that there is has been
   * finished; `open` before. Bytes that were read while `open` are not verified.
   */
  get status(): 'open' | 'ok' | 'failed' {
    const { encrypt, decrypt } = this.#ciphers
    const states = [...(encrypt ? [this.#written] : []), ...(decrypt ? [this.#read] : [])]
    if (states.includes('failed')) return 'failed'
    return states.includes('open') ? 'open' : 'ok'
  }

  /** Begins anew with other ciphers in both directions (BIO_set_cipher); what is held is forgotten. `end` or `flush` first. */
  renew(ciphers: Ciphers): void {
    this.#set(ciphers)
    this.begin()
  }

  override write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    return this.#refusal ?? super.write(bytes)
  }

  protected override encode(bytes: Uint8Array, to: ByteQueue): void {
    const { encrypt } = this.#ciphers
    this.#written = 'failed'
    const text = told('CIPHER_OPERATION_FAILED', 'encrypt', () => encrypt?.update(bytes))
    this.#written = 'open'
    this.#taken += bytes.length
    this.#given += text.length
    to.write(text)
  }

  protected override finishEncoding(to: ByteQueue): void {
    const { encrypt } = this.#ciphers
    if (encrypt === undefined || this.#written !== 'open') return
    this.#refusal = broken(
      new BioError(
        'BROKEN_PIPE',
        'write: flush has finished the enciphering; renew begins another',
      ),
    )
    this.#written = 'failed'
    const text = told('CIPHER_OPERATION_FAILED', 'encrypt', () => encrypt.final())
    this.#written = 'ok'
    this.#given = this.#taken
    to.write(text)
  }

  protected override decode(bytes: Uint8Array, to: ByteQueue): void {
    const { decrypt } = this.#ciphers
    if (decrypt === undefined) throw missing('read', 'decrypt')
    this.#read = 'failed'
    const plain = told('BAD_DECRYPT', 'decrypt', () => decrypt.update(bytes))
    const queue = this.#unverified ?? to
    if (plain.length > queue.free)
      throw new BioError(
        'BAD_DECRYPT',
        `decrypt: expected the end within ${queue.limit} bytes, which are held until they are verified`,
      )
    queue.write(plain)
    this.#read = 'open'
  }

  protected override finishDecoding(to: ByteQueue): void {
    const { decrypt } = this.#ciphers
    if (decrypt === undefined) throw missing('read', 'decrypt')
    this.#read = 'failed'
    const held = this.#unverified
    this.#unverified = undefined
    const plain = told('BAD_DECRYPT', 'decrypt', () => decrypt.final())
    this.#read = 'ok'
    if (held) to.write(held.run())
    to.write(plain)
  }

  protected override get encoding(): number {
    return Math.max(this.#taken - this.#given, 0)
  }

  /** Not before `final` has said so. */
  protected override get decodedWhole(): boolean {
    return false
  }

  #set(ciphers: Ciphers): void {
    const { encrypt, decrypt } = ciphers
    checkCipher('encrypt', encrypt)
    checkCipher('decrypt', decrypt)
    this.#ciphers = { ...(encrypt && { encrypt }), ...(decrypt && { decrypt }) }
    this.#unverified = this.#hold === undefined ? undefined : new ByteQueue(this.#hold)
    this.#refusal = encrypt ? undefined : broken(missing('write', 'encrypt'))
    this.#taken = 0
    this.#given = 0
    this.#read = 'open'
    this.#written = 'open'
  }
}

/** What a cipher gives; its own error becomes the cause of ours. */
function told(
  reason: 'BAD_DECRYPT' | 'CIPHER_OPERATION_FAILED',
  name: 'encrypt' | 'decrypt',
  call: () => Uint8Array | undefined,
): Uint8Array {
  try {
    const bytes = call()
    if (bytes !== undefined) {
      checkBytes(`what ${name} gives`, bytes)
      return bytes
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BioError(reason, `${name}: the cipher failed: ${why}`, { cause })
  }
  throw new BioError(reason, `${name}: expected bytes from the cipher, got undefined`)
}

function missing(direction: 'read' | 'write', name: 'encrypt' | 'decrypt'): BioError {
  return new BioError('UNSUPPORTED_METHOD', `${direction}: this filter was given no ${name} cipher`)
}

function checkCipher(name: string, cipher: StreamCipher | undefined): void {
  if (cipher === undefined) return
  if (typeof cipher?.update === 'function' && typeof cipher.final === 'function') return
  throw misuse(TypeError, `${name} of a cipher filter: expected { update, final }, got neither`)
}
