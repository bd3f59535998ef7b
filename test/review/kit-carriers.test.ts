/** Carriers as people write them, right and with one thing wrong: each wrong one is named by the law that it breaks, in bounded time. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type CarrierIdentity,
  type CarrierPair,
  carrierLaws,
  keepCarrierSteps,
  LawBroken,
} from '@biopair/testkit'
import test from 'ava'
import { chainFor } from '../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')
const identity: CarrierIdentity = {
  client: { ca: root.pem, servername: 'server.example', crypto: nodeCrypto, groups: 'x25519' },
  server: { cert: pem, key: keyPem, crypto: nodeCrypto },
}

type Slip =
  | 'nothing'
  | 'loses what is read late'
  | 'turns pieces round'
  | 'says it twice'
  | 'keeps hold of what it is given, and changes it'
  | 'drops on close what was not read'
  | 'has no end'
  | 'takes whatever comes'
  | 'cuts at 4096'

const most = 4 * 16_384

/** A queue with a window between two sides, somebody's own. */
function pairWith(slip: Slip): CarrierPair {
  const side = () => ({
    pieces: [] as Uint8Array[],
    ended: undefined as 'end' | Error | undefined,
    wake: [] as (() => void)[],
  })
  const [there, back] = [side(), side()]
  const wake = (way: typeof there) => {
    for (const each of way.wake.splice(0)) each()
  }
  const turn = (way: typeof there) => new Promise<void>(resolve => way.wake.push(resolve))
  const held = (way: typeof there) => way.pieces.reduce((sum, { length }) => sum + length, 0)
  const carrier = (to: typeof there, from: typeof there) => ({
    async read() {
      for (;;) {
        if (from.ended instanceof Error) throw from.ended
        const piece = slip === 'turns pieces round' ? from.pieces.pop() : from.pieces.shift()
        wake(from)
        if (piece) return piece
        if (from.ended === 'end' && slip !== 'has no end') return null
        await turn(from)
      }
    },
    async write(bytes: Uint8Array) {
      if (to.ended) throw new Error('it is over')
      const piece = slip === 'cuts at 4096' ? bytes.slice(0, 4096) : bytes.slice()
      if (slip === 'loses what is read late' && to.pieces.length > 1) return
      if (slip === 'keeps hold of what it is given, and changes it') piece.reverse()
      to.pieces.push(piece)
      if (slip === 'says it twice' && to.pieces.length > 1) to.pieces.push(piece)
      wake(to)
      while (slip !== 'takes whatever comes' && held(to) > most - 16_384 && !to.ended)
        await turn(to)
    },
    async close() {
      if (slip === 'drops on close what was not read') to.pieces.length = 0
      for (const way of [to, from]) way.ended ??= 'end'
      for (const way of [to, from]) wake(way)
    },
    abort(reason: Error) {
      for (const way of [to, from]) {
        way.ended = way.ended === 'end' ? 'end' : reason
        wake(way)
      }
    },
  })
  return { near: carrier(there, back), far: carrier(back, there), bound: most, tells: false }
}

const slips: readonly (readonly [Slip, RegExp])[] = [
  ['loses what is read late', /every byte arrives once and in order/],
  ['turns pieces round', /every byte arrives once and in order/],
  ['says it twice', /every byte arrives once and in order/],
  ['keeps hold of what it is given, and changes it', /every byte arrives once and in order/],
  ['cuts at 4096', /every byte arrives once and in order/],
  ['drops on close what was not read', /every byte arrives once and in order/],
  ['has no end', /every byte arrives once and in order/],
  ['takes whatever comes', /^writes wait while nothing is taken/],
]

/** A clock that runs ten times as fast. */
const timers = {
  set: (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds / 10),
  clear: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
}

for (const [slip, law] of slips)
  test(`a carrier that ${slip} breaks the law of that, with a few steps`, async t => {
    const make = () => pairWith(slip)
    const named = carrierLaws(make, identity, timers, { seed: 3, runs: 40 }).find(({ title }) =>
      law.test(title),
    )
    const error = await t.throwsAsync(async () => named?.keep(), { instanceOf: LawBroken })
    t.log(error?.message)
    if (slip === 'takes whatever comes') t.regex(error?.why ?? '', /no more than/)
    else t.regex(error?.program ?? '', /await keepCarrierSteps\(make, \[/)
    t.true((error?.steps.length ?? 99) <= 5)
  })

test('a carrier of somebody else that does nothing wrong keeps every law', async t => {
  for (const { title, keep } of carrierLaws(() => pairWith('nothing'), identity))
    await t.notThrowsAsync(keep(), title)
})

test('what a program says is what breaks the law, with the steps alone', async t => {
  const make = () => pairWith('cuts at 4096')
  await t.notThrowsAsync(keepCarrierSteps(make, [['write', 'near', 4096]]))
  await t.throwsAsync(keepCarrierSteps(make, [['write', 'near', 4097]], timers), {
    instanceOf: LawBroken,
    message: /after near write 4097: expected an end|all 4097 bytes that near wrote, got 4096/,
  })
})

test('a carrier that never answers, one that always throws and one that is none break laws in bounded time, and reject nothing that nobody waits for', async t => {
  const unhandled: unknown[] = []
  const note = (why: unknown) => unhandled.push(why)
  process.on('unhandledRejection', note)
  t.teardown(() => process.off('unhandledRejection', note))
  const fast = { ...timers, set: (f: () => void, ms: number) => setTimeout(f, ms / 100) }
  const never = () => new Promise<never>(() => {})
  const fail = () => {
    throw new Error('no')
  }
  const makes: readonly (() => CarrierPair | Promise<CarrierPair>)[] = [
    () => {
      const side = { read: never, write: never, close: never, abort() {} }
      return { near: side, far: side, bound: 1 }
    },
    () => {
      const side = { read: fail, write: fail, close: fail, abort: fail }
      return { near: side, far: side, bound: 1 }
    },
    () => {
      const side = { read: () => Promise.reject(new Error('no')), write: async () => {} }
      return { near: { ...side, close: never, abort() {} }, far: {}, bound: 1 } as never
    },
    never,
  ]
  for (const make of makes)
    for (const { keep } of carrierLaws(make, identity, fast).slice(0, 6)) {
      const error = await keep().catch((error: unknown) => error)
      t.true(error === undefined || error instanceof LawBroken, `${error}`)
    }
  await new Promise(resolve => setTimeout(resolve, 300))
  t.deepEqual(unhandled, [])
})
