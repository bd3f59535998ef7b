/** Random walks through a handshake: a peer says what a table permits, or something else, cut and joined as it likes. */
import { concat } from '@biopair/crypto'
import { encodeMessage, KeyUpdate } from '@biopair/handshake'
import type { AlertName } from '@biopair/wire'
import fc from 'fast-check'
import type { Bytes } from './key-schedule.ts'
import { contentTypes, type Peer, type Under } from './peer.ts'

/** What a state permits, and where it leads: appendix A as data. */
export type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

/** How a message is laid into records; the last three only where the RFC allows or forbids something of their own. */
export type Layout = 'whole' | 'split' | 'bytes' | 'joined' | 'trailed' | 'interrupted'

export interface Step {
  /** Whether the table is followed. */
  readonly honest: boolean
  /** Chooses among the messages that are permitted, or among those that are not. */
  readonly pick: number
  readonly layout: Layout
  /** A change_cipher_spec record goes before the message. */
  readonly changeCipherSpec: boolean
}

/** Mostly honest steps, so that walks get far; the CONNECTED state is reached after six or seven. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    honest: fc.integer({ min: 0, max: 11 }).map(n => n > 0),
    pick: fc.nat(1000),
    layout: fc.constantFrom<Layout>(
      ...(['whole', 'whole', 'whole', 'split', 'bytes', 'joined', 'joined'] as const),
      ...(['whole', 'whole', 'split', 'split', 'joined', 'trailed', 'interrupted'] as const),
    ),
    changeCipherSpec: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
  }),
  { minLength: 1, maxLength: 12, size: 'max' },
)

/** One side's part of a walk. */
export interface Side {
  readonly peer: Peer
  readonly table: Table
  readonly start: string
  /** Messages that need a peer's state to be said; the rest of the deviations are `strays`. */
  readonly alphabet: readonly string[]
  /** The state's name as our end has it. */
  readonly shown: (state: string) => string
  /** Whether change_cipher_spec is dropped in a state. */
  readonly drops: (state: string) => boolean
  /** The keys that an alert travels under which our end sends in a state. */
  readonly under: (state: string) => Under
  /** The same for an alert about bytes behind the message that leads on from a state. */
  readonly underTrailed: (state: string) => Under
  /** Whether nothing may stand behind a message in its record, because keys change. */
  readonly changesKeys: (message: string, state: string) => boolean
  /** Whether a message is answered by our end before the next can be made. */
  readonly answered: (message: string) => boolean
  /** A permitted message, in the transcript from now on; its keys are taken by `after`. */
  readonly say: (message: string) => Bytes
  readonly after: (message: string) => void
  /** A message as a deviation: well made, but without a place in the transcript. */
  readonly stray: (message: string) => Bytes
  /** Messages that no state permits, where they are others than those of TLS 1.3. */
  readonly strays?: Readonly<Record<string, Bytes>>
  /** A change_cipher_spec may not stand inside a message: in TLS 1.2 it is no record to drop. */
  readonly changesMatter?: boolean
  /** Whether a permitted message is answered with a warning. */
  readonly warns?: (message: string, state: string) => boolean
  /** States in which the peer's records are protected; all but the first where it is not given. */
  readonly protects?: (state: string) => boolean
  /** The alert for a message in the clear where the peer's records are protected: unexpected_message unless given. */
  readonly inTheClear?: AlertName
}

/** Messages that no state permits, by msg_type, with a body. */
export const strays: Readonly<Record<string, Bytes>> = {
  EndOfEarlyData: Uint8Array.of(5, 0, 0, 0),
  hello_request: Uint8Array.of(0, 0, 0, 0),
  server_hello_done: Uint8Array.of(14, 0, 0, 0),
  client_key_exchange: Uint8Array.of(16, 0, 0, 1, 0),
  message_hash: Uint8Array.of(254, 0, 0, 1, 0),
  hello_verify_request: Uint8Array.of(3, 0, 0, 0),
  server_key_exchange: Uint8Array.of(12, 0, 0, 0),
  certificate_url: Uint8Array.of(21, 0, 0, 0),
  certificate_status: Uint8Array.of(22, 0, 0, 0),
  CompressedCertificate: Uint8Array.of(25, 0, 0, 0),
  unknown: Uint8Array.of(99, 0, 0, 2, 1, 2),
}

/** How a walk came out: the state, and the alert that was due in it, if one was. */
export interface Outcome {
  readonly state: string
  readonly refused: Refused | undefined
  readonly path: readonly string[]
  /** How often our end has said no with a warning. */
  readonly warnings: number
}

/** What was sent wrong, and the alert that is due: unexpected_message unless it is said. */
export interface Refused {
  readonly under: Under
  readonly what: string
  readonly alert?: AlertName
}

/** The one record that is a message of TLS 1.2's state machine. */
const change = 'change_cipher_spec'

/** Walks; throws with the path where our end does anything but what the table says. */
export function walk(side: Side, list: readonly Step[]): Outcome {
  const path: string[] = []
  let state = side.start
  let held: Bytes = new Uint8Array(0)
  /** One warning answers all that asked for one at once, unless it is ended before that. */
  let [owed, warnings] = [false, 0]
  const { peer } = side
  const flush = () => {
    if (held.length > 0) peer.handshake(held)
    held = new Uint8Array(0)
  }
  const refuse = (what: string, under: Under): Outcome => {
    path.push(what)
    return { state, refused: { under, what }, path, warnings }
  }
  const check = () => {
    const outcome = peer.step()
    if (outcome.status !== 'want_read')
      throw new Error(`after ${path.join(', ')}: ${JSON.stringify(outcome)} ${describe(outcome)}`)
    if (peer.ssl.state !== side.shown(state))
      throw new Error(`after ${path.join(', ')}: in ${peer.ssl.state}, expected ${state}`)
    if (owed) warnings++
    owed = false
  }

  for (const { honest, pick, layout, changeCipherSpec } of list) {
    const permitted = Object.keys(side.table[state] ?? {})
    if (changeCipherSpec && held.length === 0 && !permitted.includes(change)) {
      peer.changeCipherSpec()
      if (!side.drops(state)) return refuse('change_cipher_spec', side.under(state))
      path.push('change_cipher_spec')
    }
    if (!honest) {
      const all = [...side.alphabet, ...Object.keys(side.strays ?? strays), 'application data']
      const others = all.filter(
        message =>
          !permitted.includes(message) &&
          !(state === 'CONNECTED' && message === 'application data'),
      )
      const message = others[pick % others.length] as string
      if (message === 'application data') {
        flush()
        peer.data(Uint8Array.of(1, 2, 3))
      } else {
        peer.handshake(concat(held, (side.strays ?? strays)[message] ?? side.stray(message)))
        held = new Uint8Array(0)
      }
      return refuse(message, side.under(state))
    }

    const message = permitted[pick % permitted.length] as string
    if (message === change) {
      path.push(change)
      state = (side.table[state] as Record<string, string>)[change] as string
      peer.changeCipherSpec()
      side.after(change)
      check()
      continue
    }
    const raw = concat(held, side.say(message))
    const before = held.length
    held = new Uint8Array(0)
    const last = side.changesKeys(message, state)
    if (layout === 'trailed' && last) {
      const trail = pick % 2 === 0 ? Uint8Array.of(8) : (strays.unknown as Bytes)
      const under = side.underTrailed(state)
      peer.handshake(concat(raw, trail))
      return refuse(`${message} with more behind it`, under)
    }
    if (layout === 'interrupted') {
      const cut = before + 1 + (pick % (raw.length - before - 1))
      peer.handshake(raw.subarray(0, cut))
      if (side.changesMatter && pick % 2 === 0) peer.changeCipherSpec()
      else peer.data(Uint8Array.of(1))
      return refuse(`${message} with another record inside`, side.under(state))
    }
    path.push(message)
    owed ||= side.warns?.(message, state) ?? false
    state = (side.table[state] as Record<string, string>)[message] as string
    if (layout === 'joined' && !last && !side.answered(message)) {
      held = raw
      continue
    }
    if (layout === 'bytes' && raw.length < 200)
      for (const byte of raw) peer.handshake(Uint8Array.of(byte))
    else if (layout === 'split') {
      const cut = 1 + (pick % (raw.length - 1))
      peer.handshake(raw.subarray(0, cut))
      peer.handshake(raw.subarray(cut))
    } else peer.handshake(raw)
    side.after(message)
    check()
  }
  flush()
  check()
  return { state, refused: undefined, path, warnings }
}

/** The shortest honest walk to each state of a side's table. */
export function everyState({
  table,
  start,
}: Side): readonly { readonly state: string; readonly path: readonly Step[] }[] {
  const found = [{ state: start, path: [] as readonly Step[] }]
  for (const { state, path } of found)
    for (const [pick, next] of Object.values(table[state] ?? {}).entries()) {
      if (found.some(other => other.state === next)) continue
      const step: Step = { honest: true, pick, layout: 'whole', changeCipherSpec: false }
      found.push({ state: next, path: [...path, step] })
    }
  return found
}

/** A message in a state that does not permit it, or not in this way. */
export interface Deviation extends Refused {
  readonly send: (side: Side) => void
}

/** Everything that a state refuses, one by one: each message that it does not permit, and where there are keys each one in the clear. */
export function allDeviations(state: string, start: () => Side): readonly Deviation[] {
  const { table, alphabet, under: underOf, drops, ...rest } = start()
  const { strays: others = strays, protects = notFirst, inTheClear = 'unexpected_message' } = rest
  const permitted = Object.keys(table[state] ?? {})
  const under = underOf(state)
  const messages = [...alphabet, ...Object.keys(others)]
  const bytes = (side: Side, what: string) => others[what] ?? side.stray(what)
  const wrong = messages
    .filter(what => !permitted.includes(what))
    .map(what => ({ what, under, send: (side: Side) => side.peer.handshake(bytes(side, what)) }))
  const data =
    state === 'CONNECTED'
      ? []
      : [{ what: 'application data', under, send: ({ peer }: Side) => peer.data(Uint8Array.of(1)) }]
  const late =
    drops(state) || permitted.includes(change)
      ? []
      : [{ what: change, under, send: ({ peer }: Side) => peer.changeCipherSpec() }]
  if (!protects(state)) return [...wrong, ...data, ...late]
  const clear = messages.map(what => ({
    what: `${what} in the clear`,
    under,
    alert: inTheClear,
    send: (side: Side) =>
      side.peer.record(contentTypes.handshake, bytes(side, what), { plain: true }),
  }))
  return [...wrong, ...data, ...late, ...clear]
}

const notFirst = (state: string) => !state.startsWith('WAIT_SH') && !state.startsWith('START')

/** What follows the walk: one unexpected_message and nothing else, or a connection that works. */
export function judge(side: Side, { state, refused, path, warnings }: Outcome): void {
  const { peer } = side
  const where = `after ${path.join(', ')}`
  if (!refused) {
    if (peer.alerts.length !== warnings || peer.alerts.some(({ level }) => level !== 1))
      throw new Error(`${where}: ${JSON.stringify(peer.alerts)}`)
    if (state === 'CONNECTED') talk(peer, where)
    return
  }
  const due = refused.alert ?? 'unexpected_message'
  const outcome = peer.step()
  if (outcome.status !== 'failed' || !('alert' in outcome.error))
    throw new Error(`${where}: ${JSON.stringify(outcome)} instead of ${due}`)
  const { alert, origin } = outcome.error
  if (alert !== due || origin !== 'sent')
    throw new Error(`${where}: ${origin} ${alert}: ${outcome.error.message}`)
  const [first, ...others] = peer.alerts.slice(warnings)
  if (!first || others.length > 0 || peer.heard.at(-1) !== first)
    throw new Error(`${where}: expected one alert at the end, heard ${peer.alerts.length}`)
  if (first.alert !== due || first.level !== 2 || first.under !== refused.under)
    throw new Error(`${where}: expected the alert under ${refused.under}: ${JSON.stringify(first)}`)
  const again = peer.step()
  if (again !== outcome && JSON.stringify(again) !== JSON.stringify(outcome))
    throw new Error(`${where}: a second call says ${JSON.stringify(again)}`)
}

/** Data both ways. */
function talk(peer: Peer, where: string): void {
  const said = peer.heard.length
  peer.data(Uint8Array.of(7, 8, 9))
  peer.step()
  const written = peer.ssl.write(Uint8Array.of(4, 5, 6))
  peer.step()
  const heard = peer.heard.slice(said).filter(({ kind }) => kind === 'data')
  const [answer] = heard
  if (
    written.status !== 'done' ||
    heard.length !== 1 ||
    answer?.kind !== 'data' ||
    answer.bytes.join() !== '4,5,6' ||
    peer.delivered.at(-1)?.join() !== '7,8,9'
  )
    throw new Error(`${where}: the connection does not carry data`)
}

/** A KeyUpdate as bytes. */
export function keyUpdate(): Bytes {
  return encodeMessage(KeyUpdate, { request_update: 'update_not_requested' })
}

function describe(outcome: object): string {
  return 'error' in outcome ? String(outcome.error) : ''
}
