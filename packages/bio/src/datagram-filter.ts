/** What a filter of datagrams is: it stands on another datagram BIO, never on a stream. */
import type { Datagram, DatagramBio, Stopped, TooLong, TooShort } from './bio.ts'
import { misuse } from './bio-error.ts'
import { unjoined } from './filter.ts'
import { Link } from './link.ts'

/**
 * By itself it passes everything on; others override what they change. Where nothing is below, calls are `broken` with
 * UNINITIALIZED. A stream below it does not compile, and is a TypeError `ERR_BIO_INVALID_ARGUMENT` at `push`.
 */
export class DatagramFilter extends Link<DatagramBio> implements DatagramBio {
  receive(into: Uint8Array): Datagram | Stopped | TooShort {
    return this.next ? this.next.receive(into) : unjoined()
  }

  send(datagram: Uint8Array): 'done' | Stopped | TooLong {
    return this.next ? this.next.send(datagram) : unjoined()
  }

  flush(): 'done' | Stopped {
    return this.next ? this.next.flush() : unjoined()
  }

  close(error?: Error): void {
    this.next?.close(error)
  }

  /** TypeError where the BIO below cannot be waited for. */
  ready(on: 'read' | 'write'): Promise<void> {
    if (!this.next) return Promise.resolve()
    if (this.next.ready) return this.next.ready(on)
    throw misuse(
      TypeError,
      `expected a datagram BIO with ready() below this filter, to wait until it can ${on}`,
    )
  }

  /** Length of the next datagram that can be received, as the BIO below says. */
  get pending(): number | undefined {
    return this.next?.pending
  }

  protected override get verbs(): readonly string[] {
    return ['receive', 'send']
  }
}
