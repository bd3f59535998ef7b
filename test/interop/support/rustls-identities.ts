/** Who both ends are, with rustls: raw public keys, compressed certificates and stapled responses. */
import { writeFileSync } from 'node:fs'
import { certificateCompressions } from '@biopair/node'
import { pem as asPem } from '../../support/der-writer.ts'
import { chainFor } from '../../support/mint.ts'
import { mintOcsp } from '../../support/ocsp-mint.ts'
import { scratch, written } from './files.ts'
import { connectTo, listen, type Ours } from './ours.ts'
import { RustlsPeer, rustlsTest, type Words } from './rustls.ts'
import {
  agree,
  chat,
  echo,
  fromRustls,
  hex,
  identity,
  mine,
  roots,
  theirs,
  toRustls,
} from './rustls-ends.ts'

/** Registers the tests of identities beside plain certificates. */
export function identityTests(): void {
  const shown = chainFor('p256').leaf
  const believed = chainFor('ed25519').leaf
  const rawWords: Words = {
    raw: 'yes',
    key: mine.keyFile,
    believe: written('raw-ours.pub', asPem('PUBLIC KEY', believed.spki)),
  }
  const rawTypes = { serverCertTypes: ['rpk'], clientCertTypes: ['rpk'] } as const

  rustlsTest('our client and rustls believe raw public keys, and no others', async t => {
    const server = new RustlsPeer(t, 'server', { ...rawWords, count: 2 })
    const port = await server.port()
    const own = { ...rawTypes, rawKey: believed.keyPem }
    const client = await connectTo(t, port, { ...own, rawPublicKeys: shown.spki })
    await client.shake()
    const facts = await server.facts()
    agree(t, client, facts)
    t.is(facts.leaf, hex(believed.spki))
    t.deepEqual(client.ssl.peerRawPublicKey, shown.spki)
    t.deepEqual([client.ssl.serverCertType, client.ssl.clientCertType], ['rpk', 'rpk'])
    await chat(t, client)
    const doubting = await connectTo(t, port, { ...own, rawPublicKeys: believed.spki })
    t.like(await doubting.settled(ssl => ssl.doHandshake()), {
      error: { alert: 'bad_certificate', origin: 'sent' },
    })
    await server.says(/FAILED .*BadCertificate/)
  })

  rustlsTest('rustls and our server believe raw public keys', async t => {
    const { port, accepted } = await listen(t, {
      ...{ ...rawTypes, rawKey: believed.keyPem, rawPublicKeys: shown.spki, requestCert: true },
    })
    const client = new RustlsPeer(t, 'client', { ...rawWords, ports: port, say: 'hello' })
    const server = await (await accepted).shake()
    const facts = await client.facts()
    agree(t, server, facts)
    t.is(facts.leaf, hex(believed.spki))
    t.deepEqual(server.ssl.peerRawPublicKey, shown.spki)
    await echo(t, server, 1)
    await client.over(t)
  })

  rustlsTest('rustls takes raw public keys alone, and our server has none', async t => {
    const { client, server } = await fromRustls(t, rawWords)
    t.like(await server.settled(ssl => ssl.doHandshake()), {
      error: { alert: 'unsupported_certificate', origin: 'sent' },
    })
    await client.says(/FAILED .*UnsupportedCertificate/)
  })

  for (const compress of ['brotli', 'zlib']) {
    const certificateCompression = certificateCompressions.filter(({ name }) => name === compress)
    const options = { ...identity, ca: mine.root.pem, certificateCompression }
    const words = { ...theirs, ...roots, compress, say: 'hello' }

    rustlsTest(`our client and rustls compress their certificates: ${compress}`, async t => {
      const { client, server } = await toRustls(t, words, options)
      await client.shake()
      agree(t, client, await server.facts())
      t.is((await server.facts()).leaf, hex(mine.leaf.der))
      t.true(messages(client, 'read').includes(25) && !messages(client, 'read').includes(11))
      t.true(messages(client, 'write').includes(25))
      await chat(t, client)
      await server.over(t)
    })

    rustlsTest(`rustls and our server compress their certificates: ${compress}`, async t => {
      const { client, server } = await fromRustls(t, words, { ...options, requestCert: true })
      await server.shake()
      agree(t, server, await client.facts())
      t.true(server.ssl.authorized)
      t.true(messages(server, 'read').includes(25) && !messages(server, 'read').includes(11))
      t.true(messages(server, 'write').includes(25))
      await echo(t, server, 1)
      await client.over(t)
    })
  }

  const response = mintOcsp({ leaf: mine.leaf, issuer: mine.intermediate })

  rustlsTest('our client requires what rustls staples', async t => {
    const staple = scratch('rustls.der')
    writeFileSync(staple, response)
    const { client, server } = await toRustls(t, { staple }, { ocsp: 'require' })
    await client.shake()
    t.deepEqual(client.ssl.ocspResponse, response)
    await chat(t, client)
    await server.over(t)
  })

  rustlsTest('rustls has what our server staples', async t => {
    const { client, server } = await fromRustls(t, { say: 'hello' }, { ocspResponse: response })
    await server.shake()
    await echo(t, server, 1)
    await client.over(t)
    t.is(/STAPLED (\w*)\./.exec(client.stdout)?.[1], hex(response))
  })
}

/** Types of the handshake messages that came or went. */
function messages({ events }: Ours, direction: 'read' | 'write'): (number | undefined)[] {
  return events.flatMap(event =>
    event.event === 'message' && event.direction === direction ? [event.message[0]] : [],
  )
}
