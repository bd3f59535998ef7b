/** Groups that are spoken where both ends ask for them. */
import { type MoreGroupName, moreGroups } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import test from 'ava'
import { bytes, connectedEnds, readAll } from '../support/ends.ts'
import { nobleWithMore } from '../support/providers.ts'

const names = Object.keys(moreGroups) as MoreGroupName[]

for (const name of names) {
  test(`both ends agree on ${name} where both ask for it, each over a provider of its own`, t => {
    const { client, server } = connectedEnds({
      client: { crypto: nobleWithMore, groups: [name] },
      server: { groups: ['x25519', name] },
    })
    t.deepEqual([client.group, server.group], [name, name])
    t.false(client.retried)
    client.write(bytes('hello'))
    t.is(readAll(server).text, 'hello')
  })

  test(`a server asks for ${name} with a HelloRetryRequest`, t => {
    const { client } = connectedEnds({
      client: { groups: ['x25519', name] },
      server: { groups: [name] },
    })
    t.is(client.group, name)
    t.true(client.retried)
  })
}

test('beside a hybrid with a NIST curve a share that is none is sent', t => {
  const { shares } = new SslContext({
    crypto: nodeCrypto,
    groups: ['SecP384r1MLKEM1024', 'SecP256r1MLKEM768', 'x448', 'x25519'],
  })
  t.deepEqual(
    shares.map(({ name }) => name),
    ['SecP384r1MLKEM1024', 'x448'],
  )
})

test('a context that asks a provider for a group that it has not is refused by name', t => {
  for (const name of ['x448', 'ffdhe2048', 'ffdhe3072'])
    t.throws(() => new SslContext({ crypto: noble, groups: name }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: new RegExp(`^groups: expected one of .*, got ${name}$`),
    })
})
