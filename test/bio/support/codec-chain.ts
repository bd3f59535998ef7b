/** Filters over torture over small carriers, for properties of filters that code what passes. */
import { type Bio, bioPair, type Filter, TortureFilter } from '@biopair/bio'
import fc from 'fast-check'

/** How the carrier is, and how it is called. */
export interface Weather {
  readonly seed: number
  readonly ring: number
  readonly refuse: number
  readonly piece: number
}

export const weather: fc.Arbitrary<Weather> = fc.record({
  seed: fc.integer(),
  ring: fc.constantFrom(1, 2, 5, 6, 17, 100, 17_408),
  refuse: fc.constantFrom(0, 0.3, 1),
  piece: fc.constantFrom(1, 3, 64, 5000),
})

/** What is done to the writing filter: pieces to write, `flush` between some of them. */
export const script: fc.Arbitrary<readonly (Uint8Array | 'flush')[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 1, arbitrary: fc.constant('flush' as const) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 0, max: 4000 }).map(n => new Uint8Array(n).map((_, i) => i * 7)),
    },
  ),
  { maxLength: 8 },
)

export function plainOf(steps: readonly (Uint8Array | 'flush')[]): Buffer {
  return Buffer.concat(steps.filter(step => step !== 'flush'))
}

/** The two ends of a bad carrier. */
export function carriers({ seed, ring, refuse }: Weather): [Bio, Bio] {
  const [a, b] = bioPair(ring)
  return [
    new TortureFilter(seed, { refuse }).push(a),
    new TortureFilter(seed + 1, { refuse }).push(b),
  ]
}

/**
 * Runs the script on `writer` and ends it, reading from `reader` whenever nothing can be written; answers all that came, and how it
 * stopped. Every call that is refused is made again; a carrier that goes nowhere is an error.
 */
export function carry(
  writer: Bio,
  reader: Bio,
  steps: readonly (Uint8Array | 'flush')[],
  piece: number,
): { readonly got: Buffer; readonly stop: string; readonly error?: Error | undefined } {
  const got: Buffer[] = []
  let over: { readonly stop: string; readonly error?: Error } | undefined
  const drain = (): void => {
    while (over === undefined) {
      const into = new Uint8Array(piece)
      const count = reader.read(into)
      if (typeof count !== 'number') {
        if (count.stop !== 'retry') over = count
        return
      }
      got.push(Buffer.from(into.subarray(0, count)))
    }
  }
  const insist = <T>(call: () => T): Exclude<T, object> => {
    for (let i = 0; i < 200_000; i++) {
      const answer = call()
      if (typeof answer !== 'object') return answer as Exclude<T, object>
      const { stop, error } = answer as { stop: string; error?: Error }
      if (stop !== 'retry') throw error ?? new Error(`writing came to ${stop}`)
      drain()
    }
    throw new Error('writing goes nowhere')
  }
  for (const step of steps) {
    if (step === 'flush') {
      insist(() => writer.flush())
      continue
    }
    let left: Uint8Array = step
    while (left.length > 0) left = left.subarray(insist(() => writer.write(left)))
  }
  insist(() => writer.end())
  for (let i = 0; over === undefined && i < 200_000; i++) drain()
  if (over === undefined) throw new Error('reading goes nowhere')
  return { got: Buffer.concat(got), ...over }
}

/** Everything that a filter writes for a script, over a carrier that takes all. */
export function coded(make: () => Filter, steps: readonly (Uint8Array | 'flush')[]): Buffer {
  const [a, b] = bioPair(1 << 20)
  return carry(make().push(a), b, steps, 4096).got
}
