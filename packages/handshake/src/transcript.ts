/** The transcript hash (RFC 9846 §4.1). */
import { concat, type Hash, type RunningHash } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { encodeMessage, MessageHash } from './messages/index.ts'

export class Transcript {
  /** Messages that came before the hash was known: a ClientHello at the most, in TLS 1.2 all up to CertificateVerify. */
  #early: Bytes[] = []
  #running: RunningHash | undefined

  /** `from` is a hash to go on from: a copy of it is. */
  constructor(from?: RunningHash) {
    this.#running = from?.copy()
  }

  /** Adds a whole message, header included. */
  add(message: Uint8Array): void {
    if (this.#running) this.#running.update(message)
    else this.#early.push(message.slice())
  }

  /** Sets the hash, once the suite is chosen. Later calls change nothing. */
  start(hash: Hash): void {
    if (this.#running) return
    this.#running = hash.start()
    for (const message of this.#early) this.#running.update(message)
    this.#early = []
  }

  /** TLS 1.2: all messages so far, which CertificateVerify signs (RFC 5246 §7.4.8); they are kept until `start`. */
  content(): Bytes {
    return concat(...this.#early)
  }

  /**
   * Replaces ClientHello1 by message_hash, whether the HelloRetryRequest was added already or not:
   *
   *     Transcript-Hash(ClientHello1, HelloRetryRequest, ... Mn) =
   *         Hash(message_hash || 00 00 Hash.length || Hash(ClientHello1) || HelloRetryRequest || ... || Mn)
   */
  retry(hash: Hash): void {
    const [hello, ...others] = this.#early
    if (!hello) throw new TypeError('the transcript has no ClientHello1 to replace')
    this.#early = [encodeMessage(MessageHash, { hash: hash.digest(hello) }), ...others]
    this.start(hash)
  }

  /** Forgets everything: what comes next is the first message. */
  clear(): void {
    this.#early = []
    this.#running = undefined
  }

  /**
   * Puts message_hash of a ClientHello1 and the HelloRetryRequest before the ClientHello that came: `digest` is Hash(ClientHello1). Answers
   * the hash up to there, to be continued apart.
   */
  goOn(hash: Hash, digest: Bytes, retry: Bytes): RunningHash {
    const before = hash.start()
    before.update(encodeMessage(MessageHash, { hash: digest }))
    before.update(retry)
    this.#running = before.copy()
    for (const message of this.#early) this.#running.update(message)
    this.#early = []
    return before
  }

  /** The hash as it stands, to be continued apart: for the binders of a second ClientHello (§4.3.11.2). */
  fork(): RunningHash {
    if (!this.#running) throw new TypeError('the transcript has no hash before a suite is chosen')
    return this.#running.copy()
  }

  /** Transcript-Hash of what was added so far. */
  hash(): Bytes {
    if (!this.#running) throw new TypeError('the transcript has no hash before a suite is chosen')
    return this.#running.snapshot()
  }
}
