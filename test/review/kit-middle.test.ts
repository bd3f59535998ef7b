/** A man in the middle who is given much: as many records and pieces as there are, and keys that are wrong or late. */
import { KeyLog, Middle, type Seen, seenLines } from '@biopair/testkit/middle'
import test from 'ava'
import fc from 'fast-check'

/** So many records, each with these bytes. */
function records(count: number, type: number, ...content: number[]): Uint8Array {
  const one = [type, 3, 3, content.length >> 8, content.length & 255, ...content]
  const all = new Uint8Array(count * one.length)
  for (let at = 0; at < all.length; at += one.length) all.set(one, at)
  return all
}

test('more records than a call has arguments pass at once', t => {
  const all = records(130_000, 21, 1, 0)
  t.is(Buffer.compare(new Middle().pass('client', all), all), 0)
})

test('a message in 100 000 records of one byte is seen whole, and its bytes are not joined again for each', t => {
  const seen: Seen[] = []
  const middle = new Middle({
    edit: one => {
      seen.push(one)
      return undefined
    },
  })
  const message = Uint8Array.of(11, 1, 134, 160, ...new Uint8Array(100_000))
  const all = new Uint8Array(6 * message.length)
  for (const [at, byte] of message.entries()) all.set([22, 3, 3, 0, 1, byte], 6 * at)
  const begun = performance.now()
  t.is(Buffer.compare(middle.pass('client', all), all), 0)
  t.log(`${Math.round(performance.now() - begun)} ms`)
  t.deepEqual(
    seen.map(({ message, bytes }) => [message, bytes.length]),
    [['Certificate', 100_004]],
  )
})

test('what is sent again and again goes in one piece', t => {
  const middle = new Middle()
  for (let i = 0; i < 60_000; i++)
    middle.send('server', { type: 'alert', content: Uint8Array.of(1, 0) })
  t.is(middle.pass('server').length, 60_000 * 7)
})

test('whatever is seen is shown, and what no key opens goes by as it came', t => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 90 }),
      fc.constantFrom(20, 21, 22, 23),
      (bytes, type) => {
        const lines: string[] = []
        const keys = new KeyLog()
        keys.take(`CLIENT_TRAFFIC_SECRET_0 ${'00'.repeat(32)} ${'11'.repeat(32)}\nnonsense\n`)
        const middle = new Middle({ keys, trace: line => lines.push(line) })
        const all = records(1, type, ...bytes)
        const went = [middle.pass('client', all), middle.end('client')].flatMap(part => [...part])
        t.deepEqual(went, [...all])
        // Of a message that is not whole there is nothing to show.
        t.true(type === 22 || lines.length > 0)
      },
    ),
    { numRuns: 300 },
  )
  t.is(
    seenLines({
      from: 'client',
      index: 0,
      epoch: 'clear',
      generation: 0,
      type: 'alert',
      message: undefined,
      bytes: Uint8Array.of(2),
      padding: 0,
    }).length,
    1,
  )
})
