/** What an application answers is checked where a flow would go wrong by it: a TypeError, whatever the peer has done. */
import { signatureSchemes } from '@biopair/crypto'
import test from 'ava'
import { chosen, conversations, external, offered, session } from '../support/conversations.ts'
import { type Answers, type ConverseOptions, converse } from '../support/converse.ts'
import { identityOf } from '../support/peer-identity.ts'

const { chain, scheme } = identityOf('p256')
const schemes = [scheme]
const empty = new Uint8Array(0)

const wrong = (title: string, options: ConverseOptions, message: RegExp): void =>
  test(title, t => {
    t.throws(() => converse(options), { instanceOf: TypeError, message })
  })

const psk = (answer: Answers['psk']): ConverseOptions => ({
  ...session,
  serverAnswers: answer ? { psk: answer } : {},
})
for (const selected of [1, -1, 0.5])
  wrong(
    `psk: identity ${selected} of one`,
    psk(() => chosen({ selected })),
    /no identity or hash/,
  )
wrong(
  'psk: a hash that no suite has',
  psk(() => chosen({ hash: 'sha512' })),
  /no identity or hash/,
)
test('psk: a hash of a suite that both have', t => {
  const { client } = converse({
    ...session,
    clientAnswers: { psk_offer: () => [offered({ hash: 'sha384' })] },
    serverAnswers: { psk: () => chosen({ hash: 'sha384' }) },
  })
  t.like(client.connected, { resumed: true, suite: { name: 'TLS_AES_256_GCM_SHA384' } })
})

const keyed = conversations['TLS 1.2, with a key in place of certificates'] ?? {}
for (const [what, more] of Object.entries({
  'a key of a session': { kind: 'resumption' },
  'a key that is imported': { kind: 'imported' },
  'a key of another hash': { hash: 'sha384' },
} as const))
  wrong(
    `psk of TLS 1.2: ${what}`,
    { ...keyed, serverAnswers: { psk: () => chosen({ ...external, ...more }) } },
    /no kind or hash/,
  )
for (const [what, more] of Object.entries({
  'a key of a session': { kind: 'resumption' },
  'a key that is imported': { kind: 'imported' },
  'a key of another hash': { hash: 'sha384' },
} as const))
  test(`psk_offer of TLS 1.2: ${what} is passed over, and with nothing else handshake_failure`, t => {
    t.throws(
      () =>
        converse({
          ...keyed,
          clientAnswers: { psk_offer: () => [offered({ ...external, ...more })] },
        }),
      { message: /^handshake_failure \(PSK_IDENTITY_NOT_FOUND, RFC 4279 2\)/ },
    )
  })

for (const [version, options] of Object.entries<ConverseOptions>({
  'TLS 1.3': {},
  'TLS 1.2': conversations['TLS 1.2'] ?? {},
})) {
  const shown = (what: string, answer: Answers['certificate'], message: RegExp): void =>
    wrong(
      `certificate, ${version}: ${what}`,
      { ...options, serverAnswers: answer ? { certificate: answer } : {} },
      message,
    )
  const client = (what: string, answer: Answers['certificate'], message: RegExp): void =>
    wrong(
      `a client's certificate, ${version}: ${what}`,
      {
        client: { ...options.client },
        server: { ...options.server, clientCertificate: 'request' },
        clientAnswers: answer ? { certificate: answer } : {},
      },
      message,
    )
  client('no entries', () => ({ chain: [], schemes }), /shows 0 entries, expected a certificate/)
  client(
    'a raw public key that nobody asked for',
    () => ({ chain: [empty], schemes, type: 'rpk' }),
    /is of type rpk, expected x509/,
  )
  shown('no entries', () => ({ chain: [], schemes }), /shows 0 entries, expected a certificate/)
  shown(
    'a raw public key that nobody asked for',
    () => ({ chain: [empty], schemes, type: 'rpk' }),
    /is of type rpk, expected x509/,
  )
  for (const entries of [[], [empty, empty]])
    shown(
      `a raw public key of ${entries.length} entries`,
      () => ({ chain: entries, schemes, type: 'rpk' }),
      new RegExp(`shows ${entries.length} entries, expected one raw public key`),
    )
  for (const [what, answer, reason] of [
    ['none', undefined, 'NO_CERTIFICATE_SET'],
    [
      'one that signs with nothing that the client takes',
      { chain, schemes: [signatureSchemes.ed25519] },
      'NO_SUITABLE_SIGNATURE_ALGORITHM',
    ],
  ] as const)
    test(`certificate, ${version}: ${what} is handshake_failure`, t => {
      t.throws(() => converse({ ...options, serverAnswers: { certificate: () => answer } }), {
        message: new RegExp(`^handshake_failure \\(${reason}`),
      })
    })
}

test('psk of TLS 1.2: a key that will not do is wiped all the same', t => {
  const key = new Uint8Array(32).fill(5)
  t.throws(
    () =>
      converse({
        ...keyed,
        serverAnswers: { psk: () => chosen({ ...external, kind: 'imported', key }) },
      }),
    { instanceOf: TypeError },
  )
  t.deepEqual(key, new Uint8Array(32))
})
