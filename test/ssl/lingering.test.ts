/**
 * Nothing lingers: every array that our code filled with a secret is zero after close or failure, whatever the stage.
 * What cannot be wiped, or is not ours to wipe, is listed in docs/decisions/what-lingers.md.
 */
import { type Bio, MemoryBio } from '@biopair/bio'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Ssl, SslContext, type TraceEvent } from '@biopair/ssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { recordConversation, type Scenario, sink } from '../support/recorded-handshake.ts'
import { sessionOf } from '../support/resume.ts'
import { Watch } from '../support/watching-crypto.ts'

const { leaf, intermediate } = chainFor('ed25519')
const trust: ContextOptions = { ca: intermediate.pem, allowPartialTrustChain: true }
const identity: ContextOptions = { cert: leaf.pem, key: leaf.keyPem }
const ticketKeys = new Uint8Array(48).fill(9)
const full: Omit<Scenario, 'crypto'> = {
  servername: 'server.example',
  client: { ...trust, ...identity, groups: 'x25519:P-256' },
  server: { ...trust, ...identity, groups: 'P-256:x25519', requestCert: true, ticketKeys },
  memo: false,
}
const hybrid: Omit<Scenario, 'crypto'> = {
  servername: 'server.example',
  client: trust,
  server: { ...identity, ticketKeys },
  memo: false,
}

/** A session that the first scenario's ends have had, and a key: neither has certificates in its handshake. */
const before = { now: () => Date.UTC(2026, 6, 1), crypto: nodeCrypto }
const session = await sessionOf(
  new SslContext({ ...full.client, ...before }),
  new SslContext({ ...full.server, ...before }),
)
const psks = [{ identity: 'both', key: new Uint8Array(32).fill(5) }]
const resumed = { ...full, session }
const early = {
  ...resumed,
  server: { ...full.server, maxEarlyData: 100, replayStore: { claim: () => true } },
  session: await sessionOf(
    new SslContext({ ...full.client, ...before }),
    new SslContext({ ...full.server, ...before, maxEarlyData: 100 }),
  ),
  early: 'GET / early',
}
const older = {
  ...full,
  client: { ...full.client, maxVersion: 'TLSv1.2' as const },
  server: { ...full.server, maxVersion: 'TLSv1.2' as const },
}
const resumed12 = {
  ...older,
  session: await sessionOf(
    new SslContext({ ...older.client, ...before }),
    new SslContext({ ...older.server, ...before }),
  ),
}
const keyed = {
  ...full,
  client: { ...full.client, psks },
  server: { ...full.server, psks },
}

/** Every event of a trace, one after the other, throws. */
class Tripwire {
  at = Number.POSITIVE_INFINITY
  events = 0
  readonly trace = (event: TraceEvent) => {
    if (this.events++ === this.at) throw new Error(`tripped at ${event.event}`)
  }
}

const tripwire = new Tripwire()
const providers = { node: nodeCrypto, noble }
const role = ['client', 'server'] as const

for (const [name, scenario] of Object.entries({
  ...{ full, hybrid, resumed, early, keyed, older, resumed12 },
}))
  for (const [providerName, provider] of Object.entries(providers)) {
    if (name !== 'full' && providerName === 'noble') continue
    const watch = new Watch(ticketKeys.subarray(16))
    const ends = recordConversation({
      ...scenario,
      client: { ...scenario.client, trace: tripwire.trace },
      server: { ...scenario.server, trace: tripwire.trace },
      crypto: watch.crypto(provider),
      random: watch.random,
    })
    for (const side of role) {
      const { heard, fresh, original } = ends[side]
      test.serial(
        `what is watched is a session of the kind: ${side} (${name}, ${providerName})`,
        t => {
          t.is(original.status, 'closed')
          const [, , , , , , , , went, sent] = JSON.parse(original.facts)
          t.is(sent, name === 'early' ? 'accepted' : 'none')
          t.is(
            went,
            ['resumed', 'resumed12', 'early'].includes(name)
              ? 'resumed'
              : name === 'keyed'
                ? 'keyed'
                : 'full',
          )
        },
      )
      const title = (what: string) =>
        `${what}, nothing lingers in a ${side} (${name}, ${providerName})`
      /** Offsets behind each record, and one inside of each. */
      const stages = [0]
      for (let at = 0; at < heard.length; ) {
        const next = at + 5 + (((heard[at + 3] as number) << 8) | (heard[at + 4] as number))
        stages.push(at + 7, next)
        at = next
      }
      const upTo = (stage: number, more: Uint8Array = new Uint8Array(0)) => {
        watch.reset()
        const carrier = new MemoryBio({ bytes: heard.subarray(0, stage) })
        carrier.write(more)
        const end = fresh(carrier, sink)
        return { end, carrier }
      }

      test.serial(title('closed at any stage'), t => {
        for (const stage of stages) {
          const { end } = upTo(stage)
          drain(end)
          t.true(stage < 10 || watch.seen > 0)
          t.deepEqual(end.close(), { status: 'done' })
          t.deepEqual(watch.lingering(), [], `closed after ${stage} bytes`)
        }
      })

      test.serial(title('closed with data unread'), t => {
        const { end, carrier } = upTo(heard.length)
        const into = new Uint8Array(1)
        t.deepEqual(end.read(into), { status: 'done', bytes: 1 })
        t.true(end.pending > 0)
        end.close()
        t.deepEqual(watch.lingering(), [])
        t.truthy(carrier)
      })

      test.serial(title('failed at any stage'), t => {
        const garbage = Uint8Array.of(23, 3, 3, 0, 20, ...new Array(20).fill(7))
        for (const stage of stages) {
          const { end } = upTo(stage, garbage)
          const last = drain(end)
          // Behind close_notify nothing is looked at.
          if (stage === heard.length) continue
          t.true(['failed', 'want_read'].includes(last), `${last} after ${stage} bytes`)
          if (last === 'want_read') continue
          t.deepEqual(watch.lingering(), [], `failed after ${stage} bytes`)
        }
      })

      test.serial(title('cut at any stage and closed'), t => {
        for (const stage of stages) {
          const { end, carrier } = upTo(stage)
          carrier.end()
          const last = drain(end)
          t.true(['truncated', 'closed'].includes(last))
          // A handshake that is cut is over for both halves; later, writing goes on.
          if (!end.connected) t.deepEqual(watch.lingering(), [], `cut after ${stage} bytes`)
          end.close()
          t.deepEqual(watch.lingering(), [], `cut after ${stage} bytes, then closed`)
        }
      })

      test.serial(title('broken on write at any stage and closed'), t => {
        for (const stage of stages) {
          watch.reset()
          const end = fresh(new MemoryBio({ bytes: heard.subarray(0, stage) }), broken)
          const last = drain(end)
          // A client has something to write at once, a server once it has heard a ClientHello.
          t.true(last === 'failed' || stage < heard.length)
          if (end.connected || last !== 'failed') end.close()
          t.deepEqual(watch.lingering(), [], `broken after ${stage} bytes`)
        }
      })

      test.serial(title('failed at any event of its trace'), t => {
        tripwire.events = 0
        const whole = upTo(heard.length)
        drain(whole.end)
        const { events } = tripwire
        t.true(events > 10)
        for (let at = 0; at < events; at++) {
          tripwire.at = at
          tripwire.events = 0
          const { end } = upTo(heard.length)
          t.is(drain(end), 'failed')
          t.deepEqual(watch.lingering(), [], `failed at event ${at}`)
        }
        tripwire.at = Number.POSITIVE_INFINITY
      })
    }
  }

const broken: Bio = { ...sink, write: () => ({ stop: 'broken', error: new Error('EPIPE') }) }

function drain(end: Ssl): string {
  const into = new Uint8Array(100)
  for (;;) {
    const { status } = end.read(into)
    if (status !== 'done') return status
  }
}
