/** A session cache and tickets of one use, attacked: aliases, and connections at the same time. */
import { bioPair } from '@biopair/bio'
import { MemorySessionCache, type SessionCache, Ssl } from '@biopair/ssl'
import test from 'ava'
import { clientContext, clock, serverContext, sessionOf } from '../support/resume.ts'
import { earlyOf } from './early-ends.ts'

test('a cache that is given a Buffer keeps bytes of its own: it neither follows it nor wipes it', t => {
  const cache = new MemorySessionCache({ now: () => 0 })
  const given = Buffer.from('session')
  cache.set('a', given, 10)
  given[0] = 0
  t.is(Buffer.from(cache.get('a') ?? []).toString(), 'session')
  given[0] = 115
  cache.delete('a')
  t.is(given.toString(), 'session')
})

test('of several connections that come with one ticket of one use at the same time, a single one resumes, and one has its early data taken', async t => {
  const kept = new MemorySessionCache({ now: clock.now })
  const cache: SessionCache = {
    get: id => Promise.resolve().then(() => kept.get(id)),
    set: (id, state, expires) => kept.set(id, state, expires),
    delete: id => Promise.resolve().then(() => kept.delete(id)),
  }
  const client = clientContext()
  const server = serverContext({ sessionCache: cache, singleUseTickets: true, maxEarlyData: 100 })
  const session = await sessionOf(client, server)
  const all = Array.from({ length: 4 }, () => {
    const [near, far] = bioPair()
    const options = { servername: 'server.example', session, reuseSession: true }
    return {
      near: new Ssl(client, options).setBio(near).setConnectState(),
      far: new Ssl(server).setBio(far).setAcceptState(),
    }
  })
  for (const { near } of all) t.is(near.writeEarly(Buffer.from('early')).status, 'done')
  const got: string[] = []
  for (let round = 0; round < 20; round++)
    for (const { near, far } of all) {
      const early = earlyOf(far)
      if (early.bytes.length > 0) got.push(early.bytes.toString())
      const outcome = far.doHandshake()
      if ('ready' in outcome) await outcome.ready
      near.doHandshake()
    }
  t.true(all.every(({ near, far }) => near.connected && far.connected))
  t.is(all.filter(({ near }) => near.resumed).length, 1)
  t.is(all.filter(({ near }) => near.earlyData === 'accepted').length, 1)
  t.deepEqual(got, ['early'])
  t.is(all.filter(({ near }) => near.rejectedEarlyData()?.bytes.length === 5).length, 3)
})
