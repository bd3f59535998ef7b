/** A stream of records taken apart, those under the null AEAD opened, and put together again. */
import { type Bytes, concat } from '@biopair/crypto'
import { hasNullTag, nullTag } from './null-aead.ts'

/** A record as a mutator sees it. */
export interface WireRecord {
  /** Of its content, the hidden one where it is hidden. */
  type: number
  version: number
  content: Uint8Array
  /** How it is sealed: not, or as TLS 1.3 or TLS 1.2 has it, which the 8 bytes of a nonce may precede. */
  sealed: 'no' | '1.3' | '1.2' | '1.2 with nonce'
  /** Zeros behind a hidden type. */
  padding: number
  /** What the header says of the length, where that is not the truth. */
  lie?: number
}

/** The records of a stream, and what is left behind the last whole one. */
export function recordsOf(stream: Uint8Array): { records: WireRecord[]; rest: Uint8Array } {
  const records: WireRecord[] = []
  let older = false
  let at = 0
  while (at + 5 <= stream.length) {
    const [type = 0, major = 0, minor = 0, high = 0, low = 0] = stream.subarray(at, at + 5)
    const end = at + 5 + high * 256 + low
    if (end > stream.length) break
    const record = opened(type, stream.subarray(at + 5, end), older)
    older ||= record.sealed.startsWith('1.2')
    records.push({ ...record, version: major * 256 + minor })
    at = end
  }
  return { records, rest: stream.subarray(at) }
}

/** The bytes of records. */
export function streamOf(records: readonly WireRecord[], rest: Uint8Array): Bytes {
  return concat(...records.flatMap(partsOf), rest)
}

function opened(type: number, body: Uint8Array, older: boolean): Omit<WireRecord, 'version'> {
  if (!hasNullTag(body)) return { type, content: body, sealed: 'no', padding: 0 }
  const inner = body.subarray(0, body.length - nullTag.length)
  if (type === 23 && !older) {
    let end = inner.length - 1
    while (end >= 0 && inner[end] === 0) end--
    const padding = Math.max(0, inner.length - 1 - Math.max(end, 0))
    return {
      type: inner[Math.max(end, 0)] ?? 0,
      content: inner.subarray(0, Math.max(end, 0)),
      sealed: '1.3',
      padding,
    }
  }
  // A sequence number begins with zeros; content does not.
  const nonce = inner.length >= 8 && inner.subarray(0, 6).every(byte => byte === 0)
  return {
    type,
    content: nonce ? inner.subarray(8) : inner,
    sealed: nonce ? '1.2 with nonce' : '1.2',
    padding: 0,
  }
}

function partsOf({ type, version, content, sealed, padding, lie }: WireRecord): Uint8Array[] {
  const body = {
    no: () => [content],
    '1.3': () => [content, Uint8Array.of(type), new Uint8Array(padding), nullTag],
    '1.2': () => [content, nullTag],
    '1.2 with nonce': () => [new Uint8Array(8), content, nullTag],
  }[sealed]()
  const length = lie ?? body.reduce((sum, part) => sum + part.length, 0)
  const outer = sealed === '1.3' ? 23 : type
  const header = Uint8Array.of(outer, version >> 8, version, length >> 8, length)
  return [header, ...body]
}
