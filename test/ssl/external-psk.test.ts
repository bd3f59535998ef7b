/** Keys that were agreed on elsewhere: as they are, imported (RFC 9258), from a list and from a callback. */
import { concat } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  type PskCallback,
  type PskOption,
  type Session,
  SslContext,
} from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { digest, expandLabel, hmac } from '../support/key-schedule.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { clientContext, serverContext, sessionOf, suites, visit } from '../support/resume.ts'
import { factsOf } from '../support/session.ts'

const anyKey: fc.Arbitrary<PskOption> = fc.record(
  {
    identity: fc.constantFrom('a', 'b', 'c', Uint8Array.of(0, 255)),
    key: fc.constantFrom(...[1, 2].map(byte => new Uint8Array(32).fill(byte))),
    hash: fc.constantFrom<'sha256' | 'sha384'>('sha256', 'sha384'),
    kind: fc.constantFrom<'external' | 'imported'>('external', 'imported'),
  },
  { requiredKeys: ['identity', 'key'] },
)
const anyKeys = fc.uniqueArray(anyKey, {
  maxLength: 3,
  selector: ({ identity }) => String(identity),
})

type Wire = readonly [name: Uint8Array, hash: string, key: Uint8Array, kind: string]

/** What one option is on the wire, said apart from our own code: identity, hash and key of each. */
function onTheWire({
  identity,
  key,
  hash = 'sha256',
  kind = 'external',
  context,
}: PskOption): readonly Wire[] {
  const name = typeof identity === 'string' ? Buffer.from(identity) : identity
  if (kind === 'external') return [[name, hash, key, kind]] as const
  return ([1, 2] as const).map(kdf => {
    const given = context ?? new Uint8Array(0)
    const imported = concat(
      Uint8Array.of(0, name.length),
      name,
      Uint8Array.of(0, given.length),
      given,
      Uint8Array.of(3, 4, 0, kdf),
    )
    const epskx = hmac(hash, new Uint8Array(digest(hash).length), key)
    const target = kdf === 1 ? 'sha256' : 'sha384'
    const length = digest(target).length
    const ipskx = expandLabel(hash, epskx, 'derived psk', digest(hash, imported), length)
    return [imported, target, ipskx, kind] as const
  })
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

test('two lists of keys and of suites: the first key of the client that the server has and a suite goes with decides, a wrong one is decrypt_error, and none is a full handshake', async t => {
  const count = { key: 0, full: 0, wrong: 0 }
  const property = fc.asyncProperty(
    anyKeys,
    anyKeys,
    fc.constantFrom('alike', 'changed', 'own'),
    fc.subarray(suites, { minLength: 1 }),
    fc.boolean(),
    async (ours, own, alike, ciphers, callback) => {
      const changed = ours.map(one => ({ ...one, key: new Uint8Array(32).fill(7) }))
      const theirs = { alike: ours, changed, own }[alike]
      const usable = ciphers.map(name => (name.endsWith('384') ? 'sha384' : 'sha256'))
      const fits = (hash: string) => usable.includes(hash as 'sha256')
      const held = theirs.flatMap(onTheWire).filter(([, hash]) => fits(hash))
      const offered = ours.flatMap(onTheWire).filter(([, hash]) => fits(hash))
      const first = offered.find(([name]) => held.some(([other]) => same(other, name)))
      const found = first && held.find(([name]) => same(name, first[0]))
      const right =
        first && found && first[1] === found[1] && first[3] === found[3] && same(first[2], found[2])
      const asked = (identity: string | null): PskOption[] =>
        theirs.filter(one =>
          onTheWire(one).some(([name]) => Buffer.from(name).toString('latin1') === identity),
        )
      const server: ContextOptions =
        callback && theirs.every(({ kind }) => kind !== 'imported')
          ? {
              pskCallback: async identity => {
                const [one] = asked(identity)
                return one && fits(one.hash ?? 'sha256')
                  ? { psk: one.key, ...(one.hash ? { hash: one.hash } : {}) }
                  : null
              },
            }
          : { psks: theirs }
      const {
        client: near,
        server: far,
        statuses,
      } = await visit(clientContext({ psks: ours, ciphers }), serverContext({ ...server, ciphers }))
      if (first && !right) {
        count.wrong++
        t.deepEqual(statuses, ['failed', 'failed'])
        return
      }
      t.deepEqual(statuses, ['want_read', 'want_read'])
      t.deepEqual(
        [near, far].map(({ pskIdentity }) => pskIdentity && Buffer.from(pskIdentity)),
        [first, first].map(one => one && Buffer.from(one[0])),
      )
      t.deepEqual(factsOf(near, far.peerCertificates), factsOf(far, near.peerCertificates))
      t.is(near.authorized, !first)
      t.false(near.resumed || far.resumed)
      count[first ? 'key' : 'full']++
    },
  )
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 150 }),
    () => shortOf(count, Object.keys(count), 11),
  )
  t.log(count)
  t.deepEqual(short, [])
})

test('rule 65: an imported key is one for each KDF, of any bytes and any context, with both providers', t => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 80 }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom<'sha256' | 'sha384'>('sha256', 'sha384'),
      (key, identity, context, hash) => {
        const option: PskOption = { identity, key, context, hash, kind: 'imported' }
        for (const crypto of [nodeCrypto, noble]) {
          const { psks } = new SslContext({ crypto, psks: [option] })
          t.deepEqual(
            psks.map(one => [Buffer.from(one.identity), one.hash, Buffer.from(one.key)]),
            onTheWire(option).map(([name, target, derived]) => [
              Buffer.from(name),
              target,
              Buffer.from(derived),
            ]),
          )
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('rule 65: a key that one end imports and the other uses as it is, or in another context, is none in common', async t => {
  const key = new Uint8Array(32).fill(5)
  const base = { identity: 'x', key }
  const kinds: PskOption[] = [
    base,
    { ...base, kind: 'imported' },
    { ...base, kind: 'imported', context: Uint8Array.of(1) },
  ]
  for (const ours of kinds)
    for (const theirs of kinds) {
      const { client, statuses } = await visit(
        clientContext({ psks: [ours] }),
        serverContext({ psks: [theirs] }),
      )
      t.deepEqual(statuses, ['want_read', 'want_read'])
      t.is(client.pskIdentity !== undefined, ours === theirs)
    }
})

test("pskCallback is node:tls's: null for a client, the identity for a server, answers at once or later", async t => {
  const key = new Uint8Array(32).fill(3)
  const asked: unknown[] = []
  for (const later of [false, true]) {
    const answer = <T>(value: T) => (later ? Promise.resolve(value) : value)
    const { client, server } = await visit(
      clientContext({
        pskCallback: hint => {
          asked.push(hint)
          return answer({ psk: key, identity: 'me' })
        },
      }),
      serverContext({
        pskCallback: identity => {
          asked.push(identity)
          return answer(key)
        },
      }),
    )
    t.deepEqual(
      [client, server].map(end => Buffer.from(end.pskIdentity ?? []).toString()),
      ['me', 'me'],
    )
  }
  t.deepEqual(asked, [null, 'me', null, 'me'])
})

test('a pskCallback that throws, or answers what is no key, is internal_error', async t => {
  const wrong: PskCallback[] = [
    () => {
      throw new Error('no')
    },
    async () => Promise.reject(new Error('no')),
    () => 'key' as never,
    () => ({ psk: new Uint8Array(0) }),
    () => ({ psk: new Uint8Array(32), hash: 'md5' as never }),
  ]
  for (const pskCallback of wrong) {
    const psks = [{ identity: 'me', key: new Uint8Array(32) }]
    const { statuses } = await visit(clientContext({ psks }), serverContext({ pskCallback }))
    t.deepEqual(statuses, ['failed', 'failed'])
    const mine = await visit(clientContext({ pskCallback }), serverContext())
    t.is(mine.statuses[0], 'failed')
  }
})

test('a session that a key began goes on without any certificate, at an end that has none and one that asks for one', async t => {
  const psks = [{ identity: 'me', key: new Uint8Array(32).fill(3) }]
  const client = clientContext({ psks, ca: [] })
  const server = new SslContext({ crypto: nodeCrypto, psks, requestCert: true, groups: 'x25519' })
  const session = await sessionOf(client, server)
  t.deepEqual([session.chain, session.authenticatedBy], [[], 'psk'])
  const { client: near, server: far, statuses } = await visit(client, server, { session })
  t.deepEqual(statuses, ['want_read', 'want_read'])
  t.true(near.resumed && far.resumed)
  t.is((near.session as Session).authenticatedBy, 'psk')
})

test('keys that cannot be used are refused when the context is made', t => {
  const key = new Uint8Array(32)
  const wrong: (readonly unknown[])[] = [
    [{ identity: '', key }],
    [{ identity: 'ä', key }],
    [{ identity: 5, key }],
    [{ identity: new Uint8Array(0), key }],
    [{ identity: 'a' }],
    [{ identity: 'a', key: new Uint8Array(0) }],
    [{ identity: 'a', key: 'key' }],
    [{ identity: 'a', key, hash: 'sha512' }],
    [{ identity: 'a', key, kind: 'resumption' }],
    [{ identity: 'a', key, context: Uint8Array.of(1) }],
    [
      { identity: 'a', key },
      { identity: 'a', key, kind: 'imported' },
    ],
  ]
  for (const psks of wrong)
    t.throws(
      () => clientContext({ psks: psks as PskOption[] }),
      { code: 'ERR_INVALID_ARG_VALUE' },
      JSON.stringify(psks),
    )
})
