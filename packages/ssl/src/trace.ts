/** What a connection can tell while it works: one timeline of records, messages, alerts and states, without secrets. */
import type { Level } from '@biopair/handshake'
import type { ContentTypeName } from '@biopair/record'
import type { Bytes } from '@biopair/wire'

export type TraceEvent =
  | {
      readonly event: 'record'
      readonly direction: 'read' | 'write'
      readonly type: ContentTypeName
      /** Bytes of content. */
      readonly length: number
      readonly protected: boolean
    }
  | {
      readonly event: 'message'
      readonly direction: 'read' | 'write'
      readonly level: Level
      /** The whole handshake message, header included. */
      readonly message: Bytes
    }
  | { readonly event: 'alert'; readonly direction: 'read' | 'write'; readonly alert: string }
  | { readonly event: 'state'; readonly state: string }
  | { readonly event: 'key'; readonly direction: 'read' | 'write'; readonly level: Level }

export type Trace = (event: TraceEvent) => void
