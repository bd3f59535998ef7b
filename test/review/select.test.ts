/** TLS over a BIO that waits: a call goes on for as long as bytes move, however alike its steps look. */
import { bioPair, type PairBio, type SelectableBio, type Stopped } from '@biopair/bio'
import { Ssl, SslBio, SslContext } from '@biopair/ssl'
import test from 'ava'
import { clientOptions, serverOptions } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'
import { statuses, threads } from '../support/threads.ts'

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

for (const below of ['buffer', 'TLS filter', 'TLS in TLS'] as const) {
  test.serial(
    `blocking calls through a ${below} come to their ends over a shared ring of 1`,
    async t => {
      const { a, b, trouble } = await threads({
        below,
        sizes: [1, 1],
        a: [['handshake'], ['send', 500], ['receive', 500], ['close']],
        b: [['handshake'], ['receive', 500], ['send', 500], ['close']],
      })
      t.is(trouble, undefined)
      for (const came of [a, b]) t.deepEqual(statuses(came), ['done', 'done', 'done', 'done'])
    },
  )

  test.serial(
    `a blocking handshake through a ${below} that fails over a shared ring of 1 fails at both ends`,
    async t => {
      const { a, b, trouble } = await threads({
        below,
        sizes: [1, 1],
        client: { ca: chainFor('ed25519').root.pem },
        a: [['handshake'], ['close']],
        b: [['handshake'], ['close']],
      })
      t.is(trouble, undefined)
      for (const came of [a, b]) t.deepEqual(statuses(came), ['failed', 'done'])
    },
  )
}

test('a promise that TLS below waits for is not waited for in a loop', t => {
  const [near, far] = bioPair()
  let selects = 0
  const carrier = new Waiting(near, () => {
    selects++
    server.ssl.doHandshake()
  })
  const thinking = new SslContext({
    ...clientOptions,
    verifyCallback: () => new Promise<boolean>(() => {}),
  })
  const server = new SslBio(new Ssl(new SslContext(serverOptions)).setAcceptState()).push(far)
  const inner = new Ssl(thinking, { servername: 'server.example' }).setConnectState()
  const outer = new Ssl(new SslContext(clientOptions), { servername: 'server.example' })
  new SslBio(outer.setConnectState()).push(new SslBio(inner)).push(carrier)
  const outcome = outer.doHandshake()
  t.regex(outcome.status, /^want_/)
  t.true(selects < 10)
})
