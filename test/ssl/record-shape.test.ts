/** How records look from outside: padding and sizes, as options of a context. */
import { type ContextOptions, SslContext, type TraceEvent } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { connectedEnds, type Ends, readAll } from '../support/ends.ts'
import { seeded } from '../support/seeded.ts'

/** Lengths of the bodies of protected records that an end wrote. */
function bodies(options: ContextOptions): { lengths: number[]; options: ContextOptions } {
  const lengths: number[] = []
  const trace = (event: TraceEvent) => {
    if (event.event !== 'record' || event.direction !== 'write' || !event.protected) return
    lengths.push(((event.header[3] as number) << 8) | (event.header[4] as number))
  }
  return { lengths, options: { ...options, trace } }
}

/** Sends all of `data`, and answers what came. */
function carry({ client, server }: Ends, data: Uint8Array): string {
  let text = ''
  for (let sent = 0; sent < data.length; ) {
    const wrote = client.write(data.subarray(sent))
    if (wrote.status === 'failed') throw wrote.error
    if (wrote.status === 'done') sent += wrote.bytes
    text += readAll(server).text
  }
  while (client.flush().status !== 'done') text += readAll(server).text
  return text + readAll(server).text
}

const data = (length: number) =>
  Buffer.from('abcdefghij'.repeat(Math.ceil(length / 10))).subarray(0, length)

test('whatever padding and sizes are asked for, every byte arrives, and where records end does not depend on the room', t => {
  const padding = fc.oneof(
    fc.constant(undefined),
    fc.integer({ min: 1, max: 16384 }),
    fc.nat(3000).map(most => (_: string, length: number, draw: (length: number) => Uint8Array) => {
      const [high = 0, low = 0] = draw(2)
      return length + (((high << 8) | low) % (most + 1))
    }),
  )
  const recordSizing = fc.option(
    fc.record({ small: fc.integer({ min: 64, max: 3000 }), after: fc.nat(20_000) }),
    { nil: undefined },
  )
  const ring = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 600, max: 40_000 }))
  const recordSizeLimit = fc.integer({ min: 64, max: 16385 })
  const made = fc.record({ padding, recordSizing, ring, recordSizeLimit, length: fc.nat(30_000) })
  fc.assert(
    fc.property(made, ({ padding, recordSizing, ring, recordSizeLimit, length }) => {
      const runs = [ring, 60_000].map(size => {
        const { lengths, options } = bodies({ random: seeded('shape'), now: () => 1.8e12 })
        const pair = connectedEnds({
          client: {
            ...options,
            ...(padding === undefined ? {} : { padding }),
            ...(recordSizing === undefined ? {} : { recordSizing }),
          },
          server: { recordSizeLimit },
          rings: [size, 60_000],
        })
        if (carry(pair, data(length)) !== data(length).toString()) throw new Error('it changed')
        if (Math.max(...lengths) > recordSizeLimit + 16) throw new Error('beyond the limit')
        return lengths
      })
      t.deepEqual(runs[0], runs[1])
    }),
    { numRuns: 40 },
  )
})

test('block padding: Finished, data, KeyUpdate and close_notify all look alike', t => {
  const { lengths, options } = bodies({ padding: 256 })
  const pair = connectedEnds({ client: options })
  carry(pair, data(1))
  carry(pair, data(256))
  pair.client.keyUpdate()
  carry(pair, data(200))
  pair.client.shutdown()
  t.deepEqual(new Set(lengths), new Set([256 + 17]))
  t.is(lengths.length, 6)
  carry(connectedEnds({ client: options }), data(257))
  t.is(lengths.at(-1), 512 + 17)
})

test('a function says how long content and padding are together, and sees type and length; less is no padding', t => {
  const asked: [string, number][] = []
  const { lengths, options } = bodies({
    padding: (type, length) => {
      asked.push([type, length])
      return type === 'application_data' ? 100 : 0
    },
  })
  const pair = connectedEnds({ client: options })
  carry(pair, data(30))
  carry(pair, data(300))
  t.deepEqual(asked, [
    ['handshake', 36],
    ['application_data', 30],
    ['application_data', 300],
  ])
  t.deepEqual(lengths, [36 + 17, 100 + 17, 300 + 17])
})

test('a policy that rolls dice repeats with its seed', t => {
  const run = (seed: string) => {
    const { lengths, options } = bodies({
      random: seeded(seed),
      padding: (_type, length, draw) => length + (draw(1)[0] ?? 0),
    })
    const pair = connectedEnds({ client: options })
    for (let i = 0; i < 20; i++) carry(pair, data(50))
    return lengths
  }
  t.deepEqual(run('one'), run('one'))
  t.notDeepEqual(run('one'), run('two'))
})

test('a policy that throws, or says nonsense, ends the connection with internal_error', t => {
  for (const padding of [
    () => {
      throw new Error('no dice')
    },
    () => Number.NaN,
    () => 1000.5,
  ]) {
    const { client, server } = connectedEnds({
      client: {
        padding: (type: string) => (type === 'application_data' ? padding() : 0),
      },
    })
    t.like(client.write(data(5)), { status: 'failed', error: { alert: 'internal_error' } })
    const read = server.read(new Uint8Array(9))
    t.like(read, { status: 'failed', error: { alert: 'internal_error', origin: 'received' } })
  }
})

test('record sizing: small records first, then large ones; small again after a while', t => {
  let now = 1.8e12
  const { lengths, options } = bodies({ recordSizing: {}, now: () => now })
  const pair = connectedEnds({ client: options, rings: [400_000, 60_000] })
  lengths.length = 0
  carry(pair, data(200_000))
  const small = lengths.filter(length => length === 1369 + 17).length
  t.is(small, Math.ceil(131_072 / 1369))
  t.deepEqual(new Set(lengths.slice(small, -1)), new Set([16384 + 17]))
  now += 500
  carry(pair, data(16384))
  t.is(lengths.at(-1), 16384 + 17)
  now += 1001
  carry(pair, data(3000))
  t.deepEqual(lengths.slice(-3), [1369 + 17, 1369 + 17, 262 + 17])
})

test('padding is a block of 1 to 16 384 bytes or a function; recordSizing has three numbers', t => {
  for (const padding of [0, 16385])
    t.throws(() => new SslContext({ padding }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /^padding: /,
    })
  t.throws(() => new SslContext({ recordSizing: { small: 63 } }), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: /^recordSizing.small: /,
  })
  t.throws(() => new SslContext({ recordSizing: { idle: -1 } }), { code: 'ERR_INVALID_ARG_TYPE' })
  t.throws(() => new SslContext({ recordSizing: { large: 1 } as object }), {
    code: 'ERR_UNKNOWN_OPTION',
  })
})
