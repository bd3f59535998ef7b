/**
 * Two ends as recorded automata. An end is deterministic in its input: how many bytes it has produced, and whether it is done,
 * follows from how many bytes it has read and how many the carrier has taken. So all interleavings of two ends can be searched.
 */
import type { Ssl } from '@biopair/ssl'
import { countingPair } from './counting-pair.ts'

/** A program over an `Ssl`: the same calls in each step. Answers whether it is done; a failure is thrown. */
export type Program = (ssl: Ssl) => boolean

/** Calls `doHandshake` and nothing else. */
export const handshakeOnly: Program = ssl => reached(ssl.doHandshake().status)

/** A client sends a record of early data first; a server reads it, or shakes hands and nothing else. */
export function withEarlyData(server: 'read' | 'unread'): Program {
  const begun = new WeakSet<Ssl>()
  return ssl => {
    if (ssl.role === 'server') {
      if (server === 'read') ssl.readEarly(new Uint8Array(100))
    } else if (!begun.has(ssl)) {
      const { status } = ssl.writeEarly(new Uint8Array(20))
      if (status !== 'done') throw new Error(`early data was not taken: ${status}`)
      begun.add(ssl)
    }
    return reached(ssl.doHandshake().status)
  }
}

/** Shakes hands, says goodbye, and waits for the peer's. */
export const wholeSession: Program = ssl => {
  if (!reached(ssl.doHandshake().status)) return false
  const first = ssl.shutdown().status
  return reached(first === 'sent' ? ssl.shutdown().status : first)
}

/** Where something happens: once so many bytes are read, and so many taken. */
interface Threshold {
  readonly read: number
  readonly written: number
}

export class Automaton {
  /** Each with what has been produced from there. */
  readonly #productions: readonly (Threshold & { readonly produced: number })[]
  readonly #done: Threshold

  /** @param input everything that the peer sends in the whole session */
  constructor(make: () => Ssl, program: Program, input: Uint8Array) {
    const byRead = watched(make(), program, input, 'read')
    const byWritten = watched(make(), program, input, 'written')
    const levels = [...new Set([...byRead.produced, ...byWritten.produced])].sort((a, b) => a - b)
    this.#productions = levels.map(produced => ({
      produced,
      read: byRead.produced.findIndex(level => level >= produced),
      written: byWritten.produced.findIndex(level => level >= produced),
    }))
    this.#done = { read: byRead.done, written: byWritten.done }
  }

  /** Bytes that the whole session has. */
  get total(): number {
    return this.#productions.at(-1)?.produced ?? 0
  }

  produced(read: number, written: number): number {
    let produced = 0
    for (const production of this.#productions) {
      if (read < production.read || written < production.written) break
      produced = production.produced
    }
    return produced
  }

  done(read: number, written: number): boolean {
    return read >= this.#done.read && written >= this.#done.written
  }
}

/** What an end has produced after each byte read (the output open), or after each byte written (the input there). */
function watched(
  ssl: Ssl,
  program: Program,
  input: Uint8Array,
  by: 'read' | 'written',
): { readonly produced: readonly number[]; readonly done: number } {
  const [half, other] =
    by === 'read' ? countingPair(1 << 20, 1) : countingPair(1, Math.max(1, input.length))
  ssl.setBio(half)
  if (by === 'written') other.write(input)
  const produced: number[] = []
  let done = -1
  for (let at = 0; ; at++) {
    const over = program(ssl)
    // By written, the step has just handed over one byte, if it had any.
    const place = by === 'read' ? at : half.writtenBytes
    const now = half.writtenBytes + ssl.queued
    produced[place] = now
    if (over && done < 0) done = place
    if (by === 'read' && at === input.length) break
    if (by === 'written' && place === now && over) break
    if (by === 'read') other.write(input.subarray(at, at + 1))
    else if (typeof other.read(new Uint8Array(1)) !== 'number' && at > 0)
      throw new Error(`the end stops after ${place} bytes of ${now}`)
  }
  if (done < 0) throw new Error('the end was never done')
  // Before its first byte is taken, an end has produced what it produces with nothing taken.
  for (let place = 0; place < produced.length; place++) produced[place] ??= produced[place + 1] ?? 0
  return { produced, done }
}

/** Where both ends are: bytes read and written by the client, then by the server. */
export type Place = readonly [number, number, number, number]

/** Both ends and the rings between them. */
export class Two {
  readonly client: Automaton
  readonly server: Automaton
  readonly #there: number
  readonly #back: number

  constructor(client: Automaton, server: Automaton, there: number, back: number) {
    this.client = client
    this.server = server
    this.#there = there
    this.#back = back
  }

  final([rc, wc, rs, ws]: Place): boolean {
    return this.client.done(rc, wc) && this.server.done(rs, ws)
  }

  /** Every move of a single byte that an end may make: finer than any step of a program, and than any cut. */
  moves([rc, wc, rs, ws]: Place): Place[] {
    const moves: Place[] = []
    if (wc < this.client.produced(rc, wc) && wc - rs < this.#there) moves.push([rc, wc + 1, rs, ws])
    if (rc < ws && !this.client.done(rc, wc)) moves.push([rc + 1, wc, rs, ws])
    if (ws < this.server.produced(rs, ws) && ws - rc < this.#back) moves.push([rc, wc, rs, ws + 1])
    if (rs < wc && !this.server.done(rs, ws)) moves.push([rc, wc, rs + 1, ws])
    return moves
  }

  /** Where a step of the client's program ends: it moves until it can move no more. */
  clientStep(place: Place): Place {
    let [rc, wc, rs, ws] = place
    for (;;) {
      const before = rc + wc
      wc = Math.max(wc, Math.min(this.client.produced(rc, wc), rs + this.#there))
      if (!this.client.done(rc, wc)) rc = ws
      if (rc + wc === before) return [rc, wc, rs, ws]
    }
  }

  serverStep([rc, wc, rs, ws]: Place): Place {
    const [r, w, otherR, otherW] = new Two(
      this.server,
      this.client,
      this.#back,
      this.#there,
    ).clientStep([rs, ws, rc, wc])
    return [otherR, otherW, r, w]
  }
}

/** What a search of every interleaving has found. */
export interface Search {
  readonly places: number
  /** Places where nothing can move although an end is not done. */
  readonly stuck: readonly Place[]
  readonly reaches: boolean
}

/**
 * Breadth first from the beginning over every move. Each move makes a counter grow, so that no run is endless: if no place is
 * stuck, every run ends with both done, whatever the order, and none goes round in circles.
 */
export function searchAll(two: Two, next: (place: Place) => readonly Place[]): Search {
  const stuck: Place[] = []
  let reaches = false
  const seen = new Set<number>([0])
  let frontier: Place[] = [[0, 0, 0, 0]]
  while (frontier.length > 0) {
    const following: Place[] = []
    for (const place of frontier) {
      const moves = next(place)
      if (two.final(place)) reaches = true
      else if (moves.length === 0) stuck.push(place)
      for (const move of moves) {
        const key = keyOf(move)
        if (seen.has(key)) continue
        seen.add(key)
        following.push(move)
      }
    }
    frontier = following
  }
  return { places: seen.size, stuck, reaches }
}

/** 13 bits for each counter. */
function keyOf([rc, wc, rs, ws]: Place): number {
  return ((rc * 8192 + wc) * 8192 + rs) * 8192 + ws
}

function reached(status: string): boolean {
  if (status === 'failed' || status === 'truncated' || status === 'closed')
    throw new Error(`the end is ${status}`)
  return status === 'done'
}
