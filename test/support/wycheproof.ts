/** Wycheproof's vectors: read from `../shared/data/wycheproof`, counted, and sampled where a provider is slow. */
import { existsSync, readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'

// From test/dist/support/ to the folder beside the project.
const folder = new URL('../../../../shared/data/wycheproof/', import.meta.url)

/** A test case: the fields of its file's schema, and these. */
export type Vector = Readonly<Record<string, string>> & {
  readonly tcId: number
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly flags?: readonly string[]
}

/** A group of test cases with what they have in common. */
export type VectorGroup = Readonly<Record<string, unknown>> & { readonly tests: readonly Vector[] }

interface VectorFile {
  readonly numberOfTests: number
  readonly testGroups: readonly VectorGroup[]
}

/**
 * Runs `check` on every vector of a file; answers whether our result was the vector's.
 * A vector that `check` leaves out answers 'other' and is counted. The numbers of vectors checked and left out are asserted,
 * so that neither an empty file nor a check that leaves everything out can pass.
 */
export function wycheproof(
  file: string,
  title: string,
  expected: { readonly checked: number; readonly other?: number },
  check: (vector: Vector, group: VectorGroup) => boolean | 'other',
  sampled?: { readonly perKind: number },
): void {
  const url = new URL(`${file}_test.json`, folder)
  if (!existsSync(url)) {
    test(`${title} (skipped: no ../shared/data/wycheproof)`, t => {
      t.not(process.env.BIOPAIR_REQUIRE_DATA, '1', 'the data is required and absent')
      t.log(`skipped: no ../shared/data/wycheproof/${file}_test.json`)
    })
    return
  }
  const sampling = process.env.BIOPAIR_FULL === '1' ? undefined : sampled
  const note = sampling ? ` (a sample; BIOPAIR_FULL=1 for all ${expected.checked})` : ''
  test(title + note, t => run(t, url, expected, check, sampling))
}

function run(
  t: ExecutionContext,
  url: URL,
  expected: { readonly checked: number; readonly other?: number },
  check: (vector: Vector, group: VectorGroup) => boolean | 'other',
  sampling: { readonly perKind: number } | undefined,
): void {
  const file = JSON.parse(readFileSync(url, 'utf8')) as VectorFile
  const kinds = new Map<string, number>()
  let checked = 0
  let other = 0
  let total = 0
  for (const group of file.testGroups)
    for (const vector of group.tests) {
      total++
      if (sampling) {
        const kind = `${vector.result} ${(vector.flags ?? []).join(' ')}`
        const seen = kinds.get(kind) ?? 0
        kinds.set(kind, seen + 1)
        if (seen >= sampling.perKind) continue
      }
      const right = check(vector, group)
      if (right === 'other') other++
      else {
        checked++
        if (!right)
          t.fail(`vector ${vector.tcId} (${vector.result}; ${vector.comment}; ${vector.flags})`)
      }
    }
  t.is(total, file.numberOfTests)
  if (sampling) {
    t.true(checked >= kinds.size / 2, `${checked} vectors of ${kinds.size} kinds`)
    t.log(`${checked} vectors of ${kinds.size} kinds`)
    return
  }
  t.deepEqual({ checked, other }, { checked: expected.checked, other: expected.other ?? 0 })
}
