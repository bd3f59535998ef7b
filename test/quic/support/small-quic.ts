/** As little of QUIC as it takes to carry a handshake: sealed packets, CRYPTO frames by offset, a cumulative acknowledgement, one timer. */
import type { DatagramBio } from '@biopair/bio'
import { type CryptoProvider, concat, type TrafficSecret } from '@biopair/crypto'
import type { Level } from '@biopair/handshake'
import {
  type CryptoLevel,
  initialSecrets,
  type PacketKeys,
  packetKeys,
  type QuicEvent,
  type QuicOutcome,
  type QuicTls,
} from '@biopair/ssl/quic'
import type { Dice } from '../../support/dice.ts'

const levels: readonly Level[] = ['initial', 'early', 'handshake', 'application']
const frames = { crypto: 6, ack: 2, data: 8, dataAck: 9, done: 30 } as const
/** Milliseconds after which whatever is not acknowledged goes again. */
const timeout = 300

interface Key extends TrafficSecret {
  readonly keys: PacketKeys
}

/** Bytes of one level in both directions. */
class CryptoStream {
  out: Uint8Array = new Uint8Array(0)
  acknowledged = 0
  /** What has come beyond what was provided, by offset. */
  readonly #early = new Map<number, Uint8Array>()
  provided = 0
  owesAck = false

  /** Takes a frame in; answers the bytes that are next now. */
  take(offset: number, bytes: Uint8Array): Uint8Array[] {
    this.owesAck = true
    const known = this.#early.get(offset)
    if (!known || known.length < bytes.length) this.#early.set(offset, bytes)
    const next: Uint8Array[] = []
    for (let found = true; found; ) {
      found = false
      for (const [at, piece] of this.#early) {
        if (at > this.provided) continue
        this.#early.delete(at)
        const fresh = piece.subarray(this.provided - at)
        if (fresh.length === 0) continue
        next.push(fresh)
        this.provided += fresh.length
        found = true
      }
    }
    return next
  }
}

export interface SmallQuicParts {
  readonly tls: QuicTls
  readonly carrier: DatagramBio
  readonly crypto: CryptoProvider
  readonly destination: Uint8Array
  readonly dice: Dice
  /** What each piece of application data is, in order. */
  readonly data: readonly string[]
  /** How long a callback's answer takes, in milliseconds. */
  readonly thinking: () => number
}

export class SmallQuic {
  readonly tls: QuicTls
  readonly events: QuicEvent[] = []
  outcome: QuicOutcome
  /** What came, and under which keys first. */
  readonly heard = new Map<number, { readonly text: string; readonly level: Level }>()
  /** Whether the handshake is confirmed. */
  confirmed = false
  /** When it goes on by itself; undefined while it has nothing to wait for. */
  timer: number | undefined
  readonly #parts: SmallQuicParts
  readonly #keys = { read: new Map<Level, Key>(), write: new Map<Level, Key>() }
  readonly #streams = new Map<CryptoLevel, CryptoStream>()
  readonly #sent = new Map<number, Level>()
  readonly #acknowledged = new Set<number>()
  readonly #owedAcks = new Set<number>()
  #early = true
  #numbers = 0
  #thinksUntil: number | undefined

  constructor(parts: SmallQuicParts, now: number) {
    this.tls = parts.tls
    this.#parts = parts
    for (const level of ['initial', 'handshake', 'application'] as const)
      this.#streams.set(level, new CryptoStream())
    const secrets = initialSecrets(parts.crypto, parts.destination, parts.tls.version)
    const ours = parts.tls.role
    const theirs = ours === 'client' ? 'server' : 'client'
    this.#install('write', 'initial', secrets[ours])
    this.#install('read', 'initial', secrets[theirs])
    this.outcome = this.tls.advance()
    this.#follow(now)
    this.#send(now)
  }

  /** Whether all is said and heard. */
  get finished(): boolean {
    const quiet = [...this.#streams.values()].every(
      stream => stream.acknowledged === stream.out.length,
    )
    const told = this.#parts.data.every((_, id) => this.#acknowledged.has(id))
    return this.confirmed && quiet && told
  }

  /** Takes what has come. */
  receive(now: number): void {
    const into = new Uint8Array(2000)
    for (;;) {
      const datagram = this.#parts.carrier.receive(into)
      if ('stop' in datagram) break
      this.#packet(into.slice(0, datagram.length))
    }
    this.#follow(now)
    this.#send(now, false)
  }

  /** The timer is up. */
  async tick(now: number): Promise<void> {
    if (this.#thinksUntil !== undefined && now >= this.#thinksUntil) {
      if ('ready' in this.outcome) await this.outcome.ready
      this.#thinksUntil = undefined
      this.outcome = this.tls.advance()
      this.#follow(now)
    }
    this.#send(now)
  }

  #install(direction: 'read' | 'write', level: Level, { suite, secret }: TrafficSecret): void {
    const { crypto, tls } = this.#parts
    const keys = packetKeys(crypto, { suite, secret }, tls.version)
    this.#keys[direction].set(level, { suite, secret, keys })
  }

  #follow(now: number): void {
    for (let event = this.tls.next(); event; event = this.tls.next()) {
      this.events.push(event)
      if (event.event === 'secret') this.#install(event.direction, event.level, event)
      if (event.event === 'crypto') {
        const stream = this.#streams.get(event.level) as CryptoStream
        stream.out = concat(stream.out, event.bytes)
      }
      if (event.event === 'early_data' && event.state === 'rejected') {
        this.#early = false
        // As if they had not been sent.
        for (const [id, level] of this.#sent) if (level === 'early') this.#sent.delete(id)
      }
      if (event.event === 'complete' && this.tls.role === 'server') this.confirmed = true
    }
    if ('ready' in this.outcome && this.#thinksUntil === undefined)
      this.#thinksUntil = now + this.#parts.thinking()
  }

  #packet(packet: Uint8Array): void {
    const level = levels[packet[0] as number] as Level
    const key = this.#keys.read.get(level)
    // It comes again once there is a key.
    if (!key) return
    const { key: aead, nonce } = this.#aead(key, new DataView(packet.buffer).getUint32(1))
    const sealed = packet.subarray(5)
    const into = new Uint8Array((sealed.length + 3) & ~3)
    if (!aead.open(nonce, packet.subarray(0, 5), sealed, into))
      throw new Error(`a packet of level ${level} does not open`)
    this.#frame(level, into.subarray(0, sealed.length - 16))
  }

  #frame(level: Level, frame: Uint8Array): void {
    const number = new DataView(frame.buffer, frame.byteOffset + 1, 4).getUint32(0)
    const rest = frame.subarray(5)
    const stream = this.#streams.get(level as CryptoLevel)
    switch (frame[0]) {
      case frames.crypto:
        for (const bytes of stream?.take(number, rest.slice()) ?? [])
          this.outcome = this.tls.provide(level as CryptoLevel, bytes)
        break
      case frames.ack:
        if (stream) stream.acknowledged = Math.max(stream.acknowledged, number)
        break
      case frames.data:
        this.#owedAcks.add(number)
        if (!this.heard.has(number))
          this.heard.set(number, { text: Buffer.from(rest).toString(), level })
        break
      case frames.dataAck:
        this.#acknowledged.add(number)
        break
      case frames.done:
        this.confirmed = true
        break
    }
  }

  /** Everything that is not acknowledged, or only what nobody has sent yet. */
  #send(now: number, again = true): void {
    if (again || this.timer === undefined) this.timer = now + timeout
    if (this.#thinksUntil !== undefined) this.timer = Math.min(this.timer, this.#thinksUntil)
    for (const [level, stream] of this.#streams) this.#sendCrypto(level, stream, again)
    for (const id of this.#owedAcks) this.#seal(this.#dataLevel, frames.dataAck, id)
    this.#owedAcks.clear()
    const level = this.#dataLevel
    if (level)
      for (const [id, text] of this.#parts.data.entries()) {
        if (this.#acknowledged.has(id) || (this.#sent.has(id) && !again)) continue
        this.#sent.set(id, level)
        this.#seal(level, frames.data, id, Buffer.from(text))
      }
    if (this.confirmed && this.tls.role === 'server' && again)
      this.#seal('application', frames.done, 0)
  }

  /** Where application data goes: once there are keys of 1-RTT, there only. */
  get #dataLevel(): Level | undefined {
    if (this.#keys.write.has('application')) return 'application'
    return this.#early && this.#keys.write.has('early') ? 'early' : undefined
  }

  readonly #cursor = new Map<CryptoLevel, number>()

  #sendCrypto(level: CryptoLevel, stream: CryptoStream, again: boolean): void {
    if (stream.owesAck) this.#seal(level, frames.ack, stream.provided)
    stream.owesAck = false
    let at = again ? stream.acknowledged : (this.#cursor.get(level) ?? 0)
    while (at < stream.out.length) {
      const bytes = stream.out.subarray(at, at + this.#parts.dice.from(100, 1100))
      this.#seal(level, frames.crypto, at, bytes)
      at += bytes.length
    }
    this.#cursor.set(level, stream.out.length)
  }

  #seal(
    level: Level | undefined,
    type: number,
    number: number,
    rest: Uint8Array = new Uint8Array(0),
  ): void {
    const key = level && this.#keys.write.get(level)
    if (!level || !key) return
    const header = new Uint8Array(5)
    header[0] = levels.indexOf(level)
    new DataView(header.buffer).setUint32(1, this.#numbers)
    const { key: aead, nonce } = this.#aead(key, this.#numbers++)
    const length = 5 + rest.length
    const work = new Uint8Array((length + 16 + 3) & ~3)
    work[0] = type
    new DataView(work.buffer).setUint32(1, number)
    work.set(rest, 5)
    const sealed = new Uint8Array(length + 16)
    aead.seal(nonce, header, work, length, sealed)
    // A carrier that is full loses it, as networks do.
    this.#parts.carrier.send(concat(header, sealed))
  }

  #aead({ suite, keys }: Key, number: number) {
    const aead = this.#parts.crypto.aeads[suite.aead]
    if (!aead) throw new Error(`no ${suite.aead}`)
    const nonce = keys.iv.slice()
    const tail = new DataView(nonce.buffer, 8)
    tail.setUint32(0, tail.getUint32(0) ^ number)
    return { key: aead.key(keys.key), nonce }
  }
}
