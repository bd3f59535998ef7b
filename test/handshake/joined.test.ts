/** Joining messages whose bytes look like headers themselves, and what is refused by default (RFC 9846 §5.1). */
import { Joiner } from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'

const generous = { maxMessage: () => 2 ** 24 - 1 }

/** A message whose body is headers of empty messages, as is every cut of it at four bytes. */
const hollow = (msg_type: number, length: number): Uint8Array =>
  Uint8Array.of(msg_type, 0, 0, length, ...new Uint8Array(length))

test('however it is cut, a message is never begun in the middle of another', t => {
  const message = fc
    .tuple(fc.nat(255), fc.nat(40))
    .map(([msg_type, length]) => hollow(msg_type, length))
  const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), cuts, (messages, cuts) => {
      const all = Uint8Array.from(messages.flatMap(raw => [...raw]))
      const joiner = new Joiner(generous)
      const joined: number[][] = []
      for (let at = 0, i = 0; at < all.length; i++) {
        const cut = cuts[i % cuts.length] as number
        joiner.push(all.slice(at, at + cut))
        at += cut
        for (let next = joiner.next(); next; next = joiner.next()) joined.push([...next.raw])
      }
      t.deepEqual(
        joined,
        messages.map(raw => [...raw]),
      )
      t.false(joiner.partial)
    }),
  )
})

test('every cut of one message at two places gives that message', t => {
  const raw = hollow(20, 12)
  for (let one = 1; one < raw.length; one++)
    for (let other = one; other < raw.length; other++) {
      const joiner = new Joiner(generous)
      for (const [from, to] of [
        [0, one],
        [one, other],
      ] as const) {
        joiner.push(raw.slice(from, to))
        t.is(joiner.next(), undefined)
      }
      joiner.push(raw.slice(other))
      t.deepEqual(joiner.next()?.raw, raw)
    }
})

test('a message without a body is a view of its fragment too', t => {
  const fragment = Uint8Array.of(14, 0, 0, 0)
  const joiner = new Joiner(generous)
  joiner.push(fragment)
  const { raw, body, msg_type } = joiner.next() ?? {}
  t.is(msg_type, 14)
  t.is(raw?.buffer, fragment.buffer)
  t.is(body?.length, 0)
})

test('2^20 bytes may wait unless it is said otherwise, and a byte more is illegal_parameter', t => {
  const joiner = new Joiner(generous)
  joiner.push(new Uint8Array(2 ** 20))
  const more = new Joiner(generous)
  const refusals = [
    t.throws(() => joiner.push(new Uint8Array(1)), { instanceOf: TlsAlert }),
    t.throws(() => more.push(new Uint8Array(2 ** 20 + 1)), { instanceOf: TlsAlert }),
  ]
  for (const { alert, reason, section } of refusals)
    t.deepEqual([alert, reason, section], ['illegal_parameter', 'EXCESSIVE_MESSAGE_SIZE', '5.1'])
})

test('a body of the most bytes is taken, and of one more it is illegal_parameter', t => {
  for (const most of [0, 1, 255, 256]) {
    const joiner = new Joiner({ maxMessage: () => most })
    joiner.push(Uint8Array.of(11, 0, most >> 8, most, ...new Uint8Array(most)))
    t.is(joiner.next()?.body.length, most)
    joiner.push(Uint8Array.of(11, 0, (most + 1) >> 8, most + 1))
    const { alert, reason, section } = t.throws(() => joiner.next(), { instanceOf: TlsAlert }) ?? {}
    t.deepEqual([alert, reason, section], ['illegal_parameter', 'EXCESSIVE_MESSAGE_SIZE', '5.1'])
  }
})
