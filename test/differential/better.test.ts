/** Where we are better than OpenSSL: each test shows its fault on the installed libssl, and our answer to the same calls. */
import { Ssl, SslContext } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { clientOptions, ends as nativeEnds, serverOptions, shake } from '../support/ends.ts'
import { type Answer, parsed } from './support/compare.ts'
import { Face } from './support/face.ts'
import { type Libssl, libsslTest } from './support/libssl.ts'
import { calls, ends, wired } from './support/schedule.ts'

/** The newest libssl that these faults were seen in, as `Libssl.version`: 3.5 (3.5.7; before, 3.0.19). */
const seenIn = 0x3050

/** A call and what it came to, on one side. */
interface Said {
  readonly text: string
  readonly answer: Answer
}

interface Both {
  readonly theirs: readonly Said[]
  readonly ours: readonly Said[]
}

async function both(libssl: Libssl, schedule: readonly string[]): Promise<Both> {
  const paired = (answers: readonly string[]) =>
    schedule.map((text, i) => ({ text, answer: parsed(answers[i]) }))
  return { theirs: paired(await libssl.run(schedule)), ours: paired(Face.run(schedule)) }
}

/** A fault has to show in every libssl that it was seen in; a newer one may be rid of it, which is said. */
function fault(t: ExecutionContext, libssl: Libssl, shown: boolean, what: string): void {
  if (shown) t.log(`${libssl.name}: ${what}`)
  else if (libssl.version > seenIn) t.log(`${libssl.name} does no longer: ${what}`)
  else t.fail(`expected of ${libssl.name}: ${what}`)
}

/** `ret/status` of every call that begins so. */
function results(said: readonly Said[], call: string): string[] {
  return said
    .filter(({ text }) => text.startsWith(call))
    .map(({ answer }) => `${answer.get('ret')}/${answer.get('status')}`)
}

/** The errors of every call that begins so. */
function errors(said: readonly Said[], call: string): string[] {
  return said
    .filter(({ text }) => text.startsWith(call))
    .map(({ answer }) => answer.get('error') ?? '')
}

/** What a field was after the last call. */
function last(said: readonly Said[], field: string): string | undefined {
  return said.at(-1)?.answer.get(field)
}

/** Bytes that calls which begin so have passed on. */
function total(said: readonly Said[], call: string): number {
  return results(said, call)
    .map(result => Number.parseInt(result, 10))
    .reduce((sum, ret) => sum + Math.max(ret, 0), 0)
}

const times = (count: number, ...lines: readonly string[]) =>
  Array.from({ length: count }, () => lines).flat()

libsslTest(
  'shutdown with a write pending: the write comes whole, then the end',
  async (t, libssl) => {
    const schedule = [
      ...ends(100),
      'sslwrite c 500',
      ...times(12, 'shutdown c', 'sslread s 600'),
      'sslread s 600',
    ]
    const { theirs, ours } = await both(libssl, schedule)
    const lost = total(theirs, 'sslread s') === 0 && !results(theirs, 'sslread s').includes('0/6')
    fault(t, libssl, lost, 'the peer hangs on half a record, and close_notify is lost')
    t.is(total(ours, 'sslread s'), 500)
    t.is(results(ours, 'sslread s').at(-1), '0/6')
    t.true(results(ours, 'shutdown c').includes('0/2'))
  },
)

libsslTest('a fatal error is the same error on every later call', async (t, libssl) => {
  const schedule = [
    ...wired,
    ...calls('sslwrite c 1000; move b x -1 40'),
    ...times(5, 'sslread s 10'),
    'move x b',
    ...times(5, 'sslread c 10'),
    'sslwrite c 10',
  ]
  const { theirs, ours } = await both(libssl, schedule)
  const [first, ...later] = results(theirs, 'sslread s')
  const becomesSyscall = first === '-1/1' && later.every(result => result === '-1/5')
  fault(t, libssl, becomesSyscall, 'a bad record becomes SYSCALL without an error')
  const [, ...ends] = results(theirs, 'sslread c')
  const becomesEnd = ends.every(result => result === '0/6')
  fault(t, libssl, becomesEnd, 'a fatal alert that was received becomes ZERO_RETURN, a clean end')
  t.deepEqual(results(ours, 'sslread'), times(10, '-1/1'))
  t.deepEqual(errors(ours, 'sslread s'), times(5, '20.281'))
  // bad_record_mac is alert 20.
  t.deepEqual(errors(ours, 'sslread c'), times(5, '20.1020'))
  t.is(errors(ours, 'sslwrite c').at(-1), '20.1020')
})

libsslTest("one connection's failure never changes another's answer", async (t, libssl) => {
  const schedule = [
    ...ends(0),
    ...calls(
      'pair x y 0 0; ssl d client x; say y 15030300020228; queue keep; handshake d; sslread c 9',
    ),
  ]
  const { theirs, ours } = await both(libssl, schedule)
  t.deepEqual(results(ours, 'handshake d'), ['-1/1'])
  const poisoned =
    results(theirs, 'sslread c')[0] === '-1/1' && errors(theirs, 'sslread c')[0] === '20.1040'
  fault(t, libssl, poisoned, 'who only waits is told the failure of another connection')
  t.deepEqual(results(ours, 'sslread c'), ['-1/2'])
  t.deepEqual(errors(ours, 'sslread c'), ['0'])
})

libsslTest('reading and writing nothing is a clean no-op', async (t, libssl) => {
  const schedule = [
    ...ends(100),
    ...calls(
      'sslwrite c 0; sslwrite c 20; sslread s 0; sslread s 90; sslwrite c 500; sslwrite c 0',
    ),
    ...times(12, 'sslread s 600', 'sslwrite c 500'),
  ]
  const { theirs, ours } = await both(libssl, schedule)
  const [idle, waiting] = results(theirs, 'sslwrite c 0')
  fault(t, libssl, idle === '0/5', 'writing nothing is told as SYSCALL')
  fault(
    t,
    libssl,
    results(theirs, 'sslread s 0')[0] === '0/5',
    'reading nothing is told as SYSCALL',
  )
  const killed = waiting === '-1/1' && total(theirs, 'sslread s 600') === 0
  fault(t, libssl, killed, 'writing nothing while a write waits kills the connection')
  t.deepEqual(results(ours, 'sslwrite c 0'), ['0/0', '0/0'])
  t.deepEqual(results(ours, 'sslread s 0'), ['0/0'])
  t.true(total(ours, 'sslread s 600') >= 500)
})

libsslTest('freeing never destroys output that was not delivered', async (t, libssl) => {
  const schedule = [
    ...wired,
    ...calls('sslwrite c 20; shutdown c; sslfree c; move b x; sslread s 50; sslread s 50'),
  ]
  const { theirs, ours } = await both(libssl, schedule)
  const destroyed = last(theirs, 'b.pending') === '0' && total(theirs, 'sslread s') === 0
  fault(t, libssl, destroyed, 'SSL_free destroys data and close_notify that nobody had read')
  t.deepEqual(results(ours, 'sslread s'), ['20/0', '0/6'])
})

libsslTest(
  'write says how many bytes it took, and never has to be retried with the same buffer',
  async (t, libssl) => {
    const { theirs } = await both(libssl, [
      ...ends(0),
      ...calls('sslwrite c 40000; sslread s 16384; sslwrite c 40000 moved; sslread s 16384'),
    ])
    const secret = results(theirs, 'sslwrite')[0] === '-1/3' && total(theirs, 'sslread') >= 16_384
    fault(t, libssl, secret, 'SSL_write says -1 of bytes that the peer has read')
    const fatal = errors(theirs, 'sslwrite')[1] === '20.127'
    fault(t, libssl, fatal, 'the same bytes from another buffer are BAD_WRITE_RETRY, and fatal')

    const { client, server } = nativeEnds({ rings: [100, 100] })
    shake({ client, server })
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i * 31 + (i >> 8))
    const got: number[] = []
    const into = new Uint8Array(4096)
    let took = 0
    for (let round = 0; round < 1000 && got.length < bytes.length; round++) {
      // A fresh buffer each time, another length each time, and wiped behind it.
      const fresh = bytes.slice(took, took + 1 + (round % 700))
      const outcome = client.write(fresh)
      fresh.fill(0)
      if (outcome.status === 'done') took += outcome.bytes
      else t.is(outcome.status, 'want_write')
      const read = server.read(into)
      if (read.status === 'done') got.push(...into.subarray(0, read.bytes))
    }
    t.deepEqual(Uint8Array.from(got), bytes)
  },
)

libsslTest(
  'two heavy writers never block each other so long as each also reads',
  async (t, libssl) => {
    const schedule = [
      // A byte of data is a record of 23: both rings are full.
      ...ends(23),
      ...calls('sslwrite c 1; sslwrite s 1; key_update c 0; key_update s 0'),
      ...times(20, 'sslread c 9', 'sslread s 9', 'sslwrite c 1', 'sslwrite s 1'),
    ]
    const { theirs, ours } = await both(libssl, schedule)
    const stuck = total(theirs, 'sslread') === 0 && results(theirs, 'sslread c')[0] === '-1/3'
    fault(
      t,
      libssl,
      stuck,
      'with a KeyUpdate to send, SSL_read refuses to read what would make room',
    )
    t.true(total(ours, 'sslread c') > 5)
    t.true(total(ours, 'sslread s') > 5)
  },
)

libsslTest('tickets never block accept', async (t, libssl) => {
  const schedule = [
    'tickets 2',
    ...calls('pair a b 100 100; ssl c client a; ssl s server b'),
    ...times(60, 'handshake c', 'handshake s'),
    ...times(20, 'sslwrite c 50', 'accept s'),
    'sslread s 50',
  ]
  const { theirs, ours } = await both(libssl, schedule)
  t.is(results(theirs, 'handshake c').at(-1), '1/0')
  const blocked = results(theirs, 'accept s').every(result => result === '-1/3')
  fault(t, libssl, blocked, 'a client that only writes never lets the server out of accept')
  t.is(results(ours, 'handshake s').at(-1), '1/0')
  t.deepEqual(results(ours, 'sslread s'), ['50/0'])

  // The same without C's names: the handshake is done, and tickets go when there is room.
  const { near, far } = nativeEnds({ rings: [100, 100] })
  const client = new Ssl(new SslContext(clientOptions), { servername: 'server.example' })
  const server = new Ssl(new SslContext({ ...serverOptions, numTickets: 2 }))
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  shake({ client, server })
  t.is(client.write(new Uint8Array(50)).status, 'done')
  t.like(server.read(new Uint8Array(90)), { status: 'done', bytes: 50 })
})
