/** checkServerIdentity: node:tls's function, and the option of that name. */
import { X509Certificate } from 'node:crypto'
import { checkServerIdentity as nodes } from 'node:tls'
import { noble } from '@biopair/crypto/noble'
import {
  type CheckServerIdentity,
  type ContextOptions,
  checkServerIdentity,
  ServerIdentityError,
  type VerifyCallback,
} from '@biopair/ssl'
import { isX509Failure, legacyCertificate, matchName, parseCertificate } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { ends } from '../support/ends.ts'
import { chainFor, mint } from '../support/mint.ts'

const { leaf, intermediate } = chainFor('p256')

type NodeError = Error & { code: string; reason: string; host: string; cert: unknown }

function asNode(hostname: string, cert: object): NodeError | undefined {
  return nodes(hostname, cert as Parameters<typeof nodes>[1]) as NodeError | undefined
}

const names = [
  'server.example',
  'a.wild.example',
  'wild.example',
  'a.b.wild.example',
  'other.example',
  'SERVER.example.',
  '127.0.0.1',
  '127.0.0.2',
  '::1',
  '::2',
]
const presented = [
  'DNS:server.example',
  'DNS:*.wild.example',
  'IP Address:127.0.0.1',
  'IP Address:0:0:0:0:0:0:0:1',
  'IP Address:2001:DB8:0:0:1:0:0:0',
  'URI:http://server.example/',
  'email:a@server.example',
  'DNS:"other.example\\u002c DNS:server.example"',
  'URI:"http://x/\\u002c DNS:other.example"',
  'DirName:"CN=other.example\\u002cO=x"',
  'othername:<unsupported>',
]

test('the function says what that of node:tls says, to the letter', t => {
  const list = fc.uniqueArray(fc.constantFrom(...presented), { maxLength: 5 })
  fc.assert(
    fc.property(fc.constantFrom(...names), list, (hostname, texts) => {
      const cert = {
        subject: {},
        ...(texts.length > 0 ? { subjectaltname: texts.join(', ') } : {}),
      }
      const [mine, theirs] = [checkServerIdentity(hostname, cert), asNode(hostname, cert)]
      t.is(mine?.message, theirs?.message)
      t.is<string | undefined, string | undefined>(mine?.code, theirs?.code)
      t.is(mine?.reason, theirs?.reason)
      t.is(mine?.host, theirs?.host)
      t.is(mine?.cert, mine && cert)
    }),
    { numRuns: 1000 },
  )
})

test('it is stricter than that of node:tls where RFC 9525 is', t => {
  const cases: [string, object][] = [
    // The common name, and a wildcard that is a part of a label.
    ['server.example', { subject: { CN: 'server.example' } }],
    ['www.server.example', { subject: {}, subjectaltname: 'DNS:w*.server.example' }],
  ]
  for (const [hostname, cert] of cases) {
    t.is(asNode(hostname, cert), undefined)
    t.like(checkServerIdentity(hostname, cert), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  }
})

test('of a certificate it says what a verdict says', t => {
  const text = fc.string({ unit: fc.constantFrom(...'ab.*,:" \\', '*.a.b', 'a.b'), maxLength: 10 })
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...names, 'a.b', 'a', 'b.a.b', 'b'),
      (texts, hostname) => {
        const { der } = mint({ key: leaf.key, names: texts.map(one => (one === '' ? 'x' : one)) })
        const certificate = parseCertificate(der)
        if (isX509Failure(certificate)) throw new Error(certificate.why)
        const cert = legacyCertificate(certificate, noble.hashes)
        t.is(cert.subjectaltname, new X509Certificate(der).subjectAltName)
        const match = matchName(certificate, hostname)
        t.is(checkServerIdentity(hostname, cert) === undefined, match.ok, `${hostname}: ${texts}`)
      },
    ),
    { numRuns: 200 },
  )
})

/** What becomes of a client with such a function, and what it was asked. */
async function outcome(
  answer: (hostname: string) => ReturnType<CheckServerIdentity>,
  client: ContextOptions = {},
  server: ContextOptions = {},
) {
  const asked: Parameters<CheckServerIdentity>[] = []
  const made = ends({
    client: {
      ...client,
      checkServerIdentity: (...args) => {
        asked.push(args)
        return answer(args[0])
      },
    },
    server,
  })
  for (let i = 0; i < 6; i++) {
    made.client.doHandshake()
    made.server.doHandshake()
    await new Promise(setImmediate)
  }
  return { ...made, asked, result: made.client.doHandshake() }
}

test('it is asked about the name and the certificate, once, now or later', async t => {
  for (const answer of [() => undefined, async () => undefined]) {
    const { result, asked, client } = await outcome(answer)
    t.is(result.status, 'done')
    t.true(client.authorized)
    t.is(asked.length, 1)
    const [[hostname, cert]] = asked as [Parameters<CheckServerIdentity>]
    t.is(hostname, 'server.example')
    t.deepEqual(cert.raw, leaf.der)
    t.like(cert, { subject: { CN: 'server.example' }, nistCurve: 'P-256' })
  }
})

test('it takes the place of our own look at the name', async t => {
  const other = mint({ issuer: intermediate, names: ['other.example'] })
  const server = { cert: other.pem + intermediate.pem, key: other.keyPem }
  t.is((await outcome(() => undefined, {}, server)).result.status, 'done')
  const made = ends({ client: { checkServerIdentity }, server })
  for (let i = 0; i < 6; i++) {
    made.client.doHandshake()
    made.server.doHandshake()
  }
  t.like(made.client.doHandshake(), {
    status: 'failed',
    error: {
      alert: 'bad_certificate',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'server.example' },
    },
  })
})

test('its error refuses the server, and is the cause', async t => {
  const error = new ServerIdentityError('because', 'server.example', {})
  for (const answer of [() => error, async () => error]) {
    const { result, client } = await outcome(answer)
    t.like(result, { status: 'failed', error: { alert: 'bad_certificate' } })
    t.is(result.status === 'failed' ? result.error.cause : undefined, error)
    t.like(client.verdict, {
      ok: false,
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      number: 62,
      depth: 0,
    })
    t.false(client.authorized)
    const { result: gone, client: lax } = await outcome(answer, { rejectUnauthorized: false })
    t.is(gone.status, 'done')
    t.false(lax.authorized)
  }
})

test('an answer that is none, or a mistake, lets nobody in', async t => {
  for (const wrong of [null, true, false, 'no', {}, 0])
    t.like((await outcome(() => wrong as unknown as Error)).result, {
      status: 'failed',
      error: { alert: 'internal_error', cause: { code: 'ERR_INVALID_ARG_TYPE' } },
    })
  const mistake = new Error('mine')
  const throwing = () => {
    throw mistake
  }
  t.like((await outcome(throwing)).result, {
    status: 'failed',
    error: { alert: 'internal_error', cause: mistake },
  })
  const rejecting = () => Promise.reject(mistake)
  t.like((await outcome(rejecting)).result, {
    status: 'failed',
    error: { alert: 'internal_error' },
  })
})

test('it is not asked about a chain that is not believed', async t => {
  const late = mint({ issuer: intermediate, notAfter: Date.UTC(2021, 0) })
  const server = { cert: late.pem + intermediate.pem, key: late.keyPem }
  const { asked, result } = await outcome(() => undefined, {}, server)
  t.deepEqual(asked, [])
  t.like(result, { error: { alert: 'certificate_expired' } })
})

test('who puts up with an expired certificate does not put up with another name unawares', async t => {
  const late = mint({ issuer: intermediate, notAfter: Date.UTC(2021, 0) })
  const server = { cert: late.pem + intermediate.pem, key: late.keyPem }
  const verifyCallback: VerifyCallback = (verdict, _chain, { verdictExcept }) =>
    verdict.ok || (verdict.code === 'CERT_HAS_EXPIRED' && verdictExcept([verdict]).ok)
  t.is((await outcome(() => undefined, { verifyCallback }, server)).result.status, 'done')
  const { result } = await outcome(() => new Error('another'), { verifyCallback }, server)
  t.like(result, { status: 'failed', error: { alert: 'certificate_expired' } })
})

test('verifyNames are demanded beside it, and servers never ask', async t => {
  const own = mint({ issuer: intermediate, names: ['client.example'] })
  const made = ends({
    client: { cert: own.pem + intermediate.pem, key: own.keyPem },
    server: {
      ca: chainFor('p256').root.pem,
      requestCert: true,
      checkServerIdentity: () => new Error('never'),
    },
  })
  for (let i = 0; i < 6; i++) {
    made.client.doHandshake()
    made.server.doHandshake()
  }
  t.is(made.server.doHandshake().status, 'done')
})
