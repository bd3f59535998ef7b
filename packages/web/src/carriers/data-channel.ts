/** A carrier of a WebRTC data channel. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import { bytesOf } from '../bytes.ts'
import { CarrierGone } from '../carrier-gone.ts'
import { Inbox } from '../inbox.ts'
import { type Listenable, listen } from '../listening.ts'
import { misuse, shown } from '../misuse.ts'

/** What of an RTCDataChannel is used. */
export interface DataChannelLike extends Listenable {
  readonly readyState: string
  readonly bufferedAmount: number
  readonly ordered: boolean
  readonly maxPacketLifeTime: number | null
  readonly maxRetransmits: number | null
  bufferedAmountLowThreshold: number
  binaryType: string
  send(bytes: Uint8Array<ArrayBuffer>): void
  close(): void
}

export interface DataChannelOptions {
  /** The longest message: 16 384, which every implementation takes; `connection.sctp.maxMessageSize` says what both of yours do. */
  readonly maxMessageSize?: number
  /** A write waits while more bytes than this have not left: 65 536. */
  readonly highWaterMark?: number
  /** Bytes that may wait to be read: 16 MiB. A data channel cannot be slowed down; beyond this it is given up. */
  readonly maxReceived?: number
}

/**
 * A channel that is open, or still connecting. It has to be ordered and reliable, as TLS needs its bytes in order and all of them: TypeError otherwise. A close is an
 * end, as there is no other way to say so, and TLS tells whether it was a clean one. It is closed when the connection is over.
 */
export function fromDataChannel(
  channel: DataChannelLike,
  options: DataChannelOptions = {},
): ByteCarrier {
  if (!channel.ordered || channel.maxRetransmits !== null || channel.maxPacketLifeTime !== null)
    throw misuse(
      'ERR_INVALID_ARG_TYPE',
      'data channel: expected one that is ordered, without maxRetransmits and maxPacketLifeTime',
    )
  const { maxMessageSize = 16_384, highWaterMark = 65_536, maxReceived = 2 ** 24 } = options
  const inbox = new Inbox(maxReceived)
  const waits = new Set<() => void>()
  const wake = () => {
    for (const waiter of waits) waiter()
    waits.clear()
  }
  const changed = () => new Promise<void>(resolve => waits.add(resolve))
  const gone = (why: string) => new CarrierGone(`the data channel ${why}`)
  channel.binaryType = 'arraybuffer'
  const stop = listen(channel, {
    open: wake,
    bufferedamountlow: wake,
    message: ({ data }) => {
      const bytes = bytesOf(data)
      if (!bytes) inbox.fail(gone(`brought ${shown(data)} where bytes were expected`))
      else inbox.push(bytes as Uint8Array<ArrayBuffer>)
      if (inbox.over) channel.close()
    },
    error: event => {
      const { error } = event as { error?: { message?: string } }
      inbox.fail(gone(`failed: ${error?.message ?? 'it does not say why'}`))
      wake()
    },
    close: () => {
      inbox.end()
      stop()
      wake()
    },
  })
  const closed = () => channel.readyState === 'closing' || channel.readyState === 'closed'
  if (closed()) {
    inbox.fail(gone('is closed'))
    stop()
  }
  const left = async (most: number) => {
    while (channel.bufferedAmount > most && !closed()) {
      channel.bufferedAmountLowThreshold = most
      await changed()
    }
  }
  const checkOpen = () => {
    if (closed()) throw gone('is closed')
  }
  return {
    readNow: () => inbox.readNow(),
    read: () => inbox.read(),
    writeNow(bytes) {
      checkOpen()
      if (channel.readyState === 'connecting') return false
      if (channel.bufferedAmount + bytes.length > highWaterMark) return false
      for (let at = 0; at < bytes.length; at += maxMessageSize)
        channel.send(bytes.subarray(at, at + maxMessageSize))
      return true
    },
    async write(bytes) {
      while (channel.readyState === 'connecting') await changed()
      for (let at = 0; at < bytes.length; at += maxMessageSize) {
        await left(highWaterMark)
        checkOpen()
        channel.send(bytes.subarray(at, at + maxMessageSize))
      }
      await left(highWaterMark)
    },
    async close() {
      await left(0)
      stop()
      inbox.end()
      channel.close()
    },
    abort() {
      stop()
      inbox.end()
      channel.close()
      wake()
    },
  }
}

export function isDataChannel(thing: object): thing is DataChannelLike {
  const { send, bufferedAmountLowThreshold } = thing as Partial<DataChannelLike>
  return typeof send === 'function' && typeof bufferedAmountLowThreshold === 'number'
}
