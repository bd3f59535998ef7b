/** Client certificates after the handshake: what calls answer, and that data goes on meanwhile (RFC 9846 §4.7.2). */
import type { ContextOptions, RequestOutcome, Ssl } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { bytes, connectedEnds, type Ends, type EndsOptions, readAll } from '../support/ends.ts'
import { chainFor, mint } from '../support/mint.ts'

const { root, pem, keyPem, der } = chainFor('p256')
const willing: ContextOptions = { postHandshakeAuth: true, cert: pem, key: keyPem }

function open(options: EndsOptions = {}): Ends {
  return connectedEnds({
    ...options,
    client: { ...willing, ...options.client },
    server: { ca: root.pem, ...options.server },
  })
}

/** A request that was sent. */
function request(server: Ssl, ...options: Parameters<Ssl['requestCertificate']>) {
  const outcome = server.requestCertificate(...options)
  if (outcome.status !== 'done') throw new Error(outcome.status)
  return outcome.request
}

/** Both read until neither has anything to do. */
function settle({ client, server }: Ends): { client: string; server: string } {
  const texts = { client: '', server: '' }
  for (let i = 0; i < 4; i++) {
    texts.client += readAll(client).text
    texts.server += readAll(server).text
  }
  return texts
}

function failedWith(t: ExecutionContext, end: Ssl, alert: string, reason: string): void {
  const outcome = end.read(new Uint8Array(1))
  if (outcome.status !== 'failed' || !('alert' in outcome.error)) {
    t.fail(outcome.status)
    return
  }
  const { error } = outcome
  t.deepEqual([error.alert as string, error.reason], [alert, reason], error.message)
}

test('a server asks for a certificate after the handshake, and the client shows it', t => {
  const ends = open()
  const { client, server } = ends
  t.true(server.canRequestCertificate)
  t.deepEqual(server.peerCertificates, [])
  t.false(server.authorized)
  const asked = request(server)
  t.is(asked.state, 'requested')
  t.is(client.read(new Uint8Array(1)).status, 'want_read')
  t.is(asked.state, 'requested')
  t.is(server.read(new Uint8Array(1)).status, 'want_read')
  t.is(asked.state, 'authenticated')
  t.deepEqual(asked.certificates, [...der])
  t.true(asked.verdict?.ok)
  t.deepEqual(server.peerCertificates, [...der])
  t.true(server.authorized)
  t.is(server.peerSignatureScheme, 'ecdsa_secp256r1_sha256')
  client.write(bytes('to the server'))
  server.write(bytes('to the client'))
  t.deepEqual(settle(ends), { client: 'to the client', server: 'to the server' })
})

test('a client that has no certificate declines, and the connection goes on unless one is required', t => {
  for (const required of [false, true]) {
    const ends = open({ client: { cert: [], key: [] } })
    const asked = request(ends.server, { required })
    ends.client.read(new Uint8Array(1))
    if (required) {
      failedWith(t, ends.server, 'certificate_required', 'PEER_DID_NOT_RETURN_A_CERTIFICATE')
      failedWith(t, ends.client, 'certificate_required', 'TLSV13_ALERT_CERTIFICATE_REQUIRED')
      continue
    }
    t.is(ends.server.read(new Uint8Array(1)).status, 'want_read')
    t.is(asked.state, 'declined')
    t.deepEqual(ends.server.peerCertificates, [])
    t.false(ends.server.authorized)
  }
})

test('whether a certificate is required is what rejectUnauthorized says, unless the request says it', t => {
  for (const rejectUnauthorized of [true, false]) {
    const ends = open({ client: { cert: [], key: [] }, server: { rejectUnauthorized } })
    const asked = request(ends.server)
    ends.client.read(new Uint8Array(1))
    t.is(ends.server.read(new Uint8Array(1)).status, rejectUnauthorized ? 'failed' : 'want_read')
    t.is(asked.state, rejectUnauthorized ? 'requested' : 'declined')
  }
})

test('a certificate that is not believed ends the connection, unless rejectUnauthorized is false', t => {
  const stranger = mint({ subject: 'stranger' })
  const client = { cert: stranger.pem, key: stranger.keyPem }
  const strict = open({ client })
  request(strict.server)
  strict.client.read(new Uint8Array(1))
  failedWith(t, strict.server, 'unknown_ca', 'CERTIFICATE_VERIFY_FAILED')
  t.false(strict.server.authorized)
  t.deepEqual(strict.server.peerCertificates, [])

  const lax = open({ client, server: { rejectUnauthorized: false } })
  const asked = request(lax.server)
  settle(lax)
  t.is(asked.state, 'authenticated')
  t.is(asked.verdict?.ok, false)
  t.false(lax.server.authorized)
  t.deepEqual(lax.server.peerCertificates, [stranger.der])
})

test('rule 43: a client that did not offer it is not asked, and the call says so', t => {
  const ends = open({ client: { postHandshakeAuth: false } })
  t.false(ends.server.canRequestCertificate)
  t.deepEqual<RequestOutcome, RequestOutcome>(ends.server.requestCertificate(), {
    status: 'unsupported',
  })
  ends.server.write(bytes('data'))
  t.is(settle(ends).client, 'data')
})

test('4.4.2: after an external PSK a client is not asked', t => {
  const psks = [{ identity: 'me', key: new Uint8Array(32).fill(7) }]
  const ends = open({ client: { psks }, server: { psks } })
  t.not(ends.server.pskIdentity, undefined)
  t.deepEqual<RequestOutcome, RequestOutcome>(ends.server.requestCertificate(), {
    status: 'unsupported',
  })
})

test('as many as 8 requests are open at once, and answers come in any order', async t => {
  const answers: ((go: boolean) => void)[] = []
  const ends = open({
    client: {
      certificateCallback: want =>
        new Promise(resolve => {
          const [ours] = ends.client.context.credentials
          answers.push(go => resolve(go ? ours : undefined))
          t.is(want.request?.length, 32)
        }),
    },
  })
  const requests = Array.from({ length: 8 }, () => request(ends.server, { required: false }))
  t.deepEqual<RequestOutcome, RequestOutcome>(ends.server.requestCertificate(), { status: 'busy' })
  settle(ends)
  t.is(answers.length, 8)
  for (const i of [3, 7, 0, 1, 6, 2, 5, 4]) {
    answers[i]?.(i % 2 === 0)
    await Promise.resolve().then(() => {})
    await new Promise(setImmediate)
    settle(ends)
    t.is(requests[i]?.state, i % 2 === 0 ? 'authenticated' : 'declined', `request ${i}`)
  }
  t.is(ends.server.requestCertificate().status, 'done')
})

test('data goes on while the client signs and the server judges, each in its own time', async t => {
  const later: (() => void)[] = []
  const ends: Ends = open({
    client: {
      signCallback: want =>
        new Promise(resolve => {
          later.push(() => {
            const key = ends.client.context.credentials[0]?.key
            if (key) resolve(key.sign(want.scheme.algorithm, want.content))
          })
        }),
    },
    server: {
      verifyCallback: (verdict, _chain, { postHandshake }) =>
        new Promise(resolve => {
          t.true(postHandshake)
          later.push(() => resolve(verdict.ok))
        }),
    },
  })
  const { client, server } = ends
  const asked = request(server)
  const waiting = client.read(new Uint8Array(1))
  t.is(waiting.status, 'want_read')
  t.is('meanwhile' in waiting && waiting.meanwhile?.status, 'want_signature')
  const exchange = (n: number) => {
    client.write(bytes(`up ${n}`))
    server.write(bytes(`down ${n}`))
    client.keyUpdate(n % 2 === 0)
    server.keyUpdate(n % 3 === 0)
    t.deepEqual(settle(ends), { client: `down ${n}`, server: `up ${n}` })
  }
  for (let n = 0; n < 4; n++) exchange(n)
  t.is(asked.state, 'requested')
  const signed = client.ready(client.read(new Uint8Array(1)))
  later.shift()?.()
  await signed
  t.is(client.read(new Uint8Array(1)).status, 'want_read')
  const judging = server.read(new Uint8Array(1))
  t.is(asked.state, 'answered')
  t.is('meanwhile' in judging && judging.meanwhile?.status, 'want_verification')
  for (let n = 4; n < 8; n++) exchange(n)
  t.false(server.authorized)
  t.deepEqual(server.peerCertificates, [])
  const judged = server.ready(judging)
  later.shift()?.()
  await judged
  t.is(server.read(new Uint8Array(1)).status, 'want_read')
  t.is(asked.state, 'authenticated')
  t.true(server.authorized)
})

test('a callback that throws is internal_error, on either end', t => {
  const boom = () => {
    throw new Error('boom')
  }
  const client = open({ client: { signCallback: boom } })
  request(client.server)
  failedWith(t, client.client, 'internal_error', 'CALLBACK_FAILED')
  const server = open({ server: { verifyCallback: boom } })
  request(server.server)
  server.client.read(new Uint8Array(1))
  failedWith(t, server.server, 'internal_error', 'CALLBACK_FAILED')
})

test('closing tells who is at work on an answer, and ignores it', async t => {
  let aborted = false
  const ends = open({
    client: {
      signCallback: (_want, { signal }) =>
        new Promise(resolve => {
          signal.addEventListener('abort', () => {
            aborted = true
            resolve(new Uint8Array(1))
          })
        }),
    },
  })
  request(ends.server)
  ends.client.read(new Uint8Array(1))
  t.false(aborted)
  t.is(ends.client.close().status, 'done')
  t.true(aborted)
  await new Promise(setImmediate)
  t.is(ends.server.read(new Uint8Array(1)).status, 'closed')
})

test('a client that has said goodbye answers no more', async t => {
  let sign = () => {}
  const ends: Ends = open({
    client: {
      signCallback: () =>
        new Promise(resolve => {
          sign = () => resolve(new Uint8Array(70))
        }),
    },
  })
  const asked = request(ends.server)
  ends.client.read(new Uint8Array(1))
  t.is(ends.client.shutdown().status, 'sent')
  sign()
  await new Promise(setImmediate)
  t.is(ends.client.read(new Uint8Array(1)).status, 'want_read')
  t.is(ends.client.queued, 0)
  t.is(ends.server.read(new Uint8Array(1)).status, 'closed')
  t.is(asked.state, 'requested')
})

test('with requestCert later, tickets that follow an authentication say who the client is', t => {
  for (const [requestCert, tickets, chain] of [
    ['later', 2, 2],
    [false, 1, 0],
  ] as const)
    for (const ticketPolicy of ['at_once', 'with_first_write'] as const) {
      let came = 0
      const server = { ticketKeys: new Uint8Array(48).fill(3), numTickets: 1, requestCert }
      const first = open({
        server: { ...server, ticketPolicy },
        client: { onSession: () => came++ },
      })
      first.server.write(bytes('data'))
      settle(first)
      const before = first.client.session
      request(first.server)
      settle(first)
      first.server.write(bytes('data'))
      settle(first)
      t.is(came, tickets)
      for (const [session, known] of [
        [before, 0],
        [first.client.session, chain],
      ] as const) {
        if (known === 0 && session !== before) continue
        const again = open({ server, session })
        t.true(again.server.resumed, `${requestCert}`)
        t.is(again.server.peerCertificates.length, known)
        t.is(again.server.authorized, known > 0)
        // RFC 9846 §4.4.2: after a resumption a client may be asked all the same.
        const asked = request(again.server)
        settle(again)
        t.is(asked.state, 'authenticated')
      }
    }
})

test('a ticket on demand says nothing of a client where requestCert does not', t => {
  const server = { ticketKeys: new Uint8Array(48).fill(3), numTickets: 1 }
  const first = open({ server })
  request(first.server)
  settle(first)
  t.is(first.server.newSessionTicket().status, 'done')
  settle(first)
  const again = open({ server, session: first.client.session })
  t.true(again.server.resumed)
  t.deepEqual(again.server.peerCertificates, [])
})

test('what a request says takes the place of what the context does', t => {
  const names: (readonly Uint8Array[])[] = []
  const ends: Ends = open({
    client: {
      certificateCallback: want => {
        names.push(want.authorities, want.filters?.map(({ values }) => values) ?? [])
        return ends.client.context.credentials[0]
      },
    },
    server: { oidFilters: [{ oid: '2.5.29.15' }] },
  })
  const values = Uint8Array.of(0x03, 0x02, 0x07, 0x80)
  request(ends.server, {
    requestAuthorities: [der[1]],
    oidFilters: [{ oid: '2.5.29.15', values }],
  })
  request(ends.server)
  settle(ends)
  t.deepEqual(names, [[der[1]], [values], [root.subject], [new Uint8Array(0)]])
})

test('calls at the wrong time, and options that are none, are told apart', t => {
  const ends = open()
  const misuse = (code: string, call: () => unknown) => t.throws(call, { code }, code)
  misuse('ERR_STILL_IN_INIT', () => ends.client.requestCertificate())
  misuse('ERR_UNKNOWN_OPTION', () => ends.server.requestCertificate({ require: true } as object))
  misuse('ERR_INVALID_ARG_VALUE', () =>
    ends.server.requestCertificate({ oidFilters: [{ oid: 'two' }] }),
  )
  ends.server.shutdown()
  misuse('ERR_PROTOCOL_IS_SHUTDOWN', () => ends.server.requestCertificate())
})

test('any order of requests, answers, data, key updates and promises that are kept late comes to the same end', async t => {
  const step = fc.constantFrom(
    'request',
    'client reads',
    'server reads',
    'client writes',
    'server writes',
    'client updates',
    'server updates',
    'promise',
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(1, 2, 7, 100, 4096),
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      async (steps, ring, shows) => {
        const kept: (() => void)[] = []
        const promised = <T>(answer: () => T): Promise<T> =>
          new Promise(resolve => kept.push(() => resolve(answer())))
        let shown = 0
        const ends: Ends = open({
          rings: [ring, ring],
          client: {
            certificateCallback: () => {
              const show = shows[shown++ % shows.length]
              return promised(() => (show ? ends.client.context.credentials[0] : undefined))
            },
          },
          server: { verifyCallback: verdict => promised(() => verdict.ok) },
        })
        const { client, server } = ends
        const requests: ReturnType<typeof request>[] = []
        const sent = { client: '', server: '' }
        const got = { client: '', server: '' }
        const act = {
          request: () => {
            const outcome = server.requestCertificate({ required: false })
            if (outcome.status === 'done') requests.push(outcome.request)
          },
          'client reads': () => {
            got.client += readAll(client).text
          },
          'server reads': () => {
            got.server += readAll(server).text
          },
          'client writes': () => {
            if (client.write(bytes('c')).status === 'done') sent.client += 'c'
          },
          'server writes': () => {
            if (server.write(bytes('s')).status === 'done') sent.server += 's'
          },
          'client updates': () => client.keyUpdate(true),
          'server updates': () => server.keyUpdate(true),
          promise: async () => {
            kept.shift()?.()
            await new Promise(setImmediate)
          },
        }
        for (const name of steps) await act[name]()
        for (let i = 0; i < 20_000; i++) {
          act['client reads']()
          act['server reads']()
          client.flush()
          server.flush()
          if (kept.length > 0) await act.promise()
          const over = requests.every(({ state }) => ['authenticated', 'declined'].includes(state))
          if (over && got.client === sent.server && got.server === sent.client) break
        }
        t.deepEqual(got, { client: sent.server, server: sent.client })
        const declined = requests.filter(({ state }) => state === 'declined').length
        const authenticated = requests.filter(({ state }) => state === 'authenticated').length
        t.is(declined + authenticated, requests.length)
        t.is(declined, countDeclined(shown, shows))
        t.is(server.authorized, authenticated > 0)
      },
    ),
    { numRuns: 40 },
  )
})

function countDeclined(asked: number, shows: readonly boolean[]): number {
  return Array.from({ length: asked }, (_, i) => shows[i % shows.length]).filter(show => !show)
    .length
}
