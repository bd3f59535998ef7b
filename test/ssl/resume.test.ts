/**
 * S9: each callback suspends three times in a row and is resumed, as natural callbacks do it (one call, a promise) and as the C names do
 * (called anew each time), over carriers of any size; the handshake completes and its transcript verifies at both ends.
 */
import { failed } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type CallbackContext,
  type ContextOptions,
  type Ssl,
  SslContext,
  type Suspended,
} from '@biopair/ssl'
import { privateKeyFrom } from '@biopair/x509'
import test from 'ava'
import { again } from '../support/again.ts'
import { bytes, type Ends, ends, readAll, serverOptions } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

type Side = 'client' | 'server'
type Status = Suspended['status']
/** Answers a callback of `side` about `status`; `value` is what it would say at once. */
type Answer = <T>(status: Status, context: CallbackContext, value: T) => T | Promise<T>

const { pem, keyPem, root } = chainFor('p256')
const [identity] = new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem }).credentials
const key = nodeCrypto.privateKey(privateKeyFrom(keyPem))
if (failed(key)) throw new Error(key.why)
const signs = key

/** Every callback that there is, in both roles, and a HelloRetryRequest so that one is asked twice; the server turns to `named`. */
function options(
  answer: (side: Side) => Answer,
  named?: SslContext,
): { client: ContextOptions; server: ContextOptions } {
  const common = (side: Side): ContextOptions => ({
    certificateCallback: (_, context) => answer(side)('want_certificate', context, identity),
    signCallback: ({ scheme, content }, context) =>
      answer(side)('want_signature', context, signs.sign(scheme.algorithm, content)),
    verifyCallback: ({ ok }, _, context) => answer(side)('want_verification', context, ok),
  })
  return {
    client: {
      ...common('client'),
      groups: 'x25519:P-256',
      keyShares: 'x25519',
      ALPNProtocols: ['h2', 'http/1.1'],
    },
    server: {
      ...common('server'),
      groups: 'P-256',
      requestCert: true,
      ca: root.pem,
      clientHelloCallback: (_, context) =>
        answer('server')('want_client_hello', context, undefined),
      SNICallback: (_, context) => answer('server')('want_server_name', context, named),
      ALPNCallback: (_, context) => answer('server')('want_alpn', context, 'http/1.1'),
    },
  }
}

const order: Record<Side, readonly Status[]> = {
  client: ['want_verification', 'want_certificate', 'want_signature'],
  server: [
    'want_client_hello',
    'want_server_name',
    'want_alpn',
    'want_certificate',
    'want_client_hello',
    'want_signature',
    'want_verification',
  ],
}

const rings = [1, 6, 17408]

/** Both are connected, and agree on the transcript and what follows from it. */
function agree({ client, server }: Ends): boolean {
  const exported = [client, server].map(end => Buffer.from(end.exportKeyingMaterial(32, 'S9')))
  return (
    client.alpnProtocol === 'http/1.1' &&
    server.alpnProtocol === 'http/1.1' &&
    client.authorized &&
    server.authorized &&
    client.retried &&
    server.retried &&
    exported[0]?.equals(exported[1] as Buffer) === true &&
    crossed(client, server) === 'question' &&
    crossed(server, client) === 'question'
  )
}

function crossed(from: Ssl, to: Ssl): string {
  const question = bytes('question')
  let text = ''
  for (let taken = 0, i = 0; i < 5000 && text.length < question.length; i++) {
    const wrote = from.write(question.subarray(taken))
    if (wrote.status === 'done') taken += wrote.bytes
    else from.flush()
    text += readAll(to).text
    readAll(from)
  }
  return text
}

/** Steps until both are done; `suspended` is told of every stop at a callback, and is awaited. */
async function run(
  { client, server }: Ends,
  suspended: (side: Side, outcome: Suspended) => Promise<void> | void,
): Promise<void> {
  for (let i = 0; i < 100_000; i++) {
    const outcomes = { client: client.doHandshake(), server: server.doHandshake() }
    if (outcomes.client.status === 'done' && outcomes.server.status === 'done') return
    for (const side of ['client', 'server'] as const) {
      const outcome = outcomes[side]
      if (outcome.status === 'failed') throw outcome.error
      if ('ready' in outcome) await suspended(side, outcome)
    }
  }
  throw new Error('the handshake does not come to an end')
}

for (const ring of rings) {
  test(`S9: over rings of ${ring}, every callback answers after three looks, and is called once`, async t => {
    const calls: Record<Side, Status[]> = { client: [], server: [] }
    const looks: Record<Side, Status[]> = { client: [], server: [] }
    const releases: (() => void)[] = []
    const answer =
      (side: Side): Answer =>
      async (status, _, value) => {
        calls[side].push(status)
        await new Promise<void>(resolve => {
          releases.push(resolve)
        })
        return value
      }
    const made = ends({ ...options(answer), rings: [ring, ring] })
    const seen = new Map<Promise<void>, number>()
    await run(made, async (side, outcome) => {
      const times = (seen.get(outcome.ready) ?? 0) + 1
      seen.set(outcome.ready, times)
      looks[side].push(outcome.status)
      // The same promise each time; the answer is given at the third.
      if (times < 3) return
      t.is(times, 3)
      for (const release of releases.splice(0)) release()
      await made[side].ready(outcome)
    })
    for (const side of ['client', 'server'] as const) {
      t.deepEqual(calls[side], order[side])
      // Where both wait at once, one's third look may come while the other's answer is there already.
      t.deepEqual([...new Set(looks[side])], [...new Set(order[side])])
    }
    t.true(agree(made))
  })

  test(`S9: over rings of ${ring}, every callback asks three times to be asked again, and is called four times`, async t => {
    const calls: Record<Side, Status[]> = { client: [], server: [] }
    const stops: Record<Side, Status[]> = { client: [], server: [] }
    const answer =
      (side: Side): Answer =>
      (status, { signal }, value) => {
        t.false(signal.aborted)
        calls[side].push(status)
        return calls[side].length % 4 === 0 ? value : again
      }
    const made = ends({ ...options(answer), rings: [ring, ring] })
    await run(made, (side, outcome) => {
      stops[side].push(outcome.status)
    })
    const times = (count: number, side: Side) =>
      order[side].flatMap(status => new Array<Status>(count).fill(status))
    for (const side of ['client', 'server'] as const) {
      t.deepEqual(calls[side], times(4, side))
      t.deepEqual(stops[side], times(3, side))
    }
    t.true(agree(made))
  })
}

for (const side of ['client', 'server'] as const)
  for (const [place, status] of order[side].entries())
    test(`S9: closing while the ${side}'s ${status} (${place + 1} of ${order[side].length}) stands aborts its signal, and the other end hears of it`, async t => {
      for (const ring of rings) {
        let calls = 0
        let held: CallbackContext | undefined
        const answer =
          (of: Side): Answer =>
          (_, context, value) => {
            if (of !== side || calls++ < place) return value
            held = context
            t.false(context.signal.aborted)
            return new Promise(() => {})
          }
        const made = ends({ ...options(answer), rings: [ring, ring] })
        const end = made[side]
        const other = made[side === 'client' ? 'server' : 'client']
        let stopped: string | undefined
        for (let i = 0; i < 100_000 && stopped === undefined; i++) {
          const outcome = end.doHandshake()
          if ('ready' in outcome) stopped = outcome.status
          else other.doHandshake()
        }
        t.is(stopped, status)
        let heard: string | undefined
        for (let i = 0; i < 100_000 && heard === undefined; i++) {
          end.close()
          t.true(held?.signal.aborted)
          const { status: theirs } = other.read(new Uint8Array(10))
          if (!theirs.startsWith('want_')) heard = theirs
        }
        t.is(heard, 'closed')
        t.false(end.connected)
        t.throws(() => end.doHandshake(), { code: 'ERR_CLOSED' })
      }
    })

test('S9: the callbacks of a context that SNICallback answered suspend like the first one’s', async t => {
  const stops: Status[] = []
  let calls = 0
  const answer = (): Answer => (_status, _context, value) => (++calls % 4 === 0 ? value : again)
  const named = new SslContext({ ...serverOptions, ...options(answer).server })
  const atOnce: Answer = (_status, _context, value) => value
  const made = ends({
    ...options(side => (side === 'server' ? answer() : atOnce), named),
    rings: [100, 100],
  })
  await run(made, (side, outcome) => {
    t.is(side, 'server')
    stops.push(outcome.status)
  })
  t.is(made.server.context, named)
  t.deepEqual(
    stops,
    order.server.flatMap(status => [status, status, status]),
  )
  t.true(agree(made))
})
