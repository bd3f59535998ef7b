/** A connection as one of its ends sees it: the hellos it knows of, and the keys that follow from its key log. */
import {
  type Bytes,
  type CipherSuite,
  type CryptoProvider,
  cipherSuite12ById,
  cipherSuiteById,
  concat,
  fixedIvLength,
  hkdfExpandLabel,
  prf,
  type RecordKeys12,
} from '@biopair/crypto'
import {
  AnyServerHello,
  ClientHello,
  decodeMessage,
  extensions,
  isHelloRetryRequest,
  messageHeaderLength,
} from '@biopair/handshake'
import {
  ReadProtection12,
  type ReadProtection13,
  readProtection13,
  type Sequence,
  WriteProtection12,
  type WriteProtection13,
  writeProtection13,
} from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import type { KeyLog } from './key-log.ts'
import type { EpochName, From } from './seen.ts'

export type Reading = ReadProtection12 | ReadProtection13
export type Writing = WriteProtection12 | WriteProtection13

const labels = {
  client: {
    early: 'CLIENT_EARLY_TRAFFIC_SECRET',
    handshake: 'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
    application: 'CLIENT_TRAFFIC_SECRET_0',
  },
  server: {
    early: undefined,
    handshake: 'SERVER_HANDSHAKE_TRAFFIC_SECRET',
    application: 'SERVER_TRAFFIC_SECRET_0',
  },
} as const

/** A secret with the suites that it may be for. */
interface Keyed {
  readonly secret: Bytes
  readonly suites: readonly CipherSuite[]
}

export class View {
  /** Without it nothing can be opened. */
  readonly keys: KeyLog | undefined
  readonly #crypto: CryptoProvider
  /** Agreed on, as far as this end knows. */
  version: 'unknown' | '1.2' | '1.3' = 'unknown'
  /** Whether early data may follow the ClientHello. */
  early = false
  #clientRandom: Bytes | undefined
  #serverRandom: Bytes | undefined
  #offered: readonly number[] = []
  #suite: number | undefined

  constructor(keys: KeyLog | undefined, crypto: CryptoProvider) {
    this.keys = keys
    this.#crypto = crypto
  }

  /** A hello passes this end: its own, or one that comes to it. Others, and what cannot be read, say nothing. */
  hear(message: Uint8Array): void {
    const body = message.subarray(messageHeaderLength)
    try {
      if (message[0] === ClientHello.msg_type) this.#clientHello(body)
      if (message[0] === AnyServerHello.msg_type) this.#serverHello(body)
    } catch (error) {
      if (!(error instanceof TlsAlert)) throw error
    }
  }

  /** Keys that may open what `from` sends; undefined where the key log does not say yet. */
  reading(from: From, epoch: EpochName, generation: number): readonly Reading[] | undefined {
    if (epoch === 'protected') {
      const keys = this.#keys12(from)
      return keys && [new ReadProtection12(keys, this.#crypto)]
    }
    const keyed = this.#secret(from, epoch, generation)
    return keyed?.suites.map(suite =>
      readProtection13({ suite, secret: keyed.secret }, this.#crypto),
    )
  }

  /** The key that seals as `from` does; undefined where the key log does not say yet. */
  writing(from: From, epoch: EpochName, generation: number, first: Sequence): Writing | undefined {
    if (epoch === 'protected') {
      const keys = this.#keys12(from)
      return keys && new WriteProtection12(keys, this.#crypto, first)
    }
    const keyed = this.#secret(from, epoch, generation)
    const suite = keyed?.suites[0]
    return keyed && suite && writeProtection13({ suite, secret: keyed.secret }, this.#crypto, first)
  }

  /** Whether the suite that was agreed on is none that we know: then no key will ever come. */
  get foreign(): boolean {
    if (this.#suite === undefined || this.version === 'unknown') return false
    const known = this.version === '1.2' ? cipherSuite12ById : cipherSuiteById
    return known(this.#suite) === undefined
  }

  /** Several suites are possible for early data, until one has opened some. */
  chooseEarly(index: number): void {
    this.#suite ??= this.#secret('client', 'early', 0)?.suites[index]?.id
  }

  #clientHello(body: Uint8Array): void {
    const { random, cipher_suites, extensions: raw = [] } = decodeMessage(ClientHello, body)
    this.#clientRandom = random
    this.#offered = cipher_suites
    this.early = raw.some(({ extension_type }) => extension_type === extensions.early_data.id)
  }

  #serverHello(body: Uint8Array): void {
    const hello = decodeMessage(AnyServerHello, body)
    const { id } = extensions.supported_versions
    const newer = hello.extensions.some(({ extension_type }) => extension_type === id)
    this.#suite = hello.cipher_suite
    if (isHelloRetryRequest(hello)) return
    this.#serverRandom = hello.random
    this.version = newer ? '1.3' : '1.2'
  }

  #secret(from: From, epoch: EpochName, generation: number): Keyed | undefined {
    const label = epoch === 'clear' || epoch === 'protected' ? undefined : labels[from][epoch]
    let secret = label && this.#clientRandom && this.keys?.secret(label, this.#clientRandom)
    if (secret === undefined) return undefined
    const known = this.#suite === undefined ? this.#offered : [this.#suite]
    const suites = known
      .map(cipherSuiteById)
      .filter(suite => suite !== undefined)
      .filter(({ hash }) => this.#crypto.hashes[hash].length === secret?.length)
    const [suite] = suites
    // RFC 9846 §7.2: application_traffic_secret_N+1.
    for (let i = 0; suite && i < generation; i++) secret = this.#next(suite, secret)
    return { secret, suites }
  }

  #next(suite: CipherSuite, secret: Bytes): Bytes {
    const hash = this.#crypto.hashes[suite.hash]
    const hmac = hash.hmac(secret)
    return hkdfExpandLabel(hash, hmac, 'traffic upd', new Uint8Array(0), hash.length)
  }

  /** RFC 5246 §6.3, for AEADs: client_write_key, server_write_key, client_write_IV, server_write_IV. */
  #keys12(from: From): RecordKeys12 | undefined {
    const client = this.#clientRandom
    const server = this.#serverRandom
    const suite = this.#suite === undefined ? undefined : cipherSuite12ById(this.#suite)
    const secret = client && this.keys?.secret('CLIENT_RANDOM', client)
    if (!client || !server || !suite || !secret) return undefined
    const { keyLength } = this.#crypto.aeads[suite.aead]
    const ivLength = fixedIvLength(suite)
    const hash = this.#crypto.hashes[suite.hash]
    const length = 2 * (keyLength + ivLength)
    const block = prf(hash, secret, 'key expansion', concat(server, client), length)
    const which = from === 'client' ? 0 : 1
    const ivs = 2 * keyLength + which * ivLength
    return {
      suite,
      key: block.slice(which * keyLength, (which + 1) * keyLength),
      iv: block.slice(ivs, ivs + ivLength),
    }
  }
}
