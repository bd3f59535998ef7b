/** A conversation that was recorded once, and ends of it that can be replayed as often as a test likes. */
import { type Bio, MemoryBio, retryRead } from '@biopair/bio'
import type { CryptoProvider, Random } from '@biopair/crypto'
import { type ContextOptions, type Failed, type Session, Ssl, SslContext } from '@biopair/ssl'
import { memoCrypto } from './memo-crypto.ts'
import { RewindableRandom } from './rewindable-random.ts'

/** How a replay went: what was read, how reading ended, and what both sides had agreed on. */
export interface Replayed {
  /** `failed`, `truncated`, `closed`; a `want_...` would be a hang, since the carrier has ended. */
  readonly status: string
  readonly error: Failed['error'] | undefined
  readonly data: string
  readonly facts: string
}

/** One end of a recorded conversation. */
export interface RecordedEnd {
  /** Everything that the peer sent, its close_notify last. */
  readonly heard: Uint8Array<ArrayBuffer>
  /** What an unchanged replay gives. */
  readonly original: Replayed
  /** A fresh end, which says what the recorded one said as long as it hears the same. */
  fresh(rbio: Bio, wbio: Bio): Ssl
  /** Gives `bytes` to a fresh end, whole or cut into pieces of `piece` bytes, ends the carrier, and reads to the end. */
  replay(bytes: Uint8Array, piece?: number): Replayed
}

export interface Scenario {
  readonly crypto: CryptoProvider
  readonly client: ContextOptions
  readonly server: ContextOptions
  readonly servername: string
  /** What the client goes on with. */
  readonly session?: Session
  /** Early data that the client sends first. */
  readonly early?: string
  /** False leaves every operation to `crypto`, for tests that watch it. */
  readonly memo?: boolean
  /** Wraps the source of random bytes. */
  readonly random?: (random: Random) => Random
}

const now = () => Date.UTC(2026, 6, 1)

/** Lets two ends talk (data, a KeyUpdate of each, tickets, close_notify), and answers both as they can be replayed. */
export function recordConversation(scenario: Scenario): {
  client: RecordedEnd
  server: RecordedEnd
} {
  const client = makeEnd('client', scenario)
  const server = makeEnd('server', scenario)
  const toServer = new Tape()
  const toClient = new Tape()
  const near = client.fresh(toClient, toServer)
  const far = server.fresh(toServer, toClient)
  for (let i = 0; i < 20; i++) {
    const states = [near.doHandshake().status, far.doHandshake().status]
    if (states.every(status => status === 'done')) break
  }
  const say = (from: Ssl, to: Ssl, text: string) => {
    from.write(Buffer.from(text))
    to.read(new Uint8Array(100))
  }
  say(near, far, 'a question')
  say(far, near, 'an answer')
  const updates = near.version === 'TLSv1.3'
  if (updates) far.keyUpdate(true)
  say(far, near, 'more of it')
  if (updates) near.keyUpdate()
  say(near, far, 'thanks')
  near.shutdown()
  far.shutdown()
  return { client: client.recorded(toClient.bytes), server: server.recorded(toServer.bytes) }
}

function makeEnd(role: 'client' | 'server', scenario: Scenario) {
  const { crypto: provider, memo = true, random: wrap = (same: Random) => same } = scenario
  const { servername, session } = scenario
  const ssl = role === 'client' ? { servername, session, reuseSession: true } : {}
  const random = new RewindableRandom(role)
  const crypto = memo ? memoCrypto(provider, random) : provider
  const context = new SslContext({
    ...scenario[role],
    crypto,
    now,
    random: wrap(random.draw),
  })
  // Drawn once per context, before the draws of any connection.
  if (role === 'server') void context.ticketKey
  const begin = random.draws
  const fresh = (rbio: Bio, wbio: Bio): Ssl => {
    random.rewind(begin)
    const end = new Ssl(context, ssl).setBio(rbio, wbio)
    if (role === 'server') return end.setAcceptState()
    end.setConnectState()
    if (scenario.early) end.writeEarly(Buffer.from(scenario.early))
    return end
  }
  const replay = (bytes: Uint8Array, piece?: number): Replayed => {
    const into = new Uint8Array(100)
    let data = ''
    const toTheEnd = (end: Ssl) => {
      for (;;) {
        const read = end.read(into)
        if (read.status !== 'done') return read
        data += String.fromCharCode(...into.subarray(0, read.bytes))
      }
    }
    const carrier = new MemoryBio(piece === undefined ? { bytes, readOnly: true } : {})
    const end = fresh(carrier, sink)
    if (piece !== undefined) {
      for (let at = 0; at < bytes.length; at += piece) {
        carrier.write(bytes.subarray(at, at + piece))
        toTheEnd(end)
      }
      carrier.end()
    }
    const last = toTheEnd(end)
    return {
      status: last.status,
      error: last.status === 'failed' ? last.error : undefined,
      data,
      facts: last.status === 'failed' ? '' : facts(end),
    }
  }
  const recorded = (heard: Uint8Array<ArrayBuffer>): RecordedEnd => ({
    heard,
    original: replay(heard),
    fresh,
    replay,
  })
  return { fresh, recorded }
}

function facts(end: Ssl): string {
  return JSON.stringify([
    end.connected && Buffer.from(end.exportKeyingMaterial(16, 'facts')).toString('hex'),
    end.cipher?.name,
    end.group,
    end.alpnProtocol,
    end.servername,
    end.authorized,
    end.retried,
    end.session && Buffer.from(end.session.psk).toString('hex'),
    end.resumed ? 'resumed' : end.pskIdentity ? 'keyed' : 'full',
    end.earlyData,
  ])
}

/** Takes everything and keeps nothing. */
export const sink: Bio = {
  read: () => retryRead,
  write: bytes => bytes.length,
  flush: () => 'done',
  end: () => 'done',
  close() {},
}

/** A memory BIO that also keeps a copy of all that was written. */
class Tape extends MemoryBio {
  readonly #kept: Uint8Array[] = []

  get bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(Buffer.concat(this.#kept))
  }

  override write(bytes: Uint8Array) {
    this.#kept.push(bytes.slice())
    return super.write(bytes)
  }

  override commit(count: number): void {
    const room = this.room(count)
    if (!('stop' in room)) this.#kept.push(room.slice(0, count))
    super.commit(count)
  }
}
