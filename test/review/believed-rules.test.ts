/** Faults that a review found in who is believed: each keeps the certificates that it was found with. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  crlDistributionPoints,
  extension,
  type Minted,
  Minter,
  nameConstraints,
  sequence,
} from '@biopair/testkit/mint'
import {
  crlStore,
  explainVerdict,
  matchName,
  pinsFrom,
  trustStore,
  type Verdict,
  type VerifyOptions,
  verifyChain,
} from '@biopair/x509'
import test from 'ava'

const time = Date.UTC(2026, 5, 1)
const minter = new Minter({ time, crypto: nodeCrypto })
const root = minter.root()

function judge(chain: readonly Minted[], rest: Partial<VerifyOptions> = {}): Verdict {
  return verifyChain({
    chain: chain.map(({ der }) => der),
    anchors: trustStore([root.der]),
    time,
    purpose: 'serverAuth',
    crypto: nodeCrypto,
    ...rest,
  })
}

const code = (verdict: Verdict) => (verdict.ok ? 'believed' : verdict.code)

const label = `${'a'.repeat(60)}.`
const long = {
  dns: label.repeat(800),
  'email:': `email:a@${label.repeat(800)}`,
  'uri:': `uri:http://${label.repeat(800)}`,
} as const

// 80 KB of a stranger's took 35 seconds: each of 5500 bases read the name of 48 KB anew, on each of 8 ways up.
for (const [prefix, name] of Object.entries(long))
  test(`a ${prefix} name of 48 KB under thousands of constraints is refused at once, whoever constrains it`, t => {
    const bases = Array.from({ length: 5500 }, () => `${prefix === 'dns' ? '' : prefix}b`)
    const top = minter.root({ subject: 'top' })
    const constrained = minter.intermediate(top, {
      subject: 'constrained',
      extensions: [nameConstraints([], bases)],
    })
    const [key, subject] = [minter.key(), 'above']
    const above = Array.from({ length: 8 }, (_, i) =>
      minter.intermediate(constrained, { subject, key, serial: 100 + i }),
    )
    const leaf = minter.leaf(above[0] as Minted, { names: [`${name}x`] })
    const began = process.cpuUsage()
    t.is(code(judge([leaf, ...above, constrained])), 'UNSUPPORTED_NAME_SYNTAX')
    const { user, system } = process.cpuUsage(began)
    t.true(user + system < 2_000_000, `${(user + system) / 1000} ms`)
  })

test('a mailbox in quotes is the one without them: to a constraint, and to whoever looks for it', t => {
  const authority = minter.intermediate(root, {
    extensions: [nameConstraints([], ['email:bob@mail.example'])],
  })
  const leaf = (name: string) => minter.leaf(authority, { names: [name] })
  for (const name of ['email:bob@mail.example', 'email:"bob"@mail.example'])
    t.is(code(judge([leaf(name), authority])), 'EXCLUDED_VIOLATION', name)
  t.is(code(judge([leaf('email:"bob "@mail.example'), authority])), 'believed')
  const subjectAltName = [{ kind: 'rfc822Name', text: '"bob"@mail.example' }] as const
  t.true(matchName({ subjectAltName }, 'email:bob@mail.example').ok)
})

const points = {
  'that are no such list': extension('2.5.29.31', false, sequence()),
  'beyond those that are read': crlDistributionPoints(
    Array.from({ length: 40 }, (_, i) => `http://crl.example/${i}`),
  ),
} as const

for (const [which, written] of Object.entries(points))
  for (const check of ['soft', 'hard'] as const)
    test(`${check}: distribution points ${which} hide nobody from a CRL about everybody`, t => {
      const leaf = minter.leaf(root, { extensions: [written] })
      const store = (...revoked: Minted[]) =>
        crlStore([minter.crl(root, { revoked: revoked.map(certificate => ({ certificate })) }).der])
      const listed = { check, crls: store(leaf) }
      t.is(code(judge([leaf], { revocation: listed })), 'CERT_REVOKED')
      t.is(code(judge([leaf], { revocation: { check, crls: store() } })), 'believed')
    })

test('pins alone: a policy that is demanded is demanded of the pinned certificate', t => {
  const leaf = minter.leaf(root)
  const { sha256 } = nodeCrypto.hashes
  const pins = {
    digests: pinsFrom([sha256.digest(leaf.spki)]),
    sha256: (bytes: Uint8Array) => sha256.digest(bytes),
  }
  const asked = { anchors: undefined, pins }
  t.is(code(judge([leaf], asked)), 'believed')
  const policies = { requireExplicit: true, initial: ['1.2.3'] }
  t.is(code(judge([leaf], { ...asked, policies })), 'NO_EXPLICIT_POLICY')
})

test('a verdict in words holds no control character of a name, in its reason neither', t => {
  const leaf = minter.leaf(root, { names: ['evil\u001b[2J\r\n\u007f.example'] })
  const verdict = judge([leaf], { name: 'server.example' })
  const text = explainVerdict(verdict)
  t.is(code(verdict), 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.notRegex(text.replaceAll('\n', ''), /\p{Cc}/u)
  t.is(text.split('\n').length, 4)
  t.true(text.includes('evil\\u001b[2J\\r\\n\\u007f.example'))
})

function thrown(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

test('a list that is none is an error of ours, with a code', t => {
  for (const wrong of [undefined, null, 5, root.pem, root.der, {}] as never[]) {
    t.is(
      thrown(() => trustStore(wrong)),
      'ERR_X509_INVALID_CERTIFICATE',
    )
    t.is(
      thrown(() => crlStore(wrong)),
      'ERR_X509_INVALID_CRL',
    )
    t.is(
      thrown(() => pinsFrom(wrong)),
      'ERR_PIN_INVALID',
    )
  }
})
