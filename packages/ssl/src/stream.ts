/** `@biopair/ssl/stream`: the asynchronous face of an `Ssl`, over any carrier and with no timer of its own. */
export type { ByteCarrier } from './stream/byte-carrier.ts'
export { type ContextNames, namedContexts } from './stream/named-contexts.ts'
export * from './stream/ssl-for.ts'
export { SslStream } from './stream/ssl-stream.ts'
export { StreamError, type StreamErrorCode } from './stream/stream-error.ts'
export type { SslStreamOptions } from './stream/stream-options.ts'
export type { Timers } from './stream/timers.ts'
