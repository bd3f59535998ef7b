/** N1, N2: our TLS socket beside node:tls's, over the same in-memory streams, bulk and ping-pong. */
import { once } from 'node:events'
import { createSecureContext, TlsSocket } from '@biopair/node/tls'
import { chainFor } from '../support/mint.ts'
import { type Case, type Effort, measure } from './measure.ts'
import {
  drop,
  duplexPair,
  type NodePair,
  nodeBurst,
  nodeContexts,
  nodeHandshake,
  nodePingPong,
} from './node-tls.ts'
import { serverName } from './ours.ts'
import { report } from './report.ts'

export async function sockets(id: 'N1' | 'N2', effort: Effort): Promise<void> {
  const chain = chainFor('p256')
  const theirs = await nodeHandshake(nodeContexts(chain))
  const [near, far] = duplexPair()
  const both = { ciphers: 'TLS_AES_128_GCM_SHA256', groups: 'x25519' }
  const server = new TlsSocket(far, {
    secureContext: createSecureContext({ ...both, cert: chain.pem, key: chain.keyPem }),
    isServer: true,
  })
  const client = new TlsSocket(near, {
    secureContext: createSecureContext({ ...both, ca: chain.root.pem }),
    servername: serverName,
  })
  await Promise.all([once(client, 'secureConnect'), once(server, 'secure')])
  // As other libraries do: it is taken for one.
  const ours = { client, server } as unknown as NodePair
  const total = 8 * 2 ** 20
  const times = 100
  const chunk = new Uint8Array(id === 'N1' ? 16_384 : 64).fill(1)
  const run = (pair: NodePair) =>
    id === 'N1' ? nodeBurst(pair, chunk, total) : nodePingPong(pair, chunk, times)
  const cases: Case[] = [
    { name: 'node:tls', run: () => run(theirs) },
    { name: 'node', run: () => run(ours) },
  ]
  const micros = await measure(cases, effort)
  drop(theirs)
  drop(ours)
  if (id === 'N1')
    report(
      id,
      'sockets over a Duplex: bulk one way',
      micros,
      us => `${(total / us).toFixed(0)} MB/s`,
      [],
    )
  else
    report(
      id,
      'sockets over a Duplex: ping-pong of 64 bytes',
      micros,
      us => `${(us / times).toFixed(1)} us`,
      [],
    )
}
