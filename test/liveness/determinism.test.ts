/** One seed, a fixed time, explicit suites and groups: one byte string, from run to run and with every provider (architecture section 4). */
import type { CryptoProvider } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { type PumpTask, pump, type Ssl } from '@biopair/ssl'
import test from 'ava'
import { CountingHalf } from '../support/counting-pair.ts'
import { keyKinds } from '../support/mint.ts'
import { mlDsaKinds } from '../support/ml-dsa-key.ts'
import { seeded } from '../support/seeded.ts'
import {
  endsOf,
  fitted,
  groupsFor,
  plain,
  plainSession,
  type Session,
  suiteNames,
  suitesFor,
  versionNames,
} from '../support/session.ts'

/** A half that keeps what was written to it; it lends no room, so that everything goes through `write`. */
class Recording extends CountingHalf {
  override room(): ReturnType<CountingHalf['room']> {
    return { stop: 'retry', on: 'write' }
  }
}

/** Everything that both ends send in a whole session, as hex. */
interface Sent {
  readonly client: string
  readonly server: string
}

function sent(session: Session, crypto: CryptoProvider, seed: string): Sent {
  const [near, far] = [new Recording(5000, true), new Recording(5000, true)]
  near.pair(far)
  const { client, server } = endsOf(session, {
    crypto,
    random: { client: seeded(`${seed} client`), server: seeded(`${seed} server`) },
    more: { now: () => Date.UTC(2026, 6, 1) },
    judge: false,
  })
  client.setBio(near)
  server.setBio(far)
  const { end, parties } = pump([whole('client', client), whole('server', server)])
  if (end !== 'done' || parties.some(({ outcome }) => outcome.status !== 'done'))
    throw new Error(`${end}: ${JSON.stringify(parties)}`)
  const all = ({ kept }: Recording) => Buffer.concat(kept ?? []).toString('hex')
  return { client: all(near), server: all(far) }
}

/** A handshake, data, a change of keys, a goodbye. */
function whole(name: string, ssl: Ssl): PumpTask {
  let said = false
  return {
    name,
    ssl,
    step: () => {
      const shaken = ssl.doHandshake()
      if (shaken.status !== 'done') return shaken
      if (!said) {
        const wrote = ssl.write(new Uint8Array(100).fill(7))
        if (wrote.status !== 'done') return wrote
        said = true
        if (ssl.version === 'TLSv1.3') ssl.keyUpdate(false)
      }
      const shut = ssl.shutdown()
      return shut.status === 'unread' ? ssl.read(new Uint8Array(1000)) : shut
    },
  }
}

/** Where two sessions part. */
function difference(got: Sent, expected: Sent): string {
  for (const side of ['client', 'server'] as const) {
    if (got[side] === expected[side]) continue
    let at = 0
    while (got[side][at] === expected[side][at]) at++
    return `the ${side} at byte ${at >> 1} of ${got[side].length >> 1}`
  }
  return 'none'
}

for (const [version, certificate] of versionNames.flatMap(name =>
  keyKinds.map(kind => [name, kind] as const),
))
  test(`with a ${certificate} certificate, every group and suite of ${version} gives the same bytes from run to run and with both providers`, t => {
    for (const group of groupsFor(version))
      for (const suite of suitesFor(version, certificate)) {
        const session: Session = { ...plain[version], certificate, group, suite }
        const first = sent(session, nodeCrypto, 'a seed')
        t.is(
          difference(sent(session, nodeCrypto, 'a seed'), first),
          'none',
          `${group} ${suite}: again`,
        )
        t.is(difference(sent(session, noble, 'a seed'), first), 'none', `${group} ${suite}: noble`)
      }
  })

for (const kind of mlDsaKinds)
  test(`${kind} certificates on both sides give the same bytes from run to run and with both providers`, t => {
    const session: Session = { ...plainSession, certificate: kind, client: kind }
    const first = sent(session, nodeCrypto, kind)
    t.is(difference(sent(session, nodeCrypto, kind), first), 'none')
    t.is(difference(sent(session, noble, kind), first), 'none')
    t.not(difference(sent(session, noble, 'another'), first), 'none')
  })

for (const version of versionNames)
  test(`another seed gives other bytes of ${version}`, t => {
    const [a, b] = ['a', 'b'].map(seed => sent(plain[version], nodeCrypto, seed))
    t.true(a?.client !== b?.client && a?.server !== b?.server)
  })

test('in TLS 1.2 client certificates of each type, a stapled response and no extended_master_secret repeat as well', t => {
  for (const client of keyKinds) {
    const session: Session = {
      ...{ ...plain['TLSv1.2'], client, staple: true },
      ...{ either: 'client', extended: client !== 'p256' },
    }
    const first = sent(session, nodeCrypto, client)
    t.is(difference(sent(session, nodeCrypto, client), first), 'none')
    t.is(difference(sent(session, noble, client), first), 'none')
  }
})

test('resumptions by ticket and by id and pre-shared keys of TLS 1.2 repeat as well', t => {
  for (const resume of ['ticket', 'id', 'psk'] as const)
    for (const suite of suitesFor('TLSv1.2', resume === 'psk' ? resume : 'p256')) {
      const session = fitted({ ...plain['TLSv1.2'], resume, suite, client: 'ed25519' })
      const first = sent(session, nodeCrypto, suite)
      t.is(difference(sent(session, nodeCrypto, suite), first), 'none')
      t.is(difference(sent(session, noble, suite), first), 'none')
    }
})

test('resumptions and pre-shared keys repeat as well', t => {
  for (const resume of ['ticket', 'psk'] as const)
    for (const suite of suiteNames) {
      const session: Session = { ...plainSession, resume, suite, retry: true, client: 'ed25519' }
      const first = sent(session, nodeCrypto, suite)
      t.is(difference(sent(session, nodeCrypto, suite), first), 'none')
      t.is(difference(sent(session, noble, suite), first), 'none')
    }
})

test('HelloRetryRequest, cookie and client certificates of each type repeat as well', t => {
  for (const client of keyKinds) {
    const session: Session = {
      ...plainSession,
      client,
      retry: true,
      cookie: 'always',
      group: 'secp384r1',
    }
    const first = sent(session, nodeCrypto, client)
    t.is(difference(sent(session, nodeCrypto, client), first), 'none')
    t.is(difference(sent(session, noble, client), first), 'none')
  }
})
