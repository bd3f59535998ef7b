/** ML-DSA with OpenSSL 3.5 or later, which pyOpenSSL brings along: certificates, both roles, key files, and what it offers. */
import { failed } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { parsePublicKey, pemBlocks, privateKeyFrom } from '@biopair/x509'
import { pem } from '../support/der-writer.ts'
import { chainFor } from '../support/mint.ts'
import { mlDsaForms, mlDsaKinds } from '../support/ml-dsa-key.ts'
import { filesFor, written } from './support/files.ts'
import { connectTo, listen } from './support/ours.ts'
import { pythonPeer, pythonTest } from './support/python.ts'

const oidName = { mldsa44: 'ML-DSA-44', mldsa65: 'ML-DSA-65', mldsa87: 'ML-DSA-87' } as const

for (const kind of mlDsaKinds) {
  const { certFile, keyFile, caFile, root, pem: chain, keyPem } = filesFor(kind)

  for (const crypto of [nodeCrypto, noble])
    pythonTest(
      `our client and OpenSSL believe each other with ${kind}, over ${crypto.name}`,
      async t => {
        const server = pythonPeer(t, 'server', certFile, keyFile, caFile)
        const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
        const options = { ca: root.pem, cert: chain, key: keyPem, crypto }
        const client = await (await connectTo(t, Number(port), options)).shake()
        t.is(client.ssl.peerSignatureScheme, kind)
        t.true(client.ssl.authorized)
        await client.write('hello\n')
        t.is(await client.line(), 'olleh\n')
        t.is((await client.goodbye()).status, 'closed')
        t.is(await server.exit(), 0, server.stderr)
        t.true(server.stdout.includes(`PEER ${oidName[kind]}`), server.stdout)
      },
    )

  pythonTest(`our server and OpenSSL believe each other with ${kind}`, async t => {
    const { port, accepted } = await listen(t, {
      cert: chain,
      key: keyPem,
      ca: root.pem,
      requestCert: true,
    })
    const client = pythonPeer(t, 'client', String(port), caFile, certFile, keyFile)
    const server = await (await accepted).shake()
    t.is(server.ssl.peerSignatureScheme, kind)
    t.true(server.ssl.authorized)
    await server.write(await server.line())
    t.is((await server.goodbye()).status, 'closed')
    t.is(await client.exit(), 0, client.stderr)
    t.true(client.stdout.includes(`PEER ${oidName[kind]}`), client.stdout)
    t.true(client.stdout.includes('there and back\n'))
  })

  for (const form of mlDsaForms)
    pythonTest(`OpenSSL reads our ${kind} key file in the form ${form}`, async t => {
      const file = written(
        `${kind}-${form}.key`,
        pem('PRIVATE KEY', chainFor(kind).leaf.key.pkcs8(form)),
      )
      const server = pythonPeer(t, 'server', certFile, file)
      const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
      const client = await (await connectTo(t, Number(port), { ca: root.pem })).shake()
      t.is(client.ssl.peerSignatureScheme, kind)
      await client.write('x\n')
      t.is(await client.line(), 'x\n')
      t.is((await client.goodbye()).status, 'closed')
      t.is(await server.exit(), 0, server.stderr)
    })
}

pythonTest('key files that OpenSSL writes are read, and are the keys that it says', async t => {
  const seed = Uint8Array.from({ length: 32 }, (_, i) => 255 - i)
  const child = pythonPeer(t, 'keys', Buffer.from(seed).toString('hex'))
  t.is(await child.exit(), 0, child.stderr)
  const blocks = pemBlocks(child.stdout)
  t.is(blocks.length, 9)
  for (const [i, kind] of mlDsaKinds.entries()) {
    const [short, both, spki] = blocks.slice(3 * i, 3 * i + 3).map(({ bytes }) => bytes)
    if (!short || !both || !spki) return t.fail()
    const [one, two] = [privateKeyFrom(short), privateKeyFrom(both)]
    t.deepEqual(one, { kind: 'ml-dsa', set: oidName[kind], seed })
    t.true(two.kind === 'ml-dsa' && two.seed !== undefined && two.expanded !== undefined)
    for (const material of [one, two]) {
      const key = nodeCrypto.privateKey(material)
      if (failed(key)) return t.fail(key.why)
      t.deepEqual(key.publicMaterial, parsePublicKey(spki))
    }
  }
})

pythonTest('OpenSSL offers every ML-DSA scheme, as we do', async t => {
  const { pem: chain, keyPem, caFile } = filesFor('p256')
  let offered: readonly number[] = []
  const { port, accepted } = await listen(t, {
    cert: chain,
    key: keyPem,
    clientHelloCallback: hello => {
      offered = hello.signatureSchemes
      return undefined
    },
  })
  pythonPeer(t, 'client', String(port), caFile)
  const server = await (await accepted).shake()
  t.log(offered.map(id => id.toString(16)).join(' '))
  for (const id of [0x0904, 0x0905, 0x0906]) t.true(offered.includes(id))
  await server.write(await server.line())
  t.is((await server.goodbye()).status, 'closed')
})
