/** The laws of every Bio, for each that this package has. */

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import {
  Base64Filter,
  type Bio,
  bioPair,
  CipherFilter,
  DigestFilter,
  duplex,
  type Filter,
  lends,
  MemoryBio,
  SharedPairBio,
  SocketBio,
  sharedPair,
  TapFilter,
  TortureFilter,
} from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { counted, take } from './support/bytes.ts'

/** A BIO to look at, and the one on which its other end writes and ends. */
interface Ends {
  readonly bio: Bio
  readonly other: Bio
}

const kinds: Record<string, () => Ends> = {
  'a pair': () => {
    const [bio, other] = bioPair(50, 40)
    return { bio, other }
  },
  'a memory BIO': () => {
    const bio = new MemoryBio({ limit: 50 })
    return { bio, other: bio }
  },
  'a memory BIO that is rewindable and wipes': () => {
    const bio = new MemoryBio({ limit: 50, rewindable: true, wipes: true })
    return { bio, other: bio }
  },
  'a duplex': () => {
    const [one, two] = [new MemoryBio({ limit: 50 }), new MemoryBio({ limit: 50 })]
    return { bio: duplex(one, two), other: duplex(two, one) }
  },
  'a socket BIO': () => {
    const bio = new SocketBio(new PassThrough(), { inbound: 30, outbound: 50 })
    return { bio, other: bio }
  },
  'a shared pair': () => {
    const [a, b] = sharedPair(50, 40)
    return { bio: new SharedPairBio(a), other: new SharedPairBio(b) }
  },
}

/** The same filter on both halves of a pair. */
function filtered(make: () => Filter): () => Ends {
  return () => {
    const [a, b] = bioPair(50, 40)
    return { bio: make().push(a), other: make().push(b) }
  }
}

const ciphers = () => {
  const [key, iv] = [counted(16), counted(16)]
  return {
    encrypt: createCipheriv('aes-128-ctr', key, iv),
    decrypt: createDecipheriv('aes-128-ctr', key, iv),
  }
}

const filters: Record<string, () => Ends> = {
  'a base64 filter': filtered(() => new Base64Filter()),
  'a cipher filter': filtered(() => new CipherFilter(ciphers())),
  'a digest filter': filtered(() => new DigestFilter(() => createHash('sha256'))),
  'a tap': filtered(
    () => new TapFilter({ after: ({ call }) => (call === 'read' ? 1 : undefined) }),
  ),
  'a torture filter': filtered(() => new TortureFilter(7)),
}

/** What lies in memory that another thread can change meanwhile is not lent: it is copied, then looked at. */
const lendNothing = ['a shared pair']

/** What may happen at the other end, and here. */
type Step = 'send' | 'end' | 'close' | 'fail' | 'endHere' | 'closeHere' | 'take' | 'put' | 'turn'
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Step>('send', 'take', 'put', 'turn') },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Step>('end', 'close', 'fail', 'endHere', 'closeHere'),
    },
  ),
  { maxLength: 25 },
)

const does: Record<Step, (ends: Ends) => unknown> = {
  send: ({ other }) => other.write(counted(9)),
  end: ({ other }) => other.end(),
  close: ({ other }) => other.close(),
  fail: ({ other }) => other.close(new Error('carrier lost')),
  endHere: ({ bio }) => bio.end(),
  closeHere: ({ bio }) => bio.close(),
  take: ({ bio }) => take(bio, 7),
  put: ({ bio }) => bio.write(counted(9)),
  turn: () => turn(),
}

for (const [name, make] of Object.entries({ ...kinds, ...filters })) {
  test(`zero bytes are zero bytes in every state of ${name}`, async t => {
    await fc.assert(
      fc.asyncProperty(steps, async script => {
        const ends = make()
        for (const step of script) {
          await does[step](ends)
          t.is(ends.bio.read(new Uint8Array(0)), 0)
          t.is(ends.bio.write(new Uint8Array(0)), 0)
        }
      }),
      { numRuns: 60 },
    )
  })

  test(`${name} answers bytes or a reason, never 0 for a wish`, async t => {
    await fc.assert(
      fc.asyncProperty(steps, async script => {
        const ends = make()
        for (const step of script) {
          const answer = await does[step](ends)
          if (answer instanceof Uint8Array) t.true(answer.length > 0)
          if (typeof answer === 'number') t.true(answer > 0)
        }
      }),
      { numRuns: 60 },
    )
  })

  test(`the end of ${name} is final: eof stays eof, broken stays broken with the same error`, async t => {
    await fc.assert(
      fc.asyncProperty(steps, async script => {
        const ends = make()
        let last: { stop: string; error?: Error } | undefined
        for (const step of script) {
          await does[step](ends)
          const answer = ends.bio.read(new Uint8Array(3))
          if (typeof answer === 'number') {
            t.is(last, undefined, 'bytes came after the end')
            continue
          }
          if (answer.stop === 'retry') {
            t.is(last, undefined, 'waiting came after the end')
            continue
          }
          if (last !== undefined) t.deepEqual(answer, last)
          last = answer
        }
      }),
      { numRuns: 100 },
    )
  })

  test(`ready of ${name} never rejects, and runs nobody's code before the caller is done`, async t => {
    await fc.assert(
      fc.asyncProperty(steps, async script => {
        const ends = make()
        for (const step of script) {
          let ran = false
          const waits = (['read', 'write'] as const).map(on => ends.bio.ready?.(on))
          for (const wait of waits) {
            void wait?.then(
              () => {
                ran = true
              },
              () => t.fail('ready rejected'),
            )
          }
          const answer = does[step](ends)
          t.false(ran)
          await answer
        }
      }),
      { numRuns: 40 },
    )
  })

  test(`${name} refuses what is not bytes`, t => {
    const { bio } = make()
    for (const wrong of ['text', [1, 2], undefined, new Uint16Array(1)]) {
      const expected = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
      t.throws(() => bio.write(wrong as unknown as Uint8Array), expected)
      t.throws(() => bio.read(wrong as unknown as Uint8Array), expected)
    }
    t.throws(() => bio.ready?.('special' as 'read'), { instanceOf: TypeError })
  })
}

for (const [name, make] of Object.entries(kinds))
  test(`${name} ${lendNothing.includes(name) ? 'lends nothing' : 'lends what it reads, and writes what was committed'}`, async t => {
    const { bio, other } = make()
    t.is(lends(bio), !lendNothing.includes(name))
    if (!lends(bio)) return
    other.write(counted(8))
    await bio.ready?.('read')
    const run = bio.run()
    t.deepEqual(new Uint8Array(run as Uint8Array), counted(8))
    t.throws(() => bio.consume(9), { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' })
    t.throws(() => bio.consume(-1), { instanceOf: RangeError })
    bio.consume(8)
    const room = bio.room(5) as Uint8Array
    room.set(counted(5))
    t.throws(() => bio.commit(room.length + 1), { instanceOf: RangeError })
    bio.commit(5)
    await other.ready?.('read')
    t.deepEqual(take(other, 9), counted(5))
  })
