/** What secrets need: comparing in constant time, wiping; and the ASCII of a label. */

/** Bytes that we own and hand out: they fit `WebSocket.send` and WebCrypto, which refuse shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>

/**
 * Whether two byte strings are equal. Time depends on their lengths alone,
 * as far as a JavaScript engine lets a program promise that.
 */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

/** Overwrites secrets with zeros. Copies that the engine or a library made are out of reach. */
export function wipe(...secrets: (Uint8Array | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0)
}

/** The bytes of an ASCII string. */
export function ascii(text: string): Bytes {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** The parts, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
