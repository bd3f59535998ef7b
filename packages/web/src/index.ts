/** What package web offers. */
export {
  type ByteCarrier,
  type ClientOptions,
  type ContextNames,
  namedContexts,
  type ServerOptions,
  type SslStreamOptions,
  StreamError,
  type StreamErrorCode,
} from '@biopair/ssl/stream'
export type { Carrier } from './carrier-from.ts'
export { CarrierGone } from './carrier-gone.ts'
export { type BroadcastChannelLike, fromBroadcastChannel } from './carriers/broadcast-channel.ts'
export {
  type DataChannelLike,
  type DataChannelOptions,
  fromDataChannel,
} from './carriers/data-channel.ts'
export { type CarrierFunctions, fromFunctions } from './carriers/functions.ts'
export { fromMessagePort, type MessagePortLike } from './carriers/message-port.ts'
export { fromOpened, type OpenedLike } from './carriers/opened.ts'
export type { PortOptions } from './carriers/port-carrier.ts'
export { fromSerial, type SerialLike } from './carriers/serial.ts'
export {
  fromStreams,
  type ReadableLike,
  type StreamPair,
  type WritableLike,
} from './carriers/streams.ts'
export { fromWebSocket, type WebSocketLike, type WebSocketOptions } from './carriers/web-socket.ts'
export { accept, connect } from './connect.ts'
export type { Connection, Opened } from './connection.ts'
