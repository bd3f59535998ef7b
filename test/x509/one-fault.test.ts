/** A chain with exactly one fault is refused for that fault, and the same chain without it is believed. */
import { type FaultName, faultNames, faults, faultyChain, placesOf } from '@biopair/testkit/mint'
import test from 'ava'
import fc from 'fast-check'
import { judge, said, shown } from './judge.ts'
import { minter, shapes } from './shapes.ts'

/** A shape, and a place of it where the fault can be. Constraints of its own would hide those of a fault. */
function placed(fault: FaultName) {
  return shapes(3, { constraints: false })
    .filter(({ intermediates }) => placesOf(fault, intermediates).length > 0)
    .chain(shape =>
      fc.constantFrom(...placesOf(fault, shape.intermediates)).map(depth => ({ ...shape, depth })),
    )
}

for (const fault of faultNames)
  test(`${fault}: a chain with a certificate that ${faults[fault].says} is refused for that, and without it believed`, t => {
    fc.assert(
      fc.property(placed(fault), shape => {
        const { sound, faulty, name, expected } = faultyChain(minter, fault, shape)
        t.is(said(judge(sound.slice(0, -1), sound.slice(-1), { name })), 'believed')
        const verdict = judge(faulty.slice(0, -1), faulty.slice(-1), { name })
        t.is(said(verdict), shown(expected), `depth ${shape.depth} of ${faulty.length}`)
        if (!verdict.ok) t.regex(verdict.why, /^expected .+, got .+/s)
      }),
      { numRuns: 6 },
    )
  })

test('every row of the table can be shown on a chain, at each of its places', t => {
  for (const fault of faultNames) {
    const places = [0, 1, 2].flatMap(intermediates => placesOf(fault, intermediates))
    t.true(places.length > 0, fault)
    t.throws(() => faultyChain(minter, fault, { intermediates: 1, depth: 9 }), {
      instanceOf: TypeError,
    })
  }
  t.true(faultNames.length > 80)
})
