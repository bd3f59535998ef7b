/** An end that does as it is told, right or wrong, and hears what our end says: the other side of a test. Of TLS 1.3 unless a subclass has other keys. */
import { MemoryBio } from '@biopair/bio'
import { type CipherSuite, cipherSuites, concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  decodeMessage,
  encodeMessage,
  KeyUpdate,
  type MessageType,
  messageName,
} from '@biopair/handshake'
import {
  type ContentTypeId,
  type ReadProtection,
  readProtection13,
  type WriteProtection,
  writeProtection13,
} from '@biopair/record'
import type { ReadOutcome, Ssl } from '@biopair/ssl'
import { alertName } from '@biopair/wire'
import {
  type Bytes,
  deriveSecret,
  digest,
  type HashName,
  stages,
  updated,
  verifyData,
} from './key-schedule.ts'

/** The keys that something travelled under. */
export type Under = 'nothing' | 'early' | 'handshake' | 'application'

/** What our end said: a message, an alert, data, or a change_cipher_spec; and the number of its record. */
export type Heard = { readonly under: Under; readonly record: number } & (
  | { readonly kind: 'message'; readonly name: string; readonly raw: Bytes }
  | { readonly kind: 'alert'; readonly level: number; readonly alert: string }
  | { readonly kind: 'data'; readonly bytes: Bytes }
  | { readonly kind: 'change_cipher_spec' }
)

export interface TrafficSecrets {
  readonly client: Bytes
  readonly server: Bytes
}

export const contentTypes = { ccs: 20, alert: 21, handshake: 22, data: 23 } as const

/** What a peer's messages have in common, whatever its role. */
export abstract class Peer {
  /** Our end. */
  ssl: Ssl
  suite: CipherSuite = cipherSuites.TLS_AES_128_GCM_SHA256
  /** Everything our end said, in order. */
  readonly heard: Heard[] = []
  /** legacy_record_version of each record that our end sent. */
  readonly versions: number[] = []
  /** Bytes of the body of each record that our end sent. */
  readonly lengths: number[] = []
  /** The most content of a handshake record of the peer's. */
  recordSize = 16384
  /** What our end read as data. */
  readonly delivered: Bytes[] = []
  handshakeSecrets: TrafficSecrets | undefined
  applicationSecrets: TrafficSecrets | undefined
  exporterSecret: Bytes | undefined
  /** The pre-shared key that the Early Secret is made of. */
  psk: Uint8Array | undefined
  resumptionSecret: Bytes | undefined
  #main: Bytes | undefined
  protected messages: Bytes[] = []
  readonly #toUs = new MemoryBio()
  readonly #fromUs = new MemoryBio()
  #pending: Bytes = new Uint8Array(0)
  #fragments: Bytes = new Uint8Array(0)
  #records = 0
  #read:
    | { readonly under: Under; readonly key: ReadProtection; readonly secret?: Bytes }
    | undefined
  #write: { readonly key: WriteProtection; readonly secret?: Bytes } | undefined

  constructor(ssl: Ssl) {
    this.ssl = ssl
    ssl.setBio(this.#toUs, this.#fromUs)
  }

  /** Another object of ours goes on, over the same carrier. */
  handTo(ssl: Ssl): void {
    this.ssl = ssl.setBio(this.#toUs, this.#fromUs)
  }

  get hash(): HashName {
    return this.suite.hash as HashName
  }

  /** The messages that the transcript is made of, so far. */
  get transcript(): readonly Bytes[] {
    return this.messages
  }

  /** Transcript-Hash of what was said so far. */
  get transcriptHash(): Bytes {
    return digest(this.hash, ...this.messages)
  }

  /** Lets our end work until it waits, and hears what it says. */
  step(): ReadOutcome {
    const into = new Uint8Array(17000)
    for (;;) {
      const outcome = this.ssl.read(into)
      if (outcome.status === 'done') {
        this.delivered.push(into.slice(0, outcome.bytes))
        continue
      }
      this.hear()
      return outcome
    }
  }

  /** Bytes to our end, as they are. */
  bytes(bytes: Uint8Array): void {
    this.#toUs.write(bytes)
  }

  /** The carrier ends. */
  end(): void {
    this.#toUs.end()
  }

  /** One record under our current key, or under none with `plain`. */
  record(
    type: number,
    content: Uint8Array,
    { plain = false, padding = 0 }: { plain?: boolean; padding?: number } = {},
  ): void {
    const header = Uint8Array.of(type, 3, 3, content.length >> 8, content.length & 0xff)
    if (plain || !this.#write) {
      this.bytes(concat(header, content))
      return
    }
    const length = 5 + content.length + this.#write.key.overhead + padding
    const into = new Uint8Array(length)
    const work = new Uint8Array((length + 3) & ~3)
    this.#write.key.seal(type as ContentTypeId, 0x0303, content, padding, work, into, 0)
    this.bytes(into)
  }

  changeCipherSpec(): void {
    this.record(contentTypes.ccs, Uint8Array.of(1), { plain: true })
  }

  alert(description: number, level = 2, options: { plain?: boolean } = {}): void {
    this.record(contentTypes.alert, Uint8Array.of(level, description), options)
  }

  data(bytes: Uint8Array): void {
    this.record(contentTypes.data, bytes)
  }

  /** A message as bytes, in the transcript from now on. */
  say<T>(type: MessageType<T>, value: T): Bytes {
    const raw = encodeMessage(type, value)
    this.messages.push(raw)
    return raw
  }

  /** Messages in one record, or in as many as they need. */
  handshake(...messages: readonly Uint8Array[]): void {
    const content = concat(...messages)
    for (let at = 0; at < content.length; at += this.recordSize)
      this.record(contentTypes.handshake, content.subarray(at, at + this.recordSize))
  }

  /** KeyUpdate, and our next key. */
  keyUpdate(request: KeyUpdate['request_update'] = 'update_not_requested'): void {
    this.handshake(encodeMessage(KeyUpdate, { request_update: request }))
    this.nextWriteKey()
  }

  nextWriteKey(): void {
    const secret = this.#write?.secret
    if (secret) this.write(updated(this.hash, secret))
  }

  write(secret: Bytes): void {
    this.#write = { key: writeProtection13({ suite: this.suite, secret }, nodeCrypto), secret }
  }

  protected read(under: Under, secret: Bytes): void {
    const key = readProtection13({ suite: this.suite, secret }, nodeCrypto)
    this.#read = { under, key, secret }
  }

  /** Keys that are made elsewhere: those of TLS 1.2. */
  protected changeKeys(read: ReadProtection | undefined, write: WriteProtection | undefined): void {
    if (read) this.#read = { under: 'application', key: read }
    if (write) this.#write = { key: write }
  }

  /** After ClientHello...ServerHello. */
  protected deriveHandshake(shared: Uint8Array): TrafficSecrets {
    const { handshake, main } = stages(this.hash, shared, this.psk)
    this.#main = main
    const after = this.transcriptHash
    this.handshakeSecrets = {
      client: deriveSecret(this.hash, handshake, 'c hs traffic', after),
      server: deriveSecret(this.hash, handshake, 's hs traffic', after),
    }
    return this.handshakeSecrets
  }

  /** After ClientHello...server Finished. */
  protected deriveApplication(): TrafficSecrets {
    const main = this.#main as Bytes
    const after = this.transcriptHash
    this.exporterSecret = deriveSecret(this.hash, main, 'exp master', after)
    this.applicationSecrets = {
      client: deriveSecret(this.hash, main, 'c ap traffic', after),
      server: deriveSecret(this.hash, main, 's ap traffic', after),
    }
    return this.applicationSecrets
  }

  /** After ClientHello...client Finished. */
  protected deriveResumption(): void {
    this.resumptionSecret = deriveSecret(
      this.hash,
      this.#main as Bytes,
      'res master',
      this.transcriptHash,
    )
  }

  /** verify_data over what was said so far. */
  protected verifyData(role: 'client' | 'server'): Bytes {
    const secrets = this.handshakeSecrets as TrafficSecrets
    return verifyData(this.hash, secrets[role], this.transcriptHash)
  }

  /** RFC 9846 §4.1: ClientHello1 gives way to message_hash. */
  protected retried(): void {
    const [hello, ...others] = this.messages
    const hash = digest(this.hash, hello as Bytes)
    this.messages = [concat(Uint8Array.of(254, 0, 0, hash.length), hash), ...others]
  }

  /** A message of our end, already in the transcript. */
  protected abstract onMessage(name: string, raw: Bytes): void

  /** A change_cipher_spec of our end: of no meaning in TLS 1.3. */
  protected onChangeCipherSpec(): void {}

  /** Whether a message of our end is in the transcript. */
  protected hashes(name: string): boolean {
    return name !== 'NewSessionTicket'
  }

  /** Takes in what our end has written. */
  hear(): void {
    const run = new Uint8Array(this.#fromUs.pending)
    this.#fromUs.read(run)
    this.#pending = concat(this.#pending, run)
    for (;;) {
      const length = 5 + (((this.#pending[3] ?? 0) << 8) | (this.#pending[4] ?? 0))
      if (this.#pending.length < 5 || this.#pending.length < length) return
      const record = this.#pending.slice(0, length)
      this.#pending = this.#pending.slice(length)
      this.#hearRecord(record)
    }
  }

  #hearRecord(record: Bytes): void {
    const number = this.#records++
    this.versions.push(((record[1] as number) << 8) | (record[2] as number))
    this.lengths.push(record.length - 5)
    const header = record.subarray(0, 5)
    const body = record.slice(5)
    if (record[0] === contentTypes.ccs) {
      this.heard.push({ kind: 'change_cipher_spec', under: 'nothing', record: number })
      this.onChangeCipherSpec()
      return
    }
    const shown = this.#read?.key.hides === 'content'
    if (record[0] !== contentTypes.data && !shown) {
      this.#hearContent('nothing', number, record[0] as number, body)
      return
    }
    if (!this.#read) throw new Error('our end sent a protected record before there was a key')
    const { key, under } = this.#read
    const into = new Uint8Array((body.length + 3) & ~3)
    const { type, length } = key.open(header, body, into)
    this.#hearContent(under, number, type, into.slice(0, length))
  }

  #hearContent(under: Under, record: number, type: number, content: Bytes): void {
    if (type === contentTypes.data) this.heard.push({ kind: 'data', bytes: content, under, record })
    else if (type === contentTypes.alert)
      this.heard.push({
        kind: 'alert',
        level: content[0] as number,
        alert: alertName(content[1] as number),
        under,
        record,
      })
    else this.#hearMessages(under, record, content)
  }

  #hearMessages(under: Under, record: number, content: Bytes): void {
    this.#fragments = concat(this.#fragments, content)
    for (;;) {
      const [type = 0, high = 0, middle = 0, low = 0] = this.#fragments
      const length = 4 + ((high << 16) | (middle << 8) | low)
      if (this.#fragments.length < 4 || this.#fragments.length < length) return
      const raw = this.#fragments.slice(0, length)
      this.#fragments = this.#fragments.slice(length)
      const name = messageName(type)
      this.heard.push({ kind: 'message', name, raw, under, record })
      if (name === 'KeyUpdate') {
        const secret = this.#read?.secret
        if (secret) this.read('application', updated(this.hash, secret))
      } else if (this.hashes(name)) {
        this.messages.push(raw)
        this.onMessage(name, raw)
      }
    }
  }

  /** The alerts of our end. */
  get alerts(): readonly Extract<Heard, { kind: 'alert' }>[] {
    return this.heard.filter(heard => heard.kind === 'alert')
  }

  /** The messages of our end of a name, decoded. */
  said<T>(type: MessageType<T>): readonly T[] {
    return this.heard.flatMap(heard =>
      heard.kind === 'message' && heard.name === type.name
        ? [decodeMessage(type, heard.raw.subarray(4))]
        : [],
    )
  }
}

/** The bytes that a CertificateVerify signs (RFC 9846 §4.5.2). */
export function contentToSign(role: 'client' | 'server', transcriptHash: Uint8Array): Bytes {
  return concat(
    new Uint8Array(64).fill(0x20),
    Buffer.from(`TLS 1.3, ${role} CertificateVerify\0`, 'latin1'),
    transcriptHash,
  )
}
