/** TLS over a BIO that waits: a call goes on for as long as bytes move, however alike its steps look. */
import { bioPair, type PairBio, type SelectableBio, type Stopped } from '@biopair/bio'
import { Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { clientOptions, serverOptions } from '../support/ends.ts'

/** A half of a pair in one thread that waits by having the other end move. */
class Waiting implements SelectableBio {
  readonly #half: PairBio
  readonly #meanwhile: () => void
  blocking = true

  constructor(half: PairBio, meanwhile: () => void) {
    this.#half = half
    this.#meanwhile = meanwhile
  }

  read(into: Uint8Array): number | Stopped {
    return this.#half.read(into)
  }

  write(data: Uint8Array): number | Stopped {
    return this.#half.write(data)
  }

  flush(): 'done' | Stopped {
    return this.#half.flush()
  }

  end(): 'done' | Stopped {
    return this.#half.end()
  }

  close(error?: Error): void {
    this.#half.close(error)
  }

  setBlocking(blocking: boolean): void {
    this.blocking = blocking
  }

  select(): boolean {
    this.#meanwhile()
    return true
  }
}

test('a write that waits takes everything, also where each step finds the same record in the queue', t => {
  // One full record fits exactly: each step queues one, and the other end takes it away.
  const [near, far] = bioPair(5 + 16384 + 1 + 16)
  const server = new Ssl(new SslContext(serverOptions)).setAcceptState().setBio(far)
  const into = new Uint8Array(16384)
  let got = 0
  const meanwhile = () => {
    for (;;) {
      const outcome = server.read(into)
      if (outcome.status !== 'done') return
      got += outcome.bytes
    }
  }
  const client = new Ssl(new SslContext(clientOptions), { servername: 'server.example' })
    .setConnectState()
    .setBio(new Waiting(near, meanwhile))
  t.is(client.connect().status, 'done')
  const sent = new Uint8Array(300 * 16384)
  t.deepEqual(client.write(sent), { status: 'done', bytes: sent.length })
  meanwhile()
  t.is(got, sent.length)
})
