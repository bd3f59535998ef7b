/** NIST PKITS with its CRLs, revocation hard: sections 4.4, 4.5, 4.14 and 4.15, whose outcome CRLs decide, and all the others, where they must not. */
import {
  crlStore,
  isX509Failure,
  parseCrl,
  type RevocationOptions,
  trustStore,
  verifyChain,
} from '@biopair/x509'
import { nodeVerify } from '../support/node-verify.ts'
import { dataTest, dataText } from '../support/x509-data.ts'

interface Case {
  readonly number: string
  readonly title: string
  /** From the anchor down. */
  readonly certs: readonly string[]
  readonly crls: readonly string[]
  readonly should_validate: boolean
}
interface Pkits {
  readonly testcases: readonly Case[]
  readonly certs: Readonly<Record<string, string>>
  readonly crls: Readonly<Record<string, string>>
}

const indirect = 'needs an indirect CRL, which is refused when it is given'
const delta = 'needs a delta CRL, which is refused when it is given'
/** Everything that does not come out as PKITS has it. Sections 4.8 to 4.12 ask about policies: there CRLs change nothing. */
const leftOut: Readonly<Record<string, string>> = {
  '4.1.4': 'DSA',
  '4.1.5': 'DSA',
  '4.14.22': indirect,
  '4.14.24': indirect,
  '4.14.25': indirect,
  '4.14.28': indirect,
  '4.14.29': indirect,
  '4.14.30': indirect,
  '4.14.33': indirect,
  '4.15.4': delta,
  '4.15.5': delta,
}

/** What the invalid ones are refused for, where that is about CRLs. */
const codes: Readonly<Record<string, string>> = {
  '4.4.1': 'UNABLE_TO_GET_CRL',
  '4.4.2': 'CERT_REVOKED',
  '4.4.3': 'CERT_REVOKED',
  // The CRL's signature is no BIT STRING of whole octets: it is refused when it is given.
  '4.4.4': 'UNABLE_TO_GET_CRL',
  '4.4.5': 'UNABLE_TO_GET_CRL',
  '4.4.6': 'UNABLE_TO_GET_CRL',
  '4.4.8': 'UNHANDLED_CRITICAL_CRL_EXTENSION',
  '4.4.9': 'UNHANDLED_CRITICAL_CRL_EXTENSION',
  '4.4.10': 'UNHANDLED_CRITICAL_CRL_EXTENSION',
  '4.4.11': 'CRL_HAS_EXPIRED',
  '4.4.12': 'CRL_HAS_EXPIRED',
  // Revoked as well; the serial number speaks against it first.
  '4.4.15': 'ERR_X509_MALFORMED',
  '4.4.18': 'CERT_REVOKED',
  '4.4.20': 'CERT_REVOKED',
  '4.4.21': 'CRL_PATH_VALIDATION_ERROR',
  '4.5.2': 'CERT_REVOKED',
  '4.5.5': 'CERT_REVOKED',
  '4.5.7': 'CERT_REVOKED',
  '4.14.2': 'CERT_REVOKED',
  '4.14.3': 'DIFFERENT_CRL_SCOPE',
  '4.14.6': 'CERT_REVOKED',
  '4.14.8': 'DIFFERENT_CRL_SCOPE',
  '4.14.9': 'DIFFERENT_CRL_SCOPE',
  '4.14.11': 'DIFFERENT_CRL_SCOPE',
  '4.14.12': 'DIFFERENT_CRL_SCOPE',
  '4.14.14': 'DIFFERENT_CRL_SCOPE',
  '4.14.15': 'CERT_REVOKED',
  '4.14.16': 'CERT_REVOKED',
  '4.14.17': 'UNABLE_TO_GET_CRL',
  '4.14.20': 'CERT_REVOKED',
  '4.14.21': 'CERT_REVOKED',
  '4.15.10': 'CRL_HAS_EXPIRED',
}

const time = Date.UTC(2012, 0, 1)
const load = () => JSON.parse(dataText('nist-pkits/pkits.json')) as Pkits
const decoded = (base64: string | undefined) =>
  Uint8Array.from(Buffer.from(base64 as string, 'base64'))

function judge({ certs }: Case, pkits: Pkits, revocation: RevocationOptions): string {
  const [anchor, ...rest] = certs.map(name => decoded(pkits.certs[name]))
  const verdict = verifyChain({
    chain: rest.toReversed(),
    anchors: trustStore([anchor as Uint8Array]),
    time,
    purpose: 'any',
    crypto: nodeVerify,
    revocation,
  })
  return verdict.ok ? 'ok' : verdict.code
}

/** Those of a case that are complete CRLs; the others are refused when they are given. */
function listsOf({ crls }: Case, pkits: Pkits): Uint8Array[] {
  return crls.map(name => decoded(pkits.crls[name])).filter(der => !isX509Failure(parseCrl(der)))
}

function hard(one: Case, pkits: Pkits): string {
  return judge(one, pkits, { check: 'hard', crls: crlStore(listsOf(one, pkits)) })
}

const isAboutPolicies = ({ number }: Case) => /^4\.(8|9|10|11|12)\./.test(number)

dataTest('nist-pkits', 'PKITS with CRLs comes out as it should, but for what is left out', t => {
  const pkits = load()
  let agreed = 0
  const differ = new Set<string>()
  for (const one of pkits.testcases) {
    if (isAboutPolicies(one)) continue
    const { number, title, should_validate: valid } = one
    const said = hard(one, pkits)
    const expected = codes[number]
    if (expected) t.is(said, expected, `${number} ${title}`)
    if ((said === 'ok') === valid) agreed++
    else differ.add(number)
  }
  t.deepEqual([...differ].sort(), Object.keys(leftOut).sort())
  t.log(`${agreed} agree, ${differ.size} are left out`)
  t.true(agreed > 140)
})

dataTest('nist-pkits', 'CRLs change nothing about the cases on policies', t => {
  const pkits = load()
  const cases = pkits.testcases.filter(isAboutPolicies)
  t.true(cases.length > 50)
  for (const one of cases)
    t.is(hard(one, pkits), judge(one, pkits, { check: 'off' }), `${one.number} ${one.title}`)
})

dataTest('nist-pkits', 'delta and indirect CRLs of PKITS are refused when they are given', t => {
  const pkits = load()
  const kinds = new Map<string, number>()
  for (const [name, base64] of Object.entries(pkits.crls)) {
    const crl = parseCrl(decoded(base64))
    if (!isX509Failure(crl)) continue
    t.throws(() => crlStore([decoded(base64)]), { code: 'ERR_X509_INVALID_CRL' }, name)
    const kind = `${crl.failure} ${crl.section}`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  t.deepEqual(Object.fromEntries(kinds), {
    'malformed RFC 5280 5.1': 1,
    'unsupported RFC 5280 5.2.4': 4,
    'unsupported RFC 5280 5.2.5': 4,
  })
  for (const [number, why] of Object.entries(leftOut)) {
    if (why === 'DSA') continue
    const one = pkits.testcases.find(other => other.number === number) as Case
    t.true(listsOf(one, pkits).length < one.crls.length, number)
  }
})

dataTest(
  'nist-pkits',
  'revocation soft takes every valid case but those with DSA, and none that is revoked',
  t => {
    const pkits = load()
    for (const one of pkits.testcases) {
      if (isAboutPolicies(one) || leftOut[one.number]) continue
      const said = judge(one, pkits, { check: 'soft', crls: crlStore(listsOf(one, pkits)) })
      if (one.should_validate) t.is(said, 'ok', one.number)
      if (codes[one.number] === 'CERT_REVOKED') t.is(said, 'CERT_REVOKED', one.number)
    }
  },
)
