import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { mintCrl } from '../support/crl-mint.ts'
import { freshKey, type Minted, mint } from '../support/mint.ts'
import { dataTest, dataText } from '../support/x509-data.ts'
import { now } from './chains.ts'
import { judgeCase, type LimboCase } from './limbo-harness.ts'

const page = readFileSync(new URL('../../../docs/certificates.md', import.meta.url), 'utf8')

/** Rows of the page's table of x509-limbo: what differs or is skipped, and why. */
const listed = new Map(
  Array.from(
    page.matchAll(/^\| `([\w.:*-]+)` +\| (differs|skipped) +\| \S/gm),
    ([, id = '', what = '']): [string, string] => [id, what],
  ),
)

/** The row that a case falls under: its own, or that of its namespace. */
function row(id: string): string | undefined {
  return listed.get(id) ?? listed.get(`${id.split('::')[0]}::*`)
}

function run(t: ExecutionContext, of: (id: string) => boolean): void {
  const { testcases } = JSON.parse(dataText('x509-limbo/limbo-part.json')) as {
    testcases: readonly LimboCase[]
  }
  const cases = testcases.filter(({ id }) => of(id))
  t.true(cases.length > 0)
  const counts = { agrees: 0, differs: 0, skipped: 0 }
  for (const limbo of cases) {
    const { id, expected_result } = limbo
    const { actual_result, context } = judgeCase(limbo, now)
    const outcome =
      actual_result === 'SKIPPED'
        ? 'skipped'
        : actual_result === expected_result
          ? 'agrees'
          : 'differs'
    counts[outcome]++
    t.is(outcome, row(id) ?? 'agrees', `${id} expects ${expected_result}: ${context}`)
  }
  t.log(counts)
}

dataTest('x509-limbo', 'x509-limbo agrees but for what docs/certificates.md lists', t =>
  run(t, id => !id.startsWith('bettertls::')),
)

dataTest('x509-limbo', 'BetterTLS agrees in every case', t =>
  run(t, id => id.startsWith('bettertls::')),
)

test('the harness asks for all that a case asks for', t => {
  const key = freshKey('p256')
  const root = mint({ subject: 'root', ca: true, key })
  const ca = mint({ subject: 'ca', ca: true, issuer: root })
  // Issued to itself: its name again with another key.
  const renewed = mint({ subject: 'ca', ca: true, issuer: ca })
  const leaf = mint({
    subject: 'host.example',
    names: ['host.example', 'email:me@host.example', 'email:us@host.example', '192.0.2.1'],
    issuer: renewed,
    keyUsage: [0, 1],
    extKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4'],
  })
  const base: LimboCase = {
    id: 'pathlen::case',
    validation_kind: 'CLIENT',
    trusted_certs: [root.pem],
    untrusted_intermediates: [ca.pem, renewed.pem],
    peer_certificate: leaf.pem,
    expected_result: 'SUCCESS',
  }
  const judge = (change: Partial<LimboCase>) => {
    const { actual_result, context } = judgeCase({ ...base, ...change }, now)
    return actual_result === 'FAILURE' ? (context.split(' ')[0] as string) : actual_result
  }
  t.is(judge({}), 'SUCCESS')
  t.is(judge({ validation_kind: 'SERVER' }), 'INVALID_PURPOSE')
  t.is(judge({ extended_key_usage: ['emailProtection', 'clientAuth'] }), 'SUCCESS')
  t.is(judge({ extended_key_usage: ['emailProtection', 'codeSigning'] }), 'INVALID_PURPOSE')
  t.is(judge({ extended_key_usage: ['1.3.6.1.5.5.7.3.4'] }), 'SUCCESS')
  t.is(judge({ key_usage: ['digitalSignature', 'contentCommitment'] }), 'SUCCESS')
  t.is(judge({ key_usage: ['keyAgreement'] }), 'INVALID_PURPOSE')
  t.is(judge({ signature_algorithms: ['ECDSA_WITH_SHA256'] }), 'SUCCESS')
  t.is(judge({ signature_algorithms: ['RSA_WITH_SHA256'] }), 'signed')
  const mail = (value: string) => ({ kind: 'RFC822', value }) as const
  t.is(
    judge({ expected_peer_names: [mail('me@host.example'), mail('us@host.example')] }),
    'SUCCESS',
  )
  t.is(
    judge({ expected_peer_names: [mail('me@host.example'), mail('you@host.example')] }),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  )
  t.is(judge({ expected_peer_name: { kind: 'IP', value: '192.0.2.1' } }), 'SUCCESS')
  t.is(
    judge({ expected_peer_name: { kind: 'DNS', value: 'a.example' } }),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  )
  t.is(judge({ max_chain_depth: 1 }), 'SUCCESS', 'a self-issued certificate does not count')
  t.is(judge({ max_chain_depth: 0 }), 'CERT_CHAIN_TOO_LONG')
  t.is(judge({ validation_time: '1999-01-01T00:00:00+00:00' }), 'CERT_NOT_YET_VALID')
  const list = (issuer: Minted, ...revoked: Minted[]) =>
    mintCrl({
      issuer,
      revoked: revoked.map(serial => ({ serial })),
      thisUpdate: now - 3_600_000,
      nextUpdate: now + 3_600_000,
    }).pem
  t.is(judge({ crls: [list(root), list(ca), list(renewed)] }), 'SUCCESS')
  t.is(judge({ crls: [list(root), list(ca), list(renewed, leaf)] }), 'CERT_REVOKED')
  t.is(judge({ crls: [list(root)] }), 'UNABLE_TO_GET_CRL')
  t.is(
    judge({ trusted_certs: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'] }),
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  )
})
