/** clientHelloCallback: the first look at a ClientHello, and what it may do about it. */
import { type ClientHelloView, type ContextOptions, type Ssl, TlsAlert } from '@biopair/ssl'
import test from 'ava'
import { type Ends, ends } from '../support/ends.ts'
import { clientHello } from '../support/hello.ts'

function step({ client, server }: Ends, times = 6): ReturnType<Ssl['doHandshake']> {
  let outcome = server.doHandshake()
  for (let i = 0; i < times; i++) {
    client.doHandshake()
    outcome = server.doHandshake()
  }
  return outcome
}

/** Ends that shake hands, and the hellos that the server was shown. */
function shown(
  client: ContextOptions = {},
  server: ContextOptions = {},
): Ends & { hellos: ClientHelloView[] } {
  const hellos: ClientHelloView[] = []
  const made = ends({
    client,
    server: {
      ...server,
      clientHelloCallback: hello => {
        hellos.push(hello)
      },
    },
  })
  return { ...made, hellos }
}

test('a hello is shown as it came, once, before anything is decided', t => {
  const sent: Uint8Array[] = []
  const made = shown({
    ALPNProtocols: ['h2', 'http/1.1'],
    ciphers: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256',
    groups: 'x25519:P-256',
    sigalgs: 'ecdsa_secp256r1_sha256:ed25519',
    trace: event => {
      if (event.event === 'message' && event.direction === 'write')
        sent.push(Uint8Array.from(event.message))
    },
  })
  t.is(step(made).status, 'done')
  t.is(made.hellos.length, 1)
  const [hello] = made.hellos as [ClientHelloView]
  t.deepEqual(hello.raw, sent[0])
  t.false(hello.retried)
  t.is(hello.legacyVersion, 0x0303)
  t.deepEqual(hello.random, hello.raw.slice(6, 38))
  t.is(hello.sessionId.length, 32)
  t.deepEqual(hello.compressionMethods, Uint8Array.of(0))
  t.is(hello.servername, 'server.example')
  t.deepEqual(hello.ALPNProtocols, ['h2', 'http/1.1'])
  t.deepEqual(hello.versions, [0x0304])
  t.deepEqual(hello.groups, [0x1d, 0x17])
  t.deepEqual(hello.signatureSchemes, [0x0403, 0x0807])
  t.deepEqual(hello.cipherSuites, [0x1302, 0x1301])
  const types = hello.extensions.map(([type]) => type)
  t.deepEqual(new Set([0, 10, 13, 16, 43, 51].filter(type => !types.includes(type))), new Set())
  t.deepEqual(hello.extension(43), Uint8Array.of(2, 3, 4))
  t.is(hello.extension(0xfafa), undefined)
})

test('what is done to a hello that is shown changes nothing', t => {
  const made = ends({
    server: {
      clientHelloCallback: hello => {
        hello.raw.fill(0)
        hello.random.fill(0)
        hello.sessionId.fill(0)
        for (const [, data] of hello.extensions) data.fill(0)
      },
    },
  })
  t.is(step(made).status, 'done')
  t.true(made.client.connected)
})

test('a hello without the extensions shows empty lists', t => {
  const made = shown({ groups: 'x25519' })
  made.near.write(clientHello({ extensions: [] }))
  const outcome = made.server.doHandshake()
  // It was shown before it was found to be of TLS 1.2.
  t.like(outcome, { status: 'failed', error: { alert: 'protocol_version' } })
  const [hello] = made.hellos as [ClientHelloView]
  t.is(hello.servername, undefined)
  for (const list of [
    hello.ALPNProtocols,
    hello.versions,
    hello.groups,
    hello.signatureSchemes,
    hello.extensions,
  ])
    t.deepEqual([...list], [])
})

test('an extension that cannot be read throws the alert that the client is to hear', t => {
  for (const [type, look] of [
    [0, (hello: ClientHelloView) => hello.servername],
    [16, (hello: ClientHelloView) => hello.ALPNProtocols],
    [43, (hello: ClientHelloView) => hello.versions],
    [10, (hello: ClientHelloView) => hello.groups],
    [13, (hello: ClientHelloView) => hello.signatureSchemes],
  ] as const) {
    const made = ends({
      server: {
        clientHelloCallback: hello => {
          t.throws(() => look(hello), { instanceOf: TlsAlert })
          look(hello)
        },
      },
    })
    made.near.write(clientHello({ extensions: [[type, Uint8Array.of(0xff, 0xff, 0xff)]] }))
    t.like(made.server.doHandshake(), { status: 'failed', error: { alert: 'decode_error' } })
  }
})

test('after a HelloRetryRequest it is asked about the second hello too, which says so', t => {
  const made = shown({ groups: 'x25519:P-256', keyShares: 'x25519' }, { groups: 'P-256' })
  t.is(step(made).status, 'done')
  t.true(made.server.retried)
  t.deepEqual(
    made.hellos.map(({ retried }) => retried),
    [false, true],
  )
  t.deepEqual(made.hellos[0]?.random, made.hellos[1]?.random)
  t.notDeepEqual(made.hellos[0]?.extension(51), made.hellos[1]?.extension(51))
})

for (const how of ['throws', 'rejects'] as const)
  test(`a callback that ${how} a TlsAlert refuses with that alert, and nothing else is asked`, async t => {
    const asked: string[] = []
    const alert = new TlsAlert('access_denied', {
      reason: 'NOT_WELCOME',
      section: '6.2',
      why: 'its fingerprint is on the list',
    })
    const made = ends({
      client: { ALPNProtocols: ['h2'] },
      server: {
        clientHelloCallback: () => {
          if (how === 'throws') throw alert
          return Promise.reject(alert)
        },
        SNICallback: () => void asked.push('SNI'),
        ALPNCallback: () => {
          asked.push('ALPN')
          return 'h2'
        },
      },
    })
    made.client.doHandshake()
    let outcome = made.server.doHandshake()
    if (how === 'rejects') {
      t.is(outcome.status, 'want_client_hello')
      await made.server.ready(outcome)
      outcome = made.server.doHandshake()
    }
    t.true(outcome.status === 'failed' && outcome.error === alert)
    t.like(made.client.doHandshake(), {
      status: 'failed',
      error: { alert: 'access_denied', origin: 'received' },
    })
    t.deepEqual(asked, [])
  })

test('a callback that answers anything but undefined fails: "false" is no silent yes', t => {
  for (const answer of [false, true, null, 0, 'no', {}]) {
    const made = ends({ server: { clientHelloCallback: () => answer as never } })
    t.like(step(made), {
      status: 'failed',
      error: { alert: 'internal_error', reason: 'CALLBACK_FAILED' },
    })
  }
})
