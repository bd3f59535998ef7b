/** Random schedules: calls in any order, of sizes that meet the edges of rings and records. */
import fc from 'fast-check'
import { ringSizes } from './schedule.ts'

const call = (name: string, ...words: readonly fc.Arbitrary<string | number>[]) =>
  fc.tuple(...words).map(given => [name, ...given].join(' '))

const pick = (...words: readonly string[]) => fc.constantFrom(...words)

/** Calls of a half: what moves bytes comes often, what ends something seldom. */
function halfCalls(size: number): fc.Arbitrary<string> {
  const half = pick('a', 'b')
  const count = fc.oneof(
    fc.nat(12),
    fc.nat(size + 2),
    fc.constantFrom(0, 1, size, size + 1, 2 * size),
  )
  const twice = pick('a b', 'b a', 'a x', 'x b')
  return fc.oneof(
    { weight: 16, arbitrary: call('read', half, count) },
    { weight: 16, arbitrary: call('write', half, count) },
    { weight: 6, arbitrary: call('nread', half, count) },
    { weight: 6, arbitrary: call('nwrite', half, count) },
    { weight: 3, arbitrary: call('nread0', half) },
    { weight: 3, arbitrary: call('nwrite0', half) },
    { weight: 3, arbitrary: call('forget', half) },
    { weight: 1, arbitrary: call('reset', half) },
    { weight: 1, arbitrary: call('flush', half) },
    { weight: 1, arbitrary: call('shutdown_wr', half) },
    { weight: 1, arbitrary: call('part', pick('a', 'b', 'x')) },
    { weight: 2, arbitrary: call('join', twice) },
    { weight: 2, arbitrary: call('size', pick('a', 'b', 'x'), count) },
    { weight: 1, arbitrary: call('gets', half, fc.nat(9)) },
    { weight: 2, arbitrary: call('read', pick('x'), count) },
    { weight: 2, arbitrary: call('write', pick('x'), count) },
  )
}

const rings = fc.oneof(fc.constantFrom(1, 2, 5, 6, 17, 100), fc.integer({ min: 1, max: 40 }))

/** A pair and a half without a peer. */
export const pairSchedule: fc.Arbitrary<string[]> = fc
  .tuple(rings, rings)
  .chain(([one, other]) =>
    fc
      .array(halfCalls(Math.max(one, other)), { minLength: 1, maxLength: 300, size: 'max' })
      .map(calls => [`pair a b ${one} ${other}`, 'half x', ...calls]),
  )

const memoryCall = fc.oneof(
  { weight: 6, arbitrary: call('write', pick('m', 'r'), fc.integer({ min: 1, max: 90 })) },
  { weight: 8, arbitrary: call('read', pick('m', 'r'), fc.nat(60)) },
  { weight: 4, arbitrary: call('gets', pick('m', 'r'), fc.nat(60)) },
  { weight: 1, arbitrary: call('reset', pick('m', 'r')) },
  { weight: 1, arbitrary: call('flush', pick('m', 'r')) },
  { weight: 2, arbitrary: call('eof_return', pick('m', 'r'), fc.integer({ min: -3, max: 0 })) },
)

/** Memory that grows, and memory that is only read. */
export const memorySchedule: fc.Arbitrary<string[]> = fc
  .tuple(fc.nat(200), fc.array(memoryCall, { minLength: 1, maxLength: 300, size: 'max' }))
  .map(([length, calls]) => ['mem m', `memro r ${length}`, ...calls])

/** Calls of a connection; a write has one length in a schedule, so that repeating it is what it mostly is. */
function sslCalls(length: number, wayward: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const end = pick('c', 's')
  const count = fc.constantFrom(1, 7, 100, length, 16384, 20000)
  return fc.oneof(
    { weight: 10, arbitrary: call('sslread', end, count) },
    { weight: 10, arbitrary: call('sslwrite', end, fc.constant(length)) },
    { weight: 3, arbitrary: call('sslpeek', end, count) },
    { weight: 2, arbitrary: call('handshake', end) },
    { weight: 1, arbitrary: call('shutdown', end) },
    { weight: 1, arbitrary: wayward },
  )
}

const wayward = fc.oneof(
  call('sslread', pick('c', 's'), fc.constant(0)),
  call('sslwrite', pick('c', 's'), fc.constantFrom(0, 1, 300, 17000)),
  call('key_update', pick('c', 's'), fc.constantFrom(0, 1)),
  call('ticket', pick('c', 's')),
  call('mode', pick('c', 's'), fc.constantFrom(1, 2)),
  call('quiet', pick('c', 's'), fc.constant(1)),
  call('set_shutdown', pick('c', 's'), fc.nat(3)),
  call('shutdown_wr', pick('a', 'b')),
)

/** Before both have shaken hands, flights are in pieces over a small ring; data would part the two then. */
const shaking = fc.oneof(
  call('handshake', pick('c', 's')),
  call('sslread', pick('c', 's'), fc.constantFrom(1, 100)),
  call('sslpeek', pick('c', 's'), fc.constantFrom(1, 100)),
)

/** Two connections over one pair: steps of the handshake in any order, then of all else. */
export const sslSchedule: fc.Arbitrary<string[]> = fc
  .tuple(fc.constantFrom(...ringSizes), fc.constantFrom(1, 3, 50, 300, 3000, 17000))
  .chain(([size, length]) => {
    const before = size > 16384 ? fc.oneof(shaking, sslCalls(length, shaking)) : shaking
    return fc
      .tuple(
        fc.array(before, { maxLength: 12 }),
        fc.array(sslCalls(length, wayward), { minLength: 1, maxLength: 60, size: 'max' }),
      )
      .map(([first, then]) => [
        `pair a b ${size} ${size}`,
        'ssl c client a',
        'ssl s server b',
        ...first,
        'shake c s',
        ...then,
      ])
  })
