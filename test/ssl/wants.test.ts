/** Wants: each callback answers at once, later, never, too late, or fails; the outcome says which, and who is asked is asked once. */
import { failed } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Ssl, SslContext, type Suspended, TlsAlert } from '@biopair/ssl'
import { privateKeyFrom } from '@biopair/x509'
import test from 'ava'
import { bytes, clientOptions, type Ends, ends, readAll, serverOptions } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

type Side = 'client' | 'server'

/** A want: who has it, its status, and options that answer it with `answer(value)`. */
interface Case {
  readonly side: Side
  readonly status: Suspended['status']
  readonly options: (answer: <T>(value: () => T) => T | Promise<T>) => {
    client?: ContextOptions
    server?: ContextOptions
  }
}

const { pem, keyPem, root } = chainFor('p256')
const { credentials } = new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem })
const [identity] = credentials
const key = nodeCrypto.privateKey(privateKeyFrom(keyPem))
if (failed(key)) throw new Error(key.why)

const askForCertificate: ContextOptions = { requestCert: true, ca: root.pem }
const cases: Record<string, Case> = {
  "the server's clientHelloCallback": {
    side: 'server',
    status: 'want_client_hello',
    options: answer => ({ server: { clientHelloCallback: () => answer(() => undefined) } }),
  },
  "the server's SNICallback": {
    side: 'server',
    status: 'want_server_name',
    options: answer => ({ server: { SNICallback: () => answer(() => undefined) } }),
  },
  "the server's ALPNCallback": {
    side: 'server',
    status: 'want_alpn',
    options: answer => ({
      client: { ALPNProtocols: ['h2', 'http/1.1'] },
      server: { ALPNCallback: () => answer(() => 'http/1.1') },
    }),
  },
  "the server's certificateCallback": {
    side: 'server',
    status: 'want_certificate',
    options: answer => ({ server: { certificateCallback: () => answer(() => identity) } }),
  },
  "the server's signCallback": {
    side: 'server',
    status: 'want_signature',
    options: answer => ({
      server: {
        signCallback: ({ scheme, content }) => answer(() => key.sign(scheme.algorithm, content)),
      },
    }),
  },
  "the server's verifyCallback": {
    side: 'server',
    status: 'want_verification',
    options: answer => ({
      client: { cert: pem, key: keyPem },
      server: { ...askForCertificate, verifyCallback: ({ ok }) => answer(() => ok) },
    }),
  },
  "the client's certificateCallback": {
    side: 'client',
    status: 'want_certificate',
    options: answer => ({
      client: {
        cert: pem,
        key: keyPem,
        certificateCallback: () => answer(() => identity),
      },
      server: askForCertificate,
    }),
  },
  "the client's signCallback": {
    side: 'client',
    status: 'want_signature',
    options: answer => ({
      client: {
        cert: pem,
        key: keyPem,
        signCallback: ({ scheme, content }) => answer(() => key.sign(scheme.algorithm, content)),
      },
      server: askForCertificate,
    }),
  },
  "the client's verifyCallback": {
    side: 'client',
    status: 'want_verification',
    options: answer => ({ client: { verifyCallback: ({ ok }) => answer(() => ok) } }),
  },
}

/** Steps both until `end` stops at something else than the carrier, or both are done; answers how `end` stopped. */
function step(made: Ends, end: Ssl): ReturnType<Ssl['doHandshake']> {
  const other = end === made.client ? made.server : made.client
  for (let i = 0; i < 20; i++) {
    const outcome = end.doHandshake()
    const theirs = other.doHandshake()
    if (outcome.status === 'done' && theirs.status === 'done') return outcome
    if (!['done', 'want_read', 'want_write'].includes(outcome.status)) return outcome
  }
  throw new Error('neither stops')
}

/** Both are connected, agree, and hear each other. */
function agree(made: Ends): boolean {
  const { client, server } = made
  const exported = [client, server].map(end => Buffer.from(end.exportKeyingMaterial(16, 'same')))
  client.write(bytes('question'))
  server.write(bytes('answer'))
  return (
    client.connected &&
    server.connected &&
    client.alpnProtocol === server.alpnProtocol &&
    exported[0]?.equals(exported[1] as Buffer) === true &&
    readAll(server).text === 'question' &&
    readAll(client).text === 'answer'
  )
}

for (const [name, { side, status, options }] of Object.entries(cases)) {
  test(`${name} answers at once`, t => {
    let calls = 0
    const made = ends(
      options(value => {
        calls++
        return value()
      }),
    )
    t.is(step(made, made[side]).status, 'done')
    t.true(agree(made))
    t.is(calls, 1)
  })

  test(`${name} answers later, and is asked once`, async t => {
    let calls = 0
    let release = () => {}
    const made = ends(
      options(async value => {
        calls++
        await new Promise<void>(resolve => {
          release = resolve
        })
        return value()
      }),
    )
    const end = made[side]
    const outcome = step(made, end)
    t.is(outcome.status, status)
    if (!('ready' in outcome)) return t.fail('expected a promise')
    let settled = false
    void outcome.ready.then(() => {
      settled = true
    })
    // However often and by whatever call it is tried, it waits for the same answer.
    for (const call of [
      () => end.doHandshake(),
      () => end.read(new Uint8Array(1)),
      () => end.write(bytes('x')),
    ])
      for (let i = 0; i < 3; i++) {
        const again = call()
        t.is(again.status, status)
        t.is('ready' in again ? again.ready : undefined, outcome.ready)
      }
    t.deepEqual(end.flush(), { status: 'done' })
    await Promise.resolve()
    t.false(settled)
    release()
    t.is(await end.ready(outcome), undefined)
    t.is(step(made, end).status, 'done')
    t.true(agree(made))
    t.is(calls, 1)
  })

  test(`${name} answers by something that has a then`, async t => {
    const thenable = <T>(value: T) => ({
      // biome-ignore lint/suspicious/noThenProperty: what is tested is an object that is no Promise
      then: (settle: (value: T) => void) => settle(value),
    })
    const made = ends(options(value => thenable(value()) as unknown as Promise<never>))
    const outcome = step(made, made[side])
    t.is(outcome.status, status)
    await made[side].ready(outcome)
    t.is(step(made, made[side]).status, 'done')
    t.true(agree(made))
  })

  for (const [how, fail] of Object.entries({
    throws: () => {
      throw new Error('no idea')
    },
    rejects: () => Promise.reject(new Error('no idea')),
  }))
    test(`${name} ${how}: internal_error with its cause, and the peer hears it`, async t => {
      let calls = 0
      const made = ends(
        options(() => {
          calls++
          return fail()
        }),
      )
      const [end, other] =
        side === 'client' ? [made.client, made.server] : [made.server, made.client]
      let outcome = step(made, end)
      if (how === 'rejects') {
        t.is(outcome.status, status)
        await t.notThrowsAsync(end.ready(outcome))
        outcome = end.doHandshake()
      }
      if (outcome.status !== 'failed' || !(outcome.error instanceof TlsAlert))
        return t.fail(outcome.status)
      const { alert, reason, cause } = outcome.error
      t.deepEqual([alert, reason], ['internal_error', 'CALLBACK_FAILED'])
      t.is((cause as Error).message, 'no idea')
      t.deepEqual(end.doHandshake(), outcome)
      const heard = other.read(new Uint8Array(10))
      t.true(heard.status === 'failed' && heard.error instanceof TlsAlert)
      if (heard.status === 'failed')
        t.like(heard.error, { alert: 'internal_error', origin: 'received' })
      t.is(calls, 1)
    })

  test(`${name} may name the alert`, t => {
    const made = ends(
      options(() => {
        const reason = 'ACCESS_DENIED'
        throw new TlsAlert('access_denied', { reason, section: '6.2', why: 'not today' })
      }),
    )
    const outcome = step(made, made[side])
    t.true(outcome.status === 'failed')
    if (outcome.status === 'failed') t.like(outcome.error, { alert: 'access_denied' })
  })

  test(`${name} answers after close: nobody listens`, async t => {
    let release = () => {}
    let fail = (_: Error) => {}
    for (const late of ['answer', 'rejection']) {
      const made = ends(
        options(async value => {
          await new Promise<void>((resolve, reject) => {
            release = resolve
            fail = reject
          })
          return value()
        }),
      )
      const end = made[side]
      const outcome = step(made, end)
      t.is(outcome.status, status)
      t.deepEqual(end.close(), { status: 'done' })
      if (late === 'answer') release()
      else fail(new Error('too late'))
      if ('ready' in outcome) await t.notThrowsAsync(outcome.ready)
      t.throws(() => end.doHandshake(), { code: 'ERR_CLOSED' })
      t.false(end.connected)
      const other = end === made.client ? made.server : made.client
      const heard = other.doHandshake().status
      t.true(['closed', 'done'].includes(heard), heard)
      t.is(other.read(new Uint8Array(1)).status, 'closed')
    }
  })
}

test('a verify callback that says neither true nor false lets nobody in', async t => {
  for (const said of ['yes', 1, {}, undefined, null]) {
    for (const answer of [said, Promise.resolve(said)]) {
      const made = ends({ client: { verifyCallback: () => answer as unknown as boolean } })
      let outcome = step(made, made.client)
      if (outcome.status === 'want_verification') {
        await made.client.ready(outcome)
        outcome = made.client.doHandshake()
      }
      t.true(outcome.status === 'failed')
      if (outcome.status === 'failed') t.like(outcome.error, { alert: 'internal_error' })
    }
  }
})

test('a verify callback has the last word, both ways, and sees why', t => {
  const stranger = ends({
    client: {
      ca: chainFor('ed25519').root.pem,
      verifyCallback: (verdict, chain) => {
        t.false(verdict.ok)
        t.is(chain.length, 2)
        return true
      },
    },
  })
  t.is(step(stranger, stranger.client).status, 'done')
  t.false(stranger.client.authorized)
  const refused = ends({ client: { verifyCallback: ({ ok }) => !ok } })
  const outcome = step(refused, refused.client)
  t.true(outcome.status === 'failed')
  if (outcome.status === 'failed')
    t.like(outcome.error, { alert: 'certificate_unknown', reason: 'CERTIFICATE_VERIFY_FAILED' })
})

test('callbacks that answer nonsense are internal_error, not an exception', t => {
  const nonsense: { client?: ContextOptions; server?: ContextOptions }[] = [
    { server: { certificateCallback: () => ({}) as never } },
    { server: { signCallback: () => 'signature' as never } },
    { client: { ALPNProtocols: ['h2'] }, server: { ALPNCallback: () => 'h3' } },
    { client: { ALPNProtocols: ['h2'] }, server: { ALPNCallback: () => 7 as never } },
  ]
  for (const options of nonsense) {
    const made = ends(options)
    const outcome = step(made, made.server)
    t.true(outcome.status === 'failed')
    if (outcome.status === 'failed') t.like(outcome.error, { alert: 'internal_error' })
  }
})

test('a certificate callback that has none, and an ALPN callback that refuses, are alerts of their own', t => {
  const bare = ends({ server: { certificateCallback: () => undefined } })
  t.like(step(bare, bare.server), { status: 'failed', error: { alert: 'handshake_failure' } })
  const refusing = ends({
    client: { ALPNProtocols: ['h2'] },
    server: { ALPNCallback: () => undefined },
  })
  t.like(step(refusing, refusing.server), {
    status: 'failed',
    error: { alert: 'no_application_protocol' },
  })
})

test('a server may have a certificate callback in place of a certificate', t => {
  const { cert, key: without, ...others } = serverOptions
  t.truthy(cert)
  t.truthy(without)
  t.notThrows(() => new SslContext({ ...others, certificateCallback: () => identity }))
})

test('several connections of one context wait at once, each for its own answer', async t => {
  const waiting: ((protocol: string) => void)[] = []
  const context: ContextOptions = {
    ...serverOptions,
    ALPNCallback: () =>
      new Promise<string>(resolve => {
        waiting.push(resolve)
      }),
  }
  const several = Array.from({ length: 5 }, () =>
    ends({
      client: { ...clientOptions, ALPNProtocols: ['a', 'b', 'c', 'd', 'e'] },
      server: context,
    }),
  )
  const outcomes = several.map(made => step(made, made.server))
  t.true(outcomes.every(({ status }) => status === 'want_alpn'))
  t.is(waiting.length, 5)
  // Answered in another order than asked.
  for (const i of [3, 0, 4, 1, 2]) {
    waiting[i]?.('abcde'[i] as string)
    const [made, outcome] = [several[i] as Ends, outcomes[i] as (typeof outcomes)[number]]
    await made.server.ready(outcome)
    t.is(step(made, made.server).status, 'done')
    t.is(made.client.alpnProtocol, 'abcde'[i])
    t.true(agree(made))
  }
})
