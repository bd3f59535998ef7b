/** The command with ML-DSA certificates. */
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { client, server, written } from './support/pairs.ts'

const ml = chainFor('mldsa44')
const mlIdentity = [
  ...['-cert', written('ml.pem', ml.pem)],
  ...['-key', written('ml.key', ml.keyPem)],
]
const mlRoot = ['-CAfile', written('ml-ca.pem', ml.root.pem)]

test('s_client reports an ML-DSA certificate, and takes the name of a scheme in any case', async t => {
  const { port } = await server(t, [...mlIdentity, '-rev', '-naccept', '1'])
  const near = client(t, port, [...mlRoot, '-sigalgs', 'ed25519:MLDSA44'])
  near.type('abc\n')
  await near.says(/cba\n/)
  near.end()
  t.is(await near.exit, 0)
  t.regex(near.stdout, /Signature scheme: mldsa44|Peer signature scheme: mldsa44/)
  t.regex(near.stdout, /a:PKEY: 10496 bit \(ML-DSA-44\)/)
})

test('an s_client that lists no ML-DSA is told so by an s_server that has nothing else', async t => {
  const { run, port } = await server(t, [...mlIdentity, '-naccept', '1'])
  const near = client(t, port, [...mlRoot, '-sigalgs', 'ECDSA+SHA256'])
  t.not(await near.exit, 0)
  t.regex(near.stderr + near.stdout, /handshake_failure/)
  await run.exit
})
