/** SNICallback: another context by the name that the client asks for. */

import { bioPair } from '@biopair/bio'
import { type ContextOptions, Ssl, SslContext, TlsAlert } from '@biopair/ssl'
import test from 'ava'
import { clientOptions, type Ends, ends, serverOptions } from '../support/ends.ts'
import { chainFor, mint } from '../support/mint.ts'

const { root, intermediate } = chainFor('p256')
const other = mint({ issuer: intermediate, names: ['other.example'] })
const otherOptions: ContextOptions = {
  ...serverOptions,
  cert: other.pem + intermediate.pem,
  key: other.keyPem,
}

function step({ client, server }: Pick<Ends, 'client' | 'server'>): ReturnType<Ssl['doHandshake']> {
  let outcome = server.doHandshake()
  for (let i = 0; i < 6; i++) {
    client.doHandshake()
    outcome = server.doHandshake()
  }
  return outcome
}

/** A client that asks for a name, and a server. */
function asking(servername: string | undefined, server: ContextOptions, client?: ContextOptions) {
  const [near, far] = bioPair()
  const names = servername === undefined ? {} : { servername }
  return {
    client: new Ssl(
      new SslContext({
        ...clientOptions,
        ...(servername === undefined ? { rejectUnauthorized: false } : {}),
        ...client,
      }),
      names,
    )
      .setBio(near)
      .setConnectState(),
    server: new Ssl(new SslContext({ ...serverOptions, ...server })).setBio(far).setAcceptState(),
  }
}

/** The extensions of the server's EncryptedExtensions, as a client sees them. */
function watching(into: number[]): ContextOptions {
  return {
    trace: event => {
      if (event.event !== 'message' || event.direction !== 'read' || event.message[0] !== 8) return
      const view = new DataView(event.message.buffer, event.message.byteOffset)
      for (let at = 6; at < event.message.length; at += 4 + view.getUint16(at + 2))
        into.push(view.getUint16(at))
    },
  }
}

test('the context of the name shows its certificate', t => {
  const context = new SslContext(otherOptions)
  const asked: (string | undefined)[] = []
  const made = asking('other.example', {
    SNICallback: name => {
      asked.push(name)
      return context
    },
  })
  const first = made.server.context
  t.is(step(made).status, 'done')
  t.true(made.client.authorized)
  t.deepEqual(asked, ['other.example'])
  t.is(made.server.context, context)
  t.not(first, context)
})

for (const stay of [undefined, null])
  test(`${stay} stays with the context at hand, and the name is acknowledged`, t => {
    const acknowledged: number[] = []
    const made = asking('server.example', { SNICallback: () => stay }, watching(acknowledged))
    const { context } = made.server
    t.is(step(made).status, 'done')
    t.true(made.client.authorized)
    t.is(made.server.context, context)
    t.true(acknowledged.includes(0))
  })

test('a server that knows its contexts by name alone needs no certificate of its own', t => {
  const { cert: _, key: __, ...bare } = serverOptions
  const contexts = new Map([['other.example', new SslContext(otherOptions)]])
  const SNICallback = (name: string | undefined) => contexts.get(name ?? '')
  for (const [name, status] of [
    ['other.example', 'done'],
    ['stranger.example', 'failed'],
  ] as const) {
    const [near, far] = bioPair()
    const made = {
      client: new Ssl(new SslContext(clientOptions), { servername: name })
        .setBio(near)
        .setConnectState(),
      server: new Ssl(new SslContext({ ...bare, SNICallback })).setBio(far).setAcceptState(),
    }
    const outcome = step(made)
    t.is(outcome.status, status)
    if (outcome.status === 'failed')
      t.like(outcome.error, { alert: 'handshake_failure', reason: 'NO_CERTIFICATE_SET' })
  }
})

test('it is asked, with undefined, for a client that names nobody, or an address', t => {
  for (const servername of [undefined, '127.0.0.1']) {
    const asked: (string | undefined)[] = []
    const made = asking(servername, { SNICallback: name => void asked.push(name) })
    t.is(step(made).status, 'done')
    t.deepEqual(asked, [undefined])
  }
})

test('an address in server_name counts for no name, as RFC 6066 section 3 permits none', t => {
  const acknowledged: number[] = []
  for (const address of ['127.0.0.1', '::1', '999.1.1.1', '2001:db8::1']) {
    const asked: (string | undefined)[] = []
    const made = asking(
      'server.example',
      { SNICallback: name => void asked.push(name) },
      {
        ...watching(acknowledged),
        edit: (name, message) => {
          if (name !== 'ClientHello') return message
          const bytes = [...Buffer.from(address)]
          const { length } = bytes
          const data = Uint8Array.of(0, length + 3, 0, 0, length, ...bytes)
          const hello = message as { extensions: { extension_type: number }[] }
          return {
            ...message,
            extensions: hello.extensions.map(extension =>
              extension.extension_type === 0 ? { ...extension, extension_data: data } : extension,
            ),
          }
        },
      },
    )
    t.is(step(made).status, 'done', address)
    t.deepEqual(asked, [undefined])
    t.is(made.server.servername, undefined)
  }
  t.false(acknowledged.includes(0))
})

test('with acknowledge: false the client is not told that its name was used', t => {
  for (const context of [undefined, new SslContext(otherOptions)]) {
    const acknowledged: number[] = []
    const made = asking(
      context ? 'other.example' : 'server.example',
      { SNICallback: () => ({ context, acknowledge: false }) },
      watching(acknowledged),
    )
    t.is(step(made).status, 'done')
    t.true(made.client.authorized)
    t.false(acknowledged.includes(0))
  }
})

test('a TlsAlert refuses with that alert', t => {
  const made = asking('stranger.example', {
    SNICallback: name => {
      throw new TlsAlert('unrecognized_name', {
        reason: 'UNRECOGNIZED_NAME',
        section: 'RFC 6066 3',
        why: `nobody here is ${name}`,
      })
    },
  })
  t.like(step(made), { status: 'failed', error: { alert: 'unrecognized_name', origin: 'sent' } })
  t.like(made.client.doHandshake(), {
    status: 'failed',
    error: { alert: 'unrecognized_name', origin: 'received' },
  })
})

test('an answer that is no context is internal_error', t => {
  for (const answer of [
    false,
    0,
    'other.example',
    {},
    { contxt: 1 },
    { context: {} },
    [1],
    otherOptions,
  ]) {
    const made = asking('server.example', { SNICallback: () => answer as never })
    const outcome = step(made)
    // An empty object says nothing, and so stays.
    if (JSON.stringify(answer) === '{}') t.is(outcome.status, 'done')
    else
      t.like(outcome, {
        status: 'failed',
        error: { alert: 'internal_error', reason: 'CALLBACK_FAILED' },
      })
  }
})

test('ALPN, the certificate and its signature are of the new context', t => {
  const asked: string[] = []
  const note = <T>(what: string, value: T): T => {
    asked.push(what)
    return value
  }
  const quiet = { ...serverOptions, ALPNProtocols: ['http/1.1'] }
  const context = new SslContext({
    ...otherOptions,
    ALPNCallback: () => note('ALPN of the other', 'h2'),
    certificateCallback: () => note('certificate of the other', undefined),
  })
  const [identity] = context.credentials
  const showing = new SslContext({
    ...otherOptions,
    ALPNCallback: () => note('ALPN of the other', 'h2'),
    certificateCallback: () => note('certificate of the other', identity),
    SNICallback: () => note('asked twice', undefined),
  })
  const made = asking(
    'other.example',
    {
      ...quiet,
      clientHelloCallback: () => note('hello', undefined),
      SNICallback: () => note('name', showing),
      ALPNCallback: () => note('ALPN of the first', 'http/1.1'),
      certificateCallback: () => note('certificate of the first', undefined),
    },
    { ALPNProtocols: ['http/1.1', 'h2'] },
  )
  t.is(step(made).status, 'done')
  t.is(made.client.alpnProtocol, 'h2')
  t.deepEqual(asked, ['hello', 'name', 'ALPN of the other', 'certificate of the other'])
})

test('whether a client is asked for a certificate, and who is believed, is of the new context', t => {
  const strict = new SslContext({ ...otherOptions, requestCert: true, ca: root.pem })
  const foreign = chainFor('ed25519')
  for (const [client, status] of [
    [{}, 'failed'],
    [{ cert: chainFor('p256').pem, key: chainFor('p256').keyPem }, 'done'],
    [{ cert: foreign.pem, key: foreign.keyPem }, 'failed'],
  ] as const) {
    const made = asking('other.example', { SNICallback: () => strict }, client)
    t.is(step(made).status, status)
    t.is(made.server.authorized, status === 'done')
  }
  // And the other way round: one that asks hands over to one that does not.
  const made = asking('other.example', {
    requestCert: true,
    ca: root.pem,
    SNICallback: () => new SslContext(otherOptions),
  })
  t.is(step(made).status, 'done')
})

test('suites, groups and tickets stay those that the connection began with', t => {
  const context = new SslContext({
    ...otherOptions,
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256',
    groups: 'P-384',
    numTickets: 5,
    trace: () => t.fail('the trace stays, too'),
  })
  let tickets = 0
  const made = asking(
    'other.example',
    {
      ciphers: 'TLS_AES_128_GCM_SHA256',
      groups: 'x25519',
      numTickets: 1,
      SNICallback: () => context,
    },
    { onSession: () => tickets++ },
  )
  t.is(step(made).status, 'done')
  t.is(made.client.cipher?.name, 'TLS_AES_128_GCM_SHA256')
  t.is(made.client.group, 'x25519')
  made.client.read(new Uint8Array(1))
  t.is(tickets, 1)
})

test('it is asked once, with a HelloRetryRequest and without', t => {
  for (const groups of ['x25519', 'P-256']) {
    let asked = 0
    const made = ends({
      client: { groups: 'x25519:P-256', keyShares: 'x25519' },
      server: { groups, SNICallback: () => void asked++ },
    })
    t.is(step(made).status, 'done')
    t.is(made.server.retried, groups === 'P-256')
    t.is(asked, 1)
  }
})
