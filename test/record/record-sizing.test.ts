/** Small records first, then large ones. */
import { RecordSizing } from '@biopair/record'
import test from 'ava'
import fc from 'fast-check'

test('small records until enough was sent, then large ones; small again once the time without any is over', t => {
  let now = 5000
  const sizing = new RecordSizing({ small: 100, after: 250, idle: 1000 }, () => now)
  const next = () => {
    const length = sizing.length()
    sizing.made(Math.min(length, 1000))
    return length
  }
  t.deepEqual([next(), next(), next(), next()], [100, 100, 100, 16384])
  now += 1000
  t.is(next(), 16384)
  now += 1001
  t.deepEqual([next(), next(), next(), next()], [100, 100, 100, 16384])
  // A clock that goes back is no idle time.
  now -= 10_000
  t.is(next(), 16384)
})

test('unless told otherwise: 1369 bytes, 128 KiB, a second', t => {
  let now = 0
  const sizing = new RecordSizing({}, () => now)
  let records = 0
  for (; sizing.length() === 1369; records++) sizing.made(1369)
  t.is(records, Math.ceil(131_072 / 1369))
  now = 1000
  t.is(sizing.length(), 16384)
  now = 2001
  t.is(sizing.length(), 1369)
})

test('sizes follow from bytes and time alone', t => {
  const steps = fc.array(fc.record({ wait: fc.nat(50), bytes: fc.nat(400) }), { maxLength: 40 })
  fc.assert(
    fc.property(steps, list => {
      let now = 0
      const sizing = new RecordSizing({ small: 64, after: 1000, idle: 30 }, () => now)
      let sent = 0
      for (const [i, { wait, bytes }] of list.entries()) {
        now += wait
        if (i > 0 && wait > 30) sent = 0
        t.is(sizing.length(), sent < 1000 ? 64 : 16384)
        sizing.made(bytes)
        sent += bytes
      }
    }),
    { numRuns: 60 },
  )
})

test('an option out of its range is refused', t => {
  for (const options of [{ small: 63 }, { small: 16385 }, { after: -1 }, { idle: 0.5 }])
    t.throws(() => new RecordSizing(options, () => 0), {
      instanceOf: RangeError,
      code: 'ERR_RECORD_RANGE',
    })
})
