/** Recorded conversations, changed one bit, byte or end at a time and given to a fresh end: nothing gets past it. */
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { TlsAlert } from '@biopair/ssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { cuts, doubles, every, everyBit, flips, judge, removals } from '../support/mutations.ts'
import { recordConversation, type Scenario } from '../support/recorded-handshake.ts'

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
    t.timeout(280_000)
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
