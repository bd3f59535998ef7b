/** The end of a TLS 1.2 handshake: keys, and Finished in both directions (RFC 5246 §7.4.9). */
import type { CipherSuite12, CryptoProvider } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { Flow, Role } from '../flow.ts'
import { Finished } from '../messages/index.ts'
import type { Secrets } from '../secrets.ts'
import type { Talk } from '../talk.ts'
import {
  finishedData12,
  finishedMatches12,
  type Keys12,
  keyBlock,
  type Randoms,
  verifyDataLength,
} from './key-schedule.ts'

export class Finishing {
  readonly #talk: Talk
  readonly #crypto: CryptoProvider
  readonly #suite: CipherSuite12
  readonly #master: Bytes
  readonly #keys: Keys12

  /** Derives the keys. The master secret stays the caller's. */
  constructor(
    talk: Talk,
    crypto: CryptoProvider,
    suite: CipherSuite12,
    master: Bytes,
    randoms: Randoms,
    secrets: Secrets,
  ) {
    this.#talk = talk
    this.#crypto = crypto
    this.#suite = suite
    this.#master = master
    this.#keys = keyBlock(suite, crypto, master, randoms)
    for (const { key, iv } of [this.#keys.client, this.#keys.server]) {
      secrets.hold(key)
      secrets.hold(iv)
    }
    // RFC 9850 §2.1: one line says it all in TLS 1.2.
    talk.keylog('CLIENT_RANDOM', { secret: master })
  }

  /** Sends change_cipher_spec and our Finished; answers its verify_data. */
  send(sender: Role): Bytes {
    const { output, transcript } = this.#talk
    const data = this.#data(sender, transcript.hash())
    output.changeKeys('write', this.#keys[sender])
    this.#talk.level = 'application'
    this.#talk.send(Finished, { verify_data: data })
    output.endOfFlight()
    return data
  }

  /** Awaits change_cipher_spec and the peer's Finished; answers its verify_data. */
  *receive(sender: Role): Flow<Bytes> {
    const { output, transcript } = this.#talk
    output.changeKeys('read', this.#keys[sender])
    const expected = this.#data(sender, transcript.hash())
    const { verify_data } = yield* this.#talk.receive('WAIT_FINISHED', Finished)
    if (verify_data.length !== verifyDataLength)
      throw new TlsAlert('decode_error', {
        reason: 'BAD_DIGEST_LENGTH',
        section: 'RFC 5246 7.4.9',
        why: `expected ${verifyDataLength} bytes of verify_data, got ${verify_data.length}`,
      })
    if (!finishedMatches12(expected, verify_data))
      throw new TlsAlert('decrypt_error', {
        reason: 'DIGEST_CHECK_FAILED',
        section: 'RFC 5246 7.4.9',
        why: "the peer's Finished does not match the handshake",
      })
    return verify_data
  }

  #data(sender: Role, transcriptHash: Bytes): Bytes {
    return finishedData12(
      this.#crypto.hashes[this.#suite.hash],
      this.#master,
      sender,
      transcriptHash,
    )
  }
}
