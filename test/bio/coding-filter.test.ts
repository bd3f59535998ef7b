/** What filters that code share, shown by base64: ends, closes and what is below at every one of them. */
import { Base64Filter, type Bio, bioPair, MemoryBio, type Stopped } from '@biopair/bio'
import test from 'ava'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'
import { NullLike } from './support/null-like.ts'

const text = (words: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(words, 'latin1'))
const textIn = (memory: MemoryBio): string =>
  Buffer.from(memory.run() as Uint8Array).toString('latin1')

/** A BIO that answers one thing to everything that moves bytes. */
function answering(answer: number | Stopped): Bio {
  return {
    read: () => answer,
    write: () => answer,
    flush: () => 'done',
    end: () => 'done',
    close: () => {},
    ready: () => new Promise(() => {}),
  }
}

test('a group that is not whole stays as it is while nothing is below, and goes on when something is', t => {
  const memory = new MemoryBio()
  const filter = new Base64Filter({ oneLine: true }).push(memory)
  filter.write(counted(1))
  filter.pop()
  t.is(codeOf(filter.flush()), 'ERR_BIO_UNINITIALIZED')
  t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_UNINITIALIZED')
  filter.push(memory)
  t.is(filter.wpending, 1)
  filter.write(counted(2, 1))
  t.is(filter.flush(), 'done')
  t.is(textIn(memory), Buffer.from(counted(3)).toString('base64'))
})

test('a BIO below that moves nothing is one to come back to, one that is broken stays so', async t => {
  const error = new Error('gone')
  const idle = new Base64Filter().push(answering(0))
  t.deepEqual(take(idle, 1), retryRead)
  t.is(idle.write(counted(3)), 3)
  t.deepEqual(idle.write(counted(3)), retryWrite)
  t.deepEqual(idle.flush(), retryWrite)
  t.false(await settled(idle.ready('read')))
  const broken = new Base64Filter().push(answering({ stop: 'broken', error }))
  t.false(await settled(broken.ready('read')))
  t.deepEqual(take(broken, 1), { stop: 'broken', error })
  t.true(await settled(broken.ready('read')))
  t.false(broken.eof)
  t.is(broken.write(counted(3)), 3)
  t.deepEqual(broken.write(counted(3)), { stop: 'broken', error })
  broken.close()
  t.deepEqual(take(broken, 1), { stop: 'broken', error })
})

test('closed, what was read to its end has ended; what was not read is gone', t => {
  for (const left of [0, 1, 2]) {
    const filter = new Base64Filter().push(new MemoryBio({ bytes: text('AAAA'), readOnly: true }))
    take(filter, 3 - left)
    if (left === 0) t.deepEqual(take(filter, 1), eof)
    filter.close()
    if (left === 0) t.deepEqual(take(filter, 1), eof)
    else t.is(codeOf(take(filter, 1)), 'ERR_BIO_CLOSED')
    t.is(filter.eof, left === 0)
  }
  const unread = new Base64Filter().push(new MemoryBio({ bytes: text('AAAA'), readOnly: true }))
  unread.close()
  t.is(codeOf(take(unread, 1)), 'ERR_BIO_CLOSED')
})

test('a close tells what is below of the error that there was first: the one given, a failed coding, lost bytes', t => {
  const told: (Error | undefined)[] = []
  const over = (bio: Bio) => ({ ...bio, close: (error?: Error) => void told.push(error) })
  const error = new Error('given')
  const [near] = bioPair(1)
  const full = new Base64Filter().push({
    ...over(answering(retryWrite)),
    ready: on => near.ready(on),
  })
  full.write(counted(3))
  full.close(error)
  t.is(told.pop(), error)
  const lost = new Base64Filter().push(over(answering(retryWrite)))
  lost.write(counted(3))
  lost.close()
  t.regex(told.pop()?.message ?? '', /the last 5 bytes/)
  lost.close()
  t.deepEqual(told, [])
  const clean = new Base64Filter().push(over(new NullLike()))
  clean.write(counted(3))
  clean.close()
  t.deepEqual(told, [undefined])
  t.is(codeOf(clean.write(counted(1))), 'ERR_BIO_CLOSED')
  t.is(clean.wpending, 0)
})

test('ready for write waits for room below while something is held, also where writing is over', async t => {
  const [near, far] = bioPair(4)
  const filter = new Base64Filter({ oneLine: true }).push(near)
  t.true(await settled(filter.ready('write')))
  filter.write(counted(6))
  t.deepEqual(filter.end(), retryWrite)
  const room = filter.ready('write')
  t.false(await settled(room))
  take(far, 4)
  t.true(await settled(room))
  t.is(filter.end(), 'done')
  take(far, 4)
  t.true(await settled(filter.ready('write')))
  t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
})

test('each letter and sign of the alphabet stands for its bits, and its neighbours for none', t => {
  const all = Buffer.from(Uint8Array.from({ length: 48 }, (_, i) => (i * 37 + (i >> 2)) & 255))
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const decoded = (words: string): unknown =>
    take(new Base64Filter().push(new MemoryBio({ bytes: text(words), readOnly: true })), 100)
  t.deepEqual(decoded(alphabet), new Uint8Array(Buffer.from(alphabet, 'base64')))
  t.deepEqual(decoded(all.toString('base64')), new Uint8Array(all))
  for (let code = 0; code < 256; code++) {
    const sign = String.fromCharCode(code)
    const known = alphabet.includes(sign)
    const answer = decoded(`${sign}AAA${sign === '\n' || sign === '\r' ? 'A' : ''}`)
    if (known) t.is((answer as Uint8Array)[0], alphabet.indexOf(sign) << 2)
    else if (code === 10 || code === 13) t.deepEqual(answer, new Uint8Array(3))
    else t.is(codeOf(answer), 'ERR_BIO_BAD_BASE64_DECODE')
  }
})

test('a line has 64 characters, whatever came before in it, and nothing ends twice', t => {
  for (const length of [47, 48, 49, 95, 96, 97]) {
    const memory = new MemoryBio()
    const filter = new Base64Filter().push(memory)
    for (const byte of counted(length)) filter.write(Uint8Array.of(byte))
    filter.flush()
    filter.flush()
    const whole = Buffer.from(counted(length)).toString('base64')
    t.is(textIn(memory), `${whole.match(/.{1,64}/g)?.join('\n')}\n`)
    t.is(filter.wpending, 0)
  }
})

test('whoever calls from within a call below waits, and no byte moves twice', t => {
  const source = new MemoryBio({ bytes: text('AAAABBBB'), readOnly: true })
  const inside: unknown[] = []
  const below: Bio = {
    ...new NullLike(),
    read: into => {
      inside.push(take(filter, 3))
      return source.read(into.subarray(0, 4))
    },
    write: bytes => {
      inside.push(filter.write(counted(1)), filter.flush())
      return bytes.length
    },
  }
  const filter: Base64Filter = new Base64Filter().push(below)
  t.deepEqual(take(filter, 3), new Uint8Array(3))
  t.deepEqual(inside.splice(0), [retryRead])
  t.is(filter.write(counted(3)), 3)
  t.deepEqual(inside, [retryWrite, retryWrite])
})
