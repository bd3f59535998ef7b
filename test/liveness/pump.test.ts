/** `pump` and `drive` of package ssl: what they report, what they wait for, and that they never hang. */
import { type Bio, bioPair, type Stopped } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { drive, type PumpTask, pump, type Ssl } from '@biopair/ssl'
import test from 'ava'
import { endsOf, plainSession } from '../support/session.ts'

function ends(near: Bio, far: Bio): { client: Ssl; server: Ssl } {
  const { client, server } = endsOf(plainSession, { crypto: nodeCrypto })
  client.setBio(near)
  server.setBio(far)
  return { client, server }
}

/** A task that answers what it is given, one after the other, the last for ever. */
function script(
  name: string,
  ...answers: ReturnType<PumpTask['step']>[]
): PumpTask & { steps: number } {
  return {
    name,
    steps: 0,
    step() {
      return answers[Math.min(this.steps++, answers.length - 1)] ?? { status: 'done' }
    },
  }
}

test('a task is stepped until it is over, and no further', t => {
  const short = script('short', { status: 'done' })
  const long = script(
    'long',
    { status: 'want_read' },
    { status: 'done', bytes: 1 },
    { status: 'closed' },
  )
  const { end, parties, rounds } = pump([short, long])
  t.is(end, 'done')
  t.is(rounds, 3)
  t.deepEqual([short.steps, long.steps], [1, 3])
  t.deepEqual(
    parties.map(({ name, outcome }) => [name, outcome.status]),
    [
      ['short', 'done'],
      ['long', 'closed'],
    ],
  )
})

test('no tasks are done at once', t => {
  t.deepEqual(pump([]), { end: 'done', rounds: 1, parties: [] })
})

test('a stall says who waits for what', t => {
  const report = pump([
    script('a', { status: 'want_read', read: 5, write: 0 }),
    script('b', { status: 'want_write', read: 5, write: 7 }),
    script('c', { status: 'want_verification' }),
    script('d', { status: 'done' }),
  ])
  if (report.end !== 'stalled') return t.fail(report.end)
  t.is(
    report.report.text,
    [
      'stalled: no progress in 2 rounds',
      '  a waits for 5 bytes to read',
      '  b waits for 5 bytes to read and room for 7 bytes',
      '  c waits for want_verification',
      '  d waits for nothing: done',
    ].join('\n'),
  )
})

test('an end whose peer is never stepped stalls, and the report names its state and its half', t => {
  const { client } = ends(...bioPair(100, 50))
  const report = pump([{ name: 'client', ssl: client, step: () => client.doHandshake() }])
  if (report.end !== 'stalled') return t.fail(report.end)
  t.regex(
    report.report.text,
    /client waits for 5 bytes to read and room for \d+ bytes \(state WAIT_SH, 0 pending, 0 guaranteed, 0 requested\)/,
  )
})

test('a task that always moves something is stopped after the rounds that are allowed', t => {
  const report = pump([script('busy', { status: 'done', bytes: 1 })], 50)
  t.is(report.end, 'unfinished')
  t.is(report.rounds, 50)
})

test('what an end has left to send goes on being offered after its task is over', t => {
  const { client, server } = ends(...bioPair(40, 40))
  // The server is over with two tickets queued, which the client reads.
  const report = pump([
    { name: 'server', ssl: server, step: () => server.doHandshake() },
    {
      name: 'client',
      ssl: client,
      step: () => {
        const outcome = client.read(new Uint8Array(1))
        return client.session ? { status: 'done' } : outcome
      },
    },
  ])
  t.is(report.end, 'done')
  t.not(client.session, undefined)
})

test('drive repeats a call until it need not wait', async t => {
  for (const ring of [1, 100, 17_408]) {
    const { client, server } = ends(...bioPair(ring, ring))
    const [c, s] = await Promise.all([
      drive(client, () => client.doHandshake()),
      drive(server, () => server.doHandshake()),
    ])
    t.deepEqual([c.status, s.status], ['done', 'done'])
    const into = new Uint8Array(10)
    const [wrote, read] = await Promise.all([
      drive(client, () => client.write(Uint8Array.of(1, 2, 3))),
      drive(server, () => server.read(into)),
      drive(client, () => client.flush()),
    ])
    t.deepEqual(
      [wrote, read],
      [
        { status: 'done', bytes: 3 },
        { status: 'done', bytes: 3 },
      ],
    )
  }
})

test('drive answers an end as it is', async t => {
  const [near, far] = bioPair()
  const { client } = ends(near, far)
  far.end()
  t.is((await drive(client, () => client.doHandshake())).status, 'truncated')
})

test('drive refuses BIOs that cannot say when they are ready', async t => {
  const silent: Bio = {
    read: (): Stopped => ({ stop: 'retry', on: 'read' }),
    write: (bytes): number => bytes.length,
    flush: () => 'done',
    end: () => 'done',
    close: () => {},
  }
  const { client } = ends(silent, silent)
  await t.throwsAsync(
    drive(client, () => client.doHandshake()),
    { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' },
  )
})

test('drive gives up on a BIO that says it is ready and never is', async t => {
  let asked = 0
  const liar: Bio = {
    read: (): Stopped => ({ stop: 'retry', on: 'read' }),
    write: (bytes): number => bytes.length,
    flush: () => 'done',
    end: () => 'done',
    close: () => {},
    ready: async () => {
      asked++
    },
  }
  const { client } = ends(liar, liar)
  t.is((await drive(client, () => client.doHandshake())).status, 'want_read')
  t.true(asked >= 99 && asked <= 101, `${asked}`)
})
