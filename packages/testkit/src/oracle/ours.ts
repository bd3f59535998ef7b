/** Our own server, in this process and without a clock: it is quiet when it waits for the client. */
import { type Bio, bioPair } from '@biopair/bio'
import { type Bytes, cipherSuites, cipherSuites12, concat } from '@biopair/crypto'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import { type Contender, type ContenderOptions, type Line, reversed } from './contender.ts'

/** @param more options beside those that all contenders have; `groups` are x25519, secp256r1 and secp384r1 unless they say otherwise */
export function ourServer(
  { cert, key, protocols = [], minVersion = 'TLSv1.3' }: ContenderOptions,
  more: ContextOptions = {},
): Contender {
  const older = minVersion === 'TLSv1.2' ? Object.keys(cipherSuites12) : []
  const context = new SslContext({
    // The order of the others, whatever this provider likes best.
    ciphers: [...Object.keys(cipherSuites), ...older],
    cert,
    key,
    minVersion,
    groups: ['x25519', 'secp256r1', 'secp384r1'],
    ...(protocols.length > 0 && { ALPNProtocols: protocols }),
    ...more,
  })
  return {
    name: 'biopair',
    connect: async () => new OurLine(context),
    stop() {},
  }
}

class OurLine implements Line {
  readonly #near: Bio
  readonly #ssl: Ssl
  #lines: Bytes = concat()
  #over = false

  constructor(context: SslContext) {
    const [near, far] = bioPair()
    this.#near = near
    this.#ssl = new Ssl(context).setBio(far).setAcceptState()
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const took = this.#near.write(bytes.subarray(at))
      this.#serve()
      if (typeof took === 'number') at += took
      else if (took.stop !== 'retry' || this.#over) return
    }
  }

  end(): void {
    this.#near.end()
    this.#serve()
  }

  async read(): Promise<Bytes | 'end' | 'quiet'> {
    this.#serve()
    const into = new Uint8Array(16_384)
    const came = this.#near.read(into)
    if (typeof came === 'number') return into.slice(0, came)
    return came.stop === 'retry' ? 'quiet' : 'end'
  }

  close(): void {
    this.#near.close()
    this.#serve()
  }

  #serve(): void {
    const ssl = this.#ssl
    if (!this.#over) {
      const shaken = ssl.doHandshake()
      if (shaken.status === 'done') this.#talk()
      else this.#over = !shaken.status.startsWith('want_')
    }
    // What is queued goes out before the BIO is closed, if need be over several calls.
    if (this.#over) ssl.close()
    else ssl.flush()
  }

  #talk(): void {
    const into = new Uint8Array(16_384)
    for (;;) {
      const read = this.#ssl.read(into)
      if (read.status !== 'done') {
        if (read.status === 'closed') this.#ssl.shutdown()
        this.#over ||= !read.status.startsWith('want_')
        return
      }
      this.#lines = concat(this.#lines, into.subarray(0, read.bytes))
      for (let end = this.#lines.indexOf(10); end >= 0; end = this.#lines.indexOf(10)) {
        this.#ssl.write(concat(reversed(this.#lines.subarray(0, end)), Uint8Array.of(10)))
        this.#lines = this.#lines.slice(end + 1)
      }
    }
  }
}
