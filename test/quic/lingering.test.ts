/** Nothing lingers over QUIC: what the key schedule made is zeros after close or failure, at whatever stage. */
import { nodeCrypto } from '@biopair/crypto-node'
import type { Session } from '@biopair/ssl'
import test from 'ava'
import { Watch } from '../support/watching-crypto.ts'
import { clientContext, clientTls, End, join, serverContext, serverTls } from './support/ends.ts'

const ticketKeys = new Uint8Array(48).fill(9)

/** Two ends over a provider that watches, and how many exchanges to let happen. */
function ends(watch: Watch, session: Session | undefined, early: boolean) {
  const crypto = watch.crypto(nodeCrypto)
  const options = { crypto, maxEarlyData: 1, ticketKeys, replayStore: { claim: () => true } }
  return {
    client: new End(clientTls(clientContext({ crypto }), { session, earlyData: early })),
    server: new End(serverTls(serverContext(options))),
  }
}

const first = join(
  clientTls(clientContext()),
  serverTls(serverContext({ ticketKeys, maxEarlyData: 1 })),
)
const [session] = first.client.sessions

for (const [name, early] of [
  ['full', false],
  ['resumed', true],
] as const)
  for (const end of ['close', 'failure'] as const)
    test(`a ${name} handshake that is cut anywhere, by ${end}`, t => {
      let stages = 0
      for (let stage = 0, over = false; !over; stage++) {
        const watch = new Watch(ticketKeys.slice(16))
        const { client, server } = ends(watch, early ? session : undefined, early)
        client.tls.advance()
        let left = stage
        const give = (to: End, from: End) => {
          for (const { level, bytes } of from.take())
            for (let at = 0; at < bytes.length; at += 400)
              if (left-- > 0) to.tls.provide(level, bytes.subarray(at, at + 400))
        }
        while (left > 0 && !over) {
          const before = left
          give(server, client)
          give(client, server)
          over = left === before
        }
        if (stage > 0) t.true(watch.seen > 0)
        for (const { tls } of [client, server]) {
          if (end === 'failure') {
            const level = tls.complete ? 'handshake' : 'initial'
            // A message that nothing permits, or bytes of a level that is through.
            const outcome = tls.provide(level, Uint8Array.of(99, 0, 0, 0))
            t.is(outcome.status, 'failed', `${stage}: ${tls.state}`)
          } else tls.close()
        }
        t.deepEqual(watch.lingering(), [], `stage ${stage}`)
        stages++
      }
      t.true(stages > 5)
    })
