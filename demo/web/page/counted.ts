/** A carrier that counts what goes through it. */
import type { ByteCarrier } from '@biopair/web'

export interface Count {
  sent: number
  received: number
}

export function counted(carrier: ByteCarrier): ByteCarrier & { readonly count: Count } {
  const count = { sent: 0, received: 0 }
  return {
    count,
    async read() {
      const bytes = await carrier.read()
      count.received += bytes?.length ?? 0
      return bytes
    },
    write(bytes) {
      count.sent += bytes.length
      return carrier.write(bytes)
    },
    close: () => carrier.close(),
    abort: reason => carrier.abort(reason),
  }
}
