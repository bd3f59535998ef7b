/** Our server and those of others are told the same, and answer the same but for the differences that are meant. */
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import {
  type ClientSchedule,
  type Contender,
  compare,
  differenceLine,
  goServer,
  helloChanges,
  intended,
  nearlyHellos,
  nodeServer,
  opensslServer,
  ourServer,
  refusalsOf,
  run,
  type Schedule,
} from '@biopair/testkit/oracle'
import test, { type ExecutionContext } from 'ava'
import { versionOf } from '../interop/support/peers.ts'
import { chainFor } from '../support/mint.ts'
import { seeded } from '../support/seeded.ts'

const { pem: cert, keyPem: key, root } = chainFor('p256')
const versions = ['TLSv1.3', 'TLSv1.2'] as const
/** None of these is silent: a machine that is busy is waited for. */
const patience = { longestStart: 120_000, longestSilence: 60_000 }
const options = { cert, key, protocols: ['h2', 'http/1.1'], ...patience }
/** Hellos for each server: each change once, unless told otherwise; then another seed has others made. */
const count = Number(process.env.BIOPAIR_ORACLE_HELLOS ?? helloChanges.length)
const seed = process.env.BIOPAIR_SEED ?? '1'

const servers = {
  openssl: { start: opensslServer, program: 'openssl' },
  node: { start: nodeServer, program: undefined },
  go: { start: goServer, program: 'go' },
} as const

/** A client's options; `seed` decides every byte that it says first. */
function clientOptions(name: string, more: ContextOptions = {}): ContextOptions {
  return {
    crypto: nodeCrypto,
    random: seeded(name),
    ca: root.pem,
    groups: ['x25519', 'secp256r1'],
    ALPNProtocols: ['h2', 'http/1.1'],
    ...more,
  }
}

function helloOf(minVersion: (typeof versions)[number]): Uint8Array {
  const [near, far] = bioPair()
  const context = new SslContext(clientOptions('a client', { minVersion }))
  new Ssl(context, { servername: 'server.example' }).setBio(near).setConnectState().doHandshake()
  const into = new Uint8Array(10_000)
  return into.slice(0, far.read(into) as number)
}

function ours(
  more: ContextOptions = {},
  minVersion: (typeof versions)[number] = 'TLSv1.3',
): Contender {
  return ourServer({ ...options, minVersion }, { crypto: nodeCrypto, ...more })
}

for (const [name, { start, program }] of Object.entries(servers)) {
  const title = (what: string) => `${name} and ours ${what}`
  const serverTest = (what: string, body: (t: ExecutionContext) => Promise<void>) => {
    if (program === undefined || versionOf(program) !== undefined) {
      test.serial(title(what), async t => {
        t.timeout(600_000, 'go build may take long, once')
        await body(t)
      })
    } else if (process.env.BIOPAIR_REQUIRE_PEERS === '1')
      test.serial(title(what), t => t.fail(`BIOPAIR_REQUIRE_PEERS=1, and there is no ${program}`))
    else
      test.serial(`${title(what)} (skipped: no ${program})`, t => {
        t.is(versionOf(program), undefined)
      })
  }

  for (const minVersion of versions)
    serverTest(`answer ${count} nearly valid ClientHellos alike, from ${minVersion}`, async t => {
      const theirs = await start({ ...options, minVersion })
      t.teardown(() => theirs.stop())
      const hellos = nearlyHellos(helloOf(minVersion), seeded(seed))
      const our = ours({}, minVersion)
      const news: string[] = []
      const met = new Map<string, number>()
      for (let i = 0; i < count; i++) {
        const { change, bytes } = hellos.next().value
        const schedule = { hello: bytes }
        const they = await run(schedule, theirs)
        const we = await run(schedule, our)
        const found = compare(name, change, they, we, intended)
        for (const answer of [they, we].map(each => each.get('answer') ?? 'nothing'))
          if (!change.includes(' + ') && !/^(?:ServerHello|HelloRetryRequest)$/.test(answer))
            t.true(refusalsOf(change).includes(answer), `${change}: ${answer}`)
        news.push(...found.unexplained.map(differenceLine))
        for (const id of found.met) met.set(id, (met.get(id) ?? 0) + 1)
      }
      t.log([...met].map(([id, times]) => `${id}: ${times}`).join(', '))
      t.deepEqual(news, [])
    })

  serverTest('say the same to a client that shakes hands, talks and goes', async t => {
    const theirs = await start(options)
    t.teardown(() => theirs.stop())
    const common = {
      servername: 'server.example',
      steps: ['there and back\n', 'a\nbc\n', `${'long '.repeat(2000)}\n`],
    }
    const schedules: Record<string, () => Schedule> = {
      whole: () => ({ ...common, client: () => clientOptions('1') }),
      'byte by byte': () => ({
        ...common,
        client: () => clientOptions('2'),
        cuts: Array(300).fill(1),
      }),
      'another hello': () => ({
        ...common,
        client: () =>
          clientOptions('3', { groups: ['secp384r1', 'x25519'], keyShares: [] as string[] }),
      }),
      'key updates': () => ({
        ...common,
        client: () => clientOptions('4'),
        steps: ['a\n', 'key update', 'b\n', 'key update', 'c\n'],
      }),
      'no protocol in common': () => ({
        ...common,
        client: () => clientOptions('5', { ALPNProtocols: ['spdy/1'] }),
      }),
      'a client that is not pleased': () => ({
        ...common,
        client: () => clientOptions('6', { ca: chainFor('p384').root.pem }),
      }),
      'a Finished that is wrong': () => ({
        ...common,
        client: () => clientOptions('7'),
        edit: () => seen =>
          seen.from === 'client' && seen.message === 'Finished'
            ? seen.bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte))
            : undefined,
      }),
    }
    for (const [change, make] of Object.entries(schedules)) {
      const they = await run(make(), theirs)
      const we = await run(make(), ours())
      const found = compare(name, change, they, we, intended)
      t.deepEqual(found.unexplained.map(differenceLine), [], change)
      if (change === 'whole') t.is(we.get('data'), they.get('data'))
    }
  })
}

/** A schedule for two of our own servers, of which the second is another. */
async function between(
  schedule: () => Schedule,
  one: Contender,
  other: Contender,
): Promise<string[]> {
  const found = compare(
    'other',
    'planted',
    await run(schedule(), other),
    await run(schedule(), one),
    intended,
  )
  return found.unexplained.map(differenceLine)
}

const talk =
  (more: Partial<ClientSchedule> = {}) =>
  (): ClientSchedule => ({
    client: () => clientOptions('planted'),
    servername: 'server.example',
    steps: ['0123456789\n'],
    ...more,
  })

test('a planted difference is pointed at: another protocol, group or certificate', async t => {
  t.deepEqual(await between(talk(), ours(), ours()), [])
  t.deepEqual(await between(talk(), ours(), ours({ ALPNProtocols: ['http/1.1'] })), [
    'planted, alpn: other http/1.1, biopair h2 (from letter 1)',
  ])
  const [group, ...more] = await between(talk(), ours(), ours({ groups: 'secp384r1' }))
  t.is(group, 'planted, answer: other alert handshake_failure, biopair ServerHello (from letter 0)')
  t.deepEqual(more, [])
  const { pem, keyPem } = chainFor('p384')
  const certificates = await between(
    talk({ client: () => clientOptions('x', { rejectUnauthorized: false }) }),
    ours(),
    ours({ cert: pem, key: keyPem }),
  )
  t.deepEqual(
    certificates.map(line => line.split(':')[0]),
    ['planted, certificate', 'planted, signature'],
  )
})

test('a planted difference is pointed at: a letter of what is read, a ticket more, an end that is none', async t => {
  let runs = 0
  const schedule = talk({
    edit: () => {
      const wrong = runs++ === 0
      return ({ from, type, bytes }) =>
        wrong && from === 'server' && type === 'application_data'
          ? bytes.map((byte, i) => (i === 4 ? byte + 1 : byte))
          : undefined
    },
  })
  t.deepEqual(await between(schedule, ours(), ours()), [
    'planted, data: other 9876643210\n, biopair 9876543210\n (from letter 4)',
  ])
  t.deepEqual(
    await between(talk(), ours(), ours({ numTickets: 0 })),
    [],
    'tickets are nobody else’s business',
  )
  const early = await between(talk({ ending: 'end' }), ours(), ours())
  t.deepEqual(early, [])
})

test('a planted difference is pointed at: another alert', async t => {
  const schedule = () => ({ hello: Uint8Array.of(22, 3, 1, 0, 5, 2, 0, 0, 1, 0) })
  const lenient: Contender = {
    name: 'other',
    connect: async () => {
      const line = await ours().connect()
      let answered = false
      return {
        write: bytes => line.write(bytes),
        end: () => line.end(),
        close: () => line.close(),
        read: async () => {
          if (answered) return 'end'
          answered = true
          return Uint8Array.of(21, 3, 3, 0, 2, 2, 50)
        },
      }
    },
    stop() {},
  }
  t.deepEqual(await between(schedule, ours(), lenient), [
    'planted, answer: other alert decode_error, biopair alert unexpected_message (from letter 6)',
  ])
})

test('one seed makes the same hellos, and each change is made', t => {
  const hello = helloOf('TLSv1.3')
  const some = (of: string) => {
    const hellos = nearlyHellos(hello, seeded(of))
    return Array.from({ length: 2 * helloChanges.length }, () => hellos.next().value)
  }
  t.deepEqual(some('a'), some('a'))
  t.notDeepEqual(some('a'), some('b'))
  const [first] = some('a')
  t.deepEqual(first, { change: 'nothing', bytes: hello as Uint8Array<ArrayBuffer> })
  t.deepEqual(
    some('a')
      .slice(0, helloChanges.length)
      .map(({ change }) => change),
    helloChanges,
  )
})
