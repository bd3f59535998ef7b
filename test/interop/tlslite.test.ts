/** tlslite-ng, the one peer at hand that has delegated credentials (RFC 9345); from 0.9.0 on. */
import { fileURLToPath } from 'node:url'
import { delegatedCredential } from '@biopair/ssl'
import { chainOf, delegatingLeaf, schemeFor } from '../support/delegation.ts'
import { chainFor, type KeyKind, mint } from '../support/mint.ts'
import { Child } from './support/child.ts'
import { written } from './support/files.ts'
import { connectOnce, listen } from './support/ours.ts'
import { python, said, tlsliteTest } from './support/tlslite.ts'

// The tests run from dist/, the Python program stands beside their sources.
const program = fileURLToPath(new URL('../../interop/tlslite/peer.py', import.meta.url))
const peer = {
  there: said('from tlslite.x509 import DelegatedCredential') !== undefined,
  what: 'tlslite-ng with delegated credentials',
  wheels: "--pre 'tlslite-ng>=0.9.0b2'",
}
const leaf = delegatingLeaf()
const kinds: readonly KeyKind[] = ['p256', 'p384', 'ed25519', 'rsa-pss']

function minted(kind: KeyKind): { credential: Uint8Array; keyPem: string } {
  const key = mint({ key: kind })
  const { pem: cert, keyPem } = leaf
  const scheme = schemeFor[kind]
  const credential = delegatedCredential({
    ...{ cert, key: keyPem, publicKey: key.spki, scheme, lifetime: 3600 },
  })
  return { credential, keyPem: key.keyPem }
}

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

for (const kind of kinds) {
  const scheme = schemeFor[kind]
  tlsliteTest(
    peer,
    `tlslite-ng takes our server's delegated credential with ${scheme}`,
    async t => {
      const { credential, keyPem } = minted(kind)
      const { port, accepted } = await listen(t, {
        cert: chainOf(leaf).pem,
        key: leaf.keyPem,
        delegatedCredentials: [{ credential, key: keyPem }],
      })
      const client = new Child(t, python, [program, 'client', String(port), scheme])
      const server = await (await accepted).shake()
      t.is(await server.line(), 'from tlslite\n')
      await server.write('and back\n')
      const [said] = await client.says(/\{.*\}/)
      t.deepEqual(JSON.parse(said), { line: 'and back\n', delegated: hex(credential) })
      t.true(server.ssl.delegatedCredentialUsed)
    },
  )

  tlsliteTest(
    peer,
    `our client takes the delegated credential of tlslite-ng with ${scheme}`,
    async t => {
      const { credential, keyPem } = minted(kind)
      const server = new Child(t, python, [
        ...[program, 'server', written('dc-cert.pem', chainOf(leaf).pem)],
        ...[
          written('dc-leaf.key', leaf.keyPem),
          hex(credential),
          written(`dc-${kind}.key`, keyPem),
        ],
      ])
      const [, port] = await server.says(/port (\d+)/)
      const client = await connectOnce(t, Number(port), {
        ca: chainFor('p256').root.pem,
        delegatedSigalgs: scheme,
      })
      await client.shake()
      t.true(client.ssl.authorized)
      t.is(hex(client.ssl.peerDelegatedCredential), hex(credential))
      t.is(client.ssl.peerSignatureScheme, scheme)
      await client.write('there and back\n')
      t.is(await client.line(), 'there and back\n')
    },
  )
}
