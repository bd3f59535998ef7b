/** Recorded conversations, changed one bit, byte or end at a time and given to a fresh end: nothing gets past it. */
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { TlsAlert } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import {
  type RecordedEnd,
  type Replayed,
  recordConversation,
  type Scenario,
} from '../support/recorded-handshake.ts'

const { leaf, intermediate } = chainFor('ed25519')
const plain: Scenario = {
  crypto: nodeCrypto,
  servername: 'server.example',
  client: {
    ca: intermediate.pem,
    allowPartialTrustChain: true,
    ALPNProtocols: ['h2'],
    groups: 'x25519',
    ciphers: 'TLS_AES_128_GCM_SHA256',
  },
  server: { cert: leaf.pem, key: leaf.keyPem, ALPNProtocols: ['h2'], numTickets: 1 },
}
/** HelloRetryRequest with a cookie, change_cipher_spec records, a client certificate. */
const long: Scenario = {
  ...plain,
  client: { ...plain.client, groups: 'x25519:P-256', cert: leaf.pem, key: leaf.keyPem },
  server: {
    ...plain.server,
    groups: 'P-256:x25519',
    cookie: 'always',
    requestCert: true,
    ca: intermediate.pem,
    allowPartialTrustChain: true,
  },
}

const short = recordConversation(plain)
const retried = recordConversation(long)
const portable = recordConversation({ ...plain, crypto: noble })

/** A changed stream, and where it was changed. */
interface Mutation {
  readonly how: string
  readonly bytes: Uint8Array
  /** Whether the RFC has us ignore the change: the result is the original's. */
  readonly ignored: boolean
}

/** Offsets of the headers of records, and whether each is in the clear. */
function recordsOf(stream: Uint8Array): { at: number; clear: boolean }[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length)
  const records = []
  for (let at = 0; at < stream.length; at += 5 + view.getUint16(at + 3))
    records.push({ at, clear: stream[at] !== 23 })
  return records
}

/**
 * RFC 9846 §5.1: legacy_record_version "MUST be ignored for all purposes". That of a protected record is additional data
 * (§5.2), so it is not to be changed; and the first byte of a connection has to look like TLS.
 */
function ignoredOffsets(stream: Uint8Array): ReadonlySet<number> {
  const ignored = new Set<number>()
  for (const { at, clear } of recordsOf(stream)) {
    if (!clear) continue
    if (at > 0) ignored.add(at + 1)
    ignored.add(at + 2)
  }
  return ignored
}

function* flips(stream: Uint8Array, bits: (at: number) => readonly number[]): Iterable<Mutation> {
  const ignored = ignoredOffsets(stream)
  const bytes = stream.slice()
  for (let at = 0; at < stream.length; at++)
    for (const bit of bits(at)) {
      bytes[at] = (stream[at] as number) ^ (1 << bit)
      yield { how: `bit ${bit} of byte ${at} flipped`, bytes, ignored: ignored.has(at) }
      bytes[at] = stream[at] as number
    }
}

function* doubles(stream: Uint8Array): Iterable<Mutation> {
  for (let at = 0; at < stream.length; at++) {
    const bytes = new Uint8Array(stream.length + 1)
    bytes.set(stream.subarray(0, at + 1))
    bytes.set(stream.subarray(at), at + 1)
    // RFC 9846 §6.1: data after a closure alert is ignored, and close_notify is the last word here. The stream is as it was,
    // and a byte longer, where every byte from here to its end is the same: one time in 256 the last two are.
    const ignored = stream.subarray(at).every(byte => byte === stream[at])
    yield { how: `byte ${at} doubled`, bytes, ignored }
  }
}

function* removals(stream: Uint8Array): Iterable<Mutation> {
  for (let at = 0; at < stream.length; at++) {
    const bytes = new Uint8Array(stream.length - 1)
    bytes.set(stream.subarray(0, at))
    bytes.set(stream.subarray(at + 1), at)
    yield { how: `byte ${at} removed`, bytes, ignored: false }
  }
}

function* cuts(stream: Uint8Array): Iterable<Mutation> {
  for (let at = 0; at < stream.length; at++)
    yield { how: `cut at ${at}`, bytes: stream.subarray(0, at), ignored: false }
}

/** What is wrong with the result of a mutation; undefined where nothing is. */
function fault(result: Replayed, original: Replayed, ignored: boolean): string | undefined {
  if (!original.data.startsWith(result.data)) return `altered data was accepted: ${result.data}`
  if (ignored) {
    const same =
      result.status === original.status &&
      result.data === original.data &&
      result.facts === original.facts
    return same ? undefined : `expected the original result, got ${describe(result)}`
  }
  if (result.status === 'truncated') return undefined
  if (result.status === 'failed' && result.error instanceof TlsAlert) return undefined
  return `expected a TlsAlert or a truncation, got ${describe(result)}`
}

function describe({ status, error, data }: Replayed): string {
  return `${status} ${error ?? ''} ${data}`
}

function* every(n: number, mutations: Iterable<Mutation>): Iterable<Mutation> {
  let i = 0
  for (const mutation of mutations) if (i++ % n === 0) yield mutation
}

/** Replays each mutation and checks its result; answers how often each came. */
function judge(
  t: ExecutionContext,
  end: RecordedEnd,
  mutations: Iterable<Mutation>,
): Record<string, number> {
  t.timeout(60_000)
  const seen: Record<string, number> = {}
  const faults: string[] = []
  for (const { how, bytes, ignored } of mutations) {
    let result: Replayed
    try {
      result = end.replay(bytes)
    } catch (error) {
      faults.push(`${how}: ${error instanceof Error ? error.stack : error} was thrown`)
      continue
    }
    const wrong = fault(result, end.original, ignored)
    if (wrong !== undefined) faults.push(`${how}: ${wrong}`)
    const { error } = result
    const name = error instanceof TlsAlert ? `${error.origin} ${error.alert}` : result.status
    seen[name] = (seen[name] ?? 0) + 1
  }
  t.log(seen)
  t.deepEqual(faults.slice(0, 10), [])
  return seen
}

const everyBit = () => [0, 1, 2, 3, 4, 5, 6, 7]

for (const role of ['client', 'server'] as const) {
  const end = short[role]
  const retriedEnd = retried[role]
  const portableEnd = portable[role]

  test(`an unchanged recording gives a ${role} what it was sent, whole or byte by byte`, t => {
    const data = { client: 'an answermore of it', server: 'a questionthanks' }[role]
    for (const recorded of [end, retriedEnd, portableEnd]) {
      t.like(recorded.original, { status: 'closed', data })
      t.deepEqual(recorded.replay(recorded.heard), recorded.original)
      t.deepEqual(recorded.replay(recorded.heard, 1), recorded.original)
    }
    t.deepEqual(portableEnd.heard, end.heard)
    const retry = JSON.parse(retriedEnd.original.facts) as unknown[]
    t.is(retry[6], true)
  })

  for (const bit of everyBit())
    test(`with bit ${bit} of any byte flipped, a ${role} answers an alert or a truncation`, t =>
      void judge(
        t,
        end,
        flips(end.heard, () => [bit]),
      ))

  test(`with any byte doubled, a ${role} answers an alert or a truncation`, t =>
    void judge(t, end, doubles(end.heard)))

  test(`with any byte removed, a ${role} answers an alert or a truncation`, t =>
    void judge(t, end, removals(end.heard)))

  test(`cut at any offset, a ${role} answers a truncation`, t => {
    t.deepEqual(judge(t, end, cuts(end.heard)), { truncated: end.heard.length })
  })

  test(`fed byte by byte, a ${role} answers as it does to the whole`, t => {
    t.timeout(60_000)
    const kinds = [
      every(61, flips(end.heard, everyBit)),
      every(37, doubles(end.heard)),
      every(37, removals(end.heard)),
    ]
    for (const { how, bytes } of kinds.flatMap(mutations =>
      Array.from(mutations, mutation => ({ ...mutation, bytes: mutation.bytes.slice() })),
    )) {
      const whole = end.replay(bytes)
      const pieces = end.replay(bytes, 1)
      t.deepEqual([pieces.status, pieces.data], [whole.status, whole.data], how)
      const names = [whole, pieces].map(({ error }) =>
        error instanceof TlsAlert ? error.reason : '',
      )
      t.is(names[1], names[0], how)
    }
  })

  test(`after a HelloRetryRequest, with certificates both ways, a changed stream is refused by a ${role}`, t => {
    judge(t, retriedEnd, flips(retriedEnd.heard, everyBit))
    judge(t, retriedEnd, doubles(retriedEnd.heard))
    judge(t, retriedEnd, removals(retriedEnd.heard))
    judge(t, retriedEnd, cuts(retriedEnd.heard))
  })

  test(`over the portable provider, a changed stream is refused by a ${role}`, t => {
    judge(t, portableEnd, every(31, flips(portableEnd.heard, everyBit)))
    judge(t, portableEnd, every(17, doubles(portableEnd.heard)))
    judge(t, portableEnd, every(17, removals(portableEnd.heard)))
    judge(t, portableEnd, every(17, cuts(portableEnd.heard)))
  })
}
