/** verifyNames: what a peer has to prove, where that is not the name that it was asked for. */
import { bioPair } from '@biopair/bio'
import { type ContextOptions, Ssl, SslContext, type SslOptions } from '@biopair/ssl'
import test from 'ava'
import { clientOptions, serverOptions } from '../support/ends.ts'
import { chainFor, mint } from '../support/mint.ts'

const { root, intermediate, pem, keyPem } = chainFor('p256')

interface Met {
  readonly client: Ssl
  readonly server: Ssl
  readonly outcome: ReturnType<Ssl['doHandshake']>
}

/** Lets a client and a server meet; the outcome is that of `side`. */
function meet(
  side: 'client' | 'server',
  options: SslOptions,
  contexts: { client?: ContextOptions; server?: ContextOptions } = {},
): Met {
  const [near, far] = bioPair()
  const mine = (of: 'client' | 'server') =>
    of === side ? options : of === 'client' ? { servername: 'server.example' } : {}
  const client = new Ssl(new SslContext({ ...clientOptions, ...contexts.client }), mine('client'))
  const server = new Ssl(new SslContext({ ...serverOptions, ...contexts.server }), mine('server'))
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  const ends = { client, server }
  let outcome = ends[side].doHandshake()
  for (let i = 0; i < 5; i++) {
    client.doHandshake()
    server.doHandshake()
    outcome = ends[side].doHandshake()
  }
  return { client, server, outcome }
}

const mismatch = {
  status: 'failed',
  error: { alert: 'bad_certificate', reason: 'CERTIFICATE_VERIFY_FAILED' },
}

test('a client asks for one name and has another proved', t => {
  for (const verifyNames of ['localhost', ['localhost'], ['stranger.example', 'localhost']]) {
    const made = meet('client', { servername: 'front.example', verifyNames })
    t.is(made.outcome.status, 'done')
    t.is(made.server.servername, 'front.example')
    t.is(made.client.servername, 'front.example')
    t.is(made.client.peerName, 'localhost')
    t.true(made.client.authorized)
  }
})

test('the name that is asked for proves nothing where others are to be proved', t => {
  const made = meet('client', { servername: 'server.example', verifyNames: 'stranger.example' })
  t.like(made.outcome, mismatch)
  t.is(made.client.peerName, undefined)
})

test('without servername no name is sent, and the names are proved', t => {
  const made = meet('client', { verifyNames: ['server.example'] })
  t.is(made.outcome.status, 'done')
  t.is(made.server.servername, undefined)
  t.is(made.client.peerName, 'server.example')
})

test('the name that matched is told as the certificate has it', t => {
  for (const [options, name] of [
    [{ servername: 'a.wild.example' }, '*.wild.example'],
    [{ servername: 'server.example' }, 'server.example'],
    [{ servername: '127.0.0.1' }, '127.0.0.1'],
    [{ verifyNames: ['::1'] }, '::1'],
  ] as const)
    t.is(meet('client', options).client.peerName, name)
})

test('an address is proved by an address alone', t => {
  const leaf = mint({ issuer: intermediate, names: ['server.example', '192.0.2.7'] })
  const server = { cert: leaf.pem + intermediate.pem, key: leaf.keyPem }
  t.is(meet('client', { verifyNames: '192.0.2.7' }, { server }).outcome.status, 'done')
  t.like(meet('client', { verifyNames: '192.0.2.8' }, { server }).outcome, mismatch)
})

test('without wildcards a name has to be spelled out', t => {
  const options = { servername: 'a.wild.example' }
  t.is(meet('client', options).outcome.status, 'done')
  t.like(meet('client', { ...options, allowWildcards: false }).outcome, mismatch)
  t.is(
    meet('client', { servername: 'server.example', allowWildcards: false }).outcome.status,
    'done',
  )
})

test('a server may ask for one of several clients by name or mailbox', t => {
  const somebody = mint({ issuer: intermediate, names: ['email:some.body@mail.example'] })
  const contexts = {
    client: { cert: somebody.pem + intermediate.pem, key: somebody.keyPem },
    server: { requestCert: true, ca: root.pem },
  }
  const verifyNames = ['admin.example', 'email:some.body@MAIL.example']
  const made = meet('server', { verifyNames }, contexts)
  t.is(made.outcome.status, 'done')
  t.is(made.server.peerName, 'some.body@mail.example')
  t.like(meet('server', { verifyNames: 'email:any.body@mail.example' }, contexts).outcome, mismatch)
  // Without names any client that is believed will do.
  t.is(meet('server', {}, contexts).outcome.status, 'done')
  t.is(meet('server', {}, contexts).server.peerName, undefined)
  t.like(
    meet('server', { verifyNames }, { ...contexts, client: { cert: pem, key: keyPem } }).outcome,
    mismatch,
  )
})

test('names that no certificate can prove are refused when they are given', t => {
  const context = new SslContext(clientOptions)
  for (const verifyNames of [
    '',
    '*.example',
    'a b',
    'bücher.example',
    ['server.example', 'email:x'],
  ])
    t.throws(() => new Ssl(context, { verifyNames }), { code: 'ERR_INVALID_ARG_VALUE' })
  for (const verifyNames of [5, [5], {}, null])
    t.throws(() => new Ssl(context, { verifyNames } as never), { code: 'ERR_INVALID_ARG_TYPE' })
  t.throws(() => new Ssl(context, { allowWildcards: 'no' } as never), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
})

test('an empty list demands no name, which has to be meant', t => {
  const options = { servername: 'server.example', verifyNames: [] }
  t.throws(() => meet('client', options), { code: 'ERR_INVALID_ARG_VALUE' })
  const made = meet(
    'client',
    { servername: 'stranger.example', verifyNames: [] },
    { client: { rejectUnauthorized: false } },
  )
  t.is(made.outcome.status, 'done')
  // The chain is believed, whatever it is called.
  t.true(made.client.authorized)
  t.is(made.client.peerName, undefined)
})

test('a mailbox or a host with a port is no servername', t => {
  for (const servername of ['email:a@b.example', 'a@b.example', 'server.example:443'])
    t.throws(() => meet('client', { servername }), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('a list that is changed afterwards changes nothing', t => {
  const verifyNames = ['server.example']
  const options = { verifyNames }
  const [near, far] = bioPair()
  const client = new Ssl(new SslContext(clientOptions), options).setBio(near).setConnectState()
  const server = new Ssl(new SslContext(serverOptions)).setBio(far).setAcceptState()
  verifyNames[0] = 'stranger.example'
  for (let i = 0; i < 5; i++) {
    client.doHandshake()
    server.doHandshake()
  }
  t.true(client.authorized)
})
