/** Timers of the ends, and links that lose bytes. */
import {
  type Ends,
  type Link,
  linked,
  links,
  PlayFailure,
  replay,
  smallest,
} from '@biopair/testkit'
import test from 'ava'
import fc from 'fast-check'

/** The client says a byte again every 50 ms until it is answered; `names` is whether it says when. */
function again(link: Link, names: boolean): Ends {
  let [said, due, answered] = [0, 0, false]
  let heard = 0
  return {
    client: {
      get done() {
        return answered
      },
      get due() {
        return names && !answered ? due : undefined
      },
      step() {
        if (!answered && link.now >= due && link.near.write(Uint8Array.of(++said)) === 1)
          due = link.now + 50
        answered ||= link.near.take().length > 0
      },
    },
    server: {
      get done() {
        return heard > 0
      },
      step() {
        const got = link.far.take()
        heard += got.length
        if (got.length > 0) link.far.write(got)
      },
    },
    check() {
      if (heard > said) throw new Error('more was heard than was said')
    },
  }
}

const patient = (link: Link) => again(link, true)
const mute = (link: Link) => again(link, false)
const lossy = {
  link: { there: { ring: 9, drops: [0, 1] }, back: { ring: 9, drops: [0] } },
  turns: '',
  seed: '0',
}

test('time passes until the timer that an end names, and an end that names none has stalled', t => {
  const run = replay(patient, lossy)
  const whole = replay(patient, { ...lossy, link: { there: { ring: 9 }, back: { ring: 9 } } })
  t.is(run.link.now - whole.link.now, 150)
  t.deepEqual([...run.link.said.there], [1, 2, 3, 4])
  const failure = t.throws(() => replay(mute, lossy), { instanceOf: PlayFailure })
  t.is(failure?.end, 'stalled')
  t.true(
    failure?.message.startsWith('stalled: no progress in 2 rounds\n  client waits for something\n'),
  )
})

test('a protocol that says things again comes to its end over every link that loses bytes; one that names no timer is found', t => {
  const options = { drops: true, within: 10, runs: 100, largestRing: 50, seed: 1 }
  t.is(smallest(patient, options), undefined)
  const found = smallest(mute, options)
  t.is(found?.failure.end, 'stalled')
  t.regex(found?.failure.program ?? '', /drops: \[/)
})

test('delays of links stay below the most that is asked for', t => {
  fc.assert(
    fc.property(links({ mostDelay: 20 }), ({ there, back }) => {
      for (const { latency = 0, stalls = [] } of [there, back])
        t.true(Math.max(latency, ...stalls.map(stall => stall.for)) <= 20)
    }),
  )
})

test('a timer that is never heard is endless, and the report says who waits for what', t => {
  const plan = { there: { ring: 9, end: { at: 0, as: 'eof' as const } }, back: { ring: 9 } }
  const failure = t.throws(() => replay(patient, { ...lossy, link: plan }, { mostSteps: 300 }), {
    instanceOf: PlayFailure,
  })
  t.is(failure?.end, 'endless')
  t.regex(failure?.why ?? '', /^no end after 30\d steps \(mostSteps\): .*\n {2}client waits for /)
})

test('a link loses the bytes that it is told to, and no others, whatever else it does', t => {
  const wild = fc.record({ plan: links({ largestRing: 60 }), drops: fc.uniqueArray(fc.nat(39)) })
  fc.assert(
    fc.property(wild, ({ plan, drops }) => {
      const link = linked({ ...plan, there: { ...plan.there, drops } })
      t.false(drops.length > 0 && link.faithful)
      let said = 0
      const heard: number[] = []
      do {
        const took =
          said < 40 && link.near.write(Uint8Array.from({ length: 40 - said }, (_, i) => said + i))
        if (typeof took === 'number') said += took
        const before = link.moved
        link.step()
        heard.push(...link.far.take())
        if (link.moved === before && !link.wait() && said === 40) break
      } while (heard.length < 40)
      t.deepEqual(
        heard,
        Array.from({ length: 40 }, (_, i) => i).filter(i => !drops.includes(i)),
      )
    }),
    { numRuns: 100 },
  )
})
