/** The pump: steps any number of ends until each is over, names who waits for what when nothing moves, and never hangs. */
import { PairBio, type Party, StallDetector, type StallReport, stallReport } from '@biopair/bio'
import type { Ssl } from './ssl.ts'

/**
 * How a step left its task. Every outcome of `Ssl` fits: `done`, `closed`, `truncated` and `failed` end the task, and any
 * other status waits. An outcome with `bytes` moved them, and there is more to do.
 */
export interface PumpOutcome {
  readonly status: string
  readonly bytes?: number
  readonly read?: number
  readonly write?: number
}

/** Somebody to step: an end of a connection, a carrier between two pairs, a program. */
export interface PumpTask {
  readonly name: string
  /** Goes on as far as it can without waiting. Not called again once it is over. */
  step(): PumpOutcome
  /** Whose call it is: its output is offered on after the task is over, and its state stands in a report. */
  readonly ssl?: Ssl
}

export interface PumpParty {
  readonly name: string
  /** Of its last step. */
  readonly outcome: PumpOutcome
  /** Bytes of its own that its carrier has not taken. */
  readonly queued: number
}

/**
 * - `done`: every task is over, and their output was offered until no more was taken
 * - `stalled`: two rounds in which nothing moved and nobody waited for anything else than before
 * - `unfinished`: the rounds that were allowed are used up
 */
export type PumpReport = { readonly rounds: number; readonly parties: readonly PumpParty[] } & (
  | { readonly end: 'done' }
  | { readonly end: 'stalled' | 'unfinished'; readonly report: StallReport }
)

const over: readonly string[] = ['done', 'closed', 'truncated', 'failed']
const mostRounds = 10_000_000

/**
 * Steps every task once a round, in the order given, until each is over. An exception of a step is the caller's. BIOs must not wait:
 * a step that does holds up all others.
 * @param rounds the most rounds: ten million unless said otherwise
 */
export function pump(tasks: readonly PumpTask[], rounds: number = mostRounds): PumpReport {
  const stepped = tasks.map(task => new Stepped(task))
  const detector = new StallDetector()
  for (let round = 1; round <= rounds; round++) {
    let moved = 0
    for (const task of stepped) moved += task.step()
    const parties = stepped.map(task => task.summary)
    if (moved === 0 && stepped.every(task => task.over))
      return { end: 'done', rounds: round, parties }
    const report = detector.round(moved, stepped.map(party))
    if (report) return { end: 'stalled', rounds: round, parties, report }
  }
  const parties = stepped.map(task => task.summary)
  const report = stallReport(0, stepped.map(party))
  const text = report.text.replace(/^.*/, `unfinished after ${rounds} rounds`)
  return { end: 'unfinished', rounds, parties, report: { ...report, text } }
}

/**
 * Repeats a call until it need not wait: `await drive(ssl, () => ssl.doHandshake())`. Between two tries it waits for the
 * carrier's `ready`, or for the promise of a callback. TypeError where a BIO that has to be waited for has no `ready`.
 * A carrier that says a hundred times in a row that it is ready, and moves nothing, is answered as it is: with `want_…`.
 */
export async function drive<O extends PumpOutcome>(ssl: Ssl, call: () => O): Promise<O> {
  let before = ''
  for (let fruitless = 0; fruitless < 100; fruitless++) {
    const outcome = call()
    if (!outcome.status.startsWith('want_')) return outcome
    const { status, read = 0, write = 0 } = outcome
    const now = `${ssl.state} ${status} ${read} ${write}`
    if (now !== before) fruitless = 0
    before = now
    await ssl.ready(outcome)
  }
  return call()
}

/** A task, what it answered last, and how much of its output is left. */
class Stepped {
  readonly task: PumpTask
  #outcome: PumpOutcome = { status: 'not stepped' }

  constructor(task: PumpTask) {
    this.task = task
  }

  get over(): boolean {
    return this.#outcome.bytes === undefined && over.includes(this.#outcome.status)
  }

  get summary(): PumpParty {
    return { name: this.task.name, outcome: this.#outcome, queued: this.task.ssl?.queued ?? 0 }
  }

  /** Answers how many bytes are known to have moved. */
  step(): number {
    if (!this.over) {
      this.#outcome = this.task.step()
      return this.#outcome.bytes ?? 0
    }
    const { ssl } = this.task
    if (!ssl || ssl.queued === 0) return 0
    const before = ssl.queued
    ssl.flush()
    return before - ssl.queued
  }
}

/** What a party waits for, in words that change whenever it has come further. */
function party(stepped: Stepped): Party {
  const { task, summary } = stepped
  const { ssl } = task
  const { status, read = 0, write = 0 } = summary.outcome
  const waits = [
    ...(stepped.over ? [`nothing: ${status}`] : []),
    ...(read > 0 ? [`${read} bytes to read`] : []),
    ...(write > 0 ? [`room for ${write} bytes`] : []),
  ].join(' and ')
  const notes = [
    ...(ssl ? [`state ${ssl.state}`, ...pairNotes(ssl)] : []),
    ...(stepped.over && summary.queued > 0 ? [`${summary.queued} bytes not taken`] : []),
  ].join(', ')
  const words = waits === '' ? status : waits
  return { name: task.name, waits: notes === '' ? words : `${words} (${notes})` }
}

/** What its half of a BIO pair says. */
function pairNotes({ rbio, wbio }: Ssl): string[] {
  return [
    ...(rbio instanceof PairBio ? [`${rbio.pending} pending`] : []),
    ...(wbio instanceof PairBio
      ? [`${wbio.writeGuarantee} guaranteed`, `${wbio.readRequest} requested`]
      : []),
  ]
}
