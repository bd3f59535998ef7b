/** `upgrade`: TLS from the middle of a plaintext conversation on, for both roles: STARTTLS, Postgres's SSLRequest and their like. */
import { Duplex, type Readable } from 'node:stream'
import { coded } from './errors.ts'
import { misuse } from './misuse.ts'
import { type NodeStreams, streamEnds } from './node-streams.ts'
import { TlsSocket, type TlsSocketOptions } from './tls-socket.ts'

export type UpgradeOptions = TlsSocketOptions & {
  /** Bytes that the program has read already, behind the words that agreed on TLS. */
  readonly head?: Uint8Array | undefined
  /**
   * Server: the words that tell the client to begin, `220 go ahead\r\n` or `S`. They go out here, once it is sure that nothing came behind the client's: whatever did
   * was put there by somebody who could not have known of them.
   */
  readonly reply?: string | Uint8Array | undefined
}

/**
 * The program has taken off its listeners of 'data' (ERR_CARRIER_IN_USE), and reads no more. What has come already, in `head` or in the stream, is TLS's, or it is plaintext that
 * somebody put behind the command to have it taken for the protected conversation (CVE-2011-0411): then the socket that is returned fails with
 * `ERR_UPGRADE_PLAINTEXT`, and the carrier is destroyed. A client that begins has been sent nothing that it could have read; a server that
 * gives its `reply` here neither; a server that has replied before takes what begins as a ClientHello does.
 */
export function upgrade(carrier: NodeStreams, options: UpgradeOptions): TlsSocket {
  const { head = new Uint8Array(0), reply, ...rest } = options
  if (!(head instanceof Uint8Array))
    throw misuse('ERR_INVALID_ARG_TYPE', `head: expected bytes, got ${typeof head}`)
  const { source, sink } = streamEnds(carrier)
  if (reply !== undefined && !rest.isServer)
    throw misuse('ERR_INVALID_ARG_VALUE', 'reply is no option of a client')
  if (source.listenerCount('data') > 0 || source.readableFlowing === true)
    throw misuse(
      'ERR_CARRIER_IN_USE',
      "carrier: expected one that nobody else reads: take off the listeners of 'data', and pause it, first",
    )
  let injected = 0
  const socket = new TlsSocket(() => {
    const early = Buffer.concat([head, taken(source)])
    const hello = rest.isServer && reply === undefined && mayBeHello(early)
    if (early.length > 0 && !hello) {
      injected = early.length
      return nothing()
    }
    if (early.length > 0) source.unshift(early)
    if (reply !== undefined) sink.write(reply)
    return carrier
  }, rest as TlsSocketOptions)
  if (injected === 0) return socket
  const error = coded(
    'ERR_UPGRADE_PLAINTEXT',
    `${injected} bytes of plaintext came behind the command that begins TLS`,
  )
  for (const stream of new Set([source, sink])) {
    stream.on('error', () => {})
    stream.destroy(error)
  }
  return socket.destroy(error)
}

/** All that the stream holds. */
function taken(source: Readable): Buffer {
  const chunk: unknown = source.readableLength > 0 ? source.read() : null
  if (chunk === null) return Buffer.alloc(0)
  if (chunk instanceof Uint8Array) return Buffer.from(chunk)
  throw misuse(
    'ERR_INVALID_ARG_TYPE',
    'carrier: expected a stream of bytes, got one with an encoding',
  )
}

/** RFC 9846 §5.1: a record of type handshake, whose legacy version begins with 3. */
function mayBeHello(bytes: Uint8Array): boolean {
  return bytes[0] === 22 && (bytes.length < 2 || bytes[1] === 3)
}

/** In the place of a carrier that is not touched. */
function nothing(): NodeStreams {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
}
