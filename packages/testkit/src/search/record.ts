/** `record`: both ends of a play as automata, each recorded from itself: once byte by byte inwards, once byte by byte outwards. */
import type { Link } from '../schedule/link.ts'
import { linked } from '../schedule/linked.ts'
import type { Actor, Play } from '../schedule/play.ts'
import { Seed } from '../seeds/seed.ts'
import { Automaton, type Counts } from './automaton.ts'

export interface Recorded {
  readonly client: Automaton
  readonly server: Automaton
}

type Role = 'client' | 'server'

/** Rings that nothing fills. */
const wide = 1 << 20

/** Records both ends from one run over wide rings. Throws where this run does not come to its end. */
export function record(play: Play, seed: string): Recorded {
  const link = linked(wide)
  const { client, server } = play(link, new Seed(seed))
  // On behind the end, too: what an end says then is part of what it says.
  for (let quiet = 0, rounds = 0; quiet < 2; rounds++) {
    const before = link.moved
    client.step()
    server.step()
    quiet = link.moved === before ? quiet + 1 : 0
    if (rounds > 100_000) throw new Error('record: the run over wide rings has no end')
  }
  if (!client.done || !server.done)
    throw new Error(
      `record: over wide rings, ${client.done ? '' : 'the client '}${server.done ? '' : 'the server '}does not come to the end`,
    )
  const { there, back } = link.said
  return {
    client: automatonOf(play, seed, 'client', { bytes: back, ended: link.near.eof }),
    server: automatonOf(play, seed, 'server', { bytes: there, ended: link.far.eof }),
  }
}

/** All that an end is given. An end of the peer's side is taken to come with its last byte. */
interface Input {
  readonly bytes: Uint8Array
  readonly ended: boolean
}

function automatonOf(play: Play, seed: string, role: Role, input: Input): Automaton {
  const inwards = byRead(play, seed, role, input)
  const outwards = byWritten(play, seed, role, input, inwards.writes.length)
  return new Automaton({
    writes: inwards.writes,
    reads: outwards.reads,
    done: { read: inwards.done, written: outwards.done },
    readsOn: inwards.readsOn,
  })
}

/** One end alone, its halves, and the counts of its own half. */
function alone(play: Play, seed: string, role: Role, inRing: number, outRing: number) {
  const [there, back] = role === 'client' ? [outRing, inRing] : [inRing, outRing]
  const link: Link = linked({ there: { ring: there }, back: { ring: back } })
  const ends = play(link, new Seed(seed))
  const end: Actor = ends[role]
  const [own, other] = role === 'client' ? [link.near, link.far] : [link.far, link.near]
  const counts = (): Counts => ({ read: own.readBytes, written: own.writtenBytes })
  return { end, own, other, counts }
}

/** Given its input byte by byte, with room for all that it says: what each byte that it says needs to have been read. */
function byRead(play: Play, seed: string, role: Role, input: Input) {
  const { end, other, counts } = alone(play, seed, role, wide, wide)
  const writes: number[] = []
  let done = -1
  let readsOn = false
  for (let given = 0; ; given++) {
    const was = done >= 0
    const before = counts().read
    settle(end, counts)
    const { read, written } = counts()
    while (writes.length < written) writes.push(read)
    if (was && read > before) readsOn = true
    if (end.done && done < 0) done = read
    if (given > input.bytes.length || (given === input.bytes.length && !input.ended)) break
    if (given === input.bytes.length) other.end()
    else other.write(input.bytes.subarray(given, given + 1))
  }
  if (done < 0) throw new Error(`record: the ${role} is not done when it has read everything`)
  return { writes, done, readsOn }
}

/** With its input there, and its output taken byte by byte: what each byte that it reads needs to have been taken. */
function byWritten(play: Play, seed: string, role: Role, input: Input, total: number) {
  const { end, own, other, counts } = alone(play, seed, role, Math.max(1, input.bytes.length), 1)
  other.write(input.bytes)
  if (input.ended) other.end()
  let done = -1
  for (;;) {
    settle(end, counts)
    const { written } = counts()
    if (end.done && done < 0) done = written
    if (written >= total && end.done) break
    if (typeof other.read(new Uint8Array(1)) === 'number') continue
    throw new Error(`record: the ${role} stops after ${written} bytes of ${total}`)
  }
  return { reads: own.writtenBefore ?? [], done }
}

/** Steps until nothing moves. */
function settle(end: Actor, counts: () => Counts): void {
  for (;;) {
    const before = counts()
    end.step()
    const now = counts()
    if (now.read === before.read && now.written === before.written) return
  }
}
