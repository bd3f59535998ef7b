import { trustStore, type Verdict, verifyChain } from '@biopair/x509'
import type { ExecutionContext } from 'ava'
import { nodeVerify } from '../support/node-verify.ts'
import { dataTest, dataText } from '../support/x509-data.ts'

interface Case {
  readonly number: string
  readonly title: string
  /** Names of certificates, from the anchor down. */
  readonly certs: readonly string[]
  readonly crls: readonly string[]
  readonly should_validate: boolean
  readonly settings: Readonly<Record<string, string | undefined>>
}

interface Suite {
  readonly testcases: readonly Case[]
  readonly certs: Readonly<Record<string, string>>
}

/** Cases whose outcome is not ours, each with the reason. Everything else has to agree. */
const leftOut: Readonly<Record<string, string>> = {
  '4.1.4': 'DSA, which TLS has no use for any more',
  '4.1.5': 'DSA, which TLS has no use for any more',
  // Invalid for what a CRL says, or because none says anything: revocation is not part of `judge` yet.
  '4.4.1': 'its CRLs decide',
  '4.4.2': 'its CRLs decide',
  '4.4.3': 'its CRLs decide',
  '4.4.4': 'its CRLs decide',
  '4.4.5': 'its CRLs decide',
  '4.4.6': 'its CRLs decide',
  '4.4.8': 'its CRLs decide',
  '4.4.9': 'its CRLs decide',
  '4.4.10': 'its CRLs decide',
  '4.4.11': 'its CRLs decide',
  '4.4.12': 'its CRLs decide',
  '4.4.18': 'its CRLs decide',
  '4.4.20': 'its CRLs decide',
  '4.4.21': 'its CRLs decide',
  '4.5.2': 'its CRLs decide',
  '4.5.5': 'its CRLs decide',
  '4.5.7': 'its CRLs decide',
  '4.7.4': 'its CRLs decide',
  '4.7.5': 'its CRLs decide',
  '4.14.2': 'its CRLs decide',
  '4.14.3': 'its CRLs decide',
  '4.14.6': 'its CRLs decide',
  '4.14.8': 'its CRLs decide',
  '4.14.9': 'its CRLs decide',
  '4.14.11': 'its CRLs decide',
  '4.14.12': 'its CRLs decide',
  '4.14.14': 'its CRLs decide',
  '4.14.15': 'its CRLs decide',
  '4.14.16': 'its CRLs decide',
  '4.14.17': 'its CRLs decide',
  '4.14.20': 'its CRLs decide',
  '4.14.21': 'its CRLs decide',
  '4.14.23': 'its CRLs decide',
  '4.14.26': 'its CRLs decide',
  '4.14.27': 'its CRLs decide',
  '4.14.31': 'its CRLs decide',
  '4.14.32': 'its CRLs decide',
  '4.14.34': 'its CRLs decide',
  '4.14.35': 'its CRLs decide',
  '4.15.1': 'its CRLs decide',
  '4.15.3': 'its CRLs decide',
  '4.15.4': 'its CRLs decide',
  '4.15.6': 'its CRLs decide',
  '4.15.9': 'its CRLs decide',
  '4.15.10': 'its CRLs decide',
}

// Within the validity of whatever PKITS means to be valid.
const time = Date.UTC(2012, 0, 1)

function judge({ certs, settings }: Case, { certs: all }: Suite): Verdict {
  const [anchor, ...rest] = certs.map(
    name => new Uint8Array(Buffer.from(all[name] ?? '', 'base64')),
  )
  return verifyChain({
    chain: rest.toReversed(),
    anchors: trustStore(anchor ? [anchor] : []),
    time,
    purpose: 'any',
    crypto: nodeVerify,
    policies: {
      initial: oids(settings.SetInitialPolicySet),
      requireExplicit: settings.SetInitialExplicitPolicy === 'true',
      inhibitMapping: settings.SetInitialPolicyMappingInhibit === 'true',
      inhibitAny: settings.SetInitialInhibitAnyPolicy === 'true',
    },
  })
}

function oids(names: string | undefined): string[] | undefined {
  return names
    ?.split(',')
    .filter(name => name !== '')
    .map(name =>
      name === 'anyPolicy'
        ? '2.5.29.32.0'
        : name.replace('NIST-test-policy-', '2.16.840.1.101.3.2.1.48.'),
    )
}

function run(t: ExecutionContext, section: (number: string) => boolean): void {
  const suite = JSON.parse(dataText('nist-pkits/pkits.json')) as Suite
  const cases = suite.testcases.filter(({ number }) => section(number))
  t.true(cases.length > 0)
  let agreed = 0
  for (const one of cases) {
    const name = `${one.number} ${one.title}`
    const verdict = judge(one, suite)
    const said = verdict.ok ? 'believed' : `${verdict.code} at ${verdict.depth}: ${verdict.why}`
    const agrees = verdict.ok === one.should_validate
    if (agrees) agreed++
    t.is(agrees, !(one.number in leftOut), `${name} expects ${one.should_validate}: ${said}`)
    if (!verdict.ok || !agrees) continue
    // Every certificate of PKITS asserts its first policy, unless the case is about others.
    const expected = oids(one.settings.SetUserConstrainedPolicySet ?? 'NIST-test-policy-1')
    t.deepEqual([...(verdict.policies?.userConstrained ?? [])].sort(), expected, name)
  }
  t.log(`${agreed} of ${cases.length} agree; ${cases.length - agreed} are left out for a reason`)
}

const policySections = /^4\.(?:8|9|10|11|12)\./

dataTest(
  'nist-pkits',
  'PKITS on policies (4.8 to 4.12) agrees, to the set of policies that is left',
  t => run(t, number => policySections.test(number)),
)

dataTest('nist-pkits', 'PKITS on all else agrees, but for what is left out with a reason', t =>
  run(t, number => !policySections.test(number)),
)
