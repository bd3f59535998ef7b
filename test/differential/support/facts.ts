/** What a schedule has come to so far: questions that the intended differences ask. */
import type { Difference, Step } from './compare.ts'

/** The error of a step as `lib.reason`; `0` for none. */
export function errorOf(step: Step, whose: 'theirs' | 'ours'): string {
  return step[whose].get('error') ?? '0'
}

export function statusOf(step: Step, whose: 'theirs' | 'ours'): number {
  return Number(step[whose].get('status'))
}

/** The object that a field is about; of `ret` and such, the one that was called. */
export function owner({ field, words }: Difference): string {
  const at = field.indexOf('.')
  return at < 0 ? (words[0] ?? '') : field.slice(0, at)
}

/** Steps so far, this one included, whose call was on an object. */
export function callsOn(difference: Difference, name: string): Step[] {
  return [...difference.before, difference].filter(({ words }) => words[0] === name)
}

/** Calls so far by a name, this one included. */
export function called(difference: Difference, call: string): Step[] {
  return [...difference.before, difference].filter(step => step.call === call)
}

/** The reason that a connection of ours failed with, if it has: fatal, not a misuse that can be put right. */
export function failure(difference: Difference, name = owner(difference)): string | undefined {
  const failed = callsOn(difference, name).find(
    step => statusOf(step, 'ours') === 1 && !misuses.has(errorOf(step, 'ours')),
  )
  return failed && errorOf(failed, 'ours')
}

/** Reasons after which we go on as before: BAD_LENGTH, misuse of roles, BIOs and order, and data behind a goodbye. */
const misuses = new Set([
  '20.271',
  '20.144',
  '20.276',
  '20.211',
  '20.128',
  '20.407',
  '20.207',
  '20.291',
  '20.786689',
])

/** Whether a KeyUpdate, a ticket or a client's certificate was ever ordered of a connection. */
export function ordered(difference: Difference, name: string): boolean {
  return callsOn(difference, name).some(
    ({ call, ours }) => /^(key_update|ticket|ask)$/.test(call) && ours.get('ret') === '1',
  )
}

/** Whether both that were made last have shaken hands and nothing was under way: from then on both have sent the same number of bytes. */
export function settled({ before }: Difference): boolean {
  const made = before.findLastIndex(makes)
  return before
    .slice(made + 1)
    .some(
      step => step.call === 'shake' || [step.theirs, step.ours].every(answer => idle([...answer])),
    )
}

/** Whether there is a connection, and it has not come so far. */
export function shaking(difference: Difference): boolean {
  return difference.before.some(makes) && !settled(difference)
}

const makes = ({ call }: Step) => /^(ssl|bare)$/.test(call)

function idle(fields: readonly (readonly [string, string])[]): boolean {
  const inits = fields.filter(([name]) => name.endsWith('.init'))
  const waiting = fields.filter(([name]) => /\.w?pending$/.test(name))
  return inits.length >= 2 && [...inits, ...waiting].every(([, value]) => value === '0')
}

/** Whether a connection's last SSL_write waits to be repeated, on both sides alike. */
export function writing(difference: Difference, name: string): boolean {
  const last = lastOf(difference, name, /^sslwrite/)
  return last !== undefined && waits(last)
}

/** What left something on a connection that waits for room: `sslwrite`, `shutdown`, or an order. */
export function leftBy(difference: Difference, name: string): ReadonlySet<string> {
  const left = new Set(ordered(difference, name) ? ['order'] : [])
  for (const call of ['sslwrite', 'shutdown']) {
    const last = lastOf(difference, name, new RegExp(`^${call}`))
    if (last && waits(last)) left.add(call)
  }
  return left
}

/** The last such call before that was not refused: one that was left everything as it was. */
function lastOf({ before }: Difference, name: string, call: RegExp): Step | undefined {
  return before.findLast(
    step => call.test(step.call) && step.words[0] === name && statusOf(step, 'ours') !== 1,
  )
}

function waits(step: Step): boolean {
  return statusOf(step, 'theirs') === 3 && statusOf(step, 'ours') === 3
}

/** What says how many bytes: of objects, and what a call returned. */
export const bytes = new Set([
  'pending',
  'wpending',
  'guarantee',
  'request',
  'read',
  'written',
  'ret',
])
/** Calls that may shake hands. */
export const handshakes = new Set([
  'handshake',
  'connect',
  'accept',
  'sslread',
  'sslpeek',
  'sslwrite',
])
/** Calls that read. */
export const reads = new Set(['sslread', 'sslpeek'])
/** The second word of a call, as a number. */
export const number = ({ words }: Difference) => Number(words[1])

/** Whether a flight, or a ticket, may not fit. */
export function small({ ours }: Difference): boolean {
  return [...ours].some(([name, size]) => name.endsWith('.size') && Number(size) < 2048)
}

/** Whether it is about how far a call came: it is done here, and waits there. */
export function moves(d: Difference): boolean {
  const waits = (status: number) => [0, 2, 3].includes(status) || Number.isNaN(status)
  if (['error', 'sum', 'shut'].includes(d.what)) return false
  return waits(statusOf(d, 'theirs')) && waits(statusOf(d, 'ours'))
}
