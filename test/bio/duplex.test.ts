/** The duplex of two BIOs: each call goes to the one that it is about. */
import { type Bio, duplex, MemoryBio, NullBio } from '@biopair/bio'
import test from 'ava'
import { codeOf, counted } from './support/bytes.ts'

/** A BIO with nothing but what a BIO must have; what is asked of it is noted. */
class Bare implements Bio {
  readonly asked: unknown[] = []
  read(): number {
    return Number(this.asked.push('read'))
  }
  write(bytes: Uint8Array): number {
    this.asked.push('write')
    return bytes.length
  }
  flush(): 'done' {
    this.asked.push('flush')
    return 'done'
  }
  end(): 'done' {
    this.asked.push('end')
    return 'done'
  }
  close(error?: Error): void {
    this.asked.push(error ?? 'close')
  }
}

test('flush and end are asked of the BIO that is written, close of both and with its error', t => {
  const [from, to] = [new Bare(), new Bare()]
  const joined = duplex(from, to)
  joined.read(new Uint8Array(1))
  joined.write(counted(1))
  t.is(joined.flush(), 'done')
  t.is(joined.end(), 'done')
  const error = new Error('over')
  joined.close(error)
  joined.close()
  t.deepEqual(from.asked, ['read', error, 'close'])
  t.deepEqual(to.asked, ['write', 'flush', 'end', error, 'close'])
})

test('a duplex says what its BIOs say, and nothing waits where they do not say', t => {
  const bare: Bio = duplex(new Bare(), new Bare())
  t.deepEqual([bare.pending, bare.wpending, bare.eof, bare.blocking], [0, 0, false, false])
  const saying = { pending: 3, wpending: 4, eof: true }
  const joined: Bio = duplex(
    Object.assign(new Bare(), saying),
    Object.assign(new Bare(), { pending: 5, wpending: 6, eof: false }),
  )
  t.deepEqual([joined.pending, joined.wpending, joined.eof], [3, 6, true])
})

test('a duplex blocks where one of its BIOs does, and is told to as both', t => {
  const [from, to] = [new NullBio(), new NullBio()]
  const joined: Bio = duplex(from, to)
  from.setBlocking(true)
  t.true(joined.blocking)
  from.setBlocking(false)
  t.false(joined.blocking)
  to.setBlocking(true)
  t.true(joined.blocking)
  joined.setBlocking?.(true)
  t.deepEqual([from.blocking, to.blocking], [true, true])
  joined.setBlocking?.(false)
  t.deepEqual([from.blocking, to.blocking], [false, false])
})

test('ready asks the BIO that the direction is about', async t => {
  const [from, to] = [new MemoryBio(), new MemoryBio({ limit: 1 })]
  const asked: string[] = []
  for (const [name, bio] of Object.entries({ from, to })) {
    const { ready } = bio
    bio.ready = on => {
      asked.push(`${name} ${on}`)
      return ready.call(bio, on)
    }
  }
  const joined = duplex(from, to)
  joined.end()
  from.write(counted(1))
  await joined.ready?.('read')
  await joined.ready?.('write')
  t.deepEqual(asked, ['from read', 'to write'])
  t.is(codeOf(joined.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
})
