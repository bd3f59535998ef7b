/** Property 7, *pumping always completes*, for both versions: any ring sizes, any fair order of steps, any cuts, any session (architecture section 4). */
import type { CryptoProvider } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Dice } from '../support/dice.ts'
import { keyKinds } from '../support/mint.ts'
import { End, lay, type Rings, run } from '../support/schedule.ts'
import {
  anyRings,
  anySession,
  earlyOf,
  endsOf,
  factsOf,
  fitted,
  groupsFor,
  keepsSession,
  mostEarly,
  plain,
  resumes,
  type Session,
  sendsEarly,
  serverName,
  shownBy,
  suitesFor,
  versionNames,
} from '../support/session.ts'

/** A clock that stands still: how long a busy machine takes between two steps is no part of an age of a ticket. */
const now = () => Date.UTC(2026, 6, 1)

/** Runs one session to its end and checks everything that has to be true of it. Throws with words that say what is not. */
function completes(session: Session, rings: Rings, seed: number, crypto: CryptoProvider): void {
  const dice = new Dice(seed)
  const { near, far, between } = lay(rings, dice)
  const { client, server } = endsOf(session, { crypto, more: { now } })
  client.setBio(near)
  server.setBio(far)
  // Data in proportion to the rings: the smallest take a step for each byte.
  const most = Math.min(50_000, 300 * Math.min(...rings))
  const request = dice.bytes(dice.below(most))
  const response = dice.bytes(dice.below(most))
  const early = dice.bytes(dice.from(1, Math.min(most, 30_000)))
  const ends = [
    new End(
      'client',
      client,
      near,
      request,
      dice,
      sendsEarly(session) ? { data: early } : undefined,
    ),
    new End('server', server, far, response, dice, session.early === 'read' ? 'read' : undefined),
  ] as const
  const stall = run([...ends, ...between], dice)
  if (stall) throw new Error(stall.text)
  for (const end of ends)
    if (end.lost) throw new Error(`${end.name}: ${end.lost.status}`, { cause: end.lost.error })
  const [c, s] = [
    factsOf(client, shownBy(session, 'client')),
    factsOf(server, shownBy(session, 'server')),
  ]
  same('facts', JSON.stringify(c), JSON.stringify(s))
  same('version', c.version, session.version)
  same('exporter', c.exporter === 'none', !session.extended)
  same('stapled', client.ocspResponse !== undefined, session.staple && session.resume === 'no')
  same('suite', c.suite, session.suite)
  // A session of TLS 1.2 goes on without a group.
  const anew = session.version === 'TLSv1.3' || !resumes(session)
  same('group', c.group, anew ? session.group : undefined)
  same('alpn', c.alpn, session.alpn ? 'http/1.1' : undefined)
  same('servername', c.servername, serverName)
  same('retried', c.retried, session.retry || session.cookie === 'always')
  same('resumed', c.resumed, resumes(session))
  same('key', c.psk !== '', session.resume === 'psk')
  same('server believed', client.authorized, session.resume !== 'psk')
  same('client believed', server.authorized, shownBy(session, 'client').length > 0)
  same('handshakes', `${client.doHandshake().status} ${server.doHandshake().status}`, 'done done')
  same('request', Buffer.compare(ends[1].received, request), 0)
  same('response', Buffer.compare(ends[0].received, response), 0)
  for (const { name, ssl } of ends)
    same(`${name}'s shutdown`, [ssl.sentShutdown, ssl.receivedShutdown].join(), 'true,true')
  same('early data', `${client.earlyData} ${server.earlyData}`, twice(earlyOf(session)))
  const sent = ends[0].sentEarly
  const rejected = client.rejectedEarlyData()
  if (earlyOf(session) === 'accepted') {
    same('most early data', sent.length, Math.min(sent.length, mostEarly))
    same('early data', Buffer.compare(readEarly(ends[1]), sent), 0)
  } else same('rejected', Buffer.compare(rejected?.bytes ?? new Uint8Array(0), sent), 0)
  same('session', client.session !== undefined, keepsSession(session))
}

/** What was read before, and what is left. */
function readEarly(end: End): Uint8Array {
  for (let before = -1; before !== end.receivedEarly.length; ) {
    before = end.receivedEarly.length
    end.readEarly()
  }
  return end.receivedEarly
}

const twice = (word: string) => `${word} ${word}`

function same<T>(what: string, got: T, expected: T): void {
  if (got !== expected) throw new Error(`${what}: expected ${expected}, got ${got}`)
}

function check(t: ExecutionContext, numRuns: number, crypto: CryptoProvider): void {
  const seen = new Map<string, number>()
  const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(anySession, anyRings, fc.nat(), (session, rings, seed) => {
      note(`${session.version}, ${session.either} speaks either`)
      note(session.suite)
      note(session.group)
      note(`${session.certificate} certificate`)
      note(`resume: ${session.resume} of ${session.version}`)
      note(`${session.cache ? 'a' : 'no'} cache`)
      note(`max_fragment_length: ${session.fragment}`)
      note(`early data: ${sendsEarly(session) ? session.early : 'no'}, ${earlyOf(session)}`)
      note(session.extended ? 'bound' : 'without extended_master_secret')
      note(session.staple ? 'stapled' : 'not stapled')
      note(session.retry ? 'with HelloRetryRequest' : 'without HelloRetryRequest')
      completes(session, rings, seed, crypto)
    }),
    { numRuns },
  )
  t.log(
    [...seen]
      .map(([what, times]) => `${what}: ${times}`)
      .sort()
      .join(', '),
  )
  t.pass()
}

test('with any rings, any fair order of steps and any cuts, 1,200 sessions of both versions complete, agree, carry their data whole and close cleanly', t => {
  check(t, 1200, nodeCrypto)
})

test('the portable provider completes as well', t => {
  check(t, 12, noble)
})

for (const version of versionNames)
  for (const certificate of keyKinds)
    test(`every group and suite of ${version} completes with a ${certificate} certificate over a ring of 7 bytes`, t => {
      for (const group of groupsFor(version))
        for (const suite of suitesFor(version, certificate))
          t.notThrows(
            () =>
              completes({ ...plain[version], group, suite, certificate }, [7, 7], 1, nodeCrypto),
            `${group} ${suite}`,
          )
    })

test('every group and suite of TLS 1.2 completes with a key that both were given over a ring of 7 bytes', t => {
  for (const group of groupsFor('TLSv1.2'))
    for (const suite of suitesFor('TLSv1.2', 'psk'))
      t.notThrows(
        () =>
          completes({ ...plain['TLSv1.2'], group, suite, resume: 'psk' }, [7, 7], 1, nodeCrypto),
        `${group} ${suite}`,
      )
})

for (const version of versionNames)
  test(`${version} completes over each ring of a few bytes, with certificates both ways, anew and resumed by ticket and by id`, t => {
    for (const resume of ['no', 'ticket', 'id'] as const)
      for (const size of [1, 2, 5, 6, 100, 256, 17_408])
        t.notThrows(
          () =>
            completes(
              fitted({ ...plain[version], client: 'p256', resume }),
              [size, size],
              1,
              nodeCrypto,
            ),
          `${resume} ${size}`,
        )
  })
