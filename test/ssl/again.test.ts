/** An answer that asks to be asked again: what the C names stand on, whose callbacks are called anew after each suspension. */
import test from 'ava'
import { again } from '../support/again.ts'
import { type Ends, ends } from '../support/ends.ts'

function step({ client, server }: Ends, calls: number): void {
  for (let i = 0; i < calls; i++) {
    client.doHandshake()
    server.doHandshake()
  }
}

for (const [how, answer] of Object.entries({ at_once: again, later: Promise.resolve(again) }))
  test(`"again", ${how}, ends the call with the want, and the next call asks anew`, async t => {
    let calls = 0
    const made = ends({
      client: { ALPNProtocols: ['h2', 'h3'] },
      server: { ALPNCallback: () => (++calls <= 3 ? (answer as never) : 'h3') },
    })
    made.client.doHandshake()
    for (let asked = 1; asked <= 3; asked++) {
      const outcome = made.server.doHandshake()
      t.is(outcome.status, 'want_alpn')
      t.is(calls, asked)
      await made.server.ready(outcome)
      if (how === 'later') {
        // Only now has the answer come; it is to be asked for anew.
        const same = made.server.doHandshake()
        t.is(same.status, 'want_alpn')
        t.is(calls, asked)
      }
    }
    step(made, 4)
    t.is(calls, 4)
    t.true(made.client.connected && made.server.connected)
    t.is(made.client.alpnProtocol, 'h3')
  })

test('"again" that is abandoned aborts nothing: nobody is at work', t => {
  let aborted: boolean | undefined
  const made = ends({
    server: {
      certificateCallback: (_, { signal }) => {
        aborted = signal.aborted
        signal.addEventListener('abort', () => {
          aborted = true
        })
        return again
      },
    },
  })
  step(made, 2)
  t.is(made.server.close().status, 'done')
  t.false(aborted)
})
