/** What stands in one record with the peer's Finished: TLS 1.2 changes no keys there, so that it may, and none of it waits for another record. */
import { concat } from '@biopair/crypto'
import { Finished } from '@biopair/handshake'
import test from 'ava'
import { clientSide12, clients12 } from '../support/appendix-a12.ts'
import type { ServerPeer12 } from '../support/server-peer12.ts'
import { everyState, type Side, walk } from '../support/walk.ts'

/** A client that waits for the server's Finished. */
function waiting(): { readonly side: Side; readonly peer: ServerPeer12 } {
  const start = () => clientSide12(clients12[0] as (typeof clients12)[number])
  const path = everyState(start()).find(({ state }) => state === 'WAIT_FINISHED')?.path ?? []
  const side = start()
  walk(side, path)
  return { side, peer: side.peer as ServerPeer12 }
}

test('a message behind Finished in its record is refused at once', t => {
  const { side, peer } = waiting()
  peer.handshake(concat(side.say('Finished'), side.stray('ServerHelloDone')))
  t.like(peer.step(), { status: 'failed', error: { alert: 'unexpected_message' } })
})

test('a HelloRequest behind Finished in its record is answered at once', t => {
  const { side, peer } = waiting()
  peer.handshake(concat(side.say('Finished'), side.stray('HelloRequest')))
  t.like(peer.step(), { status: 'want_read' })
  t.like(peer.alerts, [{ level: 1, alert: 'no_renegotiation' }])
})

test('the beginning of a message behind Finished in its record is kept as it is', t => {
  const { peer } = waiting()
  const raw = peer.say(Finished, peer.finished())
  peer.handshake(concat(raw, Uint8Array.of(0, 0)))
  t.like(peer.step(), { status: 'want_read' })
  t.deepEqual(peer.alerts, [])
  // The rest of a HelloRequest.
  peer.handshake(Uint8Array.of(0, 0))
  peer.step()
  t.like(peer.alerts, [{ level: 1, alert: 'no_renegotiation' }])

  const other = waiting().peer
  other.handshake(concat(other.say(Finished, other.finished()), Uint8Array.of(99)))
  other.step()
  other.handshake(Uint8Array.of(0, 0, 0))
  t.like(other.step(), { status: 'failed', error: { alert: 'unexpected_message' } })
})
