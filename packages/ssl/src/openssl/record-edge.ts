/** Where a stream of bytes stands between TLS records: RFC 9846 §5.1's five bytes of header, of which the last two are the length of the body. */

export class RecordEdge {
  #header = 0
  #length = 0
  #body = 0
  /** Whether a record has ended since this was last set to false. */
  ended = false

  /** Whether a header is whole and its body is not. */
  get inBody(): boolean {
    return this.#body > 0
  }

  passed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#body > 0) {
        const count = Math.min(this.#body, bytes.length - at)
        this.#body -= count
        at += count
        if (this.#body === 0) this.ended = true
        continue
      }
      if (this.#header >= 3) this.#length = (this.#length << 8) | (bytes[at] as number)
      this.#header++
      at++
      if (this.#header < 5) continue
      this.#body = this.#length
      if (this.#body === 0) this.ended = true
      this.#header = 0
      this.#length = 0
    }
  }
}
