/** What shrinking may cost, what a search says that was cut short, and options that cannot be. */
import {
  always,
  everyOrder,
  type Play,
  PlayFailure,
  type Schedule,
  SearchFailure,
  scheduleOf,
  search,
  smallest,
} from '@biopair/testkit'
import test from 'ava'

/** Each end says a byte and hears it, for ever. */
function endlessly(count: { steps: number }): Play {
  return ({ near, far }) => {
    const end = (half: typeof near) => ({
      done: false,
      step() {
        count.steps++
        half.write(Uint8Array.of(1))
        half.read(new Uint8Array(1))
      },
    })
    return { client: end(near), server: end(far) }
  }
}

test('an endless failure is made smaller within a bound of steps', t => {
  const count = { steps: 0 }
  const most = 20_000
  const found = smallest(endlessly(count), { seed: 1, mostSteps: most, mostShrinkSteps: 10 * most })
  t.is(found?.failure.end, 'endless')
  // The schedule that failed, that again once it was made smaller, and what making it smaller may cost.
  t.true(count.steps <= 12 * (most + 3), `${count.steps}`)
  t.true(count.steps > 3 * most, 'some tries were made')
  const none = smallest(endlessly(count), { seed: 1, mostSteps: most, mostShrinkSteps: 0 })
  t.is(none?.smaller, 0)
})

test('a smaller schedule that turns out endless costs little where the failure is another', t => {
  let [worst, failed] = [0, false]
  const play: Play = ({ near, far, plan }) => {
    let steps = 0
    const step = (half: typeof near) => () => {
      worst = Math.max(worst, failed ? ++steps : 0)
      // Over the smallest rings it goes on for ever.
      half.write(Uint8Array.of(1))
      half.read(new Uint8Array(1))
      if (plan.there.ring <= 3) return
      failed = true
      throw new Error('wide')
    }
    return { client: { done: false, step: step(near) }, server: { done: false, step: step(far) } }
  }
  const found = smallest(play, { seed: 2, largestRing: 9000, mostTurns: 0 })
  t.is(found?.schedule.link.there.ring, 4)
  t.is(found?.failure.end, 'threw')
  t.true(worst <= 1100, `${worst} steps`)
})

test('a printed program has the bound of steps that the run had', t => {
  const play = endlessly({ steps: 0 })
  const options = { runs: 1, seed: 1, mostSteps: 500, mostShrinks: 0 }
  const failure = t.throws(() => always(play, options), { instanceOf: PlayFailure })
  t.regex(failure?.program ?? '', /^\}, \{ mostSteps: 500 \}\)$/m)
  t.regex(failure?.message ?? '', /^\}, \{ mostSteps: 500 \}\)$/m)
})

/** Two that wait for each other once one of them has said three bytes; until then it may count as long as it likes. */
const hasty: Play = ({ near, far }) => {
  let [said, counted] = [0, 0]
  return {
    client: {
      done: false,
      get waits() {
        return `${said}`
      },
      step() {
        if (said < 3 && typeof near.write(Uint8Array.of(1)) === 'number') said++
      },
    },
    server: {
      done: false,
      get waits() {
        return `${counted}`
      },
      step() {
        if (far.pending < 3) counted++
      },
    },
  }
}

test('a search that is cut short tells the deadlocks that it has seen, and that it was cut short', t => {
  const options = { rings: [3], mostStates: 40 }
  const { whole, traps } = search(hasty, options)
  t.false(whole)
  t.deepEqual(
    traps.map(({ kind, confirmed }) => [kind, confirmed]),
    [['deadlock', true]],
  )
  const failure = t.throws(() => everyOrder(hasty, options), { instanceOf: SearchFailure })
  t.regex(failure?.message ?? '', /^deadlock over rings of 3 and 3, after ccc\n/)
  t.regex(failure?.message ?? '', /\ncut short after 40 states: not every order was tried/)
})

test('options that cannot be are refused in words', t => {
  const refused: readonly [() => unknown, RegExp][] = [
    [
      () => scheduleOf(1, { largestRing: 0 }),
      /^largestRing: expected an integer from 1 up, got 0$/,
    ],
    [() => scheduleOf(1, { mostTurns: -1 }), /^mostTurns: expected an integer from 0 up, got -1$/],
    [() => scheduleOf(1, { mostDelay: 0 }), /^mostDelay: expected an integer from 1 up, got 0$/],
    [() => scheduleOf(1, { within: -5 }), /^within: expected an integer from 0 up, got -5$/],
    [() => scheduleOf(Number.NaN), /^seed: expected an integer, got NaN$/],
    [() => always(hasty, { largestRing: 1.5 }), /^largestRing: expected an integer from 1 up/],
    [() => always(hasty, { mostShrinkSteps: -1 }), /^mostShrinkSteps: expected an integer from 0/],
  ]
  for (const [call, message] of refused) t.throws(call, { instanceOf: RangeError, message })
  const least: Schedule = scheduleOf(1, { largestRing: 1, mostTurns: 0, within: 0, mostDelay: 1 })
  t.is(least.turns, '')
  t.is(least.link.there.ring, 1)
})
