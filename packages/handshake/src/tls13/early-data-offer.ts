/** Early data as a client offers it (RFC 9846 §2.3, §4.3.10, §4.6). */
import { type CipherSuite, equal, type TrafficSecret, wipe } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { ClientConfig } from '../config.ts'
import { type ExtensionsOf, writeExtension } from '../extensions/index.ts'
import { type ClientHello, EndOfEarlyData } from '../messages/index.ts'
import type { EarlyTerms, OfferedPsk } from '../psk.ts'
import type { Secrets } from '../secrets.ts'
import type { Talk } from '../talk.ts'
import { EarlyStage } from './key-schedule.ts'

/** What the server has said to the offer so far: `rejected` stays, `pending` ends with EncryptedExtensions. */
type Standing = 'none' | 'pending' | 'accepted' | 'rejected'

/**
 * The offer of one handshake. Data may be written from `begin` on, under the early traffic key, until `accepted` comes to `end` or it is
 * rejected; until then that key is the one that we write with, for alerts too.
 */
export class EarlyDataOffer {
  readonly #talk: Talk
  readonly #config: ClientConfig
  readonly #psk: OfferedPsk | undefined
  readonly #terms: EarlyTerms | undefined
  #standing: Standing = 'none'
  #secret: TrafficSecret | undefined

  /** The key is the first that is offered: of another one the server could not know (§4.3.10). */
  constructor(talk: Talk, config: ClientConfig, psks: readonly OfferedPsk[]) {
    this.#talk = talk
    this.#config = config
    const [psk] = psks
    const terms = psk?.early
    if (config.earlyData && terms && possible(terms, config)) {
      this.#psk = psk
      this.#terms = terms
      this.#standing = 'pending'
    }
  }

  /** Whether early_data stood in the first ClientHello: then change_cipher_spec came right behind it (appendix E.4). */
  get made(): boolean {
    return this.#terms !== undefined
  }

  /** Whether the server has yet to say what it does with the data, so that the early traffic key stays. */
  get pending(): boolean {
    return this.#standing === 'pending'
  }

  /** Whether that key stays the one that we write with; over QUIC, the handshake's stands beside it (RFC 9001 §4.1.4). */
  get keepsKey(): boolean {
    return this.pending && !this.#config.quic
  }

  /** The ClientHello with early_data; pre_shared_key has to go behind it. */
  in(hello: ClientHello): ClientHello {
    if (!this.made) return hello
    const extension = writeExtension('ClientHello', 'early_data', {})
    return { ...hello, extensions: [...(hello.extensions ?? []), extension] }
  }

  /** Derives the early traffic key from the ClientHello as it goes out. */
  derive(hello: Bytes, secrets: Secrets): void {
    const { crypto } = this.#config
    if (!this.#psk || !this.#terms) return
    const { suite } = this.#terms
    const stage = new EarlyStage(suite, crypto, this.#psk.key)
    const secret = stage.clientTraffic(crypto.hashes[suite.hash].digest(hello))
    this.#secret = secrets.hold(secret)
    stage.wipe()
  }

  /** The first ClientHello is out: data may follow. */
  begin(): void {
    const { output } = this.#talk
    if (!this.#terms || !this.#secret) {
      output.learn({ fact: 'early_data', state: 'none' })
      return
    }
    if (this.#config.compatibility) output.changeCipherSpec()
    this.#talk.keylog('CLIENT_EARLY_TRAFFIC_SECRET', this.#secret)
    output.protect('write', 'early', this.#secret)
    const { limit, alpn } = this.#terms
    output.learn({ fact: 'early_data', state: 'offered', limit, alpn })
  }

  /** A HelloRetryRequest came: it is rejected, and the second ClientHello goes in the clear. */
  retried(): void {
    if (!this.pending) return
    this.#reject()
    this.#talk.output.unprotect()
  }

  /** A ServerHello came: without the first key there is no early data. */
  chosen(psk: OfferedPsk | undefined): void {
    if (this.pending && (!psk || psk !== this.#psk)) this.#reject()
  }

  /** EncryptedExtensions came. */
  answered(
    { early_data }: ExtensionsOf<'EncryptedExtensions'>,
    suite: CipherSuite,
    alpn: Bytes | undefined,
    secret: TrafficSecret,
  ): void {
    if (!this.pending) {
      if (early_data) throw illegal('the server accepted early data without the key it is under')
      return
    }
    if (!early_data) {
      this.#reject()
      if (!this.#config.quic) this.#talk.output.protect('write', 'handshake', secret)
      return
    }
    const terms = this.#terms as EarlyTerms
    if (suite !== terms.suite)
      throw illegal(
        `early data is under ${terms.suite.name}, the server chose ${suite.name}`,
        'CIPHER_MISMATCH_ON_EARLY_DATA',
      )
    if (!sameProtocol(alpn, terms.alpn))
      throw illegal(
        'the server accepted early data, and chose another protocol than it is for',
        'ALPN_MISMATCH_ON_EARLY_DATA',
      )
    this.#standing = 'accepted'
    this.#talk.output.learn({ fact: 'early_data', state: 'accepted' })
  }

  /** The server's Finished came: says that no more follows, if it was accepted, and changes to the handshake's key. */
  end(secret: TrafficSecret): void {
    if (this.#standing !== 'accepted') return
    const { output } = this.#talk
    // RFC 9001 §8.3: "Clients MUST NOT send the EndOfEarlyData message."
    if (this.#config.quic) {
      output.learn({ fact: 'early_data', state: 'over' })
      return
    }
    this.#talk.level = 'early'
    this.#talk.send(EndOfEarlyData, {})
    output.learn({ fact: 'early_data', state: 'over' })
    output.protect('write', 'handshake', secret)
    this.#talk.level = 'handshake'
  }

  #reject(): void {
    this.#standing = 'rejected'
    if (this.#secret) wipe(this.#secret.secret)
    this.#talk.output.learn({ fact: 'early_data', state: 'rejected' })
  }
}

/** Whether a server could accept it: we still offer the suite and the protocol that it is under. */
function possible({ suite, alpn, limit }: EarlyTerms, config: ClientConfig): boolean {
  if (limit === 0 || !config.suites.includes(suite)) return false
  return alpn === undefined || config.alpn.some(ours => equal(ours, alpn))
}

/** Whether two connections speak the same protocol (RFC 7301), or both none. */
export function sameProtocol(a: Bytes | undefined, b: Bytes | undefined): boolean {
  return a && b ? equal(a, b) : a === b
}

function illegal(why: string, reason = 'UNEXPECTED_EXTENSION_ON_EARLY_DATA'): TlsAlert {
  return new TlsAlert('illegal_parameter', { reason, section: '4.3.10', why })
}
