/** The carrier that a thing can be: recognised by its shape. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import type { BroadcastChannelLike } from './carriers/broadcast-channel.ts'
import { fromBroadcastChannel, isBroadcastChannel } from './carriers/broadcast-channel.ts'
import { type DataChannelLike, fromDataChannel, isDataChannel } from './carriers/data-channel.ts'
import { type CarrierFunctions, fromFunctions, isFunctions } from './carriers/functions.ts'
import { fromMessagePort, isMessagePort, type MessagePortLike } from './carriers/message-port.ts'
import { fromOpened, isOpened, type OpenedLike } from './carriers/opened.ts'
import { fromSerial, isSerial, type SerialLike } from './carriers/serial.ts'
import { fromStreams, isStreamPair, type StreamPair } from './carriers/streams.ts'
import { fromWebSocket, isWebSocket, type WebSocketLike } from './carriers/web-socket.ts'
import { misuse, shown } from './misuse.ts'

/** Whatever brings bytes in order, or a carrier that one of the `from...` functions made. */
export type Carrier =
  | ByteCarrier
  | CarrierFunctions
  | StreamPair
  | OpenedLike
  | SerialLike
  | WebSocketLike
  | DataChannelLike
  | BroadcastChannelLike
  | MessagePortLike

/** TypeError (ERR_INVALID_ARG_TYPE) for what is none; it says what it saw. */
export function carrierFrom(thing: Carrier): ByteCarrier {
  if (typeof thing !== 'object' || thing === null) throw none(thing)
  // Before all with streams: a port that is not open has none.
  if (isSerial(thing)) return fromSerial(thing)
  if (isStreamPair(thing)) return fromStreams(thing)
  // A stream of Node's has read and write, too, which are others.
  if ('pipe' in thing && 'on' in thing) throw none(thing, ': a Node stream is for biopair/node')
  if (isFunctions(thing)) return fromFunctions(thing)
  if (isDataChannel(thing)) return fromDataChannel(thing)
  if (isWebSocket(thing)) return fromWebSocket(thing)
  if (isBroadcastChannel(thing)) return fromBroadcastChannel(thing)
  if (isMessagePort(thing)) return fromMessagePort(thing)
  if (isOpened(thing)) return fromOpened(thing)
  throw none(thing)
}

function none(thing: unknown, note = ''): TypeError {
  return misuse(
    'ERR_INVALID_ARG_TYPE',
    `carrier: expected { readable, writable }, { read, write }, a WebSocket, MessagePort, Worker, BroadcastChannel, RTCDataChannel or SerialPort, got ${shown(thing)}${note}`,
  )
}
