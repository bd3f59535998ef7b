/** The search: all orders of a small protocol, deadlocks and livelocks with a way there, and OpenSSL's own. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type Play, PlayFailure, replay, search, tls } from '@biopair/testkit'
import test from 'ava'
import { chat, stubborn } from './support/chat.ts'

test('every order of a chat over rings of 1 to 8 bytes leads to its end, by turns and by recorded bytes', t => {
  const byTurns = search(chat, { rings: [1, 2, 3, 5, 8] })
  const byBytes = search(chat, { by: 'bytes' })
  for (const { pairs, ends, traps, whole } of [byTurns, byBytes]) {
    t.is(ends, pairs)
    t.deepEqual(traps, [])
    t.true(whole)
  }
  t.is(byBytes.pairs, 64)
  t.true(byTurns.states > 500 && byBytes.states > 50_000)
  t.log(`${byTurns.states} states by turns, ${byBytes.states} by bytes`)
})

test('two ends that write before they read deadlock over rings that are too small for both, and only there', t => {
  const { traps } = search(stubborn, { rings: [2, 8, 24] })
  for (const trap of traps) {
    t.is(trap.kind, 'deadlock')
    t.true(trap.schedule.link.there.ring < 19 && trap.schedule.link.back.ring < 8)
    const error = t.throws(() => replay(stubborn, trap.schedule), { instanceOf: PlayFailure })
    t.is(error?.end, 'stalled')
    t.true(trap.path.length >= 2)
  }
  t.deepEqual(
    traps.map(({ schedule }) => [schedule.link.there.ring, schedule.link.back.ring]),
    [
      [2, 2],
      [8, 2],
    ],
  )
})

/** Each answers what it hears with its opposite, and neither ever has the last word. */
const polite: Play = link => {
  const end = (half: typeof link.near, first: boolean) => {
    let begun = !first
    return {
      done: false,
      get waits() {
        return begun ? 'listens' : 'begins'
      },
      step() {
        if (!begun) begun = half.write(Uint8Array.of(0)) === 1
        const heard = new Uint8Array(1)
        if (half.writeGuarantee > 0 && half.read(heard) === 1) half.write(heard)
      },
    }
  }
  return { client: end(link.near, true), server: end(link.far, false) }
}

test('two ends that answer each other for ever are a livelock, and the way goes once round', t => {
  const { traps, states } = search(polite, { rings: [1] })
  t.deepEqual(
    traps.map(({ kind }) => kind),
    ['livelock'],
  )
  t.true(states < 10)
  t.log(traps[0]?.path)
  const [trap] = traps
  t.true(new Set(trap?.path).size < (trap?.path.length ?? 0))
})

test('a step that throws in some order is found, with the order', t => {
  const impatient: Play = link => ({
    client: {
      done: false,
      step: () => {
        link.near.write(Uint8Array.of(1))
      },
    },
    server: {
      done: false,
      step: () => {
        if (link.far.pending === 0) throw new Error('nothing there')
      },
    },
  })
  const [trap] = search(impatient, { rings: [1] }).traps
  t.is(trap?.kind, 'threw')
  t.is(trap?.schedule.turns, 's')
})

test('an end at which the check throws is found, by turns and by recorded bytes', t => {
  const forgetful: Play = link => ({
    ...chat(link),
    check: () => {
      throw new Error('a line was lost')
    },
  })
  for (const by of ['turns', 'bytes'] as const) {
    const { traps, ends, pairs } = search(forgetful, { by, rings: [2, 3] })
    t.is(ends, pairs)
    t.is(traps.length, by === 'turns' ? pairs : 1)
    for (const { kind, schedule, error } of traps) {
      t.is(kind, 'wrong')
      t.like(error, { message: 'a line was lost' })
      const failure = t.throws(() => replay(forgetful, schedule), { instanceOf: PlayFailure })
      t.is(failure?.end, 'wrong')
    }
  }
})

test('a search that is cut short says so', t => {
  t.false(search(chat, { rings: [1], mostStates: 5 }).whole)
  t.false(search(chat, { by: 'bytes', rings: [1], mostStates: 5 }).whole)
})

test('told to behave as OpenSSL does, TLS deadlocks over every ring of 1 to 8 bytes; left alone, it does not', t => {
  const means = { crypto: nodeCrypto }
  const like = (until: 'handshake' | 'tickets') =>
    search(tls({ until, certificate: 'ed25519' }, means), { by: 'bytes', rings: [1, 8] })
  const [ours, theirs] = [like('handshake'), like('tickets')]
  t.deepEqual(ours.traps, [])
  t.is(theirs.traps.length, 4)
  t.true(theirs.traps.every(({ confirmed }) => confirmed))
  t.log(theirs.traps[0]?.path.join('\n'))
})
