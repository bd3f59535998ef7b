/** A carrier of a Web Serial port. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import { misuse } from '../misuse.ts'
import { fromStreams, type ReadableLike, type WritableLike } from './streams.ts'

/** What of a SerialPort is used. */
export interface SerialLike {
  readonly readable: ReadableLike | null
  readonly writable: WritableLike | null
  getInfo(): object
}

/**
 * A port that is open already. When the connection is over its locks are gone, and the port is still open: it can be used again, or closed. A line error (framing,
 * parity, a buffer that ran over) has lost bytes, and ends the connection.
 */
export function fromSerial(port: SerialLike): ByteCarrier {
  const { readable, writable } = port
  if (readable && writable) return fromStreams({ readable, writable })
  throw misuse(
    'ERR_CARRIER_NOT_OPEN',
    'serial port: expected one that is open: await port.open({ baudRate })',
  )
}

export function isSerial(thing: object): thing is SerialLike {
  return (
    'readable' in thing &&
    'writable' in thing &&
    typeof (thing as Partial<SerialLike>).getInfo === 'function'
  )
}
