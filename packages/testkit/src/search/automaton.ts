/**
 * An end as what was recorded of it. A deterministic end can write its next byte once it has read enough, read its next byte once enough was taken
 * of it, and is done once both are enough: so it is four lists of numbers, and all interleavings of two ends can be searched.
 */

/** Byte counts, ever: read by an end, and written by it. */
export interface Counts {
  readonly read: number
  readonly written: number
}

export interface AutomatonParts {
  /** For each byte that it writes, how many it has to have read before. */
  readonly writes: readonly number[]
  /** For each byte that it reads, how many have to be taken of it before. */
  readonly reads: readonly number[]
  readonly done: Counts
  /** Whether it reads on once it is done. */
  readonly readsOn: boolean
}

export class Automaton {
  readonly #parts: AutomatonParts

  constructor(parts: AutomatonParts) {
    this.#parts = parts
  }

  /** Bytes that it writes altogether. */
  get total(): number {
    return this.#parts.writes.length
  }

  canWrite(read: number, written: number): boolean {
    const needs = this.#parts.writes[written]
    return needs !== undefined && read >= needs
  }

  /** Whether it takes another byte, where there is one. */
  canRead(read: number, written: number): boolean {
    const needs = this.#parts.reads[read]
    if (needs === undefined || written < needs) return false
    return this.#parts.readsOn || !this.done(read, written)
  }

  done(read: number, written: number): boolean {
    const { done } = this.#parts
    return read >= done.read && written >= done.written
  }
}

/** Where both ends are: bytes read and written by the client, then by the server. */
export type Place = readonly [number, number, number, number]

/** A place that a move leads to, and the move: `C` is a byte written by the client, `c` one read by it, `S` and `s` the server's. */
export interface Move {
  readonly place: Place
  readonly by: string
}

/** Two automata and the rings between them. */
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

  /** A number for each place that can be: what is under way fits into the rings, and nobody writes more than it has to say. */
  keyOf([rc, wc, rs, ws]: Place): number {
    const under = (ws - rc) * (this.#there + 1) + (wc - rs)
    return (under * (this.server.total + 1) + rc) * (this.client.total + 1) + rs
  }

  /** Every move of a single byte that an end may make: finer than any step of a program, and than any cut. */
  bytes([rc, wc, rs, ws]: Place): Move[] {
    const moves: Move[] = []
    if (wc - rs < this.#there && this.client.canWrite(rc, wc))
      moves.push({ place: [rc, wc + 1, rs, ws], by: 'C' })
    if (rc < ws && this.client.canRead(rc, wc)) moves.push({ place: [rc + 1, wc, rs, ws], by: 'c' })
    if (ws - rc < this.#back && this.server.canWrite(rs, ws))
      moves.push({ place: [rc, wc, rs, ws + 1], by: 'S' })
    if (rs < wc && this.server.canRead(rs, ws)) moves.push({ place: [rc, wc, rs + 1, ws], by: 's' })
    return moves
  }

  /** Where a step of each end leads, if anywhere. */
  steps(place: Place): Move[] {
    const client = { place: this.clientStep(place), by: 'client' }
    const server = { place: this.serverStep(place), by: 'server' }
    return [client, server].filter(move => move.place.some((count, at) => count !== place[at]))
  }

  /** Where a step of the client ends: it moves until it can move no more. */
  clientStep([rc, wc, rs, ws]: Place): Place {
    let [read, written] = [rc, wc]
    for (;;) {
      const before = read + written
      while (written - rs < this.#there && this.client.canWrite(read, written)) written++
      while (read < ws && this.client.canRead(read, written)) read++
      if (read + written === before) return [read, written, rs, ws]
    }
  }

  serverStep([rc, wc, rs, ws]: Place): Place {
    const other = new Two(this.server, this.client, this.#back, this.#there)
    const [r, w, otherR, otherW] = other.clientStep([rs, ws, rc, wc])
    return [otherR, otherW, r, w]
  }
}
