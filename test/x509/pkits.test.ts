import { readFileSync } from 'node:fs'
import {
  crlStore,
  isX509Failure,
  parseCrl,
  trustStore,
  type Verdict,
  verifyChain,
} from '@biopair/x509'
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
  readonly crls: Readonly<Record<string, string>>
}

/** Cases whose outcome is not ours, each with the reason. Everything else has to agree. */
const page = readFileSync(new URL('../../../docs/certificates.md', import.meta.url), 'utf8')
const leftOut = new Map(
  Array.from(page.matchAll(/^\| (4\.\d+\.\d+) +\| (\S.*?) +\|$/gm), ([, id = '', why]) => [
    id,
    why,
  ]),
)

// Within the validity of whatever PKITS means to be valid.
const time = Date.UTC(2012, 0, 1)

function judge({ certs, crls, settings }: Case, suite: Suite): Verdict {
  const [anchor, ...rest] = certs.map(name => decoded(suite.certs[name]))
  const lists = crls.map(name => decoded(suite.crls[name]))
  // Delta and indirect ones are refused when they are given.
  const whole = lists.filter(der => !isX509Failure(parseCrl(der)))
  return verifyChain({
    chain: rest.toReversed(),
    anchors: trustStore(anchor ? [anchor] : []),
    time,
    purpose: 'any',
    crypto: nodeVerify,
    revocation: { check: 'hard', crls: crlStore(whole) },
    policies: {
      initial: oids(settings.SetInitialPolicySet),
      requireExplicit: settings.SetInitialExplicitPolicy === 'true',
      inhibitMapping: settings.SetInitialPolicyMappingInhibit === 'true',
      inhibitAny: settings.SetInitialInhibitAnyPolicy === 'true',
    },
  })
}

function decoded(base64 = ''): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, 'base64'))
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
    t.is(agrees, !leftOut.has(one.number), `${name} expects ${one.should_validate}: ${said}`)
    if (!verdict.ok || !agrees) continue
    // Every certificate of PKITS asserts its first policy, unless the case is about others.
    const expected = oids(one.settings.SetUserConstrainedPolicySet ?? 'NIST-test-policy-1')
    t.deepEqual([...(verdict.policies?.userConstrained ?? [])].sort(), expected, name)
  }
  t.log(`${agreed} of ${cases.length} agree; ${cases.length - agreed} are left out for a reason`)
  t.is(leftOut.size, 11)
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
