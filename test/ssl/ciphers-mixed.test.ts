/** `ciphers`: one list for both versions; each keeps its order, and a name that nobody knows is told beside those that are. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { connectedEnds } from '../support/ends.ts'

const newer = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const
/** As IANA has them, and as OpenSSL does. */
const older = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
] as const

const both = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
const context = (options: ContextOptions) =>
  new SslContext({ crypto: nodeCrypto, ...both, ...options })

/** A list of both versions' names, in any order, each suite of TLS 1.2 by either name. */
const lists = fc
  .tuple(fc.shuffledSubarray([...newer]), fc.shuffledSubarray([...older]))
  .filter(([a, b]) => a.length > 0 && b.length > 0)
  .chain(([a, b]) =>
    fc.record({
      a: fc.constant(a),
      b: fc.constant(b),
      names: fc.array(fc.nat(1), { minLength: b.length, maxLength: b.length }),
      turns: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      joined: fc.boolean(),
    }),
  )

test('names of both versions may stand in one list, in any order, by either name: each version has its own in the order of the list', t => {
  fc.assert(
    fc.property(lists, ({ a, b, names, turns, joined }) => {
      const [left, right] = [[...a], b.map((pair, i) => pair[names[i] as 0 | 1] as string)]
      const list: string[] = []
      for (const turn of [...turns, true, true, true, false, false, false]) {
        const next = (turn ? left : right).shift()
        if (next !== undefined) list.push(next)
      }
      const { suites, suites12 } = context({ ciphers: joined ? list.join(':') : list })
      t.deepEqual(
        suites.map(({ name }) => name),
        a,
      )
      t.deepEqual(
        suites12.map(({ name }) => name as string),
        b.map(([name]) => name),
      )
    }),
    { numRuns: 60 },
  )
})

test('the order of the list is what a client of both versions asks for, and a server decides by, in each version', t => {
  const ciphers =
    'ECDHE-ECDSA-CHACHA20-POLY1305:TLS_AES_256_GCM_SHA384:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256'
  for (const [maxVersion, expected] of [
    ['TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
    ['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
  ] as const) {
    const server = { ...both, ciphers }
    const client = { ...both, maxVersion }
    t.is(connectedEnds({ client, server }).client.cipher?.name as string, expected)
    t.is(
      connectedEnds({ client: { ...client, ciphers }, server }).server.cipher?.name as string,
      expected,
    )
  }
})

test('a version of which the list names no suite is not spoken', t => {
  t.deepEqual(context({ ciphers: 'TLS_AES_128_GCM_SHA256' }).versions, ['TLSv1.3'])
  t.deepEqual(context({ ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }).versions, ['TLSv1.2'])
  t.throws(() => context({ maxVersion: 'TLSv1.2', ciphers: 'TLS_AES_128_GCM_SHA256' }), {
    message: /expected a suite of TLSv1\.2/,
  })
})

test('a name that nobody knows is a TypeError that lists those that are', t => {
  for (const wrong of ['ECDHE-RSA-AES128-SHA', 'AES128-GCM-SHA256', 'aRSA', 'ALL', '']) {
    const error = t.throws(() => context({ ciphers: ['TLS_AES_128_GCM_SHA256', wrong] }), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
    for (const known of [...newer, ...older.map(([name]) => name)])
      t.true(error?.message.includes(known), `${wrong}: ${known}`)
  }
})
