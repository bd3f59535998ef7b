/** -early_data: a client sends a file with its first flight, a server prints what came so (RFC 9846 §2.3). */
import { type ContextOptions, type EarlyRefused, MemoryReplayStore, type Ssl } from '@biopair/ssl'
import { type ServerFlags, wholeNumber } from './arguments.ts'
import { type End, type Link, settled } from './drive.ts'
import type { Speaker } from './speaker.ts'
import { UsageError } from './usage-error.ts'

/** Bytes that -early_data takes, where -max_early_data does not say. */
const usual = 16_384

/** The most that a connection may hold of them. */
const most = 1_048_576

/** What a server takes. -max_early_data without -early_data is told in tickets, and then refused, as OpenSSL has it. */
export function takesEarlyData(flags: ServerFlags): ContextOptions {
  const { early_data, max_early_data, recv_max_early_data, anti_replay, no_anti_replay } = flags
  if (anti_replay && no_anti_replay)
    throw new UsageError('-anti_replay and -no_anti_replay exclude each other')
  if (early_data && (flags.www || flags.rev))
    throw new UsageError(`-early_data and ${flags.www ? '-www' : '-rev'} exclude each other`)
  if (recv_max_early_data !== undefined && !early_data)
    throw new UsageError('-recv_max_early_data without -early_data')
  if (!early_data && max_early_data === undefined) return {}
  const told = wholeNumber('max_early_data', max_early_data ?? `${usual}`, 0, most)
  const taken = wholeNumber('recv_max_early_data', recv_max_early_data ?? `${most}`, 0, most)
  return {
    maxEarlyData: told,
    earlyDataCallback: ({ limit }) => early_data === true && limit <= taken,
    // Tickets are of this process, so that no other can have taken what they are for.
    replayStore: no_anti_replay ? { claim: () => true } : new MemoryReplayStore({ silence: 0 }),
  }
}

/** Bytes of a file that went with the first flight, and why no more of it did. */
export interface EarlySent {
  readonly sent: number
  readonly reason?: EarlyRefused['reason']
}

/** Sends a file with the first flight, as far as the session permits; what ended the connection if that came first. */
export async function sendEarly({ ssl }: Link, file: Uint8Array): Promise<EarlySent | End> {
  for (let sent = 0; ; ) {
    const outcome = await settled(ssl, () => ssl.writeEarly(file.subarray(sent)))
    if (outcome.status === 'refused') return { sent, reason: outcome.reason }
    if (outcome.status !== 'done') return outcome
    sent += outcome.bytes
    if (sent >= file.length) return { sent }
  }
}

const reasons: Readonly<Record<EarlyRefused['reason'], string>> = {
  not_offered: 'the session permits none, or was not offered',
  limit: 'the session permits no more',
  rejected: 'the server takes none',
  over: 'the handshake was over',
}

/** What a client has to know about a file that did not arrive, or not whole. Nothing is sent again by itself: it may not mean the same any more. */
export function unsentLines(ssl: Ssl, { sent, reason }: EarlySent, whole: number): string[] {
  const rejected = ssl.rejectedEarlyData()
  const lines: string[] = []
  if (rejected) {
    const { bytes, sameProtocol } = rejected
    const then = sameProtocol
      ? 'type them again, if they still make sense'
      : 'another protocol was agreed on, for which they were not meant'
    lines.push(`early data: the server has taken none of ${bytes.length} bytes: ${then}`)
  }
  if (reason && sent < whole)
    lines.push(`early data: ${whole - sent} of ${whole} bytes were not sent: ${reasons[reason]}`)
  return lines
}

/** Prints the early data of a connection, and shakes hands as far as that needs. What ended the connection, if anything did. */
export async function printEarly(
  { ssl }: Link,
  speaker: Speaker,
  print: (bytes: Uint8Array) => Promise<void>,
): Promise<End | undefined> {
  const into = new Uint8Array(16_384)
  for (let came = false; ; came = true) {
    const outcome = await settled(ssl, () => ssl.readEarly(into))
    if (outcome.status === 'done') {
      if (!came) speaker.tell(['Early data received:'])
      await print(into.slice(0, outcome.bytes))
      continue
    }
    if (outcome.status !== 'end') return outcome
    if (came) speaker.tell(['', 'End of early data'])
    else
      speaker.tell([
        ssl.earlyData === 'rejected' ? 'Early data was rejected' : 'No early data received',
      ])
    return undefined
  }
}
