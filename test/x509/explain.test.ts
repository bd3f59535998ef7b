import { explainVerdict, trustStore, type Verdict, verifyChain } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { commonName } from '../support/der-writer.ts'
import { type Minted, mint } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { faults, faultyPlan, hostName, mintPlan, now, placesOf, soundPlan } from './chains.ts'

function judge(chain: readonly Minted[]): Verdict {
  return verifyChain({
    chain: chain.map(({ der }) => der),
    anchors: trustStore([(chain.at(-1) as Minted).der]),
    time: now,
    purpose: 'serverAuth',
    keyUsage: ['digitalSignature'],
    name: hostName,
    crypto: nodeVerify,
  })
}

test('a verdict names code, section, certificate and field, and what was expected and came', t => {
  for (const fault of faults)
    for (const depth of placesOf(fault, 2)) {
      const verdict = judge(mintPlan(faultyPlan(fault, depth, 2)))
      t.false(verdict.ok)
      if (verdict.ok) continue
      const lines = explainVerdict(verdict).split('\n')
      const [first, last] = [lines[0] as string, lines.at(-1) as string]
      t.true(first.startsWith(`not believed: ${verdict.code} (RFC `), first)
      t.regex(last, /^([A-Za-z.]+: )?expected .*, got /)
      t.true(last.endsWith(verdict.why))
      t.is(lines.filter(line => line.startsWith('> ')).length, 1)
      t.true(lines[1 + verdict.depth]?.startsWith(`> ${verdict.depth} `))
    }
})

test('a good path is told from the certificate to the anchor', t => {
  t.deepEqual(explainVerdict(judge(mintPlan(soundPlan(1)))).split('\n'), [
    `believed as "${hostName}"`,
    `  0 "CN = ${hostName}", issued by "CN = intermediate 1"`,
    '  1 "CN = intermediate 1", issued by "CN = root"',
    '  2 "CN = root", issued by itself',
  ])
})

test('a fault is told with its field', t => {
  const fault = faults.find(({ name }) => name === 'has expired') as (typeof faults)[number]
  t.deepEqual(explainVerdict(judge(mintPlan(faultyPlan(fault, 1, 1)))).split('\n'), [
    'not believed: CERT_HAS_EXPIRED (RFC 5280 4.1.2.5), the certificate at depth 1',
    `  0 "CN = ${hostName}", issued by "CN = intermediate 1"`,
    '> 1 "CN = intermediate 1", issued by "CN = root"',
    'validity.notAfter: expected 2026-01-01T00:00:00.000Z or earlier, got 2026-06-01T00:00:00.000Z',
  ])
})

test('a name of a peer moves no cursor and begins no line', t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), text => {
      const leaf = mint({ subject: commonName(text), names: ['other.example'] })
      const verdict = verifyChain({
        chain: [leaf.der],
        anchors: trustStore([]),
        time: now,
        purpose: 'any',
        crypto: nodeVerify,
      })
      const lines = explainVerdict(verdict).split('\n')
      t.true(lines.length <= 3)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      for (const line of lines.slice(0, 2)) t.notRegex(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/)
    }),
  )
})
