/** The socket BIO over a socket that does only what the test says: its bounds, its beginnings and its ends. */
import { SocketBio, type SocketLike } from '@biopair/bio'
import test from 'ava'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'
import { ready, scripted } from './support/scripted-socket.ts'

const all = ['data', 'end', 'error', 'finish', 'drain', 'close']

/** Writes and says nothing of it. */
const silent: SocketLike['write'] = () => true

test('without bounds 64 KiB wait each way, and 16 KiB are lent', t => {
  const { socket, done, tell } = scripted(silent)
  const bio = new SocketBio(socket)
  t.is((bio.room() as Uint8Array).length, 16 * 1024)
  t.is((bio.room(0) as Uint8Array).length, 1)
  t.is((bio.room(1e6) as Uint8Array).length, 64 * 1024)
  t.is(bio.write(counted(70_000)), 64 * 1024)
  t.is(bio.wpending, 64 * 1024)
  t.deepEqual(bio.room(), retryWrite)
  tell('data', new Uint8Array(64 * 1024 - 1))
  t.deepEqual(done, ['resume'])
  tell('data', counted(1))
  t.deepEqual(done, ['resume', 'pause'])
  t.is(bio.pending, 64 * 1024)
})

test('a paused socket goes on once half of the bound is free, by a read or by consuming', t => {
  const { socket, done, tell } = scripted(ready)
  const bio = new SocketBio(socket, { inbound: 8 })
  for (const taking of [(n: number) => void take(bio, n), (n: number) => bio.consume(n)]) {
    done.length = 0
    tell('data', counted(9))
    tell('data', counted(1, 9))
    t.deepEqual(done, ['pause'])
    taking(5)
    t.deepEqual(done, ['pause'])
    taking(1)
    t.deepEqual(done, ['pause', 'resume'])
    taking(4)
    t.deepEqual(done, ['pause', 'resume'])
  }
})

test('what a socket has been through before is said at once', t => {
  const error = new Error('failed')
  const before = (more: Partial<SocketLike>) => {
    const { socket, listeners, done } = scripted(ready, more)
    const bio = new SocketBio(socket)
    const answers = [take(bio, 1), bio.write(counted(1))]
    return { answers, bio, socket, done, heard: [...listeners.keys()] }
  }
  const fresh = before({ allowHalfOpen: false })
  t.true(fresh.socket.allowHalfOpen)
  t.deepEqual([fresh.answers, fresh.heard, fresh.done], [[retryRead, 1], all, ['resume']])
  t.false('allowHalfOpen' in before({}).socket)
  t.deepEqual(before({ readableEnded: true }).answers, [eof, 1])
  const ended = before({ writableEnded: true })
  t.deepEqual(ended.answers[0], retryRead)
  t.is(codeOf(ended.answers[1]), 'ERR_BIO_BROKEN_PIPE')
  t.deepEqual(before({ errored: error }).answers, Array(2).fill({ stop: 'broken', error }))
  const destroyed = before({ destroyed: true })
  t.deepEqual(destroyed.answers.map(codeOf), ['ERR_BIO_PREMATURE_CLOSE', 'ERR_BIO_BROKEN_PIPE'])
  t.deepEqual(destroyed.heard, all)
  const closed = before({ destroyed: true, closed: true })
  t.deepEqual([closed.heard, closed.done], [[], []])
  const finished = before({ writableEnded: true, writableFinished: true })
  finished.bio.close()
  t.deepEqual(finished.done, ['resume', 'destroy'])
})

test('a close drops what was not read, ends the socket, and destroys it when everything is written', async t => {
  const { socket, done, tell, listeners } = scripted(silent)
  const bio = new SocketBio(socket)
  const reading = bio.ready('read')
  tell('data', counted(3))
  t.true(await settled(reading))
  bio.write(counted(2))
  const error = new Error('why')
  bio.close(error)
  t.is(bio.pending, 0)
  const answer = take(bio, 1)
  t.is(codeOf(answer), 'ERR_BIO_CLOSED')
  t.is((answer as { error: Error }).error.cause, error)
  t.is(codeOf(bio.write(counted(1))), 'ERR_BIO_CLOSED')
  t.deepEqual([...listeners.keys()], ['error', 'finish', 'drain', 'close'])
  bio.close()
  t.deepEqual(done, ['resume', 'end', 'resume'])
  tell('finish')
  t.deepEqual(done, ['resume', 'end', 'resume', 'destroy'])
  tell('close')
  t.deepEqual([...listeners.keys()], [])
})

test('closed, what was read to its end has ended, and a socket that fails is destroyed at once', async t => {
  const { socket, done, tell } = scripted(silent)
  const bio = new SocketBio(socket)
  tell('end')
  t.is(bio.end(), 'done')
  t.is(bio.end(), 'done')
  bio.close()
  t.deepEqual(take(bio, 1), eof)
  t.is(codeOf(bio.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.deepEqual(done, ['resume', 'end', 'resume'])
  tell('error', new Error('reset'))
  t.is(done.at(-1), 'destroy')

  const failing = scripted(silent)
  const failed = new SocketBio(failing.socket)
  failing.tell('error', new Error('reset'))
  failed.close()
  t.deepEqual(failing.done, ['resume', 'destroy'])
})

test('who waits is told of bytes, of an end, of a close and of an error that is none', async t => {
  for (const [tells, on] of [
    ['data', 'read'],
    ['end', 'read'],
    ['close', 'read'],
    ['error', 'read'],
    ['error', 'write'],
    ['close', 'write'],
  ] as const) {
    const { socket, tell } = scripted(silent)
    const bio = new SocketBio(socket, { outbound: 1 })
    bio.write(counted(1))
    const waiting = [bio.ready(on), bio.ready(on)]
    for (const one of waiting) t.false(await settled(one))
    tell(tells, tells === 'data' ? counted(1) : 'words')
    for (const one of waiting) t.true(await settled(one), `${tells} ${on}`)
    t.true(await settled(bio.ready(on)))
    const answer = bio.write(counted(1))
    if (tells === 'error') t.is((answer as { error: Error }).error.message, 'words')
  }
  const { socket } = scripted(silent)
  const bio = new SocketBio(socket, { outbound: 1 })
  bio.write(counted(1))
  const waiting = [bio.ready('read'), bio.ready('write')]
  bio.close()
  for (const one of waiting) t.true(await settled(one))
})

test('after a refused write, not a flush, ready waits for room and no longer', async t => {
  const written: (() => void)[] = []
  const { socket } = scripted((_, done) => {
    written.push(() => done?.())
    return true
  })
  const bio = new SocketBio(socket, { outbound: 4 })
  bio.write(counted(2))
  bio.write(counted(2))
  t.deepEqual(bio.flush(), retryWrite)
  t.deepEqual(bio.write(counted(1)), retryWrite)
  const room = bio.ready('write')
  t.false(await settled(room))
  written.shift()?.()
  t.true(await settled(room))
  t.deepEqual(bio.flush(), retryWrite)
  const whole = bio.ready('write')
  t.false(await settled(whole))
  t.is(bio.write(counted(1)), 1)
  t.true(await settled(bio.ready('write')))
  for (const done of written) done()
  t.true(await settled(whole))
  t.is(bio.flush(), 'done')
})

test('room that was lent is gone at the next write, the next room and the end', t => {
  const bytes: Uint8Array[] = []
  const { socket } = scripted(one => Boolean(bytes.push(one)))
  const bio = new SocketBio(socket)
  for (const ends of [() => bio.write(counted(1)), () => bio.end()]) {
    const room = bio.room(3) as Uint8Array
    t.is(room.length, 3)
    ends()
    t.throws(() => bio.commit(1), { instanceOf: RangeError })
  }
  t.is(bytes.length, 1)
  t.is(codeOf(bio.room()), 'ERR_BIO_BROKEN_PIPE')
})

test('a socket that goes with nothing in flight has lost nothing; with a byte in flight it has', t => {
  for (const [write, end] of [
    [ready, 'done'],
    [silent, 'broken'],
  ] as const) {
    const { socket, tell } = scripted(write)
    const bio = new SocketBio(socket)
    bio.write(counted(1))
    tell('close')
    const answer = bio.end()
    t.is(answer === 'done' ? answer : answer.stop, end)
    t.is(codeOf(bio.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  }
})
