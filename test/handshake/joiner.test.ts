import { type JoinedMessage, Joiner } from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'

const generous = { maxMessage: () => 2 ** 24 - 1 }

function message(msg_type: number, body: Uint8Array): Uint8Array {
  const { length } = body
  return Uint8Array.of(msg_type, length >> 16, length >> 8, length, ...body)
}

function drain(joiner: Joiner): JoinedMessage[] {
  const messages: JoinedMessage[] = []
  for (let next = joiner.next(); next !== undefined; next = joiner.next()) {
    const { msg_type, body, raw } = next
    messages.push({ msg_type, body: Uint8Array.from(body), raw: Uint8Array.from(raw) })
  }
  return messages
}

const someMessages = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 }))
    .map(([msg_type, body]) => ({ msg_type, body, raw: message(msg_type, body) })),
  { maxLength: 8 },
)

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

/** Slices at the given places, empty slices where two are the same. */
function slices(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [
    0,
    ...places.map(place => place % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ]
  return cuts.slice(1).map((end, i) => bytes.slice(cuts[i], end))
}

test('any slicing gives the same messages', t => {
  fc.assert(
    fc.property(someMessages, fc.array(fc.nat(), { maxLength: 30 }), (messages, places) => {
      const stream = concat(messages.map(({ raw }) => raw))
      const joiner = new Joiner(generous)
      const joined = slices(stream, places).flatMap(fragment => {
        joiner.push(fragment)
        const got = drain(joiner)
        // A record layer reuses its buffer: what was not handed on must have been copied.
        fragment.fill(0xee)
        return got
      })
      t.deepEqual(joined, messages)
      t.false(joiner.partial)
    }),
  )
})

test('a caller that pushes without drawing gets the same messages, if it keeps what it reuses', t => {
  fc.assert(
    fc.property(
      someMessages,
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.array(fc.nat(3), { minLength: 31, maxLength: 31 }),
      (messages, places, draws) => {
        const stream = concat(messages.map(({ raw }) => raw))
        const joiner = new Joiner(generous)
        const joined: JoinedMessage[] = []
        slices(stream, places).forEach((fragment, i) => {
          joiner.push(fragment)
          for (let n = draws[i] ?? 0; n > 0; n--) {
            const next = joiner.next()
            if (next !== undefined)
              joined.push({ ...next, body: next.body.slice(), raw: next.raw.slice() })
          }
          joiner.keep()
          fragment.fill(0xee)
        })
        t.deepEqual([...joined, ...drain(joiner)], messages)
        t.false(joiner.partial)
      },
    ),
  )
})

test('partial says whether bytes wait, at every byte', t => {
  const stream = concat([
    message(8, Uint8Array.of(1, 2)),
    message(20, new Uint8Array()),
    message(1, Uint8Array.of(3)),
  ])
  const ends = new Set([6, 10, 15])
  const joiner = new Joiner(generous)
  t.false(joiner.partial)
  stream.forEach((byte, i) => {
    joiner.push(Uint8Array.of(byte))
    t.true(joiner.partial)
    const next = joiner.next()
    t.is(next !== undefined, ends.has(i + 1))
    t.is(joiner.partial, !ends.has(i + 1))
  })
})

test('a whole message that waits counts as partial, as a key change must not pass it', t => {
  const joiner = new Joiner(generous)
  joiner.push(concat([message(8, Uint8Array.of(1)), message(20, Uint8Array.of(2))]))
  t.is(joiner.next()?.msg_type, 8)
  t.true(joiner.partial)
  t.is(joiner.next()?.msg_type, 20)
  t.false(joiner.partial)
  t.is(joiner.next(), undefined)
})

test('a message that lies whole in a fragment is a view of it, one that was cut is not', t => {
  const fragment = concat([
    message(8, Uint8Array.of(1, 2)),
    message(20, Uint8Array.of(3, 4)).subarray(0, 5),
  ])
  const joiner = new Joiner(generous)
  joiner.push(fragment)
  const first = joiner.next()
  t.is(first?.raw.buffer, fragment.buffer)
  t.is(first?.body.buffer, fragment.buffer)
  t.deepEqual(first?.body, Uint8Array.of(1, 2))
  t.is(joiner.next(), undefined)
  const end = Uint8Array.of(4)
  joiner.push(end)
  const second = joiner.next()
  t.not(second?.raw.buffer, end.buffer)
  t.deepEqual(second?.raw, message(20, Uint8Array.of(3, 4)))
})

test('a Buffer goes in, plain arrays come out', t => {
  const joiner = new Joiner(generous)
  joiner.push(Buffer.from(message(8, Uint8Array.of(1, 2))))
  const next = joiner.next()
  t.is(Object.getPrototypeOf(next?.raw), Uint8Array.prototype)
  t.is(Object.getPrototypeOf(next?.body), Uint8Array.prototype)
})

test('too long a message is illegal_parameter as soon as its header shows it, and stays so', t => {
  const limits: Readonly<Record<number, number>> = { 24: 1, 1: 100 }
  const joiner = () => new Joiner({ maxMessage: msg_type => limits[msg_type] ?? 0 })
  const cases: [number, number, boolean][] = [
    [24, 1, true],
    [24, 2, false],
    [1, 100, true],
    [1, 101, false],
    [99, 0, true],
    [99, 1, false],
  ]
  for (const [msg_type, length, fits] of cases) {
    const raw = message(msg_type, new Uint8Array(length))
    for (const cut of [1, 2, 3, 4]) {
      const one = joiner()
      one.push(raw.subarray(0, cut))
      if (cut < 4 || fits) t.notThrows(() => one.next())
      if (fits) continue
      if (cut < 4) {
        one.push(raw.subarray(cut, 4))
      }
      for (let i = 0; i < 2; i++) {
        const error = t.throws(() => one.next(), { instanceOf: TlsAlert })
        t.is(error.alert, 'illegal_parameter')
        t.is(error.reason, 'EXCESSIVE_MESSAGE_SIZE')
      }
    }
  }
})

test('a good message is handed on before the one behind it is refused', t => {
  const joiner = new Joiner({ maxMessage: () => 2 })
  joiner.push(concat([message(8, Uint8Array.of(1, 2)), message(8, Uint8Array.of(1, 2, 3))]))
  t.deepEqual(joiner.next()?.body, Uint8Array.of(1, 2))
  t.throws(() => joiner.next(), { instanceOf: TlsAlert })
})

test('more waiting bytes than allowed are illegal_parameter', t => {
  const joiner = new Joiner({ ...generous, maxTotal: 10 })
  joiner.push(message(8, Uint8Array.of(1, 2)))
  joiner.push(Uint8Array.of(8, 0, 0, 1))
  const error = t.throws(() => joiner.push(Uint8Array.of(9)), { instanceOf: TlsAlert })
  t.is(error.alert, 'illegal_parameter')
  t.is(error.reason, 'EXCESSIVE_MESSAGE_SIZE')
  t.deepEqual(drain(joiner).length, 1)
  joiner.push(Uint8Array.of(9))
  t.deepEqual(
    drain(joiner).map(({ body }) => [...body]),
    [[9]],
  )
})

test('an announced length allocates nothing: storage grows with the bytes that came', t => {
  const before = process.memoryUsage().arrayBuffers
  const joiners = Array.from({ length: 200 }, () => {
    const joiner = new Joiner(generous)
    joiner.push(Uint8Array.of(11, 0xff, 0xff, 0xff, 0))
    t.is(joiner.next(), undefined)
    return joiner
  })
  t.true(process.memoryUsage().arrayBuffers - before < 2 ** 20)
  t.true(joiners.every(({ partial }) => partial))
})

/** CPU time, in microseconds, of a message of so many single bytes. */
function cost(t: ExecutionContext, length: number, drawing: boolean): number {
  const joiner = new Joiner({ ...generous, maxTotal: 2 ** 22 })
  const byte = new Uint8Array(1)
  const start = process.cpuUsage()
  joiner.push(Uint8Array.of(11, length >> 16, length >> 8, length))
  for (let i = 0; i < length; i++) {
    if (drawing && joiner.next() !== undefined) t.fail('too early')
    joiner.push(byte)
  }
  t.is(joiner.next()?.body.length, length)
  return process.cpuUsage(start).user
}

for (const drawing of [true, false])
  test(`single bytes cost time in proportion to their number, ${drawing ? 'drawn' : 'not drawn'} meanwhile`, t => {
    cost(t, 2 ** 14, drawing)
    const short = cost(t, 2 ** 15, drawing)
    const long = cost(t, 2 ** 19, drawing)
    // 16 times the bytes: about 16 times the time, 256 times where joining is quadratic.
    t.true(long < 80 * Math.max(short, 2000), `${short} and ${long} us`)
  })

test('wiping overwrites what is held and forgets it', t => {
  const secret = Uint8Array.of(9, 9, 9, 9)
  const joiner = new Joiner(generous)
  joiner.push(message(4, secret).subarray(0, 7))
  t.is(joiner.next(), undefined)
  t.true(joiner.partial)
  joiner.wipe()
  t.false(joiner.partial)
  t.is(joiner.next(), undefined)
  joiner.push(message(4, secret))
  const next = joiner.next()
  t.deepEqual(next?.body, secret)
  // The caller's fragment is the caller's: wiping leaves it alone.
  const fragment = concat([message(4, secret), message(4, secret)])
  joiner.push(fragment)
  joiner.wipe()
  t.deepEqual(fragment, concat([message(4, secret), message(4, secret)]))
})

test('wiping overwrites the storage that fragments were put together in', t => {
  const joiner = new Joiner(generous)
  joiner.push(message(4, Uint8Array.of(7, 7)))
  joiner.push(message(4, Uint8Array.of(8, 8)))
  const first = joiner.next()
  t.deepEqual(first?.body, Uint8Array.of(7, 7))
  joiner.wipe()
  t.deepEqual(first?.body, Uint8Array.of(0, 0))
})
