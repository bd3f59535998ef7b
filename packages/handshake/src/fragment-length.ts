/** max_fragment_length, asked for and answered, in either version (RFC 6066 §4). Where record_size_limit is spoken it takes its place (RFC 8449 §5). */
import { TlsAlert } from '@biopair/wire'
import type { ClientConfig, FlowConfig } from './config.ts'
import { type ExtensionsOf, writeExtension } from './extensions/index.ts'
import type { RawExtension } from './messages/index.ts'
import type { Output } from './output.ts'

/** What may be asked for, in bytes of content. */
export const fragmentLengths = [512, 1024, 2048, 4096] as const

export type FragmentLength = (typeof fragmentLengths)[number]

/** What a hello of either version says of it. */
type Said = Pick<ExtensionsOf<'ClientHello'>, 'max_fragment_length' | 'record_size_limit'>

/** Client: the extension, where it asks. */
export function askedFragment({ maxFragmentLength }: ClientConfig): RawExtension[] {
  if (maxFragmentLength === undefined) return []
  return [writeExtension('ClientHello', 'max_fragment_length', codeOf(maxFragmentLength))]
}

/** Server: what it grants, which is what was asked for. Undefined where nothing was, or record_size_limit is spoken beside it. */
export function grantedFragment(
  { max_fragment_length: code, record_size_limit }: Said,
  { recordSizeLimit, quic }: FlowConfig,
): FragmentLength | undefined {
  // RFC 8449 §5: a server that supports record_size_limit "MUST ignore" it beside that.
  if (code === undefined || quic || (record_size_limit !== undefined && recordSizeLimit)) return
  const length = fragmentLengths[code - 1]
  if (length) return length
  throw refused('RFC 6066 4', `expected a max_fragment_length from 1 to 4, got ${code}`)
}

/** Server: the answer. */
export function fragmentAnswer(granted: FragmentLength | undefined): RawExtension[] {
  if (granted === undefined) return []
  return [writeExtension('ServerHello12', 'max_fragment_length', codeOf(granted))]
}

/** Client: what the server grants; no other length than was asked for, and not beside record_size_limit. */
export function judgedFragment(
  { max_fragment_length: code, record_size_limit }: Said,
  { maxFragmentLength }: ClientConfig,
): FragmentLength | undefined {
  if (code === undefined) return undefined
  if (record_size_limit !== undefined)
    throw refused('RFC 8449 5', 'expected max_fragment_length or record_size_limit, got both')
  if (maxFragmentLength !== undefined && code === codeOf(maxFragmentLength))
    return maxFragmentLength
  throw refused(
    'RFC 6066 4',
    `expected the max_fragment_length that was asked for, ${maxFragmentLength} bytes, got ${fragmentLengths[code - 1] ?? `value ${code}`}`,
  )
}

/** Holds both directions to it, from the next record on: those in the clear too. */
export function limitFragments(output: Output, granted: FragmentLength | undefined): void {
  if (granted === undefined) return
  // An output counts the content type.
  output.limitRecords('write', granted + 1)
  output.limitRecords('read', granted + 1, 'all')
}

function codeOf(length: FragmentLength): number {
  return fragmentLengths.indexOf(length) + 1
}

function refused(section: string, why: string): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH',
    section,
    why,
  })
}
