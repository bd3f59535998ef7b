/** -rev: each line comes back reversed, byte by byte, as OpenSSL does it. */

const longest = 16384
const newline = 0x0a
const carriageReturn = 0x0d

export class Reverser {
  #line = new Uint8Array(0)

  /** The answers to what came; `close` where a line said CLOSE. Lines longer than 16 KiB are answered in pieces. */
  push(bytes: Uint8Array): { readonly answer: Uint8Array; readonly close: boolean } {
    const answers: Uint8Array[] = []
    let rest = Buffer.concat([this.#line, bytes])
    for (;;) {
      const end = rest.indexOf(newline)
      const length = end >= 0 ? end + 1 : rest.length >= longest ? longest : 0
      if (length === 0) break
      const line = withoutEnd(rest.subarray(0, length))
      rest = rest.subarray(length)
      if (line.toString('latin1') === 'CLOSE') {
        this.#line = new Uint8Array(0)
        return { answer: Buffer.concat(answers), close: true }
      }
      answers.push(reversed(line))
    }
    this.#line = new Uint8Array(rest)
    return { answer: Buffer.concat(answers), close: false }
  }

  /** The answer to a last line without an end. */
  finish(): Uint8Array {
    return this.#line.length === 0 ? this.#line : reversed(withoutEnd(Buffer.from(this.#line)))
  }
}

function withoutEnd(line: Buffer): Buffer {
  let length = line.length
  while (length > 0 && (line[length - 1] === newline || line[length - 1] === carriageReturn))
    length--
  return line.subarray(0, length)
}

function reversed(line: Buffer): Uint8Array {
  return Buffer.concat([Buffer.from(line).reverse(), Uint8Array.of(newline)])
}
