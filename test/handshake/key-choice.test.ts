/** Which pre-shared key a handshake goes on with, in which mode and with what early data, for every combination (RFC 9846 §4.3.9, §4.3.10, §4.3.11, §4.7.1). */
import { type CipherSuite, cipherSuites, signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ChosenPsk,
  certificates,
  type Fact,
  type OfferedPsk,
  type PskMode,
  type Shown,
} from '@biopair/handshake'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { chosen, external, offered } from '../support/conversations.ts'
import { type ConverseOptions, converse, type End } from '../support/converse.ts'
import { identityOf } from '../support/peer-identity.ts'

const { chain } = identityOf('p256')
const { x25519, secp256r1 } = nodeCrypto.groups

function keyed(
  theirs: Partial<OfferedPsk>,
  ours: Partial<ChosenPsk>,
  more: ConverseOptions = {},
): ReturnType<typeof converse> {
  return converse({
    client: { psk: true, ...more.client },
    server: { psk: true, ...more.server },
    clientAnswers: { psk_offer: () => [offered(theirs)], ...more.clientAnswers },
    serverAnswers: { psk: () => chosen(ours), ...more.serverAnswers },
  })
}

const facts = <F extends Fact['fact']>({ facts }: End, name: F) =>
  facts.filter((one): one is Extract<Fact, { fact: F }> => one.fact === name)

const modes: readonly (readonly PskMode[])[] = [
  ['psk_ke'],
  ['psk_dhe_ke'],
  ['psk_ke', 'psk_dhe_ke'],
  ['psk_dhe_ke', 'psk_ke'],
]
for (const groups of [true, false])
  test(`4.3.9: the mode is one that both have, psk_dhe_ke where it can be: ${groups ? 'with' : 'without'} a group in common`, t => {
    for (const client of modes)
      for (const server of modes) {
        const both = client.filter(mode => server.includes(mode))
        const dhe = both.includes('psk_dhe_ke') && groups
        const expected = dhe ? 'psk_dhe_ke' : both.includes('psk_ke') ? 'psk_ke' : undefined
        const run = () =>
          keyed(
            external,
            { ...external, once: false },
            {
              client: { pskModes: client, groups: [x25519] },
              server: { pskModes: server, groups: [groups ? x25519 : secp256r1] },
            },
          )
        if (!expected && !groups) {
          t.throws(run, { message: /^handshake_failure/ })
          continue
        }
        for (const end of Object.values(run())) {
          t.deepEqual(
            facts(end, 'psk').map(({ mode, kind }) => [mode, kind]),
            expected ? [[expected, 'external']] : [],
          )
          t.like(end.connected, {
            group: expected === 'psk_ke' ? undefined : 'x25519',
            authenticatedBy: expected ? 'psk' : 'certificate',
          })
        }
      }
  })

test('4.7.1: a session goes on where it says of the client what the server asks for now: a certificate that is required, and none that is not wanted', t => {
  for (const clientCertificate of ['none', 'later', 'request', 'require'] as const)
    for (const authenticatedBy of ['certificate', 'psk'] as const)
      for (const shown of [true, false]) {
        const session = { authenticatedBy, chain: shown ? chain : [], early: undefined }
        const right =
          authenticatedBy === 'psk' ||
          { none: !shown, later: true, request: true, require: shown }[clientCertificate]
        const { client, server } = keyed(
          { authenticatedBy, early: undefined },
          { ...session, once: false },
          { server: { clientCertificate } },
        )
        for (const { connected } of [client, server])
          t.like(
            connected,
            { resumed: right, authenticatedBy: right ? authenticatedBy : 'certificate' },
            `${clientCertificate} ${authenticatedBy} ${shown}`,
          )
        const { connected } = server
        const asked = clientCertificate === 'request' || clientCertificate === 'require'
        const known = right ? session.chain : asked ? chain : []
        t.deepEqual(connected && 'peerChain' in connected && connected.peerChain, known)
      }
})

test('4.7.1: who was believed when the session began is judged again, on either side, and not where nobody showed anything', t => {
  for (const [kept, trusted, resumed] of [
    [chain, true, true],
    [chain, false, false],
    [[], false, true],
  ] as const) {
    const judged: boolean[] = []
    const { server } = keyed(
      { early: undefined },
      { chain: kept, early: undefined },
      {
        server: { clientCertificate: 'later' },
        serverAnswers: {
          verification: want => {
            judged.push(want.resuming)
            return { trusted, alert: new Error('never thrown') as never, key: undefined as never }
          },
        },
      },
    )
    t.like(server.connected, { resumed })
    t.deepEqual(judged, kept.length > 0 ? [true] : [])
  }
  for (const kept of [chain, []]) {
    const verdicts: boolean[] = []
    const run = () =>
      keyed(
        { chain: kept, early: undefined },
        { chain: [], early: undefined },
        {
          clientAnswers: {
            verification: want => {
              verdicts.push(want.resuming)
              return { trusted: false, alert: new Error('not believed') as never }
            },
          },
        },
      )
    if (kept.length === 0) t.like(run().client.connected, { resumed: true })
    else t.throws(run, { message: 'not believed' })
    // The full handshake, where the server shows itself anew.
    t.deepEqual(verdicts, kept.length > 0 ? [true, false] : [])
  }
})

const rpk: Shown = { ...certificates, type: 'rpk' }
test('4.7.1: a key that was shown in a type that is not taken any more does not go on: not offered, and not accepted', t => {
  for (const taken of [true, false]) {
    const types = taken ? (['x509', 'rpk'] as const) : (['x509'] as const)
    const offering = keyed(
      { shown: rpk, early: undefined },
      { chain: [], early: undefined },
      {
        client: { serverTypes: types },
      },
    )
    t.like(offering.client.connected, { resumed: taken })
    const accepting = keyed(
      { early: undefined },
      { shown: rpk, early: undefined },
      {
        server: { clientTypes: types, clientCertificate: 'later' },
      },
    )
    t.like(accepting.server.connected, { resumed: taken })
  }
})

test('9345 7.4: a delegated credential that is not taken any more, or is none at all, ends a session, not the handshake', t => {
  const { ecdsa_secp256r1_sha256: p256, ed25519 } = signatureSchemes
  // valid_time, dc_cert_verify_algorithm, a key of one byte, algorithm, a signature of one byte (RFC 9345 §4).
  const credential = (verify: number, algorithm: number) =>
    Uint8Array.of(
      ...[0, 0, 0, 9, verify >> 8, verify & 0xff, 0, 0, 1, 7],
      ...[algorithm >> 8, algorithm & 0xff, 0, 1, 7],
    )
  const takes = { delegatedSchemes: [p256] }
  for (const [delegated, config, taken] of [
    [credential(p256.id, p256.id), takes, true],
    [credential(p256.id, p256.id), {}, false],
    [credential(ed25519.id, p256.id), takes, false],
    [credential(p256.id, ed25519.id), takes, false],
    [Uint8Array.of(1), takes, false],
  ] as const) {
    const shown: Shown = { ...certificates, delegated }
    const offering = keyed(
      { shown, early: undefined },
      { chain: [], early: undefined },
      { client: config },
    )
    t.like(offering.client.connected, { resumed: taken })
    const accepting = keyed(
      { early: undefined },
      { shown, early: undefined },
      { server: { ...config, clientCertificate: 'later' } },
    )
    t.like(accepting.server.connected, { resumed: taken })
  }
})

test('8.1: a key that goes once is claimed once, by its identity, when its binder is right; one that is gone is a full handshake', t => {
  for (const once of [true, false])
    for (const free of [true, false]) {
      const claimed: string[] = []
      const { server } = keyed(
        { early: undefined },
        { chain: [], early: undefined, once },
        {
          serverAnswers: {
            psk_claim: ({ identity }) => {
              claimed.push(Buffer.from(identity).toString())
              return free
            },
          },
        },
      )
      t.deepEqual(claimed, once ? ['ticket'] : [])
      t.like(server.connected, { resumed: free || !once })
    }
})

const { TLS_AES_128_GCM_SHA256: small, TLS_CHACHA20_POLY1305_SHA256: other } = cipherSuites
const protocol = (name: string) => new Uint8Array(Buffer.from(name))
interface Early {
  readonly selected: number
  readonly limit: number
  readonly most: number
  readonly suite: CipherSuite
  readonly was: string | undefined
  readonly is: string
  readonly grant: boolean
  readonly taken: boolean
  readonly retried: boolean
}

/** Offers early data, and holds both ends to what is to become of it; answers that. */
function offersEarly(t: ExecutionContext, made: Early): 'accepted' | 'rejected' | 'none' {
  const alpn = made.was === undefined ? undefined : protocol(made.was)
  const terms = { limit: made.limit, suite: made.suite, alpn }
  const identity = protocol('another')
  let asked = 0
  const { client, server } = keyed(
    {},
    {},
    {
      client: {
        earlyData: true,
        suites: [small, other],
        alpn: [protocol('h2'), protocol('h3')],
      },
      server: {
        maxEarlyData: made.most,
        skippedEarlyData: 77,
        suites: [small],
        groups: made.retried ? [secp256r1] : [x25519],
      },
      clientAnswers: {
        psk_offer: () => [offered({ early: terms }), offered({ identity, early: terms })],
      },
      serverAnswers: {
        psk: () =>
          chosen({
            chain: [],
            selected: made.selected,
            early: made.grant ? { ...terms, arrival: 0 } : undefined,
          }),
        alpn: () => (made.is === 'none' ? 'none' : protocol(made.is)),
        early_data: ({ grant, binder }) => {
          asked++
          t.is(grant.limit, made.limit)
          t.is(binder.length, 32)
          return made.taken
        },
      },
    },
  )
  const offers = made.limit > 0
  const could =
    offers &&
    made.grant &&
    !made.retried &&
    made.selected === 0 &&
    made.limit <= made.most &&
    made.suite === small &&
    (made.was ?? 'none') === made.is
  t.is(asked, could ? 1 : 0)
  const state = !offers ? 'none' : could && made.taken ? 'accepted' : 'rejected'
  const told = (end: End) => facts(end, 'early_data').map(fact => fact.state)
  t.deepEqual(told(server), state === 'accepted' ? ['accepted', 'over'] : [state])
  t.deepEqual(
    told(client),
    {
      none: ['none'],
      rejected: ['offered', 'rejected'],
      accepted: ['offered', 'accepted', 'over'],
    }[state],
  )
  // §4.3.10: what is refused is passed over.
  t.is(server.lines.includes('skip 77'), state === 'rejected')
  const end = client.lines.some(line => line.startsWith('> EndOfEarlyData'))
  t.is(end, state === 'accepted')
  t.is(client.lines.includes('no key'), offers && made.retried)
  for (const { connected } of [client, server])
    t.like(connected, { resumed: true, ...(made.is === 'none' ? { alpn: undefined } : {}) })
  // §7.5: the early exporter is for the first key, and the first ClientHello.
  const gone = made.selected !== 0 || made.retried
  t.is(facts(client, 'early_exporter').length, 1)
  t.is(facts(client, 'no_early_exporter').length > 0, gone)
  t.is(facts(server, 'early_exporter').length, gone ? 0 : 1)
  t.deepEqual(
    [...facts(client, 'early_exporter'), ...facts(server, 'early_exporter')].map(
      ({ logged }) => logged,
    ),
    gone ? [offers] : [offers, state === 'accepted'],
  )
  return state
}

const right: Early = {
  ...{ selected: 0, limit: 500, most: 500, suite: small, was: 'h2', is: 'h2' },
  ...{ grant: true, taken: true, retried: false },
}
for (const [what, change, state] of [
  ['all is right', {}, 'accepted'],
  ['there is more room', { most: 501 }, 'accepted'],
  ['neither has a protocol', { was: undefined, is: 'none' }, 'accepted'],
  ['there is not room for all', { most: 499 }, 'rejected'],
  ['there is no room', { most: 0 }, 'rejected'],
  ['the key is the second', { selected: 1 }, 'rejected'],
  ['the key permits none', { grant: false }, 'rejected'],
  ['the suite is another', { suite: other }, 'rejected'],
  ['the protocol is another', { is: 'h3' }, 'rejected'],
  ['there is no protocol any more', { is: 'none' }, 'rejected'],
  ['there was no protocol', { was: undefined }, 'rejected'],
  ['whoever knows of replays says no', { taken: false }, 'rejected'],
  ['another share is asked for', { retried: true }, 'rejected'],
  ['the key is for none', { limit: 0 }, 'none'],
] as const)
  test(`4.3.10: early data is ${state} where ${what}`, t => {
    t.is(offersEarly(t, { ...right, ...change }), state)
  })

test('4.3.10: early data is taken where nothing stands against it, whatever else does: 50 offers', t => {
  const space: fc.Arbitrary<Early> = fc.record({
    selected: fc.constantFrom(0, 0, 0, 1),
    limit: fc.constantFrom(0, 1, 499, 500, 501),
    most: fc.constantFrom(0, 499, 500, 501),
    suite: fc.constantFrom(small, small, other),
    was: fc.constantFrom(undefined, 'h2', 'h3'),
    is: fc.constantFrom('none', 'h2', 'h3'),
    grant: fc.boolean(),
    taken: fc.constantFrom(true, true, false),
    retried: fc.constantFrom(false, false, false, true),
  })
  fc.assert(
    fc.property(space, made => void offersEarly(t, made)),
    { numRuns: 50 },
  )
})

test('4.3.10: a client offers early data under the first key alone, where it still has the suite and the protocol of it', t => {
  const terms = { limit: 5, suite: small, alpn: protocol('h2') }
  for (const [what, early, config, does] of [
    ['all of it', terms, {}, true],
    ['no early data wanted', terms, { earlyData: false }, false],
    ['a key that permits none', undefined, {}, false],
    ['a limit of 0', { ...terms, limit: 0 }, {}, false],
    ['another suite', terms, { suites: [other] }, false],
    ['another protocol', terms, { alpn: [protocol('h3')] }, false],
    ['no protocol any more', terms, { alpn: [] }, false],
    ['a protocol among others', terms, { alpn: [protocol('h3'), protocol('h2')] }, true],
    ['a key without a protocol', { ...terms, alpn: undefined }, { alpn: [] }, true],
    ['a key without a protocol, now with one', { ...terms, alpn: undefined }, {}, true],
  ] as const) {
    const { client } = converse({
      until: 2,
      client: { psk: true, earlyData: true, alpn: [protocol('h2')], ...config },
      server: { suites: [small, other] },
      clientAnswers: {
        psk_offer: () => [offered({ chain: [], early }), offered({ early: terms })],
      },
    })
    t.is(client.lines.includes('key write early'), does, what)
    t.deepEqual(
      facts(client, 'early_data').map(({ state, limit }) => [state, limit]),
      [does ? ['offered', 5] : ['none', undefined]],
      what,
    )
  }
})
