/** Client certificates after the handshake, under every load: rings of a byte, any order of steps, both ends writing all the while. */
import type { Bio, PairBio, Stopped } from '@biopair/bio'
import { type CertificateInquiry, type Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { clientOptions, connectedEnds, serverOptions } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')
const mine = { cert: pem, key: keyPem, postHandshakeAuth: true }

test('a request is answered while both ends write, whatever the rings hold and whoever is stepped', t => {
  fc.assert(
    fc.property(
      fc.tuple(fc.constantFrom(1, 2, 5, 64, 1000), fc.constantFrom(1, 2, 5, 64, 1000)),
      fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      (rings, order, count, shows) => {
        const { client, server } = connectedEnds({
          rings,
          client: { ...clientOptions, ...(shows ? mine : { postHandshakeAuth: true }) },
          server: { ...serverOptions, ca: root.pem, numTickets: 2 },
        })
        const requests: CertificateInquiry[] = []
        const left = { client: 1500, server: 1500 }
        const got = { client: 0, server: 0 }
        let updates = 0
        const into = new Uint8Array(400)
        const read = (end: 'client' | 'server', ssl: Ssl) => {
          const outcome = ssl.read(into)
          if (outcome.status === 'done') got[end] += outcome.bytes
          else if (!outcome.status.startsWith('want_')) throw new Error(outcome.status)
        }
        const write = (end: 'client' | 'server', ssl: Ssl) => {
          const outcome = ssl.write(new Uint8Array(Math.min(300, left[end])))
          if (outcome.status === 'done') left[end] -= outcome.bytes
        }
        const steps = [
          () => read('client', client),
          () => read('server', server),
          () => write('client', client),
          () => write('server', server),
          () => {
            if (requests.length === count) return
            const asked = server.requestCertificate({ required: false })
            if (asked.status === 'done') requests.push(asked.request)
          },
          () => {
            // More of them without data would be a flood.
            if (updates < 10 && server.keyUpdate(true).status === 'done') updates++
          },
        ]
        const came = shows ? 'authenticated' : 'declined'
        const over = () =>
          requests.length === count &&
          requests.every(({ state }) => state === came) &&
          got.client === 1500 &&
          got.server === 1500
        let i = 0
        // Over rings of a byte it takes 5,400 rounds of a short order, and 60,000 steps of a long one that steps one end alone.
        const most = 15_000 * order.length
        for (; i < most && !over(); i++) {
          steps[order[i % order.length] as number]?.()
          // Each end is stepped now and then, whatever the order forgets.
          if (i % order.length === 0) for (const step of steps.slice(0, 5)) step()
        }
        t.true(over(), `after ${i} steps`)
      },
    ),
    { numRuns: 15 },
  )
})

/** A BIO that waits once it is told to: whoever reads it then, when there is nothing, waits for ever. */
class Waiting implements Bio {
  readonly #half: PairBio
  blocking = false

  constructor(half: PairBio) {
    this.#half = half
  }

  get pending(): number {
    return this.#half.pending
  }

  get eof(): boolean {
    return this.#half.eof
  }

  read(into: Uint8Array): number | Stopped {
    if (this.blocking && this.pending === 0) throw new Error('it waits for ever')
    return this.#half.read(into)
  }

  write(from: Uint8Array): number | Stopped {
    return this.#half.write(from)
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
}

test('over a BIO that waits, an answer goes out before the next wait, and a promise is waited for between calls', async t => {
  const kept: (() => void)[] = []
  const waits: Waiting[] = []
  const context = new SslContext(mine)
  const { client, server } = connectedEnds({
    wrap: near => {
      waits.push(new Waiting(near as PairBio))
      return waits[0] as Waiting
    },
    client: {
      ...mine,
      signCallback: want =>
        new Promise(resolve => {
          const key = context.credentials[0]?.key
          kept.push(() => key && resolve(key.sign(want.scheme.algorithm, want.content)))
        }),
    },
    server: { ca: root.pem },
  })
  for (const bio of waits) bio.blocking = true
  const asked = server.requestCertificate()
  const into = new Uint8Array(1)
  const outcome = client.read(into)
  t.is(outcome.status, 'want_read')
  t.is('meanwhile' in outcome && outcome.meanwhile?.status, 'want_signature')
  // The BIO has no ready: it is the promise alone that is waited for.
  const ready = client.ready(outcome)
  for (const keep of kept) keep()
  await ready
  // It goes out, and then the BIO waits: for ever, here.
  const after = client.read(into)
  t.is(
    after.status === 'failed' && after.error.message,
    'the carrier broke on read: it waits for ever',
  )
  server.read(into)
  t.is(asked.status === 'done' && asked.request.state, 'authenticated')
})
