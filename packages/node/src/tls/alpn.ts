/** ALPN protocols in node:tls's three forms, as the list of names that a context takes. */
import { misuse } from './misuse.ts'

/** Names; or names as bytes; or all of them as they stand in the extension, a byte of length before each. */
export type AlpnOption = readonly (string | Uint8Array)[] | Uint8Array

export function alpnNames(given: AlpnOption): readonly string[] {
  if (given instanceof Uint8Array) return [...unpacked(given)]
  if (Array.isArray(given))
    return given.map(name => (name instanceof Uint8Array ? latin1(name) : (name as string)))
  throw misuse(
    'ERR_INVALID_ARG_TYPE',
    `ALPNProtocols: expected a list of names, or bytes, got ${typeof given}`,
  )
}

function* unpacked(bytes: Uint8Array): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] as number
    at++
    if (length === 0 || at + length > bytes.length)
      throw misuse('ERR_INVALID_ARG_VALUE', 'ALPNProtocols: expected a length before each name')
    yield latin1(bytes.subarray(at, at + length))
    at += length
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
