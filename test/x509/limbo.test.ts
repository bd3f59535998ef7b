import {
  type CrlStore,
  crlStore,
  isX509Failure,
  parseCrl,
  pemBlocks,
  trustStore,
  verifyChain,
} from '@biopair/x509'
import type { ExecutionContext } from 'ava'
import { nodeVerify } from '../support/node-verify.ts'
import { dataTest, dataText } from '../support/x509-data.ts'
import { now } from './chains.ts'

interface Case {
  readonly id: string
  readonly validation_kind: 'SERVER' | 'CLIENT'
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  readonly validation_time: string | null
  readonly expected_result: 'SUCCESS' | 'FAILURE'
  readonly expected_peer_name: { readonly value: string } | null
  readonly max_chain_depth: number | null
  readonly crls: readonly string[]
}

/** Cases whose expectation is not ours, each with the reason. Everything else has to agree. */
const differences: Readonly<Record<string, string>> = {
  'rfc5280::aki::intermediate-missing-aki':
    'a duty of authorities (RFC 5280 4.2.1.1), no part of validation (6.1)',
  'rfc5280::nc::permitted-dns-match-noncritical':
    'a duty of authorities; the constraints are applied, critical or not',
  'rfc5280::root-non-critical-basic-constraints': 'a duty of authorities; PKITS 4.6.4 has it valid',
  'rfc5280::san::underscore-dns': 'host names with underscores are in use',
  'webpki::aki::root-with-aki-authoritycertserialnumber': 'a rule of the CA/Browser Forum',
  'webpki::aki::root-with-aki-all-fields': 'a rule of the CA/Browser Forum',
  'webpki::aki::root-with-aki-ski-mismatch': 'a rule of the CA/Browser Forum',
  'webpki::cn::ipv6-non-rfc5952-mismatch': 'a rule of the CA/Browser Forum; CN is never read',
  'webpki::cn::utf8-vs-punycode-mismatch': 'a rule of the CA/Browser Forum; CN is never read',
  'webpki::ca-as-leaf': 'a rule of the CA/Browser Forum; rfc5280::ca-as-leaf has it valid',
  'webpki::cn::not-in-san': 'a rule of the CA/Browser Forum; CN is never read',
  'webpki::eku::ee-critical-eku': 'a rule of the CA/Browser Forum',
  'webpki::eku::ee-without-eku': 'a rule of the CA/Browser Forum; rfc5280::eku has it valid',
  'webpki::eku::root-has-eku': 'a rule of the CA/Browser Forum',
  'webpki::malformed-aia': 'authorityInfoAccess is not read',
  'webpki::forbidden-rsa-not-divisible-by-8-in-root': 'a rule of the CA/Browser Forum',
  'webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf': 'a rule of the CA/Browser Forum',
}

function judge(limbo: Case): { readonly believed: boolean; readonly why: string } {
  // A root that is no certificate for us believes nobody.
  const anchors = limbo.trusted_certs.filter(pem => {
    try {
      return trustStore([pem]).certificates.length > 0
    } catch (error) {
      if (error instanceof TypeError) return false
      throw error
    }
  })
  const verdict = verifyChain({
    revocation: limbo.crls.length > 0 ? { check: 'hard', crls: crls(limbo) } : undefined,
    chain: [limbo.peer_certificate, ...limbo.untrusted_intermediates].flatMap(pem =>
      pemBlocks(pem).map(({ bytes }) => bytes),
    ),
    anchors: trustStore(anchors),
    // Where a case has no time, any will do at which its roots, of 1970 to 2969, are valid.
    time: limbo.validation_time === null ? now : Date.parse(limbo.validation_time),
    purpose: limbo.validation_kind === 'SERVER' ? 'serverAuth' : 'clientAuth',
    name: limbo.expected_peer_name?.value,
    crypto: nodeVerify,
    // x509-limbo lets any trusted certificate end a path.
    allowPartialTrustChain: true,
    limits: limbo.max_chain_depth === null ? undefined : { depth: limbo.max_chain_depth },
  })
  return { believed: verdict.ok, why: verdict.ok ? 'believed' : `${verdict.code}: ${verdict.why}` }
}

/** What is no CRL for us says nothing. */
function crls({ crls }: Case): CrlStore {
  const lists = crls.flatMap(pem => pemBlocks(pem).map(({ bytes }) => bytes))
  return crlStore(lists.filter(der => !isX509Failure(parseCrl(der))))
}

function run(t: ExecutionContext, of: (id: string) => boolean): void {
  const { testcases } = JSON.parse(dataText('x509-limbo/limbo-part.json')) as {
    testcases: readonly Case[]
  }
  const cases = testcases.filter(({ id }) => of(id))
  let agreed = 0
  for (const limbo of cases) {
    const { believed, why } = judge(limbo)
    const agrees = believed === (limbo.expected_result === 'SUCCESS')
    if (agrees) agreed++
    t.is(agrees, !(limbo.id in differences), `${limbo.id} expects ${limbo.expected_result}: ${why}`)
  }
  t.log(`${agreed} of ${cases.length} agree; ${cases.length - agreed} differ for a stated reason`)
  t.true(cases.length > 0)
}

dataTest('x509-limbo', 'x509-limbo agrees but for the differences that we state', t =>
  run(t, id => !id.startsWith('bettertls::')),
)

dataTest('x509-limbo', 'BetterTLS agrees in every case', t =>
  run(t, id => id.startsWith('bettertls::')),
)
