/** The cache in memory does what a Map with an end to everything would do, and leaves nothing behind. */
import { nodeCrypto } from '@biopair/crypto-node'
import { MemorySessionCache } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { clientContext, clock, serverContext, sessionOf, visit } from '../support/resume.ts'

type Step =
  | { readonly do: 'set'; readonly id: string; readonly lasts: number }
  | { readonly do: 'get' | 'delete'; readonly id: string }
  | { readonly do: 'pass'; readonly time: number }
  | { readonly do: 'flush' }
  | { readonly do: 'limit'; readonly limit: number }

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('set' as const), id, lasts: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ do: fc.constantFrom('get' as const, 'delete' as const), id }),
  fc.record({ do: fc.constant('pass' as const), time: fc.nat(10) }),
  fc.record({ do: fc.constant('flush' as const) }),
  fc.record({ do: fc.constant('limit' as const), limit: fc.integer({ min: 1, max: 5 }) }),
)

test('it is a list of what was set, without what is out of time, and at most so many of the youngest', t => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      let now = 1000
      let limit = 3
      let model: { id: string; state: number; expires: number }[] = []
      const cache = new MemorySessionCache({ limit, now: () => now })
      const alive = () => model.filter(one => one.expires > now)
      for (const [n, one] of steps.entries()) {
        switch (one.do) {
          case 'set':
            model = model.filter(other => other.id !== one.id)
            if (model.length >= limit) model = alive()
            model = [
              ...model.slice(-(limit - 1) || model.length),
              { id: one.id, state: n, expires: now + one.lasts },
            ]
            cache.set(one.id, Uint8Array.of(n), now + one.lasts)
            break
          case 'get': {
            const known = alive().find(other => other.id === one.id)
            t.deepEqual(cache.get(one.id), known && Uint8Array.of(known.state))
            if (!known) model = model.filter(other => other.id !== one.id)
            break
          }
          case 'delete':
            t.is(
              cache.delete(one.id),
              model.some(other => other.id === one.id),
            )
            model = model.filter(other => other.id !== one.id)
            break
          case 'pass':
            now += one.time
            break
          case 'flush':
            model = alive()
            cache.flush()
            break
          case 'limit':
            limit = one.limit
            cache.limit = limit
            if (model.length > limit) model = alive()
            model = model.slice(-limit)
        }
        t.is(cache.size, model.length)
        t.true(cache.size <= limit)
      }
    }),
  )
})

test('what it gives is a copy, and what goes is wiped', t => {
  const cache = new MemorySessionCache({ limit: 1 })
  const state = Uint8Array.of(1, 2, 3)
  cache.set('a', state, Number.POSITIVE_INFINITY)
  state.fill(9)
  const got = cache.get('a')
  t.deepEqual(got, Uint8Array.of(1, 2, 3))
  got?.fill(7)
  t.deepEqual(cache.get('a'), Uint8Array.of(1, 2, 3))
})

test('a server resumes from it, once where tickets are of one use', async t => {
  const sessionCache = new MemorySessionCache({ now: clock.now })
  const server = serverContext({ crypto: nodeCrypto, sessionCache, singleUseTickets: true })
  const client = clientContext()
  const session = await sessionOf(client, server)
  t.is(sessionCache.size, 2)
  t.true((await visit(client, server, { session })).server.resumed)
  t.false((await visit(client, server, { session, reuseSession: true })).server.resumed)
})

test('a limit that is none is refused', t => {
  for (const limit of [0, -1, 1.5, Number.NaN])
    t.throws(() => new MemorySessionCache({ limit }), {
      instanceOf: RangeError,
      code: 'ERR_OUT_OF_RANGE',
    })
})
