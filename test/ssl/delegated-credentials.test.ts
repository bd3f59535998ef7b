/** Delegated credentials of our own: made, shown, changed while connections last, judged anew, signed for by somebody else. */
import { signatureSchemes } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  delegatedCredential,
  prepareDelegation,
  SslContext,
} from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { chainOf, craft, delegatingLeaf, privateKeyOf, schemeFor } from '../support/delegation.ts'
import { chainFor, type KeyKind, type Minted, mint } from '../support/mint.ts'
import { Clock, visit } from '../support/resume.ts'

const { root } = chainFor('p256')
const day = 86_400
const leaves = new Map<KeyKind, Minted>()
const keys = new Map<KeyKind, Minted>()
const known = (of: Map<KeyKind, Minted>, kind: KeyKind, make: () => Minted): Minted => {
  const made = of.get(kind) ?? make()
  of.set(kind, made)
  return made
}
const leafOf = (kind: KeyKind) => known(leaves, kind, () => delegatingLeaf({ key: kind }))
const keyOf = (kind: KeyKind) => known(keys, kind, () => mint({ key: kind }))

const minted = (kind: KeyKind, to: KeyKind, now: number, role: 'client' | 'server' = 'server') =>
  delegatedCredential({
    ...{ cert: leafOf(kind).pem, key: leafOf(kind).keyPem, publicKey: keyOf(to).spki },
    ...{ scheme: schemeFor[to], lifetime: day, now, role, crypto: nodeCrypto },
  })

const delegates: readonly KeyKind[] = ['p256', 'p384', 'p521', 'ed25519', 'rsa-pss']
const all = delegates.map(kind => schemeFor[kind])

/** A pair of contexts of one clock: the server can delegate, the client takes it. */
function pair(
  clock: Clock,
  { client = {}, server = {} }: { client?: ContextOptions; server?: ContextOptions } = {},
) {
  const { keyPem } = leafOf('p256')
  const both = { crypto: nodeCrypto, groups: 'x25519', ca: root.pem, now: clock.now }
  return {
    client: new SslContext({ ...both, delegatedSigalgs: all, ...client }),
    server: new SslContext({
      ...both,
      cert: chainOf(leafOf('p256')).pem,
      key: keyPem,
      delegatedCredentials: [
        { credential: minted('p256', 'ed25519', clock.time), key: keyOf('ed25519').keyPem },
      ],
      ...server,
    }),
  }
}

test('what is delegated from any key to any other is taken by the other end, and CertificateVerify is by that key', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<KeyKind>('p256', 'ed25519', 'rsa', 'rsa-pss'),
      fc.constantFrom(...delegates),
      fc.boolean(),
      async (kind, to, client) => {
        const clock = new Clock()
        const role = client ? 'client' : 'server'
        const options: ContextOptions = {
          cert: chainOf(leafOf(kind)).pem,
          key: leafOf(kind).keyPem,
          delegatedCredentials: [
            { credential: minted(kind, to, clock.time, role), key: keyOf(to).keyPem },
          ],
        }
        const asks = { requestCert: true, delegatedSigalgs: all, delegatedCredentials: [] }
        const contexts = pair(
          clock,
          client ? { client: options, server: asks } : { server: options },
        )
        const met = await visit(contexts.client, contexts.server)
        const [shower, taker] = client ? [met.client, met.server] : [met.server, met.client]
        t.true(taker.authorized)
        t.true(shower.delegatedCredentialUsed)
        t.false(taker.delegatedCredentialUsed)
        t.deepEqual(taker.peerDelegatedCredential, options.delegatedCredentials?.[0]?.credential)
        t.is(taker.peerSignatureScheme, schemeFor[to])
        t.is(shower.peerDelegatedCredential, undefined)
      },
    ),
    { numRuns: 25 },
  )
})

test('a peer that takes none, or none of that scheme, is shown the certificate alone', async t => {
  const clock = new Clock()
  for (const delegatedSigalgs of [[], ['ecdsa_secp384r1_sha384']]) {
    const { client, server } = pair(clock, { client: { delegatedSigalgs } })
    const met = await visit(client, server)
    t.true(met.client.authorized)
    t.false(met.server.delegatedCredentialUsed)
    t.is(met.client.peerDelegatedCredential, undefined)
    t.is(met.client.peerSignatureScheme, 'ecdsa_secp256r1_sha256')
  }
  // Nor one that is signed with what the client does not verify.
  const { client, server } = pair(clock, { client: { sigalgs: 'ed25519:rsa_pss_rsae_sha256' } })
  t.deepEqual((await visit(client, server)).statuses, ['failed', 'failed'])
})

test('a delegated credential that is over is not shown; a new one is, without a new context', async t => {
  const clock = new Clock()
  const { client, server } = pair(clock)
  t.true((await visit(client, server)).server.delegatedCredentialUsed)
  clock.pass((day + 1) * 1000)
  const without = await visit(client, server)
  t.true(without.client.authorized)
  t.false(without.server.delegatedCredentialUsed)
  server.setDelegatedCredentials([
    { credential: minted('p256', 'p384', clock.time), key: keyOf('p384').keyPem },
  ])
  t.is((await visit(client, server)).client.peerSignatureScheme, 'ecdsa_secp384r1_sha384')
})

test('RFC 9345 7.4: a session is resumed while its delegated credential is valid, and begun anew behind that', async t => {
  const clock = new Clock()
  const { client, server } = pair(clock, { server: { ticketLifetime: 7 * day } })
  const first = await visit(client, server)
  const { session } = first.client
  t.deepEqual(session?.shown.delegated, first.client.peerDelegatedCredential)
  const again = (context: SslContext) => visit(context, server, { session, reuseSession: true })
  clock.pass(1000)
  const second = await again(client)
  t.true(second.client.resumed)
  t.deepEqual(second.client.peerDelegatedCredential, first.client.peerDelegatedCredential)
  // Whose schemes are not taken any more, or who takes none at all, does not go on with it either.
  for (const delegatedSigalgs of [[], ['ecdsa_secp384r1_sha384']])
    t.false((await again(pair(clock, { client: { delegatedSigalgs } }).client)).client.resumed)
  clock.pass(day * 1000)
  const late = await again(client)
  t.false(late.client.resumed)
  t.true(late.client.authorized)
})

test("RFC 9345 7.4: a server judges a client's delegated credential anew", async t => {
  const clock = new Clock()
  const { client, server } = pair(clock, {
    client: {
      cert: chainOf(leafOf('p256')).pem,
      key: leafOf('p256').keyPem,
      delegatedCredentials: [
        {
          credential: minted('p256', 'ed25519', clock.time, 'client'),
          key: keyOf('ed25519').keyPem,
        },
      ],
    },
    server: { requestCert: true, delegatedSigalgs: all, ticketLifetime: 7 * day },
  })
  const first = await visit(client, server)
  t.not(first.server.peerDelegatedCredential, undefined)
  const { session } = first.client
  const again = () => visit(client, server, { session, reuseSession: true })
  clock.pass(1000)
  const second = await again()
  t.true(second.server.resumed && second.server.authorized)
  t.deepEqual(second.server.peerDelegatedCredential, first.server.peerDelegatedCredential)
  clock.pass(day * 1000)
  const late = await again()
  t.false(late.server.resumed)
  t.is(late.server.peerDelegatedCredential, undefined)
  t.true(late.server.authorized)
})

test('a delegated key may be elsewhere: signCallback is told of it, and may answer later', async t => {
  const clock = new Clock()
  const credential = minted('p256', 'ed25519', clock.time)
  const asked: unknown[] = []
  const { client, server } = pair(clock, {
    server: {
      delegatedCredentials: [{ credential }],
      signCallback: async ({ identity, scheme, content }) => {
        asked.push(identity.delegated?.credential, scheme.name)
        await Promise.resolve()
        return privateKeyOf(keyOf('ed25519')).sign(scheme.algorithm, content)
      },
    },
  })
  const met = await visit(client, server)
  t.true(met.client.authorized)
  t.deepEqual(asked, [credential, 'ed25519'])
})

test("a certificate's key may be elsewhere when it delegates", async t => {
  const clock = new Clock()
  const leaf = leafOf('p256')
  const { content, algorithm, complete } = prepareDelegation({
    cert: leaf.der,
    publicKey: keyOf('ed25519').spki,
    scheme: 'ed25519',
    lifetime: 7 * day,
    now: clock.time,
  })
  t.is(algorithm.name, 'ecdsa_secp256r1_sha256')
  const credential = complete(privateKeyOf(leaf).sign(algorithm.algorithm, content))
  const byHand = craft({
    leaf,
    spki: keyOf('ed25519').spki,
    scheme: signatureSchemes.ed25519.id,
    validTime: (clock.time - Date.UTC(2020, 0, 1)) / 1000 + 7 * day,
  })
  // All but the signature, which is another each time.
  t.deepEqual(credential.slice(0, 55), byHand.slice(0, 55))
  const { client, server } = pair(clock, {
    server: { delegatedCredentials: [{ credential, key: keyOf('ed25519').keyPem }] },
  })
  t.deepEqual((await visit(client, server)).client.peerDelegatedCredential, credential)
})

test('noble delegates, and takes it', async t => {
  const clock = new Clock()
  const { client, server } = pair(clock, { client: { crypto: noble }, server: { crypto: noble } })
  const met = await visit(client, server)
  t.true(met.client.authorized && met.server.delegatedCredentialUsed)
})

test('what nobody would believe is not made', t => {
  const now = Date.UTC(2026, 6, 1)
  const leaf = leafOf('p256')
  const good = {
    ...{ cert: leaf.pem, key: leaf.keyPem, publicKey: keyOf('ed25519').spki },
    ...({ scheme: 'ed25519', lifetime: day, now, crypto: nodeCrypto } as const),
  }
  t.notThrows(() => delegatedCredential(good))
  const ending = delegatingLeaf({ notAfter: now + day * 1000 })
  const wrong: Partial<Parameters<typeof delegatedCredential>[0]>[] = [
    { lifetime: 7 * day + 1 },
    { lifetime: 0 },
    { lifetime: Number.NaN },
    { cert: ending.pem, key: ending.keyPem },
    { now: Date.UTC(2019, 0, 1) },
    { cert: chainFor('p256').leaf.pem, key: chainFor('p256').keyPem },
    { key: keyOf('p256').keyPem },
    { scheme: 'ecdsa_secp256r1_sha256' },
    { scheme: 'rsa_pss_rsae_sha256', publicKey: chainFor('rsa').leaf.spki },
    { algorithm: 'ed25519' },
    { algorithm: 'rsa_pkcs1_sha256', cert: leafOf('rsa').pem, key: leafOf('rsa').keyPem },
  ]
  for (const options of wrong)
    t.throws(() => delegatedCredential({ ...good, ...options }), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('a delegated credential that is not of the certificate, or another key, is refused when it is set', t => {
  const clock = new Clock()
  const credential = minted('p256', 'ed25519', clock.time)
  const key = keyOf('ed25519').keyPem
  const spoiled = credential.slice()
  spoiled[spoiled.length - 1] = (spoiled.at(-1) as number) ^ 1
  const wrong = [
    { credential: spoiled, key },
    { credential: credential.slice(1), key },
    { credential: new Uint8Array(0), key },
    { credential: minted('ed25519', 'ed25519', clock.time), key },
    { credential, key: keyOf('p256').keyPem },
  ]
  for (const delegated of wrong)
    t.throws(() => pair(clock, { server: { delegatedCredentials: [delegated] } }), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
  for (const scheme of ['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256', 'nothing'])
    t.throws(() => new SslContext({ delegatedSigalgs: scheme }), { code: 'ERR_INVALID_ARG_VALUE' })
})
