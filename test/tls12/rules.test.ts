/** The rules that TLS 1.2 has a part in, each sent wrong by an end of ours whose messages are edited. */

import { bioPair } from '@biopair/bio'
import { signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientHello,
  type RawExtension,
  type ServerHello,
  type ServerKeyExchange,
  writeExtension,
} from '@biopair/handshake'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { editing, refusedBy as refused } from '../support/edited-ends.ts'
import { connectedEnds, type Ends, type EndsOptions, ends } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const older = { maxVersion: 'TLSv1.2' } as const
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const

const without = (extensions: readonly RawExtension[] | undefined, id: number) =>
  (extensions ?? []).filter(({ extension_type }) => extension_type !== id)

const marked = (last: number) =>
  editing<ServerHello>('ServerHello', hello => {
    const random = hello.random.slice()
    random.set([0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, last], 24)
    return { ...hello, random }
  })

for (const last of [0, 1])
  test(`rule 8: a client of TLS 1.3 refuses TLS 1.2 with the sentinel ${last}`, t => {
    refused(
      t,
      'client',
      { client: either, server: { ...older, ...marked(last) } },
      'illegal_parameter',
      'TLS13_DOWNGRADE',
    )
  })

test('rule 8: a client of TLS 1.2 takes the sentinel of TLS 1.2, and refuses that of what is below', t => {
  const { client } = connectedEnds({ client: older, server: { ...older, ...marked(1) } })
  t.is(client.version, 'TLSv1.2')
  refused(
    t,
    'client',
    { client: older, server: { ...older, ...marked(0) } },
    'illegal_parameter',
    'TLS13_DOWNGRADE',
  )
})

test('rule 8: a server of TLS 1.3 writes the sentinel into each ServerHello of TLS 1.2, and one of TLS 1.2 alone does not', t => {
  const tails: string[] = []
  const seen = editing<ServerHello>('ServerHello', hello => {
    tails.push(Buffer.from(hello.random.subarray(24)).toString('latin1'))
    return hello
  })
  connectedEnds({ client: older, server: { ...either, ...seen } })
  connectedEnds({ client: older, server: { ...older, ...seen } })
  t.is(tails[0], 'DOWNGRD\x01')
  t.not(tails[1], 'DOWNGRD\x01')
})

for (const [name, client] of Object.entries({ older, either }))
  test(`rule 15: supported_versions in a ServerHello of TLS 1.2 is refused by a client that speaks ${name}`, t => {
    const server = {
      ...older,
      ...editing<ServerHello>('ServerHello', hello => ({
        ...hello,
        extensions: [
          ...hello.extensions,
          writeExtension('ServerHello', 'supported_versions', { selected_version: 0x0303 }),
        ],
      })),
    }
    const reason = client === older ? 'BAD_EXTENSION' : 'BAD_PROTOCOL_VERSION_NUMBER'
    refused(t, 'client', { client, server }, 'illegal_parameter', reason)
  })

test('rule 18: rsa_pkcs1 with SHA-2 signs handshakes of TLS 1.2', t => {
  const { pem, keyPem, root } = chainFor('rsa')
  for (const name of ['rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512']) {
    const { client } = connectedEnds({
      client: { ...older, ca: root.pem, sigalgs: name },
      server: { ...older, cert: pem, key: keyPem },
    })
    t.is(client.peerSignatureScheme as string, name)
  }
})

test('rule 18: in TLS 1.2 an ECDSA scheme is of no curve', t => {
  const { pem, keyPem, root } = chainFor('p384')
  const [credential] = new SslContext({ cert: pem, key: keyPem, crypto: nodeCrypto }).credentials
  const { client } = connectedEnds({
    client: { ...older, ca: root.pem },
    server: {
      ...older,
      ...{ cert: pem, key: keyPem },
      certificateCallback: () =>
        credential && { ...credential, schemes: [signatureSchemes.ecdsa_secp256r1_sha256] },
    },
  })
  t.is(client.peerSignatureScheme, 'ecdsa_secp256r1_sha256')
})

for (const [what, algorithm] of [
  ['SHA-1', 0x0203],
  ['ML-DSA', 0x0904],
  ['what nobody knows', 0xfefe],
] as const)
  test(`rule 18: a handshake of TLS 1.2 that is signed with ${what} is refused`, t => {
    const server = {
      ...older,
      ...editing<ServerKeyExchange>('ServerKeyExchange', message => ({ ...message, algorithm })),
    }
    refused(t, 'client', { client: older, server }, 'illegal_parameter', 'WRONG_SIGNATURE_TYPE')
  })

const plain: EndsOptions = { client: older, server: older }

test('rule 54: in TLS 1.2 an exporter without a context is another than one with an empty one', t => {
  const { client, server } = connectedEnds(plain)
  const asked = (end: Ends['client'], context?: Uint8Array) =>
    Buffer.from(end.exportKeyingMaterial(32, 'EXPORTER-x', context)).toString('hex')
  t.is(asked(client), asked(server))
  t.is(asked(client, new Uint8Array(0)), asked(server, new Uint8Array(0)))
  t.not(asked(client), asked(client, new Uint8Array(0)))
  for (const label of ['client finished', 'server finished', 'master secret', 'key expansion'])
    t.throws(() => client.exportKeyingMaterial(12, label), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => client.exportKeyingMaterial(48, 'extended master secret'), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
})

/** Both go without extended_master_secret. */
const unbound: EndsOptions = {
  client: {
    ...older,
    requireExtendedMasterSecret: false,
    ...editing<ClientHello>('ClientHello', hello => ({
      ...hello,
      extensions: without(hello.extensions, 23),
    })),
  },
  server: { ...older, requireExtendedMasterSecret: false },
}

test('rule 71: in TLS 1.2 tls-exporter and tls-unique are there with extended_master_secret alone', t => {
  const { client, server } = connectedEnds(plain)
  for (const type of ['tls-exporter', 'tls-unique', 'tls-server-end-point'] as const)
    t.deepEqual(client.channelBinding(type), server.channelBinding(type))
  t.is(client.channelBinding('tls-unique').length, 12)
  t.deepEqual(
    client.channelBinding('tls-exporter'),
    client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding'),
  )
  const made = connectedEnds(unbound)
  for (const end of [made.client, made.server])
    for (const type of ['tls-exporter', 'tls-unique'] as const)
      t.throws(() => end.channelBinding(type), { code: 'ERR_NO_CHANNEL_BINDING' })
})

test('rule 72: TLS_EMPTY_RENEGOTIATION_INFO_SCSV is answered with an empty renegotiation_info', t => {
  const seen: ServerHello[] = []
  const made = ends({
    client: {
      ...older,
      ...editing<ClientHello>('ClientHello', hello => ({
        ...hello,
        cipher_suites: [...hello.cipher_suites, 0x00ff],
        extensions: without(hello.extensions, 0xff01),
      })),
    },
    server: {
      ...older,
      ...editing<ServerHello>('ServerHello', hello => {
        seen.push(hello)
        return hello
      }),
    },
  })
  made.client.doHandshake()
  made.server.doHandshake()
  const info = seen[0]?.extensions.find(({ extension_type }) => extension_type === 0xff01)
  t.deepEqual(info?.extension_data, Uint8Array.of(0))
})

const info = (connection: readonly number[]) => ({
  extension_type: 0xff01,
  extension_data: Uint8Array.of(connection.length, ...connection),
})

test('rule 72: a renegotiation_info that is not empty is refused by either end, and one that is missing by a client', t => {
  const wrong = {
    ...editing<ClientHello>('ClientHello', hello => ({
      ...hello,
      extensions: [...without(hello.extensions, 0xff01), info([1, 2, 3])],
    })),
  }
  refused(
    t,
    'server',
    { client: { ...older, ...wrong }, server: older },
    'handshake_failure',
    'RENEGOTIATION_MISMATCH',
  )
  const answer = (more: readonly RawExtension[]) =>
    editing<ServerHello>('ServerHello', hello => ({
      ...hello,
      extensions: [...without(hello.extensions, 0xff01), ...more],
    }))
  for (const [more, reason] of [
    [[info([1, 2, 3])], 'RENEGOTIATION_MISMATCH'],
    [[], 'UNSAFE_LEGACY_RENEGOTIATION_DISABLED'],
  ] as const)
    refused(
      t,
      'client',
      { client: older, server: { ...older, ...answer(more) } },
      'handshake_failure',
      reason,
    )
})

for (const name of ['client', 'server'] as const)
  test(`rule 72: a ${name} refuses who lacks extended_master_secret`, t => {
    const drop = <T extends { readonly extensions?: readonly RawExtension[] | undefined }>(
      hello: T,
    ) => ({
      ...hello,
      extensions: without(hello.extensions, 23),
    })
    const options: EndsOptions =
      name === 'server'
        ? { client: { ...older, ...editing<ClientHello>('ClientHello', drop) }, server: older }
        : { client: older, server: { ...older, ...editing<ServerHello>('ServerHello', drop) } }
    refused(t, name, options, 'handshake_failure', 'NO_EXTENDED_MASTER_SECRET')
  })

test('TLS_FALLBACK_SCSV below what the server has is inappropriate_fallback, and at its highest is nothing', t => {
  const client = {
    ...older,
    ...editing<ClientHello>('ClientHello', hello => ({
      ...hello,
      cipher_suites: [...hello.cipher_suites, 0x5600],
    })),
  }
  refused(
    t,
    'server',
    { client, server: either },
    'inappropriate_fallback',
    'INAPPROPRIATE_FALLBACK',
  )
  t.is(connectedEnds({ client, server: older }).client.version, 'TLSv1.2')
})

test('versions without one in common are protocol_version', t => {
  refused(t, 'server', { client: older, server: {} }, 'protocol_version', 'UNSUPPORTED_PROTOCOL')
  refused(t, 'server', { client: {}, server: older }, 'protocol_version', 'UNSUPPORTED_PROTOCOL')
})

test('both of either version meet at TLS 1.3, and nothing of TLS 1.2 is left', t => {
  const { client, server } = connectedEnds({ client: either, server: either })
  t.is(client.version, 'TLSv1.3')
  t.is(server.version, 'TLSv1.3')
  t.throws(() => client.channelBinding('tls-unique'), { code: 'ERR_NO_CHANNEL_BINDING' })
})

test('what TLS 1.2 has nothing for is a TypeError, and the connection goes on', t => {
  const { client, server } = connectedEnds(plain)
  for (const call of [() => client.keyUpdate(), () => server.newSessionTicket()])
    t.throws(call, { code: 'ERR_WRONG_SSL_VERSION' })
  t.is(server.requestCertificate().status, 'unsupported')
  t.false(server.canRequestCertificate)
  t.is(client.write(Uint8Array.of(1)).status, 'done')
  t.is(server.read(new Uint8Array(9)).status, 'done')
})

/** Bytes that the server answers a ClientHello with, which ends behind its compression methods or goes on as given. */
function answerTo(server: ContextOptions, cipherSuite: number, block: Uint8Array | undefined) {
  const random = new Uint8Array(32).fill(7)
  const body = [3, 3, ...random, 0, 0, 2, cipherSuite >> 8, cipherSuite & 255, 1, 0]
  if (block) body.push(block.length >> 8, block.length, ...block)
  const message = [1, 0, 0, body.length, ...body]
  const [near, far] = bioPair()
  near.write(Uint8Array.from([22, 3, 1, 0, message.length, ...message]))
  const { pem, keyPem } = chainFor('p256')
  const context = new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem, ...server })
  const outcome = new Ssl(context).setBio(far).setAcceptState().doHandshake()
  const into = new Uint8Array(1000)
  const came = near.read(into)
  const { error } = outcome as { error?: unknown }
  return {
    status: outcome.status,
    alert: error instanceof TlsAlert ? [error.alert, error.reason] : undefined,
    record: typeof came === 'number' ? [...into.subarray(0, came)] : [],
  }
}

const blocks = [undefined, new Uint8Array(0), Uint8Array.of(0xff, 0xff, 0, 0)]

test('a ClientHello with no extensions, an empty block or a short one is read: what it lacks is handshake_failure, of TLS 1.3 protocol_version', t => {
  const psks = [{ identity: 'tram 7', key: new Uint8Array(32).fill(7) }]
  for (const block of blocks) {
    for (const version of [older, either])
      t.deepEqual(answerTo(version, 0xc02b, block).alert, [
        'handshake_failure',
        'NO_EXTENDED_MASTER_SECRET',
      ])
    const lax = { ...older, requireExtendedMasterSecret: false }
    t.deepEqual(answerTo(lax, 0xc02b, block).alert, [
      'handshake_failure',
      'MISSING_SIGALGS_EXTENSION',
    ])
    t.deepEqual(answerTo({}, 0xc02b, block).alert, ['protocol_version', 'UNSUPPORTED_PROTOCOL'])
    // With a pre-shared key nobody signs, and such a client is one to go on with.
    const { status, record } = answerTo({ ...lax, psks }, 0xd001, block)
    t.is(status, 'want_read')
    t.deepEqual([record[0], record[5]], [22, 2])
  }
  // What is cut, and what is more than the block, is no syntax.
  for (const block of [Uint8Array.of(0), Uint8Array.of(0xff, 0xff, 0), Uint8Array.of(0, 0, 0, 1)])
    t.deepEqual(answerTo(older, 0xc02b, block).alert?.[0], 'decode_error')
})
