/** A connection that ends here, to go on elsewhere: its state handed over, and taken up. */
import { type AnyConnected, is12 } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { ConnectionState } from './connection-state.ts'
import type { Driver } from './driver.ts'
import { misuse } from './misuse.ts'
import type { ExportOutcome } from './outcome.ts'

/**
 * Once nothing of ours waits, and, in TLS 1.3, our key has sealed nothing, `seal` makes bytes of the state, of which nothing is kept: with `done` it is over here.
 * A `seal` that throws has changed nothing.
 */
export function handOver(driver: Driver, seal: (state: ConnectionState) => Bytes): ExportOutcome {
  driver.checkConnected('exportConnection')
  const { inward, outward, writer, afterwards } = driver
  const stop = inward.end ?? outward.end ?? driver.shake()
  if (stop) return stop
  if (inward.pending > 0) return { status: 'unread' }
  driver.settle(true)
  const why = unfinished(driver)
  if (why) return { status: 'unfinished', why }
  const connected = driver.connected as AnyConnected
  // Whoever has our key may have used its numbers: what goes on begins with another one, and with 0. TLS 1.2 has no other.
  const ready = driver.clear() && (is12(connected) || writer.sealedRecords === 0 || renew(driver))
  const pushed = outward.push()
  if (outward.end) return outward.end
  if (!ready || pushed !== 'done') return driver.waiting(false)
  const bytes = seal({
    connected: driver.connected as AnyConnected,
    reached: driver.output.reached,
    part: driver.reader.part,
    wrote: afterwards.wrote,
    early: driver.early.status,
    sideRecords: inward.sideRecords,
  })
  driver.forget()
  return { status: 'done', bytes }
}

/** What has been begun with the peer and cannot go on elsewhere. */
function unfinished({ afterwards, joiner, early, connected }: Driver): string | undefined {
  const { role, postHandshake } = connected && !is12(connected) ? connected : {}
  if (role === 'client' && postHandshake)
    throw misuse('ERR_CANNOT_MOVE', 'a client that may be asked for a certificate later stays')
  if (joiner.partial) return 'a handshake message has not come whole'
  if (afterwards.asides.any || postHandshake?.open.length)
    return 'a client is being asked for its certificate'
  return early.unfinished
}

/** A new key for what we send. */
function renew(driver: Driver): boolean {
  return !driver.protect(() => driver.afterwards.order({ command: 'key_update', request: false }))
}

/** Goes on where another connection stood: there is no handshake. */
export function takeUp(driver: Driver, state: ConnectionState): void {
  const { connected, reached, part, wrote, early, sideRecords } = state
  driver.afterwards.goOn(connected, wrote)
  driver.output.goOn(connected, reached)
  driver.talk.enter('CONNECTED')
  driver.delivered = true
  driver.early.goOn(early)
  driver.inward.sideRecords = sideRecords
  driver.reader.offer(part)
}
