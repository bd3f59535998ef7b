/** Early data and what is not there in TLS 1.2: calls answer as where there is none. */
import test from 'ava'
import { bytes, ends, readAll } from '../support/ends.ts'

const older = { maxVersion: 'TLSv1.2' } as const
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const

for (const [name, client] of Object.entries({ older, either }))
  test(`early data is refused, and the handshake goes on (a client that speaks ${name})`, t => {
    const made = ends({ client, server: { ...older, maxEarlyData: 100 } })
    t.is(made.client.writeEarly(bytes('early')).status, 'refused')
    const statuses: string[] = []
    for (let i = 0; i < 20; i++) {
      made.client.doHandshake()
      statuses.push(made.server.readEarly(new Uint8Array(10)).status)
      made.server.doHandshake()
    }
    t.is(statuses.at(-1), 'end')
    t.is(made.client.version, 'TLSv1.2')
    t.like(made.server.writeEarly(bytes('late')), { status: 'refused', reason: 'over' })
    t.is(made.client.write(bytes('in time')).status, 'done')
    t.like(readAll(made.server), { text: 'in time' })
    t.is(made.client.earlyData, 'none')
    t.is(made.server.earlyData, 'none')
  })

test('a server that keeps nothing between hellos takes one of TLS 1.2 at once', t => {
  const made = ends({ client: older, server: { ...either, cookieKeys: new Uint8Array(32) } })
  made.client.doHandshake()
  t.is(made.server.stateless().status, 'done')
  for (let i = 0; i < 10; i++) {
    made.client.doHandshake()
    made.server.doHandshake()
  }
  t.true(made.client.connected && made.server.connected)
})
