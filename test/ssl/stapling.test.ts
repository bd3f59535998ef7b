/** What rides with a certificate, as two ends see it: OCSP responses sent, checked and required, SCTs handed on. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type OcspMode, SslContext, sessionToBytes } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { octetString } from '../support/der-writer.ts'
import { ends, readAll, shake } from '../support/ends.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor, extension, type Minted, mint } from '../support/mint.ts'
import { mintOcsp, mintResponder, mustStaple, sctList } from '../support/ocsp-mint.ts'
import { ending, settle } from '../support/settle.ts'

const { root, intermediate: issuer, leaf: plain } = chainFor('p256')
const names = ['server.example']
const stapler = mint({ issuer, names, extensions: [mustStaple()] })
const now = Date.now()
const hour = 3_600_000

const chainOf = (leaf: Minted) => ({ cert: leaf.pem + issuer.pem, key: leaf.keyPem })
const responses = (leaf: Minted) => ({
  good: mintOcsp({ leaf, issuer }),
  delegated: mintOcsp({ leaf, issuer, ...delegate }),
  revoked: mintOcsp({ leaf, issuer, status: 'revoked' }),
  unknown: mintOcsp({ leaf, issuer, status: 'unknown' }),
  old: mintOcsp({ leaf, issuer, thisUpdate: now - 9 * hour, nextUpdate: now - hour }),
  "another's": mintOcsp({ leaf: mint({ issuer }), issuer }),
  garbage: Uint8Array.of(0x30, 0x03, 1, 2, 3),
})
const signer = mintResponder(issuer)
const delegate = { signer, certs: [signer] }
type Kind = keyof ReturnType<typeof responses>
const made = { plain: responses(plain), stapler: responses(stapler) }
const alertOf: Readonly<Record<Kind, string>> = {
  good: 'done',
  delegated: 'done',
  revoked: 'certificate_revoked',
  unknown: 'bad_certificate_status_response',
  old: 'bad_certificate_status_response',
  "another's": 'bad_certificate_status_response',
  garbage: 'bad_certificate_status_response',
}

for (const role of ['client', 'server'] as const)
  test(`a ${role} that asks gets what the other has, and goes on where its mode is content with it`, async t => {
    const seen = new Map<string, number>()
    const space = fc.record({
      requestOCSP: fc.constantFrom(undefined, true),
      ocsp: fc.constantFrom<OcspMode | undefined>(undefined, 'ignore', 'check', 'require'),
      kind: fc.constantFrom('none', ...(Object.keys(alertOf) as Kind[])),
      leaf: fc.constantFrom('plain', 'plain', 'stapler'),
      later: fc.boolean(),
      requestSCT: fc.boolean(),
      scts: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 3 }),
      rings: fc.constantFrom<readonly [number, number]>([17, 17], [20_000, 20_000]),
    })
    const property = fc.asyncProperty(space, async one => {
      const { requestOCSP, ocsp, kind, requestSCT, scts, later } = one
      const leaf = one.leaf as 'plain' | 'stapler'
      const mode = ocsp ?? (requestOCSP ? 'check' : 'ignore')
      const asks = requestOCSP ?? mode !== 'ignore'
      const response = kind === 'none' ? undefined : made[leaf][kind as Kind]
      const asking: ContextOptions = {
        ca: root.pem,
        requestSCT,
        ...(requestOCSP ? { requestOCSP } : {}),
        ...(ocsp ? { ocsp } : {}),
        ...(role === 'server' ? { requestCert: true, ...chainOf(plain) } : {}),
      }
      const showing: ContextOptions = {
        ...chainOf(leaf === 'plain' ? plain : stapler),
        scts,
        ocspRequestCallback: () => (later ? Promise.resolve(response) : response),
      }
      const { rings } = one
      const pair = ends(
        role === 'client'
          ? { client: asking, server: showing, rings }
          : { client: { ...showing, ca: root.pem }, server: asking, rings },
      )
      const asker = pair[role]
      const outcome = await settle(pair)
      const must = mode === 'require' || (leaf === 'stapler' && mode === 'check')
      const missing = must ? 'bad_certificate_status_response' : 'done'
      const expected =
        mode === 'ignore' ? 'done' : kind === 'none' ? missing : alertOf[kind as Kind]
      seen.set(expected, (seen.get(expected) ?? 0) + 1)
      t.is(ending(outcome[role]), expected)
      t.is(ending(outcome[role === 'client' ? 'server' : 'client']), expected)
      t.deepEqual(asker.ocspResponse, asks ? response && Uint8Array.from(response) : undefined)
      const ridden = requestSCT ? scts.map(sct => Uint8Array.from(sct)) : []
      t.deepEqual(
        asker.scts.map(({ bytes }) => bytes),
        ridden,
      )
      t.is(outcome.wants.includes('want_ocsp_request'), asks && later)
      t.is(asker.authorized, expected === 'done')
    })
    const short = await untilMet(
      () => fc.assert(property, { numRuns: 120 }),
      () => shortOf(seen, [...new Set(Object.values(alertOf))], 4),
    )
    t.log(Object.fromEntries(seen))
    t.deepEqual(short, [])
  })

test('the response of an option rides, without a callback', async t => {
  const { good } = made.plain
  const { client, server } = ends({
    client: { ocsp: 'require' },
    server: { ocspResponse: good },
  })
  shake({ client, server })
  t.deepEqual(client.ocspResponse, good)
  t.deepEqual(client.stapled, [
    { ocspResponse: good, scts: [] },
    { ocspResponse: undefined, scts: [] },
  ])
  t.is(server.ocspResponse, undefined)
})

test('each certificate of a context has its own response, in their order', async t => {
  const rsa = chainFor('rsa')
  const theirs = mintOcsp({ leaf: rsa.leaf, issuer: rsa.intermediate })
  const { good } = made.plain
  for (const [ocspResponse, expected] of [
    [[theirs, good], theirs],
    [[undefined, good], undefined],
    [[theirs], theirs],
  ] as const) {
    const { client, server } = ends({
      client: {
        requestOCSP: true,
        ca: rsa.root.pem,
        sigalgs: 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256',
      },
      server: {
        cert: [rsa.pem, plain.pem + issuer.pem],
        key: [rsa.keyPem, plain.keyPem],
        ocspResponse,
      },
    })
    shake({ client, server })
    t.deepEqual(client.ocspResponse, expected)
  }
})

test('the verdict says what the response said, and the verify callback has the last word', async t => {
  for (const accept of [true, false]) {
    const seen: unknown[] = []
    const { client, server } = ends({
      client: {
        ocsp: 'check',
        verifyCallback: (verdict, _, { verdictExcept }) => {
          seen.push(verdict.ok || [verdict.code, verdict.depth, verdictExcept([verdict]).ok])
          return accept
        },
      },
      server: { ocspResponse: made.plain.revoked },
    })
    const outcome = await settle({ client, server })
    t.is(ending(outcome.client), accept ? 'done' : 'certificate_revoked')
    t.deepEqual(seen, [['CERT_REVOKED', 0, true]])
    t.false(client.authorized)
  }
})

test('who does not insist on being told whom it talks to is told, and goes on', async t => {
  const { client, server } = ends({
    client: { ocsp: 'require', rejectUnauthorized: false },
  })
  const outcome = await settle({ client, server })
  t.is(ending(outcome.client), 'done')
  t.false(client.authorized)
  t.true(client.verdict?.ok === false && client.verdict.code === 'OCSP_VERIFY_NEEDED')
})

test('the clock of a check is the one that the chain is verified at', async t => {
  const verifyTime = now + 30 * 24 * hour
  for (const [time, expected] of [
    [now, 'done'],
    [verifyTime, 'bad_certificate_status_response'],
  ] as const) {
    const pair = ends({
      client: { ocsp: 'require', verifyTime: time },
      server: { ocspResponse: made.plain.good },
    })
    t.is(ending((await settle(pair)).client), expected)
  }
})

test('a resumption carries no response, requires none, and asks no callback', async t => {
  let asked = 0
  let judged = 0
  const server = new SslContext({
    crypto: nodeCrypto,
    ...chainOf(stapler),
    numTickets: 1,
    ocspRequestCallback: () => {
      asked++
      return made.stapler.good
    },
  })
  const client = {
    ocsp: 'require',
    ocspResponseCallback: () => {
      judged++
      return true
    },
  } as const
  const first = ends({ client, server: server.options })
  shake(first)
  readAll(first.client)
  const { session } = first.client
  if (!session) throw new Error('there is no session')
  const second = ends({
    client,
    server: { ...server.options, ticketKeys: ticketKeysOf(first.server.context) },
    session: sessionToBytes(session),
  })
  t.is(ending((await settle(second)).client), 'done')
  t.true(second.client.resumed)
  t.is(second.client.ocspResponse, undefined)
  t.deepEqual([asked, judged], [1, 1])
})

function ticketKeysOf({ ticketKey }: SslContext): Uint8Array {
  return Uint8Array.from([...ticketKey.name, ...ticketKey.secret])
}

test("a client's callback has a word of its own, behind the server's whole flight", async t => {
  for (const response of [made.plain.good, undefined])
    for (const later of [false, true])
      for (const accept of [true, false]) {
        const states: string[] = []
        const pair = ends({
          client: {
            requestOCSP: true,
            ocspResponseCallback: given => {
              states.push(pair.client.state)
              t.deepEqual(given, response)
              return later ? Promise.resolve(accept) : accept
            },
          },
          server: response ? { ocspResponse: response } : {},
        })
        const outcome = await settle(pair)
        const expected = accept ? 'done' : 'bad_certificate_status_response'
        t.is(ending(outcome.client), expected)
        t.is(ending(outcome.server), expected)
        t.deepEqual(states, ['WAIT_FINISHED'])
        t.is(outcome.wants.includes('want_ocsp_response'), later)
      }
})

test('callbacks that answer something else, throw or reject are internal_error', async t => {
  const wrong = [
    () => 'yes',
    () => Promise.resolve(1),
    () => {
      throw new Error('no')
    },
    () => Promise.reject(new Error('no')),
    () => new Uint8Array(2 ** 16),
  ]
  for (const callback of wrong as (() => never)[]) {
    const asked = ends({ client: { requestOCSP: true }, server: { ocspRequestCallback: callback } })
    const one = await settle(asked)
    t.deepEqual([ending(one.client), ending(one.server)], ['internal_error', 'internal_error'])
    const judged = ends({ client: { requestOCSP: true, ocspResponseCallback: callback } })
    const two = await settle(judged)
    t.deepEqual([ending(two.client), ending(two.server)], ['internal_error', 'internal_error'])
  }
})

test('nobody asks a callback where the client did not ask', async t => {
  const fail = () => {
    throw new Error('asked')
  }
  const pair = ends({
    client: { ocspResponseCallback: fail },
    server: { ocspRequestCallback: fail },
  })
  t.is(ending((await settle(pair)).client), 'done')
})

test('a server with several names asks the context that SNICallback chose', async t => {
  const chosen = new SslContext({
    crypto: nodeCrypto,
    ...chainOf(stapler),
    ocspResponse: made.stapler.good,
  })
  const pair = ends({ client: { ocsp: 'require' }, server: { SNICallback: () => chosen } })
  t.is(ending((await settle(pair)).client), 'done')
  t.deepEqual(pair.client.ocspResponse, made.stapler.good)
})

test('a certificateCallback may hand a response and timestamps along', async t => {
  const sct = Uint8Array.of(1, 2, 3)
  const context = new SslContext({ crypto: nodeCrypto, ...chainOf(plain) })
  const [credential] = context.credentials
  const pair = ends({
    client: { ocsp: 'require', requestSCT: true },
    server: {
      certificateCallback: () =>
        credential && { ...credential, ocspResponse: made.plain.good, scts: [sct] },
    },
  })
  t.is(ending((await settle(pair)).client), 'done')
  t.deepEqual(pair.client.scts, [{ source: 'tls_extension', bytes: sct }])
})

test('timestamps are handed on from the extension, the certificate and the response', async t => {
  const [first, second, third, fourth] = [1, 2, 3, 4].map(n => Uint8Array.of(n, n, n)) as [
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
  ]
  const listed = (oid: string, ...scts: Uint8Array[]) =>
    extension(oid, false, octetString(sctList(...scts)))
  const leaf = mint({
    issuer,
    names,
    extensions: [listed('1.3.6.1.4.1.11129.2.4.2', second, third)],
  })
  const response = mintOcsp({
    leaf,
    issuer,
    extensions: [listed('1.3.6.1.4.1.11129.2.4.5', fourth)],
  })
  const { client, server } = ends({
    client: { ocsp: 'check', requestSCT: true },
    server: { ...chainOf(leaf), ocspResponse: response, scts: [first] },
  })
  shake({ client, server })
  t.deepEqual(client.scts, [
    { source: 'tls_extension', bytes: first },
    { source: 'certificate', bytes: second },
    { source: 'certificate', bytes: third },
    { source: 'ocsp_response', bytes: fourth },
  ])
  t.deepEqual(server.scts, [])
})

test('a list of timestamps in a certificate that cannot be read is none', t => {
  for (const value of [
    new Uint8Array(3),
    octetString(Uint8Array.of(0, 9, 0, 1, 1)),
    octetString(),
  ]) {
    const leaf = mint({
      issuer,
      names,
      extensions: [extension('1.3.6.1.4.1.11129.2.4.2', false, value)],
    })
    const { client, server } = ends({ server: chainOf(leaf) })
    shake({ client, server })
    t.deepEqual(client.scts, [])
  }
})

test('an anchor has nobody above it: its response is not checked, and cannot be required', async t => {
  for (const [ocsp, expected] of [
    ['check', 'done'],
    ['require', 'bad_certificate_status_response'],
  ] as const) {
    const pair = ends({
      client: { ca: plain.pem, allowPartialTrustChain: true, ocsp },
      server: { ...chainOf(plain), ocspResponse: made.plain.good },
    })
    t.is(ending((await settle(pair)).client), expected)
  }
  // One that is its own issuer speaks for itself.
  const self = mint({ names, ca: true, keyUsage: [0, 5], extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
  const pair = ends({
    client: { ca: self.pem, ocsp: 'require' },
    server: {
      cert: self.pem,
      key: self.keyPem,
      ocspResponse: mintOcsp({ leaf: self, issuer: self }),
    },
  })
  t.is(ending((await settle(pair)).client), 'done')
})
