/** Minted chains, sound and with each fault, before `openssl verify` and before `verifyChain`: the same verdict, or a reason. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ChainShape,
  type FaultName,
  faultNames,
  faultyChain,
  type Minted,
  mintPlan,
  placesOf,
  soundPlan,
} from '@biopair/testkit/mint'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { judge, now, said } from './judge.ts'
import { type Answer, disagreements, notAsked, numbers } from './openssl-disagreements.ts'
import { minter, shapes } from './shapes.ts'

const version = spawnSync('openssl', ['version'], { encoding: 'utf8', timeout: 20_000 })
const found = version.status === 0 && version.stdout.startsWith('OpenSSL 3')

/** What `openssl verify` says: 0 or the number of its first error, and the depth that it blames. */
function openssl(
  chain: readonly Minted[],
  name: string,
  strict: boolean,
): { readonly answer: Answer; readonly depth: number } {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-'))
  try {
    const file = (what: string, certificates: readonly Minted[]) => {
      const path = join(folder, what)
      writeFileSync(path, certificates.map(({ pem }) => pem).join(''))
      return path
    }
    const { stderr, stdout, status } = spawnSync(
      'openssl',
      [
        'verify',
        ...['-no-CApath', '-no-CAstore', '-auth_level', '2', '-purpose', 'sslserver'],
        ...['-attime', String(now / 1000), '-policy_check', ...(strict ? ['-x509_strict'] : [])],
        ...[/^[\d.]+$|:/.test(name) ? '-verify_ip' : '-verify_hostname', name],
        ...['-CAfile', file('root', chain.slice(-1))],
        ...(chain.length > 2 ? ['-untrusted', file('untrusted', chain.slice(1, -1))] : []),
        file('leaf', chain.slice(0, 1)),
      ],
      { encoding: 'utf8', timeout: 20_000 },
    )
    if (status === 0) return { answer: 0, depth: 0 }
    const [, error, depth] = /^error (\d+) at (\d+)/m.exec(stderr + stdout) ?? []
    return error === undefined
      ? { answer: 'unreadable', depth: 0 }
      : { answer: Number(error), depth: Number(depth) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Holds the two verdicts on one fault against each other; answers whether they are the same. */
function compare(
  t: ExecutionContext,
  fault: FaultName,
  shape: ChainShape & { readonly depth: number },
  strict: boolean,
): boolean {
  const { faulty, name, expected } = faultyChain(minter, fault, shape)
  const where = `${fault}, depth ${shape.depth} of ${faulty.length}${strict ? ', strict' : ''}`
  const ours = judge(faulty.slice(0, -1), faulty.slice(-1), { name })
  t.is(ours.ok ? 'ok' : ours.code, expected.code, where)
  const theirs = openssl(faulty, name, strict)
  const row = disagreements[fault]
  const agreed = numbers[expected.code] ?? []
  if (row === undefined) {
    t.true(
      agreed.includes(theirs.answer),
      `${where}: ours ${expected.code}, theirs ${theirs.answer}`,
    )
    // What cannot be read is missed by the certificate below it.
    if (expected.code !== 'ERR_X509_MALFORMED')
      t.is(theirs.depth, expected.depth, `${where}: another depth`)
    return true
  }
  const allowed = [...(strict ? (row.strict ?? row.says) : row.says), ...agreed]
  t.true(
    allowed.includes(theirs.answer),
    `${where}: theirs ${theirs.answer}, in spite of: ${row.why}`,
  )
  return agreed.includes(theirs.answer) && theirs.depth === expected.depth
}

/** Not ML-DSA, which OpenSSL 3.0 does not know, and not in their last second, in which it finds certificates expired. */
function comparable(most: number, constraints: boolean) {
  return shapes(most, { constraints })
    .filter(({ keys = [] }) => !keys.some(kind => kind.startsWith('mldsa')))
    .map(shape => ({ ...shape, options: shape.options?.map(earlier) ?? [] }))
}

function earlier(options: NonNullable<ChainShape['options']>[number]) {
  return options.notAfter === now ? { ...options, notAfter: now + 1000 } : options
}

/** Strict, OpenSSL wants key identifiers, which RFC 5280 §4.2.1.1 and §4.2.1.2 want of whoever issues. */
const identified = (shape: ChainShape) =>
  shape.options?.every(({ keyIdentifiers }) => keyIdentifiers !== false) ?? true

if (found) {
  test('openssl verify believes the sound chains that we believe, of any shape', t => {
    fc.assert(
      fc.property(comparable(4, true), shape => {
        const chain = mintPlan(minter, soundPlan(minter, shape))
        t.is(said(judge(chain.slice(0, -1), chain.slice(-1))), 'believed')
        t.is(openssl(chain, 'server.example', false).answer, 0)
        const { answer } = openssl(chain, 'server.example', true)
        t.true(
          identified(shape) ? answer === 0 : [0, 85, 86].includes(Number(answer)),
          `strict: ${answer}`,
        )
      }),
      { numRuns: 25 },
    )
  })

  test('the last second of its validity belongs to a certificate, for us, and not for openssl verify', t => {
    // RFC 5280 §4.1.2.5: "the period of time from notBefore through notAfter, inclusive".
    const says = (notAfter: number) => {
      const chain = mintPlan(minter, soundPlan(minter, { options: [{ notAfter }] }))
      const ours = said(judge(chain.slice(0, -1), chain.slice(-1))).split(' ')[0]
      return [ours, openssl(chain, 'server.example', false).answer]
    }
    t.deepEqual(says(now + 1000), ['believed', 0])
    t.deepEqual(says(now), ['believed', 10])
    t.deepEqual(says(now - 1000), ['CERT_HAS_EXPIRED', 10])
  })

  for (const strict of [false, true])
    test(`openssl verify${strict ? ' -x509_strict' : ''} says of each fault what we say, or there is a reason`, t => {
      for (const fault of faultNames) {
        if (notAsked[fault] !== undefined) {
          t.log(`${fault} is not asked: ${notAsked[fault]}`)
          continue
        }
        const [depth = 0] = placesOf(fault, 2).slice(-1)
        const same = compare(t, fault, { intermediates: 2, depth }, strict)
        if (disagreements[fault] !== undefined && !strict)
          t.false(same, `${fault}: there is nothing to explain`)
      }
    })

  test('openssl verify agrees on chains of any shape with any fault', t => {
    const asked = faultNames.filter(fault => notAsked[fault] === undefined)
    fc.assert(
      fc.property(
        fc.constantFrom(...asked),
        comparable(3, false),
        fc.nat(),
        fc.boolean(),
        (fault, shape, which, strict) => {
          const places = placesOf(fault, shape.intermediates)
          const depth = places[which % places.length]
          if (depth === undefined) return
          compare(t, fault, { ...shape, depth }, strict && identified(shape))
        },
      ),
      { numRuns: 120 },
    )
  })
} else
  test('openssl verify agrees with us on minted chains (skipped: no OpenSSL 3 on PATH)', t => {
    t.false(found)
    t.log(`skipped: ${version.error?.message ?? version.stdout}`)
  })
