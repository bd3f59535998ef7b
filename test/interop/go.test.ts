/** Go's crypto/tls, for the group that OpenSSL 3.0 does not have. */
import { moreGroups } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { program } from './support/go.ts'
import { connectTo, listen } from './support/ours.ts'
import { peerTest, versionOf } from './support/peers.ts'

for (const crypto of [nodeCrypto, noble]) {
  peerTest('go', `our client agrees on X25519MLKEM768 with Go, over ${crypto.name}`, async t => {
    t.timeout(150_000, 'go build may take long, once')
    const { certFile, keyFile, root } = filesFor('p256')
    const server = new Child(t, program(t), ['server', certFile, keyFile])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const options = { ca: root.pem, crypto, ALPNProtocols: ['echo'] }
    const client = await (await connectTo(t, Number(port), options)).shake()
    t.is(client.ssl.group, 'X25519MLKEM768')
    t.is(client.ssl.alpnProtocol, 'echo')
    await client.write('there and back\n')
    t.is(await client.line(), 'there and back\n')
    t.is((await client.goodbye()).status, 'closed')
    t.is(await server.exit(), 0, server.stderr)
  })

  peerTest('go', `our server agrees on X25519MLKEM768 with Go, over ${crypto.name}`, async t => {
    t.timeout(150_000, 'go build may take long, once')
    const { pem, keyPem, caFile } = filesFor('p256')
    const options = { cert: pem, key: keyPem, crypto, ALPNProtocols: ['echo'] }
    const { port, accepted } = await listen(t, options)
    const client = new Child(t, program(t), ['client', String(port), caFile])
    const server = await (await accepted).shake()
    t.is(server.ssl.group, 'X25519MLKEM768')
    await server.write(await server.line())
    t.is((await server.goodbye()).status, 'closed')
    t.is(await client.exit(), 0, client.stderr)
    t.is(client.stdout, 'there and back\n')
  })
}

/** Go has the hybrids with NIST's curves from 1.26 on. */
const minor = Number(/ go1\.(\d+)/.exec(versionOf('go') ?? '')?.[1] ?? 0)
const hybrids = minor >= 26 ? (['SecP256r1MLKEM768', 'SecP384r1MLKEM1024'] as const) : []
if (hybrids.length === 0)
  test(`the hybrids with NIST's curves (skipped: no Go 1.26)`, t => {
    t.log(`go is ${versionOf('go') ?? 'absent'}`)
    t.true(minor < 26)
  })

for (const name of hybrids)
  for (const crypto of [nodeCrypto, noble]) {
    // go.mod says 1.24, for which Go keeps these groups off.
    const env = { GROUP: String(moreGroups[name].id), GODEBUG: 'tlssecpmlkem=1' }
    peerTest('go', `our client agrees on ${name} with Go, over ${crypto.name}`, async t => {
      t.timeout(150_000, 'go build may take long, once')
      const { certFile, keyFile, root } = filesFor('p256')
      const server = new Child(t, program(t), ['server', certFile, keyFile], env)
      const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
      const options = { ca: root.pem, crypto, groups: [name], ALPNProtocols: ['echo'] }
      const client = await (await connectTo(t, Number(port), options)).shake()
      t.is(client.ssl.group, name)
      await client.write('there and back\n')
      t.is(await client.line(), 'there and back\n')
      t.is((await client.goodbye()).status, 'closed')
    })

    peerTest('go', `our server agrees on ${name} with Go, over ${crypto.name}`, async t => {
      t.timeout(150_000, 'go build may take long, once')
      const { pem, keyPem, caFile } = filesFor('p256')
      const options = { cert: pem, key: keyPem, crypto, groups: [name], ALPNProtocols: ['echo'] }
      const { port, accepted } = await listen(t, options)
      const client = new Child(t, program(t), ['client', String(port), caFile], env)
      const server = await (await accepted).shake()
      t.is(server.ssl.group, name)
      await server.write(await server.line())
      t.is((await server.goodbye()).status, 'closed')
      t.is(await client.exit(), 0, client.stderr)
    })
  }
