/** The datagram pair against two lists of datagrams, and the datagram memory against one: any order of calls. */
import {
  type Datagram,
  DatagramMemoryBio,
  type DatagramPairBio,
  datagramOverhead,
  datagramPair,
} from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { AsyncAct } from './support/act.ts'
import { codeOf, eof, retryRead, retryWrite, settled } from './support/bytes.ts'

/** What one half has sent and the other not received, and how it was closed. */
interface Half {
  readonly most: number
  sent: number[][]
  next: number
  whole: boolean
  mtu: number
  refused: number | undefined
  closed: false | 'eof' | Error
  sendStop: unknown
  deaf: boolean
}

interface Model {
  readonly halves: readonly [Half, Half]
  paired: boolean
}

type Pair = readonly [DatagramPairBio, DatagramPairBio]

const fresh = {
  next: 0,
  refused: undefined,
  closed: false,
  sendStop: undefined,
  deaf: false,
} as const

function half(size: number, mtu: number): Half {
  return { most: size - datagramOverhead, mtu, whole: false, sent: [], ...fresh }
}

function free({ most, sent }: Half): number {
  return most - sent.reduce((sum, datagram) => sum + datagram.length + datagramOverhead, 0)
}

function bytesOf(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (from + i) & 0xff)
}

/** What sends of the other half come to once this one is closed. */
function refusal({ closed }: Half): unknown {
  return closed === 'eof' ? 'ERR_BIO_BROKEN_PIPE' : closed || undefined
}

function expectStop(t: ExecutionContext, answer: unknown, expected: unknown): void {
  if (typeof expected === 'string') t.is(codeOf(answer), expected)
  else if (expected instanceof Error) t.is((answer as { error: Error }).error, expected)
  else t.deepEqual(answer, expected)
}

/** A receive from `from`: the model's answer for buffers of `size`, `why` if it is stopped. */
function receive(
  t: ExecutionContext,
  bio: DatagramPairBio | DatagramMemoryBio,
  from: Half,
  whole: boolean,
  size: number,
  why: unknown,
): void {
  const into = new Uint8Array(size)
  const answer = bio.receive(into)
  if (why !== undefined) return void expectStop(t, answer, why)
  const length = (from.sent[0] as number[]).length
  if (whole && length > size) return void t.deepEqual(answer, { stop: 'short', length })
  const datagram = from.sent.shift() as number[]
  const got = Math.min(length, size)
  t.deepEqual(answer as Datagram, { length: got, lost: length - got })
  t.deepEqual([...into.subarray(0, got)], datagram.slice(0, got))
}

function send(
  t: ExecutionContext,
  bio: DatagramPairBio | DatagramMemoryBio,
  own: Half,
  length: number,
  why: unknown,
): void {
  const datagram = bytesOf(own.next, length)
  const answer = bio.send(datagram)
  datagram.fill(0xee)
  if (why !== undefined) return void expectStop(t, answer, why)
  if (length > own.most) return void t.deepEqual(answer, { stop: 'long', most: own.most })
  if (length > free(own)) {
    own.refused = length
    return void t.deepEqual(answer, retryWrite)
  }
  t.is(answer, 'done')
  own.refused = undefined
  own.sent.push([...bytesOf(own.next, length)])
  own.next += length
}

function whyNoReceive(model: Model, own: Half, peer: Half): unknown {
  if (!model.paired) return 'ERR_BIO_UNINITIALIZED'
  if (own.deaf) return 'ERR_BIO_CLOSED'
  if (peer.sent.length > 0) return undefined
  return peer.closed === 'eof' ? eof : peer.closed || retryRead
}

function whyNoSend(model: Model, own: Half, peer: Half): unknown {
  return model.paired ? (own.sendStop ?? refusal(peer)) : 'ERR_BIO_UNINITIALIZED'
}

async function agree(t: ExecutionContext, model: Model, pair: Pair): Promise<void> {
  for (const i of [0, 1] as const) {
    const [own, peer, bio] = [model.halves[i], model.halves[1 - i] as Half, pair[i]]
    const guarantee = whyNoSend(model, own, peer) || free(own) < own.mtu ? 0 : free(own)
    t.is(bio.writeGuarantee, guarantee)
    t.is(bio.pending, peer.sent[0]?.length)
    t.is(bio.wpending, own.sent.flat().length)
    t.is(bio.eof, !model.paired || (peer.closed === 'eof' && peer.sent.length === 0))
    t.deepEqual(
      [bio.mtu, bio.paired, bio.size],
      [own.mtu, model.paired, own.most + datagramOverhead],
    )
    t.is(await settled(bio.ready('read')), whyNoReceive(model, own, peer) !== retryRead)
    const room = free(own) >= (own.refused ?? Math.min(own.mtu, own.most))
    t.is(await settled(bio.ready('write')), room || whyNoSend(model, own, peer) !== undefined)
  }
}

type Does = (own: Half, peer: Half, bio: DatagramPairBio, model: Model) => void

function acts(t: ExecutionContext): fc.Arbitrary<AsyncAct<Model, Pair>>[] {
  const size = fc.oneof(fc.nat(4), fc.nat(300), fc.nat(900))
  const side = fc.constantFrom(0, 1)
  const on = (i: number, name: string, does: Does) =>
    new AsyncAct<Model, Pair>(`${'ab'[i]}.${name}`, async (model, pair) => {
      const bio = pair[i] as DatagramPairBio
      does(model.halves[i] as Half, model.halves[1 - i] as Half, bio, model)
      await agree(t, model, pair)
    })
  const act = (name: string, does: Does) => side.map(i => on(i, name, does))
  const sized = (name: string, does: (n: number) => Does) =>
    fc.tuple(side, size).map(([i, n]) => on(i, `${name}(${n})`, does(n)))
  const sends = sized('send', n => (own, peer, bio, model) => {
    send(t, bio, own, n, whyNoSend(model, own, peer))
  })
  const receives = sized('receive', n => (own, peer, bio, model) => {
    receive(t, bio, peer, own.whole, n, whyNoReceive(model, own, peer))
  })
  const close = fc.tuple(side, fc.boolean()).map(([i, failed]) =>
    on(i, `close(${failed ? 'error' : ''})`, (own, peer, bio, model) => {
      const error = failed ? new Error('close') : undefined
      bio.close(error)
      if (own.closed || !model.paired) return
      own.closed = error ?? 'eof'
      own.sendStop = refusal(peer) ?? 'ERR_BIO_CLOSED'
      own.deaf = peer.sent.length > 0 || !peer.closed
      peer.sent = []
    }),
  )
  const begin = (model: Model, paired: boolean) => {
    model.paired = paired
    for (const half of model.halves) Object.assign(half, fresh, { sent: [] })
  }
  const rare = fc.oneof(
    close,
    act('destroy()', (_own, _peer, bio, model) => {
      bio.destroy()
      if (model.paired) begin(model, false)
    }),
    side.map(
      i =>
        new AsyncAct<Model, Pair>(`${'ab'[i]}.pair()`, async (model, pair) => {
          const join = () => (pair[i] as DatagramPairBio).pair(pair[1 - i] as DatagramPairBio)
          if (model.paired) t.throws(join, { instanceOf: TypeError, code: 'ERR_BIO_IN_USE' })
          else {
            join()
            begin(model, true)
          }
          await agree(t, model, pair)
        }),
    ),
    fc.tuple(side, fc.integer({ min: 1, max: 400 })).map(([i, mtu]) =>
      on(i, `mtu = ${mtu}`, (own, peer, bio, model) => {
        bio.mtu = mtu
        for (const half of model.paired ? [own, peer] : [own]) half.mtu = mtu
      }),
    ),
    act('reset()', (own, _, bio) => {
      bio.reset()
      own.sent = []
    }),
    act('noTruncate = !noTruncate', (own, _, bio) => {
      own.whole = !own.whole
      bio.noTruncate = own.whole
    }),
  )
  return [sends, receives, sends, receives, sends, receives, rare]
}

test('a datagram pair of any two sizes is two lists of datagrams, whatever is called on either half', async t => {
  const size = fc.oneof(fc.integer({ min: 233, max: 600 }), fc.integer({ min: 600, max: 2500 }))
  await fc.assert(
    fc.asyncProperty(
      size,
      size,
      fc.integer({ min: 1, max: 400 }),
      fc.commands(acts(t), { maxCommands: 60, size: 'max' }),
      async (sizeA, sizeB, mtu, commands) => {
        const model: Model = { halves: [half(sizeA, mtu), half(sizeB, mtu)], paired: true }
        const real: Pair = datagramPair({ size: sizeA, mtu }, { size: sizeB, mtu })
        await fc.asyncModelRun(() => ({ model, real }), commands)
      },
    ),
    { numRuns: 300 },
  )
  t.pass()
})

test('a datagram memory, bounded or not, is a list of datagrams', async t => {
  const size = fc.oneof(fc.nat(4), fc.nat(300), fc.nat(900))
  const act = (name: string, does: (own: Half, bio: DatagramMemoryBio) => void) =>
    new AsyncAct<Half, DatagramMemoryBio>(name, async (own, bio) => {
      does(own, bio)
      t.is(bio.pending, own.sent[0]?.length)
      t.is(bio.eof, own.closed === 'eof' && own.sent.length === 0)
      t.is(bio.writeGuarantee, own.closed ? 0 : Math.max(free(own), 0))
      t.is(await settled(bio.ready('read')), own.sent.length > 0 || own.closed !== false)
      t.is(
        await settled(bio.ready('write')),
        free(own) >= (own.refused ?? 0) || own.closed !== false,
      )
    })
  const sends = size.map(n =>
    act(`send(${n})`, (own, bio) =>
      send(t, bio, own, n, own.closed ? 'ERR_BIO_CLOSED' : undefined),
    ),
  )
  const receives = size.map(n =>
    act(`receive(${n})`, (own, bio) => {
      const end = own.closed === 'eof' ? eof : own.closed || retryRead
      receive(t, bio, own, own.whole, n, own.sent.length > 0 ? undefined : end)
    }),
  )
  const rare = fc.constantFrom(
    act('reset()', (own, bio) => {
      bio.reset()
      own.sent = []
    }),
    act('noTruncate = !noTruncate', (own, bio) => {
      own.whole = !own.whole
      bio.noTruncate = own.whole
    }),
    ...[undefined, new Error('lost')].map(error =>
      act(`close(${error ? 'error' : ''})`, (own, bio) => {
        bio.close(error)
        own.closed ||= error ?? 'eof'
      }),
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.option(fc.integer({ min: 233, max: 2500 }), { nil: undefined }),
      fc.commands([sends, receives, sends, receives, rare], { maxCommands: 60, size: 'max' }),
      async (limit, commands) => {
        const model = half(limit ?? Number.POSITIVE_INFINITY, 1)
        const real = new DatagramMemoryBio(limit === undefined ? {} : { limit })
        await fc.asyncModelRun(() => ({ model, real }), commands)
      },
    ),
    { numRuns: 300 },
  )
  t.pass()
})
