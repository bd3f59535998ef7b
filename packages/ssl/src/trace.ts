/** What a connection can tell while it works: one timeline of records, messages, alerts and states, without secrets. */
import type { Level } from '@biopair/handshake'
import { type ContentTypeName, type Header, headerLength, printHeader } from '@biopair/record'
import type { Bytes } from '@biopair/wire'

export type TraceEvent =
  | {
      readonly event: 'record'
      readonly direction: 'read' | 'write'
      readonly type: ContentTypeName
      /** Bytes of content. */
      readonly length: number
      readonly protected: boolean
      /** The five bytes before it, as they stand on the wire: type, legacy_record_version and length of what follows. */
      readonly header: Bytes
    }
  | {
      readonly event: 'message'
      readonly direction: 'read' | 'write'
      readonly level: Level
      /** The whole handshake message, header included. */
      readonly message: Bytes
    }
  | {
      readonly event: 'alert'
      readonly direction: 'read' | 'write'
      readonly alert: string
      /** AlertLevel: 1 is warning, 2 is fatal. It means nothing in TLS 1.3, and is told as it came. */
      readonly level: number
      /** AlertDescription, the number of `alert`. */
      readonly description: number
    }
  | { readonly event: 'state'; readonly state: string }
  | { readonly event: 'key'; readonly direction: 'read' | 'write'; readonly level: Level }

export type Trace = (event: TraceEvent) => void

/** The bytes of a record header. */
export function headerBytes({ type, legacy_record_version, length }: Header): Bytes {
  const bytes = new Uint8Array(headerLength)
  printHeader(bytes, 0, type, legacy_record_version, length)
  return bytes
}
