/** A recorded conversation of TLS 1.2, changed one bit, byte or end at a time and given to a fresh end: nothing gets past it. */
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext, TlsAlert } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import { type RecordedEnd, recordConversation } from '../support/recorded-handshake.ts'
import { sessionOf } from '../support/resume.ts'

const { leaf, intermediate } = chainFor('ed25519')
const common = {
  ...{ ca: intermediate.pem, allowPartialTrustChain: true, cert: leaf.pem, key: leaf.keyPem },
  ...{ ALPNProtocols: ['h2'], groups: 'x25519', maxVersion: 'TLSv1.2' as const },
}
const scenario = {
  crypto: nodeCrypto,
  servername: 'server.example',
  client: common,
  server: { ...common, requestCert: true, ticketKeys: new Uint8Array(48).fill(9) },
}
const before = { now: () => Date.UTC(2026, 6, 1), crypto: nodeCrypto }
const session = await sessionOf(
  new SslContext({ ...scenario.client, ...before }),
  new SslContext({ ...scenario.server, ...before }),
)
const recordings = {
  '': recordConversation(scenario),
  ' that goes on with a session': recordConversation({ ...scenario, session }),
}

/** The version of a record in the clear means nothing, but for the first byte of a connection. */
function ignoredOffsets(stream: Uint8Array): ReadonlySet<number> {
  const ignored = new Set<number>()
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length)
  let clear = true
  for (let at = 0; at < stream.length && clear; at += 5 + view.getUint16(at + 3)) {
    if (at > 0) ignored.add(at + 1)
    ignored.add(at + 2)
    clear = stream[at] !== 20
  }
  return ignored
}

function judge(
  t: ExecutionContext,
  end: RecordedEnd,
  how: string,
  bytes: Uint8Array,
  ignored = false,
): void {
  const result = end.replay(bytes)
  if (ignored) {
    t.deepEqual(result, end.original, how)
    return
  }
  t.true(end.original.data.startsWith(result.data), how)
  if (result.status === 'truncated') return
  t.is(result.status, 'failed', how)
  t.true(result.error instanceof TlsAlert, `${how}: ${result.error}`)
  if (result.error instanceof TlsAlert)
    t.not(result.error.alert, 'internal_error', `${how}: ${result.error}`)
}

const parts = Object.entries(recordings).flatMap(([how, recorded]) =>
  (['client', 'server'] as const).map(role => ({ end: recorded[role], who: `${role}${how}` })),
)

for (const { end, who } of parts) {
  const { heard } = end

  test(`an unchanged recording of TLS 1.2 gives a ${who} what it was sent, whole or byte by byte`, t => {
    t.is(end.original.status, 'closed')
    t.deepEqual(end.replay(heard), end.original)
    t.deepEqual(end.replay(heard, 1), end.original)
  })

  test(`with a bit of any byte flipped, a ${who} of TLS 1.2 answers an alert or a truncation`, t => {
    t.timeout(60_000)
    const ignored = ignoredOffsets(heard)
    const bytes = heard.slice()
    for (let at = 0; at < heard.length; at++)
      for (const bit of [at % 8]) {
        bytes[at] = (heard[at] as number) ^ (1 << bit)
        judge(t, end, `bit ${bit} of byte ${at}`, bytes, ignored.has(at))
        bytes[at] = heard[at] as number
      }
  })

  test(`with any byte doubled or removed, or cut anywhere, a ${who} of TLS 1.2 answers an alert or a truncation`, t => {
    t.timeout(60_000)
    for (let at = 0; at < heard.length; at++) {
      const [before, after] = [heard.subarray(0, at), heard.subarray(at + 1)]
      const byte = heard.subarray(at, at + 1)
      // RFC 5246 §7.2.1: what follows close_notify is ignored.
      if (after.some(other => other !== byte[0]))
        judge(t, end, `byte ${at} doubled`, Buffer.concat([before, byte, byte, after]))
      judge(t, end, `byte ${at} removed`, Buffer.concat([before, after]))
      t.is(end.replay(before).status, 'truncated', `cut at ${at}`)
    }
  })
}
