/** Streams to their end. */

/** All bytes of a stream; rejects where it was cut short. */
export async function allOf(
  stream: ReadableStream<Uint8Array>,
  seen: (count: number) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  const reader = stream.getReader()
  let count = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    count += value.length
    seen(count)
  }
  const all = new Uint8Array(count)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** The body of an HTTP/1 answer that ends with its connection. */
export function bodyOf(answer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder('latin1').decode(answer.subarray(0, 16_384))
  const end = text.indexOf('\r\n\r\n')
  const [status = ''] = text.split('\r\n')
  if (end < 0 || !/^HTTP\/1\.[01] 200\b/.test(status))
    throw new Error(`the server said: ${status.slice(0, 100)}`)
  return answer.subarray(end + 4)
}
