/** Raw public keys in both directions: every pair of configurations agrees on what RFC 7250 says, or fails with the alert that it names. */
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import type { CertificateTypeName, VersionName } from '@biopair/handshake'
import { type ContextOptions, Ssl, SslContext, type SslOptions, TlsAlert } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { chainFor, freshKey, type KeyKind, mint } from '../support/mint.ts'

const kinds = ['p256', 'p384', 'ed25519', 'rsa-pss'] as const
const lists = [['x509'], ['rpk'], ['x509', 'rpk'], ['rpk', 'x509']] as const
const stranger = mint({ key: 'p256' })

interface End {
  readonly kind: KeyKind
  /** What this end has to show: a certificate's key serves by itself too. */
  readonly has: 'certificate' | 'raw key' | 'nothing'
  /** The types of its own certificates, as it says, and as the other end does. */
  readonly own: readonly CertificateTypeName[]
  readonly theirs: readonly CertificateTypeName[]
  /** Whether the other end expects its key. */
  readonly expected: boolean
}

const anyEnd = (has: readonly End['has'][]): fc.Arbitrary<End> =>
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      has: fc.constantFrom(...has),
      own: fc.constantFrom<readonly CertificateTypeName[]>(...lists),
      theirs: fc.constantFrom<readonly CertificateTypeName[]>(...lists),
      expected: fc.boolean(),
    })
    .map(end => (end.has === 'raw key' && end.own.length === 1 ? { ...end, own: ['rpk'] } : end))

interface Plan {
  readonly server: End
  readonly client: End
  readonly asks: 'not' | 'for one' | 'and insists'
}

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  server: anyEnd(['certificate', 'raw key']),
  client: anyEnd(['certificate', 'raw key', 'nothing']),
  asks: fc.constantFrom('not', 'for one', 'and insists'),
})

/** The options of what an end shows. */
function shows({ kind, has }: End): ContextOptions {
  const { pem, keyPem } = chainFor(kind)
  if (has === 'nothing') return {}
  return has === 'certificate' ? { cert: pem, key: keyPem } : { rawKey: keyPem }
}

/** The options of whom an end believes. */
function believes({ kind, expected }: End): ContextOptions {
  const { root, leaf } = chainFor(kind)
  return {
    ca: root.pem,
    rawPublicKeys: expected ? [stranger.spki, leaf.spki] : [stranger.spki],
  }
}

const base = { crypto: nodeCrypto, groups: 'x25519' }

function optionsOf({ server, client, asks }: Plan): [ContextOptions, ContextOptions] {
  return [
    {
      ...base,
      ...shows(client),
      ...believes(server),
      serverCertTypes: server.theirs,
      clientCertTypes: client.own,
    },
    {
      ...base,
      ...shows(server),
      ...believes(client),
      serverCertTypes: server.own,
      clientCertTypes: client.theirs,
      requestCert: asks !== 'not',
      rejectUnauthorized: asks === 'and insists',
    },
  ]
}

/** What RFC 7250 §4.2 and RFC 9846 §4.5.1 make of it: types, or the alert and who sends it. */
function foreseen({ server, client, asks }: Plan, version: VersionName): Foreseen {
  const common = server.own.filter(type => server.theirs.includes(type))
  if (common.length === 0) return { alert: 'unsupported_certificate', by: 'server' }
  const type = common.find(one => one === 'rpk' || server.has === 'certificate')
  if (!type) return { alert: 'handshake_failure', by: 'server' }
  const asked = client.theirs.find(one => client.own.includes(one))
  if (asks === 'and insists' && !asked) return { alert: 'unsupported_certificate', by: 'server' }
  if (type === 'rpk' && !server.expected) return { alert: 'bad_certificate', by: 'client' }
  if (asks === 'not' || !asked) return { server: type, client: undefined, shown: false }
  const shown = client.has === 'certificate' || (client.has === 'raw key' && asked === 'rpk')
  // RFC 5246 §7.4.6 has no word of its own for it.
  if (!shown && asks === 'and insists')
    return {
      alert: version === 'TLSv1.2' ? 'handshake_failure' : 'certificate_required',
      by: 'server',
    }
  const believed = shown && (asked === 'x509' || client.expected)
  if (shown && !believed && asks === 'and insists')
    return { alert: 'bad_certificate', by: 'server' }
  return { server: type, client: asked, shown, believed }
}

type Foreseen =
  | { readonly alert: string; readonly by: 'client' | 'server' }
  | {
      readonly server: CertificateTypeName
      readonly client: CertificateTypeName | undefined
      readonly shown: boolean
      readonly believed?: boolean
    }

interface Met {
  readonly client: Ssl
  readonly server: Ssl
  /** The alert that an end sent. */
  readonly alert: { readonly alert: string; readonly by: 'client' | 'server' } | undefined
}

function meet(
  [near, far]: readonly [SslContext, SslContext],
  options: SslOptions = { servername: 'server.example' },
): Met {
  const [here, there] = bioPair()
  const client = new Ssl(near, options).setBio(here).setConnectState()
  const server = new Ssl(far).setBio(there).setAcceptState()
  let alert: Met['alert']
  const into = new Uint8Array(1)
  for (let round = 0; round < 8; round++)
    for (const [by, end] of [['client', client] as const, ['server', server] as const]) {
      const outcome = end.read(into)
      if (outcome.status !== 'failed') continue
      const { error } = outcome
      if (error instanceof TlsAlert && error.origin === 'sent') alert = { alert: error.alert, by }
    }
  return { client, server, alert }
}

const contexts = (plan: Plan, maxVersion: VersionName) => {
  const [client, server] = optionsOf(plan)
  return [
    new SslContext({ ...client, maxVersion }),
    new SslContext({ ...server, maxVersion }),
  ] as const
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  test(`rule 64: every pair of configurations agrees on its types in ${version}, or fails with one alert`, t => {
    fc.assert(
      fc.property(anyPlan, plan => {
        const { client, server, alert } = meet(contexts(plan, version))
        const expected = foreseen(plan, version)
        if ('alert' in expected) {
          t.deepEqual(alert, expected)
          t.false(
            client.connected &&
              server.connected &&
              client.read(new Uint8Array(1)).status !== 'failed',
          )
          return
        }
        t.is(alert, undefined)
        t.deepEqual(
          [client, server].map(end => [end.connected, end.serverCertType, end.clientCertType]),
          [
            [true, expected.server, expected.client],
            [true, expected.server, expected.client],
          ],
        )
        t.true(client.authorized)
        const { der, leaf } = chainFor(plan.server.kind)
        const raw = expected.server === 'rpk'
        t.deepEqual(client.peerCertificates, raw ? [] : der)
        t.deepEqual(client.peerRawPublicKey, raw ? leaf.spki : undefined)
        const { der: mine, leaf: my } = chainFor(plan.client.kind)
        const rawClient = expected.client === 'rpk' && expected.shown
        t.deepEqual(server.peerCertificates, expected.shown && !rawClient ? mine : [])
        t.deepEqual(server.peerRawPublicKey, rawClient ? my.spki : undefined)
        t.is(server.authorized, expected.believed ?? false)
      }),
      { numRuns: version === 'TLSv1.3' ? 100 : 50 },
    )
  })

const plain: Plan = {
  server: { kind: 'p256', has: 'raw key', own: ['rpk'], theirs: ['rpk'], expected: true },
  client: { kind: 'ed25519', has: 'raw key', own: ['rpk'], theirs: ['rpk'], expected: true },
  asks: 'and insists',
}

test('rule 64: a client that takes raw keys and expects none does not begin', t => {
  for (const types of [['rpk'], ['rpk', 'x509']] as const) {
    const context = new SslContext({
      ...base,
      ca: chainFor('p256').root.pem,
      serverCertTypes: types,
    })
    const client = new Ssl(context, { servername: 'server.example' }).setBio(bioPair()[0])
    t.throws(() => client.connect(), { code: 'ERR_NO_TRUST_ANCHORS' })
  }
})

test('rule 64: a server that takes raw keys and expects none believes nobody: bad_certificate', t => {
  const [client, server] = optionsOf(plain)
  const { rawPublicKeys: _, ...careless } = server
  const ends = [new SslContext(client), new SslContext(careless)] as const
  t.deepEqual(meet(ends).alert, { alert: 'bad_certificate', by: 'server' })
})

test('rule 64: with rejectUnauthorized false a stranger goes on, and the facts say what it is', t => {
  const [client, server] = optionsOf(plain)
  const { rawPublicKeys: _, ...careless } = client
  const ends = [
    new SslContext({ ...careless, rejectUnauthorized: false }),
    new SslContext({ ...server, rejectUnauthorized: false, rawPublicKeys: stranger.spki }),
  ] as const
  const met = meet(ends)
  t.is(met.alert, undefined)
  for (const end of [met.client, met.server]) {
    t.true(end.connected)
    t.false(end.authorized)
    t.false(end.verdict?.ok)
    t.is(end.verdict?.ok === false && end.verdict.code, 'RPK_UNTRUSTED')
  }
})

test('rule 64: a verify callback may know the key, and nothing but its true lets it in', t => {
  const [client, server] = optionsOf({ ...plain, asks: 'not' })
  const { rawPublicKeys: _, ca: _ca, ...bare } = client
  const { leaf } = chainFor('p256')
  const seen: unknown[] = []
  const asking = (answer: boolean) =>
    new SslContext({
      ...bare,
      verifyCallback: (verdict, chain, { type, verdictExcept }) => {
        seen.push(verdict.ok, type, chain)
        const code = verdict.ok ? undefined : verdict.code
        t.is(code, 'RPK_UNTRUSTED')
        if (!verdict.ok) t.true(verdictExcept([verdict]).ok)
        return answer
      },
    })
  const far = new SslContext(server)
  t.true(meet([asking(true), far]).client.connected)
  t.deepEqual(meet([asking(false), far]).alert, { alert: 'bad_certificate', by: 'client' })
  const once = [false, 'rpk', [leaf.spki]]
  t.deepEqual(seen, [...once, ...once])
})

test('the keys that are expected can be those of one connection', t => {
  const [client, server] = optionsOf({ ...plain, asks: 'not' })
  const { leaf } = chainFor('p256')
  const context = new SslContext({ ...client, rawPublicKeys: stranger.spki })
  const far = new SslContext(server)
  t.is(meet([context, far]).alert?.alert, 'bad_certificate')
  for (const rawPublicKeys of [leaf.spki, [stranger.spki, leaf.spki]])
    t.true(meet([context, far], { rawPublicKeys }).client.authorized)
  t.is(meet([new SslContext(client), far], { rawPublicKeys: [stranger.spki] }).alert?.by, 'client')
  const nobody = new Ssl(new SslContext(client), { rawPublicKeys: [] }).setBio(bioPair()[0])
  t.throws(() => nobody.connect(), { code: 'ERR_NO_TRUST_ANCHORS' })
})

test('a weak raw key is refused although it is expected: bad_certificate', t => {
  const key = freshKey('rsa-1024')
  const { keyPem, spki } = mint({ key })
  const [client, server] = optionsOf({ ...plain, asks: 'not' })
  const near = new SslContext({ ...client, rawPublicKeys: spki })
  const met = meet([near, new SslContext({ ...server, rawKey: keyPem })])
  t.deepEqual(met.alert, { alert: 'bad_certificate', by: 'client' })
})

test('a session with raw keys is resumed, and both keys are judged anew', t => {
  const [client, server] = optionsOf(plain)
  const far = new SslContext(server)
  const near = new SslContext(client)
  const first = meet([near, far])
  const { session } = first.client
  t.deepEqual(session?.shown, { type: 'rpk', delegated: undefined })
  const again = (context: SslContext, options: SslOptions = {}) =>
    meet([context, far], { servername: 'server.example', session, ...options })
  const second = again(near)
  t.true(second.client.resumed && second.server.resumed)
  t.true(second.client.authorized && second.server.authorized)
  t.deepEqual(second.client.peerRawPublicKey, chainFor('p256').leaf.spki)
  t.deepEqual(second.server.peerRawPublicKey, chainFor('ed25519').leaf.spki)

  // Believed no more: the session is not offered, and the full handshake says so.
  const doubting = again(new SslContext({ ...client, rawPublicKeys: stranger.spki }))
  t.deepEqual(doubting.alert, { alert: 'bad_certificate', by: 'client' })
  // Nor where raw keys are not taken at all any more.
  const changed = again(new SslContext({ ...client, serverCertTypes: ['x509'] }))
  t.deepEqual(changed.alert, { alert: 'unsupported_certificate', by: 'server' })

  const [own] = far.ticketKeys
  const ticketKeys = new Uint8Array([...(own?.name ?? []), ...(own?.secret ?? [])])
  const strict = new SslContext({ ...server, ticketKeys, rawPublicKeys: stranger.spki })
  const last = meet([new SslContext(client), strict], { servername: 'server.example', session })
  t.deepEqual(last.alert, { alert: 'bad_certificate', by: 'server' })
  t.false(last.server.resumed)
})

test('a pre-shared key needs no certificate type, and none is agreed on', t => {
  const psks = [{ identity: 'both', key: new Uint8Array(32).fill(1) }]
  const [client, server] = optionsOf({
    ...plain,
    server: { ...plain.server, own: ['rpk'], theirs: ['x509'] },
  })
  const met = meet([new SslContext({ ...client, psks }), new SslContext({ ...server, psks })])
  t.is(met.alert, undefined)
  t.true(met.client.connected && met.server.connected)
  t.deepEqual(
    [met.client.serverCertType, met.server.serverCertType, met.server.clientCertType],
    [undefined, undefined, undefined],
  )
})

test('what is no public key, no type or nothing to show is refused when the context is made', t => {
  const { keyPem, pem, leaf } = chainFor('p256')
  const wrong: [ContextOptions, string][] = [
    [{ rawPublicKeys: pem }, 'ERR_PUBLIC_KEY_INVALID'],
    [{ rawPublicKeys: keyPem }, 'ERR_PUBLIC_KEY_INVALID'],
    [{ rawPublicKeys: leaf.der }, 'ERR_PUBLIC_KEY_INVALID'],
    [{ rawPublicKeys: new Uint8Array(0) }, 'ERR_PUBLIC_KEY_INVALID'],
    [{ rawPublicKeys: leaf.spki.slice(0, -1) }, 'ERR_PUBLIC_KEY_INVALID'],
    [{ serverCertTypes: [] }, 'ERR_INVALID_ARG_VALUE'],
    [{ clientCertTypes: ['pgp' as CertificateTypeName] }, 'ERR_INVALID_ARG_VALUE'],
    [{ rawKey: keyPem }, 'ERR_INVALID_ARG_VALUE'],
  ]
  for (const [options, code] of wrong)
    t.throws(() => new SslContext({ ...base, ...options }), { code })
})
