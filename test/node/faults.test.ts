/** What the system can answer and cannot be made to: its calls are replaced, in this file's thread alone. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { FdBio, FileBio } from '@biopair/node'
import test, { type ExecutionContext } from 'ava'
import { codeOf, counted, eof, retryRead, take } from '../bio/support/bytes.ts'
import { folder } from './support/paths.ts'

/** Replaces a call of node:fs until the test is over. */
function replace<K extends 'readSync' | 'writeSync' | 'readFileSync' | 'closeSync'>(
  t: ExecutionContext,
  name: K,
  call: (original: (...args: never[]) => unknown, args: unknown[]) => unknown,
): void {
  const original = fs[name] as (...args: never[]) => unknown
  fs[name] = ((...args: unknown[]) => call(original, args)) as never
  syncBuiltinESMExports()
  t.teardown(() => {
    fs[name] = original as never
    syncBuiltinESMExports()
  })
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code })
}

/** A file, opened by its path, with its first bytes. */
function open(t: ExecutionContext): FdBio {
  const path = join(folder(t), 'file')
  fs.writeFileSync(path, counted(10))
  const bio = FdBio.open(path)
  t.teardown(() => bio.close())
  return bio
}

test.serial('a signal that interrupts a call is not seen: the call goes on', t => {
  const bio = open(t)
  let signals = 3
  const interrupted = (original: (...args: never[]) => unknown, args: unknown[]) => {
    if (signals-- > 0) throw failure('EINTR')
    return original(...(args as never[]))
  }
  replace(t, 'readSync', interrupted)
  replace(t, 'writeSync', interrupted)
  t.deepEqual(take(bio, 4), counted(4))
  signals = 3
  t.is(bio.write(counted(2)), 2)
})

test.serial('a descriptor of unknown mode is found out at its first EAGAIN', t => {
  const bio = open(t)
  replace(t, 'readFileSync', () => {
    throw failure('ENOENT')
  })
  const unknown = new FdBio(bio.fd.read, { closeFd: false })
  t.true(unknown.blocking)
  t.throws(() => unknown.tell(), { instanceOf: TypeError, code: 'ERR_BIO_UNSUPPORTED_METHOD' })
  replace(t, 'readSync', () => {
    throw failure('EAGAIN')
  })
  t.deepEqual(take(unknown, 1), retryRead)
  t.false(unknown.blocking)
  t.throws(() => unknown.setBlocking(true), { code: 'ERR_BIO_CANNOT_BLOCK' })
})

test.serial('what the system takes while it is held is taken once, and write says all of it', t => {
  const bio = open(t)
  const sent: number[] = []
  let calls = 0
  replace(t, 'writeSync', (_, args) => {
    if (++calls === 1) throw failure('EAGAIN')
    sent.push(...(args[1] as Uint8Array).subarray(0, 3))
    return Math.min(3, (args[1] as Uint8Array).length)
  })
  t.is(bio.write(counted(8)), 8)
  t.is(bio.flush(), 'done')
  t.deepEqual(sent, [...counted(8)])
})

test.serial('EIO is an end where a terminal answers it, and a failure anywhere else', t => {
  const bio = open(t)
  const error = failure('EIO')
  replace(t, 'readSync', () => {
    throw error
  })
  replace(t, 'writeSync', () => {
    throw error
  })
  t.deepEqual(take(bio, 1), { stop: 'broken', error })
  t.deepEqual(bio.write(counted(1)), { stop: 'broken', error })
  t.is(bio.flush(), 'done')
})

test.serial("Windows's error for the end of a pipe is eof", t => {
  const bio = open(t)
  replace(t, 'readSync', () => {
    throw failure('EOF')
  })
  t.deepEqual(take(bio, 1), eof)
})

test.serial('an error stays the same error, also once the system would go on', t => {
  const path = join(folder(t), 'file')
  const file = FileBio.open(path, 'w+')
  const bio = FdBio.open(path)
  let full = true
  replace(t, 'writeSync', (original, args) => {
    if (full) throw failure('ENOSPC')
    return original(...(args as never[]))
  })
  t.is(codeOf(file.write(counted(1))), 'ENOSPC')
  t.is(codeOf(bio.write(counted(1))), 'ENOSPC')
  full = false
  t.is(codeOf(file.write(counted(1))), 'ENOSPC')
  t.is(codeOf(bio.write(counted(1))), 'ENOSPC')
  file.reset()
  t.is(file.write(counted(1)), 1)
  file.close()
  bio.close()
})

test.serial('a close that fails is a close', t => {
  const bio = open(t)
  replace(t, 'closeSync', (original, args) => {
    original(...(args as never[]))
    throw failure('EIO')
  })
  t.notThrows(() => bio.close())
})
