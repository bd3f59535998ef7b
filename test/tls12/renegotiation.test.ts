/** Nothing is negotiated again: a wish for it is answered with a warning, at once, and the connection goes on (RFC 5246 section 7.4.1.1, RFC 5746 section 4). */
import { encodeMessage, HelloRequest } from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import { alerts } from '@biopair/wire'
import test from 'ava'
import { clientSide12, clients12, serverSide12, servers12 } from '../support/appendix-a12.ts'
import { everyState, type Side, walk } from '../support/walk.ts'

/** A side whose handshake is over. */
function connected(start: () => Side): Side {
  const path = everyState(start()).find(({ state }) => state === 'CONNECTED')?.path ?? []
  const side = start()
  walk(side, path)
  return side
}

const sides = {
  client: () => clientSide12(clients12[0] as (typeof clients12)[number]),
  server: () => serverSide12(servers12[0] as (typeof servers12)[number]),
} as const
/** The same, with other limits. */
const sidesWith = (limits: NonNullable<ContextOptions['limits']>) => {
  const [client] = clients12 as [SslContext]
  const [{ asks, context }] = servers12 as [(typeof servers12)[number]]
  return {
    client: () => clientSide12(new SslContext({ ...client.options, limits })),
    server: () => serverSide12({ asks, context: new SslContext({ ...context.options, limits }) }),
  }
}
const wishes = { client: 'HelloRequest', server: 'ClientHello' } as const

for (const role of ['client', 'server'] as const) {
  test(`rule 72: a ${role} refuses to renegotiate in the very call that hears of it, and says nothing else`, t => {
    const side = connected(sides[role])
    const { peer } = side
    const before = peer.heard.length
    peer.handshake(side.stray(wishes[role]))
    t.like(peer.step(), { status: 'want_read', write: 0 })
    t.like(peer.heard.slice(before), [
      { kind: 'alert', level: 1, alert: 'no_renegotiation', under: 'application' },
    ])
    t.is(peer.heard.length, before + 1)
    peer.data(Uint8Array.of(1, 2))
    peer.step()
    t.deepEqual(peer.delivered.at(-1), Uint8Array.of(1, 2))
  })

  test(`a ${role} that is asked to renegotiate again and again ends the connection`, t => {
    const side = connected(sides[role])
    const { peer } = side
    for (let i = 0; i < 1000 && peer.step().status !== 'failed'; i++)
      peer.handshake(side.stray(wishes[role]))
    const { alerts } = peer
    t.like(alerts.at(-1), { level: 2, alert: 'unexpected_message' })
    t.true(alerts.length < 100, `${alerts.length} alerts`)
    t.true(alerts.slice(0, -1).every(({ alert }) => alert === 'no_renegotiation'))
  })
}

for (const role of ['client', 'server'] as const) {
  test(`a ${role} bounds wishes by limits.sideRecords, and data in between starts the count anew`, t => {
    const side = connected(() => sidesWith({ sideRecords: 3 })[role]())
    const { peer } = side
    for (let i = 0; i < 5; i++) {
      for (let wish = 0; wish < 3; wish++) peer.handshake(side.stray(wishes[role]))
      t.is(peer.step().status, 'want_read')
      peer.data(Uint8Array.of(i))
      peer.step()
      t.deepEqual(peer.delivered.at(-1), Uint8Array.of(i))
    }
    for (let wish = 0; wish < 4; wish++) peer.handshake(side.stray(wishes[role]))
    t.is(peer.step().status, 'failed')
    t.like(peer.alerts.at(-1), { level: 2, alert: 'unexpected_message' })
    // One for what came at once, however many wishes there were.
    t.is(peer.alerts.filter(({ alert }) => alert === 'no_renegotiation').length, 5)
  })

  test(`a ${role} passes no_renegotiation over, which it never asked for, and bounds it`, t => {
    const { peer } = connected(() => sidesWith({ sideRecords: 3 })[role]())
    for (let i = 0; i < 3; i++) peer.alert(alerts.no_renegotiation, 1)
    peer.data(Uint8Array.of(7))
    t.is(peer.step().status, 'want_read')
    t.deepEqual(peer.delivered.at(-1), Uint8Array.of(7))
    t.deepEqual(peer.alerts, [])
    for (let i = 0; i < 4; i++) peer.alert(alerts.no_renegotiation, 1)
    t.is(peer.step().status, 'failed')
    t.like(peer.alerts, [{ level: 2, alert: 'unexpected_message' }])
  })

  test(`a fatal no_renegotiation ends a ${role}`, t => {
    const { peer } = connected(sides[role])
    peer.alert(alerts.no_renegotiation, 2)
    t.is(peer.step().status, 'failed')
    t.deepEqual(peer.alerts, [])
  })
}

test('a HelloRequest with a body is decode_error', t => {
  const { peer } = connected(sides.client)
  t.deepEqual(encodeMessage(HelloRequest, {}), Uint8Array.of(0, 0, 0, 0))
  peer.handshake(Uint8Array.of(0, 0, 0, 1, 0))
  peer.step()
  t.like(peer.alerts, [{ level: 2, alert: 'decode_error' }])
})
