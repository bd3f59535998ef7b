/** What was taken once stays taken, whatever the clock does. */
import { MemoryReplayStore } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'

test('a store in memory forgets nothing that a clock which is put back makes fresh again', t => {
  let now = 1_000_000
  const store = new MemoryReplayStore({ now: () => now, silence: 0 })
  t.true(store.claim('flight', now + 20_000))
  now += 3_600_000
  store.claim('another', now + 20_000)
  now -= 3_600_000
  t.false(store.claim('flight', now + 20_000))
})

test('a clock that says nothing for a while makes nothing new', t => {
  let now = 1_000_000
  const store = new MemoryReplayStore({ now: () => now, silence: 0 })
  t.true(store.claim('flight', now + 20_000))
  now = Number.NaN
  t.false(store.claim('flight', 1_020_000))
  now = 1_000_001
  t.false(store.claim('flight', now + 20_000))
  t.true(store.claim('another', now + 20_000))
})

test('however the clock jumps, one flight, whose time is always the same, is taken once', t => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(5), fc.integer({ min: -100, max: 100 })), { maxLength: 100 }),
      claims => {
        let now = 10_000
        const store = new MemoryReplayStore({ now: () => now, silence: 0 })
        const flights = new Map<number, number>()
        const taken = new Set<number>()
        for (const [key, jump] of claims) {
          now += jump
          const until = flights.get(key) ?? now + 50
          flights.set(key, until)
          if (!store.claim(String(key), until)) continue
          t.false(taken.has(key))
          taken.add(key)
        }
      },
    ),
    { numRuns: 200 },
  )
})
