/** The shared pair against the BIO pair: whatever is called on either half in any order, both answer the same. */
import { bioPair, type PairBio, SharedPairBio, sharedPair } from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Act } from './support/act.ts'

interface Halves {
  readonly pairs: readonly [PairBio, PairBio]
  readonly shared: [SharedPairBio, SharedPairBio]
}

/** A half that is open goes on in the place of itself, as it would in another thread; what it was answers nothing more. */
const release = (i: 0 | 1) =>
  new Act<object, Halves>(`${'ab'[i]}.release()`, (_, { shared }) => {
    const before = shared[i]
    try {
      shared[i] = new SharedPairBio(before.release())
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_BIO_CLOSED') throw error
      return
    }
    for (const answer of [before.read(new Uint8Array(1)), before.write(new Uint8Array(1))])
      if (plain(answer) !== 'ERR_BIO_CLOSED') throw new Error(`a released half: ${answer}`)
  })

/** An answer as plain data. Errors do not travel between threads: their words do. */
function plain(answer: unknown): unknown {
  const { stop, error } = (answer ?? {}) as { stop?: string; error?: Error & { code?: string } }
  if (stop !== 'broken') return answer
  const carried = /\bcarrier lost \d+/.exec(error?.message ?? '')
  return carried ? carried[0] : error?.code
}

function look(bio: PairBio | SharedPairBio): Record<string, unknown> {
  const { pending, wpending, writeGuarantee, readRequest, eof, size } = bio
  return { pending, wpending, writeGuarantee, readRequest, eof, size }
}

type Call = (bio: PairBio | SharedPairBio) => unknown

function acts(t: ExecutionContext): fc.Arbitrary<Act<object, Halves>>[] {
  const size = fc.oneof({ weight: 4, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.nat(600) })
  const side = fc.constantFrom(0, 1)
  const on = (i: number, name: string, call: Call) =>
    new Act<object, Halves>(`${'ab'[i]}.${name}`, (_, { pairs, shared }) => {
      const [expected, answer] = [call(pairs[i] as PairBio), call(shared[i] as SharedPairBio)]
      t.deepEqual(plain(answer), plain(expected))
      for (const half of [0, 1] as const) t.deepEqual(look(shared[half]), look(pairs[half]))
    })
  const act = (name: string, call: Call) => side.map(i => on(i, name, call))
  const sized = (name: string, call: (n: number) => Call) =>
    fc.tuple(side, size).map(([i, n]) => on(i, `${name}(${n})`, call(n)))
  const write = fc
    .tuple(side, size, fc.nat(255))
    .map(([i, n, from]) =>
      on(i, `write(${n})`, bio => bio.write(Uint8Array.from({ length: n }, (_, j) => from + j))),
    )
  const read = sized('read', n => bio => {
    const into = new Uint8Array(n)
    const answer = bio.read(into)
    return typeof answer === 'number' ? [...into.subarray(0, answer)] : answer
  })
  const rare = fc.oneof(
    act('end()', bio => bio.end()),
    act('close()', bio => bio.close()),
    fc.tuple(side, fc.nat(9)).map(([i, n]) => {
      const error = new Error(`carrier lost ${n}`)
      return on(i, 'close(error)', bio => bio.close(error))
    }),
  )
  return [
    ...[write, read, write, read, write, read, rare],
    fc.constantFrom(release(0), release(1)),
    act('resetReadRequest()', bio => bio.resetReadRequest()),
    act('flush()', bio => bio.flush()),
  ]
}

test('a shared pair of any two sizes answers every call as a BIO pair does', t => {
  const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 250, max: 900 }))
  fc.assert(
    fc.property(
      size,
      size,
      fc.commands(acts(t), { maxCommands: 80, size: 'max' }),
      (sizeA, sizeB, commands) => {
        const [a, b] = sharedPair(sizeA, sizeB)
        const shared: Halves['shared'] = [new SharedPairBio(a), new SharedPairBio(b)]
        const setup = () => ({ model: {}, real: { pairs: bioPair(sizeA, sizeB), shared } })
        fc.modelRun(setup, commands)
      },
    ),
    { numRuns: 400 },
  )
  t.pass()
})
