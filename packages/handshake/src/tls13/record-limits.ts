/** record_size_limit, offered and answered (RFC 8449 §4, §5). */
import { TlsAlert } from '@biopair/wire'
import type { FlowConfig } from '../config.ts'
import {
  type ExtensionMessage,
  extensionTypes,
  readExtension,
  writeExtension,
} from '../extensions/index.ts'
import type { RawExtension } from '../messages/index.ts'
import type { Output } from '../output.ts'

/** The least that an end may say (RFC 8449 §4). */
export const leastRecordLimit = 64
/** The most that one may say in TLS 1.3: 2^14 bytes of content and padding, and the content type. */
export const mostRecordLimit = 16_385

type Saying = Extract<ExtensionMessage, 'ClientHello' | 'EncryptedExtensions'>

/** What we say; empty where there is nothing to say. */
export function recordLimit(message: Saying, config: FlowConfig): RawExtension[] {
  const limit = config.recordSizeLimit
  return limit === undefined ? [] : [writeExtension(message, 'record_size_limit', limit)]
}

/** Judges what a client says. RFC 8449 §4: "a server MUST NOT enforce" the most of this version, which a later one may raise. */
export function checkClientLimit(limit: number | undefined): void {
  if (limit !== undefined && limit < leastRecordLimit) throw illegal(limit)
}

/** Judges what a server says. */
export function checkServerLimit(limit: number | undefined): void {
  if (limit !== undefined && (limit < leastRecordLimit || limit > mostRecordLimit))
    throw illegal(limit)
}

/** RFC 8449 §5: a client "MUST treat receipt of both" extensions as fatal; here before each is judged by itself. */
export function checkOneLimit(extensions: readonly RawExtension[]): void {
  const older = extensions.some(
    ({ extension_type }) => extension_type === extensionTypes.max_fragment_length,
  )
  if (older && readLimit('EncryptedExtensions', extensions) !== undefined)
    throw refused('5', 'expected max_fragment_length or record_size_limit, got both')
}

/** Holds both directions to what was said: `ours` and `theirs` as they stand in the messages. Nothing where one is silent. */
export function limitRecords(
  output: Output,
  ours: number | undefined,
  theirs: number | undefined,
): void {
  if (ours === undefined || theirs === undefined) return
  output.limitRecords('write', Math.min(theirs, mostRecordLimit))
  output.limitRecords('read', Math.min(ours, mostRecordLimit))
}

/** The limit in a message. */
export function readLimit(
  message: Saying,
  extensions: readonly RawExtension[] | undefined,
): number | undefined {
  return readExtension(message, 'record_size_limit', extensions ?? [])
}

function illegal(limit: number): TlsAlert {
  return refused(
    '4',
    `expected a record_size_limit from ${leastRecordLimit} to ${mostRecordLimit}, got ${limit}`,
  )
}

function refused(section: string, why: string): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'BAD_EXTENSION',
    section: `RFC 8449 ${section}`,
    why,
  })
}
