/** The secrets of a handshake of TLS 1.2, made again from what both said by a second implementation (RFC 5246 §8.1, RFC 7627 §4, RFC 4279 §2, RFC 5705). */
import { cipherSuites12, type Group, pskCipherSuites12 } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Edit,
  exportable12,
  exportKeyingMaterial12,
  type Finished,
  is12,
  keyBlock,
} from '@biopair/handshake'
import test from 'ava'
import fc from 'fast-check'
import { chosen, external, offered } from '../support/conversations.ts'
import { type ConverseOptions, converse } from '../support/converse.ts'
import { digest, type HashName } from '../support/key-schedule.ts'
import { keyBlock12, masterSecret12, prf12, verifyData12 } from '../support/key-schedule12.ts'

const older = { versions: ['TLSv1.2'] } as const
const { x25519 } = nodeCrypto.groups
const { TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 } =
  cipherSuites12
const suites = [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]

/** A client's provider that remembers what was agreed on. */
function remembering() {
  const secrets: Uint8Array[] = []
  const group: Group = {
    ...x25519,
    answer: (peer, random) => {
      const agreed = x25519.answer(peer, random)
      if ('secret' in agreed) secrets.push(agreed.secret.slice())
      return agreed
    },
  }
  return { secrets, crypto: { ...nodeCrypto, groups: { ...nodeCrypto.groups, x25519: group } } }
}

function checks(title: string, options: ConverseOptions, psk?: Uint8Array, extended = true): void {
  test(title, t => {
    const { secrets, crypto } = remembering()
    const finished: Uint8Array[] = []
    const edit: Edit = (name, message) => {
      if (name === 'Finished') finished.push((message as unknown as Finished).verify_data)
      return message
    }
    const { client, server } = converse({
      ...options,
      client: { ...older, edit, ...options.client, crypto },
      server: { ...older, edit, ...options.server },
    })
    const [mine, theirs] = [client.connected, server.connected]
    if (!mine || !theirs || !is12(mine) || !is12(theirs)) return t.fail()
    const hash = mine.suite.hash as HashName
    const [hello, ...flight] = client.messages
    const about = flight.findIndex(message => message[0] === 16)
    const until = server.messages.findIndex(message => message[0] === 14) + 1
    const messages = [
      hello as Uint8Array,
      ...server.messages.slice(0, until),
      ...flight.slice(0, about + 1),
    ]
    const [agreed] = secrets as [Uint8Array]
    // RFC 4279 §2: both behind their lengths.
    const preMaster = psk
      ? Buffer.concat([Buffer.of(0, 32), agreed, Buffer.of(psk.length >> 8, psk.length), psk])
      : agreed
    const seed = extended ? digest(hash, ...messages) : mine.randoms
    const master = masterSecret12(hash, preMaster, seed)
    t.deepEqual(mine.masterSecret, master)
    t.deepEqual(theirs.masterSecret, master)
    // RFC 5246 §7.4.9: of all before it.
    const before = [...messages, ...flight.slice(about + 1, -1)]
    t.deepEqual(finished[0], verifyData12(hash, master, 'client', digest(hash, ...before)))
    const after = [...before, flight.at(-1) as Uint8Array, ...server.messages.slice(until, -1)]
    t.deepEqual(finished[1], verifyData12(hash, master, 'server', digest(hash, ...after)))
    const { block: _, ...keys } = keyBlock12(mine.suite, master, mine.randoms)
    const ours = keyBlock(mine.suite, nodeCrypto, mine.masterSecret, mine.randoms)
    for (const role of ['client', 'server'] as const) {
      t.deepEqual({ key: ours[role].key, iv: ours[role].iv }, keys[role])
      t.is(ours[role].suite, mine.suite)
    }
  })
}

for (const suite of suites) {
  const own = { suites12: [suite] }
  checks(`a full handshake with ${suite.name}`, { client: own, server: own })
  checks(`one with the client's certificate, and a ticket, with ${suite.name}`, {
    client: own,
    server: {
      ...own,
      clientCertificate: 'require',
      sessions12: {
        issues: true,
        by: 'ticket',
        seal: () => ({ ticket: Uint8Array.of(1, 2), lifetime: 3 }),
      },
    },
  })
}
const unbound: Edit = (name, message) => {
  const hello = message as { extensions?: readonly { readonly extension_type: number }[] }
  if (name !== 'ServerHello' && name !== 'ClientHello') return message
  const extensions = hello.extensions?.filter(({ extension_type }) => extension_type !== 23)
  return { ...message, extensions }
}
test('RFC 5246 8.1: without extended_master_secret the randoms stand in its place', t => {
  const { secrets, crypto } = remembering()
  const { client, server } = converse({
    client: { ...older, extendedMasterSecret: false, edit: unbound, crypto },
    server: { ...older, extendedMasterSecret: false },
  })
  for (const { connected } of [client, server]) {
    if (!connected || !is12(connected)) return t.fail()
    const master = masterSecret12('sha256', secrets[0] as Uint8Array, connected.randoms)
    t.deepEqual(connected.masterSecret, master)
  }
})
const { TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256: pskSuite } = pskCipherSuites12
for (const length of [1, 20, 256, 65_535]) {
  const key = Uint8Array.from({ length }, (_, i) => i)
  checks(
    `a key of ${length} bytes beside the exchange`,
    {
      client: { suites12: [pskSuite], psk: true },
      server: { suites12: [pskSuite], psk: true },
      clientAnswers: { psk_offer: () => [offered({ ...external, key: key.slice() })] },
      serverAnswers: { psk: () => chosen({ ...external, once: false, key: key.slice() }) },
    },
    key,
  )
}

test('RFC 5705 4: what is exported, with a context of any length and without one', t => {
  const bytes = (length: number) =>
    fc.uint8Array({ minLength: length, maxLength: length }).map(given => new Uint8Array(given))
  const lengths = fc.oneof(fc.constantFrom(0, 255, 256, 257, 65_535), fc.nat(600))
  fc.assert(
    fc.property(
      bytes(48),
      bytes(32),
      bytes(32),
      fc.option(lengths, { nil: undefined }),
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom('sha256', 'sha384'),
      (master, client, server, given, length, name) => {
        const context =
          given === undefined ? undefined : Uint8Array.from({ length: given }, (_, i) => i)
        const seed = Buffer.concat([
          ...[client, server],
          ...(context ? [Buffer.from([context.length >> 8, context.length & 255]), context] : []),
        ])
        const randoms = { client, server }
        const hash = nodeCrypto.hashes[name]
        t.deepEqual(
          exportKeyingMaterial12(hash, master, randoms, 'EXPERIMENTAL x', context, length),
          prf12(name, master, 'EXPERIMENTAL x', seed, length),
        )
      },
    ),
    { numRuns: 30 },
  )
})

test("RFC 5705 4: labels of TLS itself are nobody else's", t => {
  for (const label of [
    ...['client finished', 'server finished', 'master secret', 'extended master secret'],
    'key expansion',
  ])
    t.false(exportable12(label), label)
  for (const label of ['EXPORTER-Channel-Binding', 'EXPERIMENTAL', 'client finished ', ''])
    t.true(exportable12(label), label)
})
