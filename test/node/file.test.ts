/** The file BIO against a model: an array of bytes and a position. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setBlocking } from '@biopair/bio'
import { FileBio, type FileMode } from '@biopair/node'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, eof, take } from '../bio/support/bytes.ts'
import { fifo, folder } from './support/paths.ts'
import { fifoTest } from './support/programs.ts'

const step = fc.oneof(
  fc.record({ call: fc.constant('read' as const), n: fc.integer({ min: 1, max: 12_000 }) }),
  fc.record({ call: fc.constant('write' as const), n: fc.integer({ min: 1, max: 5000 }) }),
  fc.record({ call: fc.constant('line' as const), n: fc.integer({ min: 1, max: 600 }) }),
  fc.record({ call: fc.constant('seek' as const), n: fc.integer({ min: 0, max: 20_000 }) }),
  fc.record({ call: fc.constant('reset' as const), n: fc.constant(0) }),
)

for (const mode of ['r+', 'w+', 'a+'] as const)
  test(`a file opened with ${mode} is an array of bytes and a position`, t => {
    const path = join(folder(t), 'file')
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), script => {
        writeFileSync(path, counted(10_000))
        let model = mode === 'w+' ? new Uint8Array(0) : counted(10_000)
        let at = 0
        let over = false
        const bio = FileBio.open(path, mode)
        const check = (answer: ReturnType<typeof take>, most: number, line: boolean) => {
          const rest = over ? new Uint8Array(0) : model.subarray(at)
          if (rest.length === 0) {
            over = true
            t.deepEqual(answer, eof)
            return
          }
          if (!(answer instanceof Uint8Array)) return t.fail(JSON.stringify(answer))
          t.true(answer.length > 0 && answer.length <= most)
          t.deepEqual(answer, rest.slice(0, answer.length))
          if (line) {
            const newline = rest.indexOf(10)
            const whole = newline < 0 ? rest.length : newline + 1
            t.is(answer.length, Math.min(whole, most))
            if (newline < 0 && whole < most) over = true
          }
          at += answer.length
        }
        for (const { call, n } of script) {
          if (call === 'read') check(take(bio, n), n, false)
          else if (call === 'line') {
            const line = bio.line(n)
            check(line instanceof Uint8Array ? new Uint8Array(line) : line, n, true)
          } else if (call === 'write') {
            const bytes = counted(n, at)
            t.is(bio.write(bytes), n)
            if (mode === 'a+') at = model.length
            const larger = new Uint8Array(Math.max(model.length, at + n))
            larger.set(model)
            larger.set(bytes, at)
            model = larger
            at += n
          } else {
            if (call === 'seek') bio.seek(n)
            else bio.reset()
            at = n
            over = false
          }
          t.is(bio.tell(), at)
          t.is(bio.eof, over)
          t.is(bio.flush(), 'done')
        }
        bio.close()
        t.deepEqual(new Uint8Array(readFileSync(path)), new Uint8Array(model))
      }),
      { numRuns: 40 },
    )
  })

test('line gives each line with its newline, the last one without', t => {
  const path = join(folder(t), 'lines')
  const long = `${'x'.repeat(20_000)}\n`
  const lines = ['one\n', '\n', long, 'null \0 byte\n', 'no newline']
  writeFileSync(path, lines.join(''), 'latin1')
  const bio = FileBio.open(path)
  for (const line of lines) t.is(Buffer.from(bio.line() as Uint8Array).toString('latin1'), line)
  t.deepEqual(bio.line(), eof)
  bio.reset()
  t.is(Buffer.from(bio.line(2) as Uint8Array).toString(), 'on')
  t.throws(() => bio.line(0), { instanceOf: RangeError })
  bio.close()
})

test('modes do what fopen says', t => {
  const at = folder(t)
  const path = join(at, 'file')
  t.throws(() => FileBio.open(path), { code: 'ENOENT' })
  t.throws(() => FileBio.open(path, 'r+'), { code: 'ENOENT' })
  for (const mode of ['b', 'rw', 'rb'])
    t.throws(() => FileBio.open(path, mode as FileMode), { code: 'ERR_BIO_INVALID_ARGUMENT' })
  FileBio.open(path, 'wx').close()
  t.throws(() => FileBio.open(path, 'wx'), { code: 'EEXIST' })
  writeFileSync(path, 'abc')
  const appending = FileBio.open(path, 'a')
  appending.write(counted(2))
  appending.seek(0)
  appending.write(counted(2))
  t.is(appending.tell(), 7)
  t.is(codeOf(appending.read(new Uint8Array(1))), 'EBADF')
  appending.close()
  const reading = FileBio.open(path)
  t.is(codeOf(reading.write(counted(1))), 'ERR_BIO_WRITE_TO_READ_ONLY_BIO')
  t.is(Buffer.from(take(reading, 3) as Uint8Array).toString(), 'abc')
  reading.close()
  FileBio.open(path, 'w').close()
  t.is(statSync(path).size, 0)
  mkdirSync(join(at, 'folder'))
  const directory = FileBio.open(join(at, 'folder'))
  t.is(codeOf(directory.read(new Uint8Array(1))), 'EISDIR')
  directory.close()
})

test('what was written is there for others at once; sync waits for the disk', async t => {
  const path = join(folder(t), 'file')
  const bio = FileBio.open(path, 'w')
  bio.write(counted(5))
  t.is(bio.flush(), 'done')
  t.deepEqual(new Uint8Array(readFileSync(path)), counted(5))
  t.is(bio.sync(), 'done')
  await bio.ready('write')
  t.true(bio.blocking)
  setBlocking(bio, true)
  t.throws(() => setBlocking(bio, false), { code: 'ERR_BIO_CANNOT_BLOCK' })
  bio.close()
})

test('an ended file is read on; a closed one answers closed, whatever is asked', t => {
  const path = join(folder(t), 'file')
  writeFileSync(path, counted(9))
  const bio = FileBio.open(path, 'r+')
  t.is(bio.end(), 'done')
  t.is(codeOf(bio.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  bio.reset()
  t.is(codeOf(bio.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.deepEqual(take(bio, 4), counted(4))
  const cause = new Error('enough')
  bio.close(cause)
  bio.close()
  const answer = bio.read(new Uint8Array(1)) as { readonly error: Error }
  t.is(codeOf(answer), 'ERR_BIO_CLOSED')
  t.is(answer.error.cause, cause)
  t.is(codeOf(bio.write(counted(1))), 'ERR_BIO_CLOSED')
  t.is(codeOf(bio.line()), 'ERR_BIO_CLOSED')
  t.is(codeOf(bio.sync()), 'ERR_BIO_CLOSED')
  t.false(bio.eof)
  t.is(bio.read(new Uint8Array(0)), 0)
  for (const call of [() => bio.seek(0), () => bio.tell(), () => bio.reset()])
    t.throws(call, { instanceOf: TypeError, code: 'ERR_BIO_CLOSED' })
})

fifoTest('a FIFO opened as a file has no positions', async t => {
  const bio = FileBio.open(fifo(t), 'r+')
  bio.write(counted(6))
  t.deepEqual(take(bio, 9), counted(6))
  t.throws(() => bio.tell(), { code: 'ERR_BIO_UNSUPPORTED_METHOD' })
  t.throws(() => bio.seek(0), { code: 'ERR_BIO_UNSUPPORTED_METHOD' })
  bio.close()
})
