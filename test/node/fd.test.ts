/** The fd BIO over FIFOs and files: a queue of bytes, its ends, and its two ways of waiting. */
import { constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bio, setBlocking } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { FdBio } from '@biopair/node'
import { drive, Ssl, SslContext } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from '../bio/support/bytes.ts'
import { chainFor } from '../support/mint.ts'
import { fifo, folder, loop } from './support/paths.ts'
import { fifoTest } from './support/programs.ts'

/** The two ends of a FIFO: one reads, one writes, neither waits. */
function pipe(t: ExecutionContext): { from: FdBio; to: FdBio } {
  const path = fifo(t)
  const from = FdBio.open(path, { access: 'r', nonBlocking: true })
  const to = FdBio.open(path, { access: 'w', nonBlocking: true })
  t.teardown(() => {
    from.close()
    to.close()
  })
  return { from, to }
}

/** Two duplex BIOs of two descriptors each, joined by two FIFOs. */
function crossed(t: ExecutionContext): [FdBio, FdBio] {
  const open = (path: string, flags: number) => openSync(path, flags | constants.O_NONBLOCK)
  const [up, down] = [fifo(t), fifo(t)]
  const [upRead, downRead] = [up, down].map(path => open(path, constants.O_RDONLY))
  const [upWrite, downWrite] = [up, down].map(path => open(path, constants.O_WRONLY))
  const bios = [
    new FdBio({ read: downRead as number, write: upWrite as number }),
    new FdBio({ read: upRead as number, write: downWrite as number }),
  ] as [FdBio, FdBio]
  t.teardown(() => {
    for (const bio of bios) bio.close()
  })
  return bios
}

/** Whether a descriptor is still what it is now: its number may be anybody's again. */
function stillOpen(fd: number): () => boolean {
  const { dev, ino } = fstatSync(fd)
  return () => {
    try {
      const now = fstatSync(fd)
      return now.dev === dev && now.ino === ino
    } catch {
      return false
    }
  }
}

/** Writes until nothing is taken; answers how many bytes were. */
function fill(bio: Bio): number {
  let sent = 0
  for (;;) {
    const count = bio.write(counted(5000, sent))
    if (typeof count !== 'number') return sent
    sent += count
  }
}

/** Reads so many bytes. */
async function receive(bio: Bio, count: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (let got = 0; got < count; ) {
    const answer = take(bio, Math.min(7000, count - got))
    if (answer instanceof Uint8Array) {
      chunks.push(answer)
      got += answer.length
    } else if (answer.stop === 'retry') await bio.ready?.('read')
    else break
  }
  return new Uint8Array(Buffer.concat(chunks))
}

type Step =
  | { readonly call: 'write' | 'read'; readonly length: number }
  | { readonly call: 'ready' }
const steps = fc.array(
  fc.oneof(
    fc.record({
      call: fc.constantFrom('write' as const, 'read' as const),
      length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 60_000 })),
    }),
    fc.record({ call: fc.constant('ready' as const) }),
  ),
  { maxLength: 30 },
)

fifoTest('a non-blocking FIFO is a queue: what was taken is read, once and in order', async t => {
  const bio = loop(t, true)
  t.false(bio.blocking)
  await fc.assert(
    fc.asyncProperty(steps, async (script: readonly Step[]) => {
      let [written, got] = [0, 0]
      const check = (answer: ReturnType<typeof take>) => {
        if (!(answer instanceof Uint8Array)) {
          t.deepEqual(answer, retryRead)
          return
        }
        t.deepEqual(answer, counted(answer.length, got))
        got += answer.length
      }
      for (const step of script) {
        if (step.call === 'write') {
          const count = bio.write(counted(step.length, written))
          if (typeof count === 'number') written += count
          else t.deepEqual(count, retryWrite)
          if (typeof count === 'number') t.true(count > 0 && count <= step.length)
        } else if (step.call === 'read') {
          const before = written - got
          const answer = take(bio, step.length)
          if (before > 0) t.true(answer instanceof Uint8Array)
          check(answer)
        } else if (written > got) await bio.ready('read')
        t.true(bio.pending + bio.wpending <= written - got)
      }
      while (got < written) check(take(bio, 10_000))
      t.is(bio.flush(), 'done')
      t.deepEqual(take(bio, 1), retryRead)
    }),
    { numRuns: 40 },
  )
})

fifoTest('a blocking FIFO never says retry: calls return when bytes have moved', async t => {
  const bio = loop(t, false)
  t.true(bio.blocking)
  await bio.ready('read')
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 8 }), lengths => {
      for (const length of lengths) {
        t.is(bio.write(counted(length)), length)
        for (let got = 0; got < length; ) {
          const answer = take(bio, 9000)
          if (!(answer instanceof Uint8Array)) return t.fail(JSON.stringify(answer))
          t.deepEqual(answer, counted(answer.length, got))
          got += answer.length
        }
      }
      t.is(bio.wpending, 0)
      t.is(bio.flush(), 'done')
    }),
    { numRuns: 20 },
  )
})

fifoTest('zero bytes are zero bytes, and what is not bytes is refused', async t => {
  const bio = loop(t, true)
  for (let i = 0; i < 2; i++) {
    t.is(bio.read(new Uint8Array(0)), 0)
    t.is(bio.write(new Uint8Array(0)), 0)
    for (const wrong of ['text', [1], undefined, new Uint16Array(1)]) {
      const expected = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
      t.throws(() => bio.write(wrong as unknown as Uint8Array), expected)
      t.throws(() => bio.read(wrong as unknown as Uint8Array), expected)
    }
    t.throws(() => bio.ready('special' as 'read'), { instanceOf: TypeError })
    bio.close()
  }
})

fifoTest('ready looks ahead for reading, a bounded few bytes, and nothing is lost', async t => {
  const { from, to } = pipe(t)
  const waiting = from.ready('read')
  t.false(await settled(waiting))
  t.is(to.write(counted(10_000)), 10_000)
  await waiting
  t.is(from.pending, 4096)
  t.deepEqual(await receive(from, 10_000), counted(10_000))
  t.is(from.pending, 0)
})

fifoTest(
  'a full FIFO: 4 KiB more are held and sent in order, flush and ready say when',
  async t => {
    const { from, to } = pipe(t)
    const sent = fill(to)
    t.true(to.wpending > 0 && to.wpending <= 4096)
    t.deepEqual(to.write(counted(1)), retryWrite)
    t.deepEqual(to.flush(), retryWrite)
    const drained = to.ready('write')
    t.false(await settled(drained))
    const received = receive(from, sent)
    await drained
    t.is(to.wpending, 0)
    t.is(to.flush(), 'done')
    t.deepEqual(await received, counted(sent))
  },
)

fifoTest('what is held is a copy, also of a Buffer', async t => {
  const { from, to } = pipe(t)
  const mine = Buffer.alloc(4096, 1)
  let sent = 0
  while (to.wpending === 0) sent += to.write(mine) as number
  mine.fill(2)
  t.deepEqual(await receive(from, sent), new Uint8Array(sent).fill(1))
})

fifoTest(
  'close loses nothing that was taken: the descriptor stays until the other end has it',
  async t => {
    const { from, to } = pipe(t)
    const sent = fill(to)
    const open = stillOpen(to.fd.write)
    to.close()
    t.true(open())
    t.is(codeOf(to.write(counted(1))), 'ERR_BIO_CLOSED')
    t.deepEqual(await receive(from, sent), counted(sent))
    await from.ready('read')
    t.deepEqual(take(from, 1), eof)
    t.false(open())
    to.close()
  },
)

fifoTest('a reader that goes away is EPIPE, and what was held is told lost', async t => {
  const { from, to } = pipe(t)
  fill(to)
  from.close()
  await to.ready('write')
  t.is(codeOf(to.write(counted(1))), 'EPIPE')
  t.is(codeOf(to.write(counted(1))), 'EPIPE')
  t.is(codeOf(to.flush()), 'EPIPE')
  t.is(to.wpending, 0)
})

fifoTest(
  'end closes a descriptor that only writes: the other end reads all, then eof, for good',
  async t => {
    const { from, to } = pipe(t)
    to.write(counted(9))
    t.is(to.end(), 'done')
    t.is(to.end(), 'done')
    t.is(codeOf(to.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
    t.is(codeOf(to.read(new Uint8Array(1))), 'ERR_BIO_CLOSED')
    t.false(from.eof)
    t.deepEqual(take(from, 20), counted(9))
    t.deepEqual(take(from, 20), eof)
    t.true(from.eof)
    await from.ready('read')
    from.close()
    t.deepEqual(take(from, 20), eof)
  },
)

fifoTest(
  'end of two descriptors is a half-close; with bytes held, it is done when they have gone',
  async t => {
    const [a, b] = crossed(t)
    const sent = fill(a)
    t.deepEqual(a.end(), retryWrite)
    const ending = (async () => {
      while (a.end() !== 'done') await a.ready('write')
    })()
    t.deepEqual(await receive(b, sent), counted(sent))
    await ending
    await b.ready('read')
    t.deepEqual(take(b, 1), eof)
    t.is(b.write(counted(3)), 3)
    t.deepEqual(take(a, 9), counted(3))
  },
)

fifoTest(
  'blocking is what the descriptor was opened with, and asking for the other is refused',
  async t => {
    for (const nonBlocking of [true, false]) {
      const bio = loop(t, nonBlocking)
      t.is(bio.blocking, !nonBlocking)
      setBlocking(bio, !nonBlocking)
      const expected = { instanceOf: TypeError, code: 'ERR_BIO_CANNOT_BLOCK' }
      t.throws(() => setBlocking(bio, nonBlocking), expected)
      if (process.platform === 'linux')
        t.throws(() => new FdBio(bio.fd.read, { nonBlocking: !nonBlocking }), expected)
    }
  },
)

fifoTest('closeFd says who closes; standard streams are left open unless told', async t => {
  const path = fifo(t)
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const open = stillOpen(fd)
  new FdBio(fd, { closeFd: false }).close()
  t.true(open())
  const bio = new FdBio(fd)
  t.true(bio.closeFd)
  bio.closeFd = false
  bio.end()
  bio.close()
  t.true(open())
  new FdBio(fd).close()
  t.false(open())
  const standard = new FdBio({ read: 0, write: 1 })
  t.false(standard.closeFd)
  standard.end()
  standard.close()
  t.notThrows(() => fstatSync(0))
  t.notThrows(() => fstatSync(1))
})

fifoTest('a client and a server shake hands and talk over two FIFOs', async t => {
  const [near, far] = crossed(t)
  const { root, pem, keyPem } = chainFor('p256')
  const client = new Ssl(new SslContext({ crypto: nodeCrypto, ca: root.pem }), {
    servername: 'server.example',
  })
  const server = new Ssl(new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem }))
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  const outcomes = await Promise.all(
    [client, server].map(ssl => drive(ssl, () => ssl.doHandshake())),
  )
  t.deepEqual(outcomes, [{ status: 'done' }, { status: 'done' }])
  const bytes = counted(500_000)
  const sending = (async () => {
    for (let sent = 0; sent < bytes.length; ) {
      const outcome = await drive(client, () => client.write(bytes.subarray(sent)))
      if (outcome.status !== 'done') throw new Error(outcome.status)
      sent += outcome.bytes
    }
    await drive(client, () => client.shutdown())
  })()
  const chunks: Uint8Array[] = []
  for (;;) {
    const into = new Uint8Array(16_384)
    const outcome = await drive(server, () => server.read(into))
    if (outcome.status !== 'done') {
      t.is(outcome.status, 'closed')
      break
    }
    chunks.push(into.subarray(0, outcome.bytes))
  }
  await sending
  t.deepEqual(new Uint8Array(Buffer.concat(chunks)), bytes)
})

test('a file has positions: seek, tell, reset, and an end that seek forgets', t => {
  const path = join(folder(t), 'file')
  writeFileSync(path, counted(100))
  const bio = FdBio.open(path)
  t.deepEqual(take(bio, 30), counted(30))
  if (process.platform === 'linux') t.is(bio.tell(), 30)
  bio.seek(90)
  t.deepEqual(take(bio, 30), counted(10, 90))
  t.is(bio.tell(), 100)
  t.deepEqual(take(bio, 30), eof)
  t.true(bio.eof)
  bio.reset()
  t.false(bio.eof)
  t.is(bio.write(counted(3, 50)), 3)
  t.is(bio.tell(), 3)
  t.deepEqual(take(bio, 2), counted(2, 3))
  t.throws(() => bio.seek(-1), { instanceOf: RangeError })
  bio.close()
  t.throws(() => bio.seek(0), { instanceOf: TypeError, code: 'ERR_BIO_CLOSED' })
  t.deepEqual(
    new Uint8Array(readFileSync(path).subarray(0, 4)),
    Uint8Array.of(...counted(3, 50), counted(1, 3)[0] as number),
  )
})

test('what is no descriptor, no file and no mode is refused at once', t => {
  const { code, instanceOf } = { code: 'ERR_BIO_INVALID_ARGUMENT', instanceOf: RangeError }
  for (const fd of [-1, 1.5]) t.throws(() => new FdBio(fd), { code, instanceOf })
  const path = join(folder(t), 'file')
  t.throws(() => FdBio.open(path), { code: 'ENOENT' })
  writeFileSync(path, '')
  t.throws(() => FdBio.open(path, { access: 'x' as 'r' }), { code, instanceOf: TypeError })
  t.throws(() => new FdBio(1_000_000_000), { code: 'EBADF' })
})
