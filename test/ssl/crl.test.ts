/** Revocation as two ends see it: CRLs and OCSP responses of a context, soft and hard, beside `ocsp`, set anew, and in resumption. */

import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  type RevocationCheck,
  Ssl,
  SslContext,
  type VerifyContext,
} from '@biopair/ssl'
import type { Verdict } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { deltaIndicator, distribution, mintCrl } from '../support/crl-mint.ts'
import { clientOptions, connectedEnds, ends, serverOptions } from '../support/ends.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor, mint } from '../support/mint.ts'
import { mintOcsp, mustStaple } from '../support/ocsp-mint.ts'
import { clientContext, serverContext, visit } from '../support/resume.ts'
import { ending, settle } from '../support/settle.ts'

const { root, intermediate: issuer, leaf } = chainFor('p256')
const stapler = mint({ issuer, names: ['server.example'], extensions: [mustStaple()] })
const now = Date.now()
const hour = 3_600_000
const ofRoot = mintCrl({ issuer: root }).pem
const good = mintCrl({ issuer }).pem
const revoking = mintCrl({ issuer, revoked: [{ serial: leaf }, { serial: stapler }] }).pem
const old = mintCrl({ issuer, thisUpdate: now - 9 * hour, nextUpdate: now - hour }).pem
const fallen = mintCrl({ issuer: root, revoked: [{ serial: issuer }] }).pem

const crls: Readonly<Record<string, readonly string[] | undefined>> = {
  none: undefined,
  empty: [],
  both: [good, ofRoot],
  'one half': [good],
  revoked: [revoking, ofRoot],
  'revoked above': [good, fallen],
  old: [old, ofRoot],
}
const staples = {
  none: undefined,
  good: mintOcsp({ leaf, issuer }),
  revoked: mintOcsp({ leaf, issuer, status: 'revoked' }),
  garbage: Uint8Array.of(0x30, 0x03, 1, 2, 3),
}

/** The alert, by the words of the policy; `done` where there is none. */
function expected(one: {
  readonly crl: string
  readonly revocation: RevocationCheck | undefined
  readonly ocsp: 'check' | 'require' | 'ignore' | undefined
  readonly staple: keyof typeof staples
}): string {
  const { crl, ocsp, staple } = one
  const check = one.revocation ?? (crl === 'none' ? 'off' : 'hard')
  const asks =
    ocsp === 'check' ||
    ocsp === 'require' ||
    (!ocsp && one.revocation !== undefined && check !== 'off')
  const heard = asks ? staple : 'none'
  const bad = 'bad_certificate_status_response'
  if (check !== 'off') {
    if (heard === 'revoked' || crl === 'revoked') return 'certificate_revoked'
    const leafGood = heard === 'good' || ['both', 'one half', 'revoked above'].includes(crl)
    if (check === 'hard' && !leafGood) {
      const told = crl === 'old' ? 'certificate_unknown' : heard === 'garbage' ? bad : undefined
      const empty = crl === 'none' || crl === 'empty'
      return told ?? (empty && asks ? bad : 'certificate_unknown')
    }
    if (crl === 'revoked above') return 'certificate_revoked'
    if (check === 'hard' && !['both', 'old'].includes(crl))
      return (crl === 'none' || crl === 'empty') && asks ? bad : 'certificate_unknown'
  }
  if (ocsp !== 'check' && ocsp !== 'require') return 'done'
  if (staple === 'revoked') return 'certificate_revoked'
  if (staple === 'garbage') return bad
  return staple === 'none' && ocsp === 'require' ? bad : 'done'
}

for (const role of ['client', 'server'] as const)
  test(`a ${role} believes a chain exactly where CRLs, staples and its policy let it`, async t => {
    const seen = new Map<string, number>()
    const space = fc.record({
      crl: fc.constantFrom(...Object.keys(crls)),
      revocation: fc.constantFrom<RevocationCheck | undefined>(
        undefined,
        undefined,
        'soft',
        'hard',
      ),
      ocsp: fc.constantFrom<'check' | 'require' | 'ignore' | undefined>(
        ...([undefined, undefined, 'check', 'require', 'ignore'] as const),
      ),
      staple: fc.constantFrom(...(Object.keys(staples) as (keyof typeof staples)[])),
    })
    const property = fc.asyncProperty(space, async one => {
      const crl = crls[one.crl]
      const { revocation, ocsp } = one
      const ocspResponse = staples[one.staple]
      const judging: ContextOptions = {
        ca: root.pem,
        ...(crl ? { crl } : {}),
        ...(revocation ? { revocation } : {}),
        ...(ocsp ? { ocsp } : {}),
      }
      const shown: ContextOptions = { ocspRequestCallback: () => ocspResponse }
      const { cert = '', key = '' } = serverOptions
      const pair = ends(
        role === 'client'
          ? { client: judging, server: shown }
          : { client: { ...shown, cert, key }, server: { ...judging, requestCert: true } },
      )
      const outcome = await settle(pair)
      const wanted = expected(one)
      seen.set(wanted, (seen.get(wanted) ?? 0) + 1)
      return ending(outcome[role]) === wanted && pair[role].authorized === (wanted === 'done')
    })
    const wanted = [
      'done',
      'certificate_revoked',
      'certificate_unknown',
      'bad_certificate_status_response',
    ]
    const short = await untilMet(
      () => fc.assert(property, { numRuns: 150 }),
      () => shortOf(seen, wanted, 3),
    )
    t.log(Object.fromEntries(seen))
    t.deepEqual(short, [])
  })

test('options that contradict each other, and CRLs that nobody would read, are a TypeError', t => {
  const delta = mintCrl({ issuer, extensions: [deltaIndicator(1)] }).pem
  const indirect = mintCrl({ issuer, distribution: distribution({ indirect: true }) }).pem
  const wrong: readonly (readonly [ContextOptions, string, RegExp])[] = [
    [{ revocation: 'off', crl: good }, 'ERR_INVALID_ARG_VALUE', /crl: expected revocation/],
    [{ revocation: 'off', ocsp: 'check' }, 'ERR_INVALID_ARG_VALUE', /beside ocsp: check/],
    [{ revocation: 'off', ocsp: 'require' }, 'ERR_INVALID_ARG_VALUE', /beside ocsp: require/],
    [{ peerOcspResponses: [] }, 'ERR_INVALID_ARG_VALUE', /peerOcspResponses/],
    [{ revocation: 'maybe' as 'soft' }, 'ERR_INVALID_ARG_VALUE', /off, soft, hard/],
    [{ crl: good, revocationScope: 'all' as 'leaf' }, 'ERR_INVALID_ARG_VALUE', /leaf, chain/],
    [{ crl: root.pem }, 'ERR_X509_NO_CRL', /X509 CRL/],
    [{ crl: delta }, 'ERR_X509_INVALID_CRL', /delta CRL/],
    [{ crl: indirect }, 'ERR_X509_INVALID_CRL', /indirect/],
    [
      { revocation: 'soft', peerOcspResponses: [Uint8Array.of(1)] },
      'ERR_INVALID_ARG_VALUE',
      /peerOcspResponses\[0\]/,
    ],
  ]
  for (const [options, code, message] of wrong) {
    const error = t.throws(() => new SslContext({ crypto: nodeCrypto, ...options }), {
      instanceOf: TypeError,
      code,
    })
    t.regex(error?.message ?? '', message)
  }
  const silent = new SslContext({ crypto: nodeCrypto })
  t.throws(() => silent.setCrls(good), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => silent.setPeerOcspResponses([]), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('CRLs alone ask the peer for nothing; revocation asks for a response unless it is told not to', t => {
  for (const [options, asked] of [
    [{ crl: [good, ofRoot] }, false],
    [{ crl: [good, ofRoot], revocation: 'hard' }, true],
    [{ revocation: 'soft' }, true],
    [{ revocation: 'soft', requestOCSP: false }, false],
    [{ revocation: 'soft', ocsp: 'ignore' }, false],
    [{ revocation: 'off' }, false],
    [{ crl: [good, ofRoot], requestOCSP: true }, true],
  ] as const) {
    let count = 0
    const server = { ocspRequestCallback: () => void count++ }
    connectedEnds({ client: options, server })
    t.is(count > 0, asked, JSON.stringify(options).slice(0, 80))
  }
})

test('the verdict says what is known of each certificate', t => {
  const { client } = connectedEnds({
    client: { crl: [ofRoot], revocation: 'hard' },
    server: { ocspResponse: staples.good },
  })
  const { verdict } = client
  t.deepEqual(
    verdict?.ok && verdict.revocation?.map(({ status, by, doubts }) => [status, by, doubts]),
    [
      ['good', 'stapled', []],
      ['good', 'crl', []],
      ['not_checked', undefined, []],
    ],
  )
  t.is(connectedEnds().client.verdict?.ok, true)
  t.false('revocation' in (connectedEnds().client.verdict as object))
})

test('what is known of it goes along with a connection that moves', t => {
  const options = { ...clientOptions, crl: [good, ofRoot], revocation: 'hard' } as const
  const { client, near } = connectedEnds({
    client: options,
    server: { ocspRequestCallback: () => staples.garbage },
  })
  const key = new Uint8Array(32).fill(7)
  const before = client.verdict
  const moved = client.exportConnection(key)
  if (moved.status !== 'done') return t.fail(moved.status)
  const there = Ssl.importConnection(new SslContext(options), moved.bytes, key).setBio(near)
  const report = (verdict: Verdict | undefined) =>
    verdict?.ok ? verdict.revocation?.map(status => ({ ...status, doubts: [] })) : undefined
  t.is(report(before)?.length, 3)
  t.deepEqual(report(there.verdict), report(before))
  return undefined
})

test('a must-staple certificate has to come with a response where one is asked for, and CRLs do not stand in for it', async t => {
  const { pem, keyPem } = stapler
  const server = (ocspResponse?: Uint8Array) => ({
    ...{ cert: pem + issuer.pem, key: keyPem },
    ...(ocspResponse ? { ocspResponse } : {}),
  })
  const response = mintOcsp({ leaf: stapler, issuer })
  const late = mintOcsp({
    leaf: stapler,
    issuer,
    thisUpdate: now - 9 * hour,
    nextUpdate: now - hour,
  })
  for (const [client, stapled, wanted] of [
    [{ crl: [good, ofRoot] }, undefined, 'done'],
    [{ crl: [good, ofRoot], revocation: 'hard' }, undefined, 'bad_certificate_status_response'],
    [{ crl: [good, ofRoot], revocation: 'hard' }, late, 'bad_certificate_status_response'],
    [{ crl: [good, ofRoot], revocation: 'hard' }, response, 'done'],
    [{ revocation: 'soft' }, undefined, 'bad_certificate_status_response'],
    [{ revocation: 'soft' }, response, 'done'],
  ] as const) {
    const outcome = await settle(ends({ client, server: server(stapled) }))
    t.is(ending(outcome.client), wanted)
  }
})

/** Ends of which the client has this very context. */
function withContext(context: SslContext) {
  const [near, far] = bioPair()
  const client = new Ssl(context, { servername: 'server.example' }).setBio(near).setConnectState()
  const server = new Ssl(new SslContext(serverOptions)).setBio(far).setAcceptState()
  return { client, server }
}

test('CRLs that are set anew count from the next handshake on, and bad ones leave those before in place', async t => {
  const context = new SslContext({ ...clientOptions, crl: [good, ofRoot] })
  const said = async () => ending((await settle(withContext(context))).client)
  t.is(await said(), 'done')
  context.setCrls([revoking, ofRoot])
  t.is(await said(), 'certificate_revoked')
  t.throws(() => context.setCrls('nothing'), { code: 'ERR_X509_NO_CRL' })
  t.is(await said(), 'certificate_revoked')
  context.setCrls([good, ofRoot])
  t.is(await said(), 'done')
  context.setCrls([])
  t.is(await said(), 'certificate_unknown')
  const responses = [mintOcsp({ leaf, issuer }), mintOcsp({ leaf: issuer, issuer: root })]
  context.setPeerOcspResponses(responses)
  t.is(await said(), 'done')
  context.setPeerOcspResponses([mintOcsp({ leaf, issuer, status: 'revoked' })])
  t.is(await said(), 'certificate_revoked')
})

test('a verify callback sees the verdict, and may put up with a revocation', async t => {
  for (const [list, excused] of [
    [[revoking, ofRoot], true],
    [[revoking], false],
  ] as const) {
    const seen: unknown[] = []
    const verifyCallback = (verdict: Verdict, _: unknown, { verdictExcept }: VerifyContext) => {
      const except = verdict.ok ? verdict : verdictExcept([verdict])
      seen.push(verdict.ok || [verdict.code, verdict.depth, verdict.field])
      seen.push(except.ok || [except.code, except.depth])
      return except.ok
    }
    const outcome = await settle(ends({ client: { crl: list, verifyCallback } }))
    t.deepEqual(seen, [['CERT_REVOKED', 0, 'serialNumber'], excused || ['UNABLE_TO_GET_CRL', 1]])
    t.is(ending(outcome.client), excused ? 'done' : 'certificate_revoked')
  }
})

for (const role of ['client', 'server'] as const)
  test(`a session is not resumed whose certificate a CRL of the ${role} revokes meanwhile`, async t => {
    const judge = { crl: [good, ofRoot], ca: root.pem, now: Date.now }
    const mine = { cert: serverOptions.cert, key: serverOptions.key } as ContextOptions
    const client = clientContext(role === 'client' ? judge : { ...mine, now: Date.now })
    const server = serverContext(
      role === 'server' ? { ...judge, requestCert: true } : { now: Date.now },
    )
    const judging = role === 'client' ? client : server
    const { client: first } = await visit(client, server)
    const second = await visit(client, server, { session: first.session })
    t.true(second.client.resumed)
    t.true(second[role].authorized)
    const { session } = second.client
    judging.setCrls([revoking, ofRoot])
    const third = await visit(client, server, { session })
    t.false(third.client.resumed)
    t.false(third[role].authorized)
    const { verdict } = third[role]
    t.is(verdict && !verdict.ok && verdict.code, 'CERT_REVOKED')
  })

test('a response that a session began with counts when it is resumed, and one that was not read does not', async t => {
  const staple = serverContext({ ocspResponse: staples.good, now: Date.now })
  const options = { ca: root.pem, now: Date.now, revocationScope: 'leaf' } as const
  const hard = clientContext({ ...options, revocation: 'hard' })
  const { client: first } = await visit(hard, staple)
  t.true(first.authorized)
  const again = await visit(hard, staple, { session: first.session })
  t.true(again.client.resumed)
  const { verdict } = again.client
  t.is(verdict?.ok && verdict.revocation?.[0]?.by, 'session')

  const { client: careless } = await visit(clientContext(options), staple)
  const other = await visit(hard, staple, { session: careless.session })
  t.false(other.client.resumed)
  t.true(other.client.authorized)

  const crlsToo = clientContext({ ...options, revocation: 'hard', crl: [revoking] })
  const revoked = await visit(crlsToo, staple, { session: again.client.session })
  t.false(revoked.client.resumed)
  t.false(revoked.client.authorized)
})
