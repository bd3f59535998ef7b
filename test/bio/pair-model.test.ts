/** The BIO pair against two lists: any order of calls on either half, both directions of different sizes. */
import { bioPair, type PairBio } from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Act } from './support/act.ts'
import { codeOf, eof, retryRead, retryWrite } from './support/bytes.ts'

/** What one half has written and the other not read, and what it has declared. */
interface Half {
  size: number
  bytes: number[]
  start: number
  next: number
  request: number
  /** What the other half's reads come to. */
  ending: 'eof' | Error | undefined
  closed: boolean
  /** Its reads had not come to their end when it was closed. */
  deaf: boolean
  /** What its own writes come to. */
  writeStop: unknown
  /** What the other half's writes come to after a close with an error. */
  refusal: Error | undefined
}

interface Model {
  readonly halves: readonly [Half, Half]
  paired: boolean
}

type Pair = readonly [PairBio, PairBio]

function half(size: number): Half {
  const closing = { closed: false, deaf: false, writeStop: undefined, refusal: undefined }
  const start = { bytes: [], start: 0, next: 0, request: 0 }
  return { size, ...start, ending: undefined, ...closing }
}

function writable(model: Model, own: Half, peer: Half): boolean {
  return model.paired && own.writeStop === undefined && !peer.closed
}

/** What a half that was closed says to writes of the other. */
function refusalOf(half: Half): unknown {
  return half.closed ? (half.refusal ?? 'ERR_BIO_BROKEN_PIPE') : undefined
}

function take(from: Half, count: number): number[] {
  const taken = from.bytes.splice(0, count)
  from.start = from.bytes.length === 0 ? 0 : (from.start + taken.length) % from.size
  return taken
}

/** What a read or a write answers when it moves nothing; undefined when it moves something. */
function whyNoRead(model: Model, own: Half, peer: Half, wanted: number): unknown {
  if (!model.paired) return 'ERR_BIO_UNINITIALIZED'
  peer.request = 0
  if (own.deaf) return 'ERR_BIO_CLOSED'
  if (peer.bytes.length > 0) return undefined
  if (peer.ending === 'eof') return eof
  if (peer.ending) return peer.ending
  peer.request = Math.min(wanted, peer.size)
  return retryRead
}

function whyNoWrite(model: Model, own: Half, peer: Half): unknown {
  if (!model.paired) return 'ERR_BIO_UNINITIALIZED'
  own.request = 0
  if (own.writeStop) return own.writeStop
  if (peer.closed) return refusalOf(peer)
  return own.bytes.length < own.size ? undefined : retryWrite
}

function expectStop(t: ExecutionContext, answer: unknown, expected: unknown): void {
  if (typeof expected === 'string') t.is(codeOf(answer), expected)
  else if (expected instanceof Error) t.is((answer as { error: Error }).error, expected)
  else t.deepEqual(answer, expected)
}

function agree(t: ExecutionContext, model: Model, pair: Pair): void {
  for (const i of [0, 1] as const) {
    const [own, peer, bio] = [model.halves[i], model.halves[1 - i] as Half, pair[i]]
    const guarantee = writable(model, own, peer) ? own.size - own.bytes.length : 0
    t.is(bio.wpending, own.bytes.length)
    t.is(bio.pending, peer.bytes.length)
    t.is(bio.writeGuarantee, guarantee)
    t.is(bio.readRequest, Math.min(own.request, guarantee))
    t.is(bio.eof, !model.paired || (peer.ending === 'eof' && peer.bytes.length === 0))
    t.is(bio.size, own.size)
    t.is(bio.paired, model.paired)
  }
}

type Does = (own: Half, peer: Half, bio: PairBio, model: Model) => void

function acts(t: ExecutionContext): fc.Arbitrary<Act<Model, Pair>>[] {
  const size = fc.oneof({ weight: 4, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.nat(600) })
  const side = fc.constantFrom(0, 1)
  const on = (i: number, name: string, does: Does) =>
    new Act<Model, Pair>(`${'ab'[i]}.${name}`, (model, pair) => {
      const bio = pair[i] as PairBio
      does(model.halves[i] as Half, model.halves[1 - i] as Half, bio, model)
      agree(t, model, pair)
    })
  const act = (name: string, does: Does) => side.map(i => on(i, name, does))
  const sized = (name: string, does: (n: number) => Does) =>
    fc.tuple(side, size).map(([i, n]) => on(i, `${name}(${n})`, does(n)))
  const write = sized('write', n => (own, peer, bio, model) => {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (own.next + i) & 0xff)
    const why = n === 0 ? 0 : whyNoWrite(model, own, peer)
    const answer = bio.write(bytes)
    if (why !== undefined) return expectStop(t, answer, why)
    const count = Math.min(n, own.size - own.bytes.length)
    t.is(answer, count)
    own.bytes.push(...bytes.subarray(0, count))
    own.next += count
  })
  const read = sized('read', n => (own, peer, bio, model) => {
    const into = new Uint8Array(n)
    const why = n === 0 ? 0 : whyNoRead(model, own, peer, n)
    const answer = bio.read(into)
    if (why !== undefined) return expectStop(t, answer, why)
    const expected = take(peer, n)
    t.is(answer, expected.length)
    t.deepEqual([...into.subarray(0, expected.length)], expected)
  })
  const runAndConsume = sized('consume', n => (own, peer, bio, model) => {
    const why = whyNoRead(model, own, peer, 1)
    const run = bio.run()
    if (why !== undefined) {
      if (n > 0) t.throws(() => bio.consume(n), { instanceOf: RangeError })
      return expectStop(t, run, why)
    }
    const expected = peer.bytes.slice(0, peer.size - peer.start)
    t.deepEqual([...(run as Uint8Array)], expected)
    if (n > expected.length) return void t.throws(() => bio.consume(n), { instanceOf: RangeError })
    bio.consume(n)
    take(peer, n)
  })
  const roomAndCommit = sized('commit', n => (own, peer, bio, model) => {
    const why = whyNoWrite(model, own, peer)
    const room = bio.room()
    if (why !== undefined) {
      if (n > 0) t.throws(() => bio.commit(n), { instanceOf: RangeError })
      return expectStop(t, room, why)
    }
    const end = own.start + own.bytes.length
    const length = end < own.size ? own.size - end : own.size - own.bytes.length
    t.is((room as Uint8Array).length, length)
    if (n > length) return void t.throws(() => bio.commit(n), { instanceOf: RangeError })
    for (let i = 0; i < n; i++) {
      const byte = own.next++ & 0xff
      ;(room as Uint8Array)[i] = byte
      own.bytes.push(byte)
    }
    bio.commit(n)
  })
  const wantedRoom = sized('room', wanted => (own, peer, bio, model) => {
    const why = whyNoWrite(model, own, peer)
    const room = bio.room(wanted)
    if (why !== undefined) return expectStop(t, room, why)
    const free = own.size - own.bytes.length
    const end = own.start + own.bytes.length
    // Only where the two parts of the room have to be joined does the ring move what it holds.
    if (end < own.size && wanted > own.size - end && wanted <= free) own.start = 0
    const { length } = room as Uint8Array
    t.true(length >= Math.min(wanted, 1) && length <= free)
    if (wanted <= free && end < own.size) t.true(length >= wanted)
  })
  const rare = fc.oneof(
    fc.tuple(side, fc.integer({ min: 1, max: 40 })).map(([i, size]) =>
      on(i, `resize(${size})`, (own, _, bio, model) => {
        if (model.paired) return void t.throws(() => bio.resize(size), { code: 'ERR_BIO_IN_USE' })
        bio.resize(size)
        own.size = size
      }),
    ),
    act('end()', (own, peer, bio) => {
      t.is(bio.end(), 'done')
      own.writeStop ??= refusalOf(peer) ?? 'ERR_BIO_BROKEN_PIPE'
      own.ending ??= 'eof'
    }),
    fc.tuple(side, fc.boolean()).map(([i, failed]) =>
      on(i, `close(${failed ? 'error' : ''})`, (own, peer, bio, model) => {
        const error = failed ? new Error('close') : undefined
        bio.close(error)
        if (own.closed) return
        own.closed = true
        own.deaf = !model.paired || peer.bytes.length > 0 || peer.ending === undefined
        own.ending ??= error ?? 'eof'
        own.writeStop ??= refusalOf(peer) ?? 'ERR_BIO_CLOSED'
        own.refusal = error
        take(peer, peer.bytes.length)
      }),
    ),
    act('destroy()', (own, peer, bio, model) => {
      bio.destroy()
      if (!model.paired) return
      model.paired = false
      Object.assign(own, half(own.size))
      Object.assign(peer, half(peer.size))
    }),
  )
  const again = new Act<Model, Pair>('pair()', (model, pair) => {
    if (model.paired) {
      t.throws(() => pair[0].pair(pair[1]), { instanceOf: TypeError, code: 'ERR_BIO_IN_USE' })
      return
    }
    pair[1].pair(pair[0])
    model.paired = true
    for (const own of model.halves) Object.assign(own, half(own.size))
    agree(t, model, pair)
  })
  return [
    ...[write, read, write, read, write, read],
    ...[runAndConsume, roomAndCommit, runAndConsume, roomAndCommit, wantedRoom, rare],
    act('reset()', (own, _, bio) => {
      bio.reset()
      take(own, own.bytes.length)
    }),
    act('resetReadRequest()', (own, _, bio) => {
      bio.resetReadRequest()
      own.request = 0
    }),
    act('trim()', (_own, _peer, bio) => bio.trim()),
    fc.constant(again),
  ]
}

test('a pair of any two sizes is two lists, whatever is called on either half in any order', t => {
  const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 250, max: 900 }))
  fc.assert(
    fc.property(
      size,
      size,
      fc.commands(acts(t), { maxCommands: 80, size: 'max' }),
      (sizeA, sizeB, commands) => {
        const model: Model = { halves: [half(sizeA), half(sizeB)], paired: true }
        fc.modelRun(() => ({ model, real: bioPair(sizeA, sizeB) as Pair }), commands)
      },
    ),
    { numRuns: 400 },
  )
  t.pass()
})
