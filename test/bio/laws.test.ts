/** The laws of every Bio, for each that this package has. */

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import {
  Base64Filter,
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
import { type BioEnds, bioLaws } from '@biopair/testkit'
import test from 'ava'
import { counted, take } from './support/bytes.ts'

const kinds: Record<string, () => BioEnds> = {
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
    return { bio, other: bio, turn: () => turn() }
  },
  'a shared pair': () => {
    const [a, b] = sharedPair(50, 40)
    return { bio: new SharedPairBio(a), other: new SharedPairBio(b), turn: () => turn() }
  },
}

/** The same filter on both halves of a pair. */
function filtered(make: () => Filter): () => BioEnds {
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

const filters: Record<string, () => BioEnds> = {
  'a base64 filter': filtered(() => new Base64Filter()),
  'a cipher filter': filtered(() => new CipherFilter(ciphers())),
  'a digest filter': filtered(() => new DigestFilter(() => createHash('sha256'))),
  'a tap': filtered(() => new TapFilter({ after: () => undefined })),
  'a torture filter': filtered(() => new TortureFilter(7)),
}

/** What lies in memory that another thread can change meanwhile is not lent: it is copied, then looked at. */
const lendNothing = ['a shared pair']

/** A filter that codes adds up bytes of different kinds, so that what is pending below it may be none above. */
const codes = { except: ['pending bytes can be read now, and eof is the end of reading'] }

for (const [name, make] of Object.entries({ ...kinds, ...filters }))
  for (const { title, keep } of bioLaws(make, {
    runs: 40,
    ...(name === 'a base64 filter' ? codes : {}),
  }))
    test(`${name}: ${title}`, async t => {
      await t.notThrowsAsync(keep())
    })

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
