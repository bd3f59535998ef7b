/** A connection that ends here, to go on elsewhere: its state handed over, and taken up. */
import type { Connected } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { only13 } from './connected-facts.ts'
import type { ConnectionState } from './connection-state.ts'
import type { Driver } from './driver.ts'
import { misuse } from './misuse.ts'
import type { ExportOutcome } from './outcome.ts'

/**
 * Once nothing of ours waits, and our key has sealed nothing, `seal` makes bytes of the state, of which nothing is kept: with `done` it is over here.
 * A `seal` that throws has changed nothing.
 */
export function handOver(driver: Driver, seal: (state: ConnectionState) => Bytes): ExportOutcome {
  driver.checkConnected('exportConnection')
  if (driver.connected) only13(driver.connected, 'exportConnection')
  const { inward, outward, writer, afterwards } = driver
  const stop = inward.end ?? outward.end ?? driver.shake()
  if (stop) return stop
  if (inward.pending > 0) return { status: 'unread' }
  driver.settle(true)
  const why = unfinished(driver)
  if (why) return { status: 'unfinished', why }
  // Whoever has our key may have used its numbers: what goes on begins with another one, and with 0.
  const ready = driver.clear() && (writer.sealedRecords === 0 || renew(driver))
  const pushed = outward.push()
  if (outward.end) return outward.end
  if (!ready || pushed !== 'done') return driver.waiting(false)
  const bytes = seal({
    connected: driver.connected as Connected,
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
function unfinished({ afterwards, joiner, early }: Driver): string | undefined {
  const { role, postHandshake } = (afterwards.connected as Connected | undefined) ?? {}
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
