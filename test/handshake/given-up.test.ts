/** A flow that is given up at any of its wants, or has come to its end, leaves no secret and no key behind: beneath Ssl, with every kind of handshake. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type AnyConnected, forget, forget12, is12 } from '@biopair/handshake'
import test from 'ava'
import { conversations } from '../support/conversations.ts'
import { converse } from '../support/converse.ts'
import { Watch } from '../support/watching-crypto.ts'

const over = (connected: AnyConnected): void =>
  is12(connected) ? forget12(connected) : forget(connected)

for (const [title, options] of Object.entries(conversations))
  test(`nothing lingers of a handshake that is given up anywhere: ${title}`, t => {
    let ended = false
    for (let until = 0; !ended; until++) {
      const watch = new Watch(new Uint8Array(1))
      const crypto = watch.crypto(nodeCrypto)
      const ends = converse({
        ...options,
        client: { ...options.client, crypto },
        server: { ...options.server, crypto },
        until,
      })
      ended = ends.client.connected !== undefined && ends.server.connected !== undefined
      for (const { connected } of Object.values(ends)) if (connected) over(connected)
      t.deepEqual(watch.lingering(), [], `after ${until} wants`)
      t.true(!ended || watch.seen > 10)
    }
  })
