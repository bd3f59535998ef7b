/** Pins as an option of a context: with `ca`, and in its place. */
import { createHash } from 'node:crypto'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import test from 'ava'
import { type EndsOptions, ends, shake } from '../support/ends.ts'
import { chainFor, type Minted, mint } from '../support/mint.ts'

const { root, intermediate, leaf } = chainFor('p256')
const digest = ({ spki }: Minted) => createHash('sha256').update(spki).digest()
const pin = (one: Minted) => `sha256/${digest(one).toString('base64')}`
const stranger = mint({ subject: 'stranger' })

/** What becomes of a client with these options. */
function outcome(client: ContextOptions, more: EndsOptions = {}) {
  const made = ends({ ...more, client: { ...client, ...more.client } })
  for (let i = 0; i < 6; i++) {
    made.client.doHandshake()
    made.server.doHandshake()
  }
  return { ...made, result: made.client.doHandshake() }
}

const unpinned = {
  status: 'failed',
  error: {
    alert: 'certificate_unknown',
    reason: 'CERTIFICATE_VERIFY_FAILED',
    cause: { code: 'ERR_TLS_CERT_NOT_PINNED', number: 50, depth: 0 },
  },
}

test('with ca, the path has to have a pinned key too', t => {
  for (const one of [leaf, intermediate, root]) {
    t.is(outcome({ pins: [pin(one)] }).result.status, 'done')
    t.is(outcome({ pins: [pin(stranger), digest(one)] }).result.status, 'done')
  }
  const { result, client, server } = outcome({ pins: [pin(stranger)] })
  t.like(result, unpinned)
  t.like(client.verdict, { ok: false, code: 'ERR_TLS_CERT_NOT_PINNED' })
  t.like(server.doHandshake(), {
    status: 'failed',
    error: { alert: 'certificate_unknown', origin: 'received' },
  })
})

test('with ca, a pinned key that nobody vouches for is not believed', t => {
  const own = mint()
  const server = { cert: own.pem, key: own.keyPem }
  t.like(outcome({ pins: [pin(own)] }, { server }).result, {
    status: 'failed',
    error: { alert: 'unknown_ca' },
  })
})

test('without ca, the owner of a pinned key is believed', t => {
  const own = mint()
  const server = { cert: own.pem, key: own.keyPem }
  const noCa = { ca: undefined } as unknown as ContextOptions
  const { result, client } = outcome({ ...noCa, pins: [pin(own)] }, { server })
  t.is(result.status, 'done')
  t.true(client.authorized)
  t.is(client.peerName, 'server.example')
  t.is(client.verdict?.path.length, 1)
  t.like(outcome({ ...noCa, pins: [pin(stranger)] }, { server }).result, unpinned)
  // A pin above the peer is none of its own.
  t.like(outcome({ ...noCa, pins: [pin(root), pin(intermediate)] }).result, unpinned)
})

test('without ca, name, time and usage are looked at all the same', t => {
  const cases = [
    [{ names: ['other.example'] }, 'bad_certificate'],
    [{ notAfter: Date.UTC(2021, 0) }, 'certificate_expired'],
    [{ extKeyUsage: ['1.3.6.1.5.5.7.3.2'] }, 'unsupported_certificate'],
  ] as const
  for (const [change, alert] of cases) {
    const own = mint(change)
    const { result } = outcome({ ca: undefined, pins: [pin(own)] } as unknown as ContextOptions, {
      server: { cert: own.pem, key: own.keyPem },
    })
    t.like(result, { status: 'failed', error: { alert } })
  }
})

test('without ca, whoever has another key cannot show the pinned certificate', t => {
  const own = mint()
  const { result } = outcome({ ca: undefined, pins: [pin(own)] } as unknown as ContextOptions, {
    server: {
      certificateCallback: ({ schemes }) => ({ chain: own.pem, schemes }),
      signCallback: () => new Uint8Array(70),
    },
  })
  t.like(result, { status: 'failed', error: { alert: 'decrypt_error' } })
})

test('an empty ca is nobody, pins or not', t => {
  const { client } = ends({ client: { ca: [], pins: [pin(leaf)] } })
  t.throws(() => client.doHandshake(), { code: 'ERR_NO_TRUST_ANCHORS' })
})

test('a server pins clients in the same way', t => {
  const own = mint({ names: ['client.example'] })
  const client = { cert: own.pem, key: own.keyPem }
  for (const [pins, status] of [
    [[pin(own)], 'done'],
    [[pin(stranger)], 'failed'],
  ] as const) {
    const made = ends({ client, server: { requestCert: true, pins } })
    for (let i = 0; i < 6; i++) {
      made.client.doHandshake()
      made.server.doHandshake()
    }
    t.is(made.server.doHandshake().status, status)
    t.is(made.server.authorized, status === 'done')
  }
})

test('a session is resumed only where its chain has a pin', t => {
  let session: Parameters<NonNullable<ContextOptions['onSession']>>[0] | undefined
  const options = { numTickets: 2, ticketKeys: new Uint8Array(48).fill(3) }
  const first = ends({ client: { onSession: one => (session = one) }, server: options })
  shake(first)
  first.client.read(new Uint8Array(1))
  t.truthy(session)
  for (const [pins, resumed] of [
    [[pin(root)], true],
    [[pin(stranger)], false],
  ] as const) {
    const { client, result } = outcome({ pins }, { server: options, session })
    t.is(client.resumed, resumed)
    t.is(result.status, resumed ? 'done' : 'failed')
    session = session && { ...session }
  }
})

test('a raw public key has to be pinned beside being expected', t => {
  const server = { rawKey: leaf.keyPem, serverCertTypes: ['rpk'] } as const
  const spki = [leaf.spki]
  const client = { serverCertTypes: ['rpk'], rawPublicKeys: spki } as const
  t.is(outcome({ ...client, pins: [pin(leaf)] }, { server }).result.status, 'done')
  t.like(outcome({ ...client, pins: [pin(stranger)] }, { server }).result, unpinned)
  t.like(
    outcome({ ...client, rawPublicKeys: [stranger.spki], pins: [pin(leaf)] }, { server }).result,
    {
      status: 'failed',
    },
  )
})

test('pins that are none are a TypeError with a code', t => {
  for (const pins of [[], ['x'], [new Uint8Array(31)], [pin(leaf), '']])
    t.throws(() => new SslContext({ pins }), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_VALUE',
      message: /^pins: /,
    })
})
