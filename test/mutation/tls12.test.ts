/**
 * Recorded conversations of TLS 1.2, changed one bit, byte or end at a time and given to a fresh end: nothing gets past it. A sample, unless
 * BIOPAIR_MUTATIONS=all: then every bit of every byte.
 */
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import {
  cuts,
  doubles,
  every,
  everyBit,
  flips,
  judge,
  type Mutation,
  recordsOf,
  removals,
} from '../support/mutations.ts'
import { recordConversation, type Scenario } from '../support/recorded-handshake.ts'
import { sessionOf } from '../support/resume.ts'

const { leaf, intermediate } = chainFor('ed25519')
const believes = { ca: intermediate.pem, allowPartialTrustChain: true } as const
const plain: Scenario = {
  crypto: nodeCrypto,
  servername: 'server.example',
  client: {
    ...believes,
    ...{ ALPNProtocols: ['h2'], groups: 'x25519', maxVersion: 'TLSv1.2' },
    ciphers: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  },
  server: {
    ...{ cert: leaf.pem, key: leaf.keyPem, ALPNProtocols: ['h2'], numTickets: 1 },
    maxVersion: 'TLSv1.2',
  },
}
/** A client certificate, a stapled response, the other kind of nonce, and a client that speaks TLS 1.3 as well. */
const authenticated: Scenario = {
  ...plain,
  client: {
    ...plain.client,
    ...{ cert: leaf.pem, key: leaf.keyPem, requestOCSP: true, ocsp: 'ignore', keyShares: [] },
    ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
    ciphers: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
  },
  server: {
    ...plain.server,
    ...believes,
    ...{ requestCert: true, ocspResponse: Uint8Array.of(48, 3, 10, 1, 6) },
  },
}

/** An abbreviated handshake, with a session whose ticket is renewed. */
const keeping = { ...plain, server: { ...plain.server, ticketKeys: new Uint8Array(48).fill(9) } }
const before = { now: () => Date.UTC(2026, 6, 1), crypto: nodeCrypto }
const session = await sessionOf(
  new SslContext({ ...keeping.client, ...before }),
  new SslContext({ ...keeping.server, ...before }),
)

const all = process.env.BIOPAIR_MUTATIONS === 'all'
/** Prime, so that every bit has its turn somewhere. */
const stride = all ? 1 : 29
const sample = all ? '' : ' (a sample; BIOPAIR_MUTATIONS=all for all)'

for (const [what, scenario] of Object.entries({
  'TLS 1.2': plain,
  'TLS 1.2 with certificates both ways': authenticated,
  'TLS 1.2 that goes on with a session': { ...keeping, session },
})) {
  const recorded = recordConversation(scenario)
  for (const role of ['client', 'server'] as const) {
    const end = recorded[role]
    const { heard } = end
    const records = recordsOf(heard, 'TLSv1.2')
    /** RFC 5246 §6.2.3.3: what is changed in the body of a protected record does not open. */
    const due = ({ at }: Mutation) => {
      const record = records.find(one => at >= one.at && at < one.at + one.length)
      const body = record && !record.clear && at >= record.at + 5
      return body ? /^sent bad_record_mac$/ : undefined
    }

    test(`an unchanged recording of ${what} gives a ${role} what it was sent, whole or byte by byte`, t => {
      const data = { client: 'an answermore of it', server: 'a questionthanks' }[role]
      t.like(end.original, { status: 'closed', data })
      t.deepEqual(end.replay(heard), end.original)
      t.deepEqual(end.replay(heard, 1), end.original)
    })

    test(`with any bit flipped, a ${role} of ${what} answers an alert or a truncation, and bad_record_mac where it was protected${sample}`, t => {
      t.timeout(600_000)
      judge(t, end, every(stride, flips(heard, everyBit, 'TLSv1.2')), due)
    })

    test(`with any byte doubled or removed, a ${role} of ${what} answers an alert or a truncation${sample}`, t => {
      t.timeout(600_000)
      judge(t, end, every(stride, doubles(heard)))
      judge(t, end, every(stride, removals(heard)))
    })

    test(`cut at any offset, a ${role} of ${what} answers a truncation${sample}`, t => {
      t.timeout(600_000)
      const seen = judge(t, end, every(Math.min(stride, 7), cuts(heard)))
      t.deepEqual(Object.keys(seen), ['truncated'])
    })
  }
}
