/** What the two ends do after their handshake: a question, an answer, and goodbye. */
import type { PumpOutcome, PumpTask, Ssl } from '@biopair/ssl'
import type { Side, Timeline } from './timeline.ts'

export interface Ends {
  readonly client: Ssl
  readonly server: Ssl
}

/** Both shake hands. */
export function handshake(ends: Ends, timeline: Timeline): PumpTask[] {
  return sides.map(side => task(side, ends, timeline, () => ends[side].doHandshake()))
}

/** The client sends a line, the server answers it with another. */
export function conversation(ends: Ends, timeline: Timeline): PumpTask[] {
  const ask = sending(
    ends.client,
    'client',
    'What crosses a ring of bytes and touches no socket?',
    timeline,
  )
  const hear = receiving(ends.server, 'server', timeline)
  const answer = sending(ends.server, 'server', 'TLS, if you keep stepping both ends.', timeline)
  const learn = receiving(ends.client, 'client', timeline)
  return [
    task('client', ends, timeline, inOrder(ask, learn)),
    task('server', ends, timeline, inOrder(hear, answer)),
  ]
}

/** Both say close_notify and wait for the other's. */
export function goodbye(ends: Ends, timeline: Timeline): PumpTask[] {
  return sides.map(side => task(side, ends, timeline, () => ends[side].shutdown()))
}

const sides: readonly Side[] = ['client', 'server']

function task(side: Side, ends: Ends, timeline: Timeline, step: () => PumpOutcome): PumpTask {
  return { name: side, ssl: ends[side], step: () => timeline.step(side, step) }
}

/** Lines of text, so that a reader knows where one ends. */
function sending(ssl: Ssl, side: Side, line: string, timeline: Timeline): () => PumpOutcome {
  let left: Uint8Array = new TextEncoder().encode(`${line}\n`)
  return () => {
    if (left.length === 0) return ssl.flush()
    const outcome = ssl.write(left)
    if (outcome.status !== 'done') return outcome
    timeline.note('', `the ${side} says: ${line}`)
    left = left.subarray(outcome.bytes)
    return outcome
  }
}

function receiving(ssl: Ssl, side: Side, timeline: Timeline): () => PumpOutcome {
  const buffer = new Uint8Array(1024)
  let heard = ''
  return () => {
    if (heard.endsWith('\n')) return { status: 'done' }
    const outcome = ssl.read(buffer)
    if (outcome.status !== 'done') return outcome
    heard += new TextDecoder().decode(buffer.subarray(0, outcome.bytes))
    if (heard.endsWith('\n')) timeline.note('', `the ${side} hears: ${heard.trimEnd()}`)
    return outcome
  }
}

/** One thing after the other. */
function inOrder(first: () => PumpOutcome, second: () => PumpOutcome): () => PumpOutcome {
  let now = first
  return () => {
    const outcome = now()
    if (now === second || outcome.bytes !== undefined || outcome.status !== 'done') return outcome
    now = second
    return now()
  }
}
