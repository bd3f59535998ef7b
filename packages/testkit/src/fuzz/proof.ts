/** Whether a stream proves that its end may be connected: under null crypto, a Finished that is right is known beforehand. */
import { concat } from '@biopair/crypto'
import { nullTag } from './null-aead.ts'
import { bigEndian } from './shape-tree.ts'

const msg_type = 20
/** Bytes of verify_data: of TLS 1.2, and of the two hashes of TLS 1.3. */
const lengths = { 'TLSv1.2': [12], 'TLSv1.3': [32, 48] } as const

/** How the bodies of records may be put together to what they protect: whatever was read as a Finished is in one of these. */
const openings: readonly ((body: Uint8Array) => Uint8Array)[] = [nullTag.length, 8].flatMap(
  tagLength => {
    const inner = (body: Uint8Array, from = 0) =>
      body.subarray(from, Math.max(from, body.length - tagLength))
    return [inner, (body: Uint8Array) => inner(body, 8), (body: Uint8Array) => shown(inner(body))]
  },
)

/** Whether a Finished with the right verify_data is in the stream. A stream may do more than the records that it seems to be: then yes. */
export function provenBy(stream: Uint8Array, version: keyof typeof lengths): boolean {
  const sought = lengths[version].map(length =>
    concat(Uint8Array.of(msg_type), bigEndian(length, 3), new Uint8Array(length).fill(0x4d)),
  )
  const among = (bytes: Uint8Array) => sought.some(finished => holds(bytes, finished))
  if (among(stream)) return true
  const bodies = bodiesOf(stream)
  return openings.some(opening => among(concat(...bodies.map(body => opening(body)))))
}

/** Of all records but change_cipher_spec and alerts. */
function bodiesOf(stream: Uint8Array): Uint8Array[] {
  const bodies: Uint8Array[] = []
  for (let at = 0; at + 5 <= stream.length; ) {
    const [type = 0, , , high = 0, low = 0] = stream.subarray(at, at + 5)
    const end = at + 5 + high * 256 + low
    if (type > 21) bodies.push(stream.subarray(at + 5, end))
    at = end
  }
  return bodies
}

/** TLSInnerPlaintext without padding and type. */
function shown(inner: Uint8Array): Uint8Array {
  let end = inner.length
  while (end > 0 && inner[end - 1] === 0) end--
  return inner.subarray(0, Math.max(0, end - 1))
}

function holds(bytes: Uint8Array, sought: Uint8Array): boolean {
  const [first = 0] = sought
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (sought.every((byte, i) => bytes[at + i] === byte)) return true
  return false
}
