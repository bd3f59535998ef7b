/** What a connection can tell while it works: one timeline of its carrier, records, messages, secrets, keys, alerts and states. */
import type { Level, Role } from '@biopair/handshake'
import { type ContentTypeName, type Header, headerLength, printHeader } from '@biopair/record'
import type { Bytes } from '@biopair/wire'

/** What each event says: whose it is, and when. */
export interface TraceStamp {
  /** Connections of a context are numbered from 1. */
  readonly connection: number
  readonly role: Role
  /** Milliseconds since 1970, by the context's `now`. */
  readonly time: number
}

export type TraceEvent = TraceStamp & TraceNews

/** What happened. */
export type TraceNews =
  /** A call on the carrier, and what it came to. */
  | {
      readonly event: 'bio'
      readonly call: 'read' | 'write' | 'flush' | 'close'
      /** `stop` of a `Stopped`, where nothing moved. */
      readonly outcome: 'done' | 'retry' | 'eof' | 'broken'
      /** The bytes that moved, as they are on the wire: a copy. */
      readonly bytes: Bytes
    }
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
      /** A ticket: what it consists of is zeros here, because whoever has it can use it. */
      readonly redacted?: true
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
  /** A secret was derived. */
  | {
      readonly event: 'secret'
      /** RFC 9846's: `client_handshake_traffic_secret`, `exporter_secret`, ... */
      readonly name: string
      /** With `traceSecrets` alone. */
      readonly secret?: Bytes
      /** With `traceSecrets` alone: its line of the key log (RFC 9850), where it has one. */
      readonly keylog?: string
    }
  /** A key came into use. */
  | {
      readonly event: 'key'
      readonly direction: 'read' | 'write'
      readonly level: Level
      /** As RFC 9147 §6.1 counts: 1 early data, 2 handshake, 3 the first of application data, one more with each KeyUpdate. */
      readonly epoch: number
      /** Of the secret that it is of: `server_application_traffic_secret_1`. */
      readonly name: string
      /** With `traceSecrets` alone. */
      readonly secret?: Bytes
    }

export type TraceKind = TraceNews['event']

export const traceKinds: readonly TraceKind[] = [
  'bio',
  'record',
  'message',
  'alert',
  'state',
  'secret',
  'key',
]

export type Trace = (event: TraceEvent) => void

/** The bytes of a record header. */
export function headerBytes({ type, legacy_record_version, length }: Header): Bytes {
  const bytes = new Uint8Array(headerLength)
  printHeader(bytes, 0, type, legacy_record_version, length)
  return bytes
}
