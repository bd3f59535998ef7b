/** The rules about ClientHello, ServerHello and HelloRetryRequest that the tests of single fields leave out (field.md 1 to 21, 25, 56). */
import { concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  ClientHello,
  EncryptedExtensions,
  encodeMessage,
  extensionTypes,
  Finished,
  readExtension,
  ServerHello,
  type WantCertificate,
  writeExtension,
} from '@biopair/handshake'
import test from 'ava'
import fc from 'fast-check'
import { ClientPeer, withExtension, without, withRaw } from '../support/client-peer.ts'
import { chainFor } from '../support/mint.ts'
import type { Peer } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { ourClient, ourServer, raw, root } from '../support/rule-ends.ts'
import { ServerPeer } from '../support/server-peer.ts'

const types = extensionTypes
const names = (peer: Peer) =>
  peer.heard.flatMap(heard => (heard.kind === 'message' ? [heard.name] : []))

// 1
test('rule 1: change_cipher_spec, cuts, padding and user_canceled are no part of a transcript: 60 handshakes', t => {
  const noise = fc.array(fc.constantFrom('ccs', 'alert'), { maxLength: 2 })
  fc.assert(
    fc.property(fc.array(noise, { minLength: 6, maxLength: 6 }), fc.nat(200), (list, padding) => {
      const client = ourClient()
      const server = ourServer()
      const [a = [], b = [], c = [], d = [], e = [], f = []] = list
      const add = (peer: Peer, what: readonly string[]) => {
        for (const one of what)
          if (one === 'ccs') peer.changeCipherSpec()
          else peer.record(21, Uint8Array.of(1, 90), { padding })
      }
      add(client, a)
      client.sendRetry('secp256r1')
      add(client, b)
      client.step()
      add(client, c)
      client.sendServerHello()
      add(client, d)
      client.sendFlight()
      client.step()
      server.sendHello()
      add(server, e)
      server.step()
      add(server, f)
      server.record(22, server.say(Finished, server.finished()), { padding })
      server.takeApplicationKeys()
      server.step()
      return client.ssl.connected && server.ssl.connected
    }),
    { numRuns: 60 },
  )
  t.pass()
})

// 3
const second = (edit: (hello: ClientHello, peer: ClientPeer) => ClientHello) => {
  const peer = ourServer()
  peer.sendMadeHello(
    withExtension(peer.clientHello(), 'psk_key_exchange_modes', { ke_modes: ['psk_dhe_ke'] }),
  )
  peer.step()
  peer.sendSecondHello(made => edit(made, peer))
  return peer
}
for (const [what, alert, edit] of [
  [
    'another legacy_version',
    'protocol_version',
    (made: ClientHello) => ({ ...made, legacy_version: 0x0302 }),
  ],
  [
    'other legacy_compression_methods',
    'illegal_parameter',
    (made: ClientHello) => ({ ...made, legacy_compression_methods: Uint8Array.of(1, 0) }),
  ],
  [
    'an extension less',
    'illegal_parameter',
    (made: ClientHello) => without(made, 'psk_key_exchange_modes'),
  ],
  [
    'its extensions in another order',
    'illegal_parameter',
    (made: ClientHello) => ({ ...made, extensions: (made.extensions ?? []).toReversed() }),
  ],
  [
    'another supported_versions',
    'illegal_parameter',
    (made: ClientHello) =>
      withExtension(made, 'supported_versions', { versions: [0x0304, 0x0303] }),
  ],
  [
    'another server_name',
    'illegal_parameter',
    (made: ClientHello) => withRaw(made, raw(types.server_name, 0, 4, 0, 0, 1, 0x61)),
  ],
] as const)
  test(`rule 3: the second ClientHello has ${what}: ${alert}`, t => {
    refused(t, second(edit), alert, 'nothing')
  })

// 5
/** A message with a byte behind its last field, its length made to fit. */
function trailed(message: Uint8Array): Uint8Array {
  const longer = concat(message, Uint8Array.of(0))
  const length = longer.length - 4
  longer.set([length >> 16, (length >> 8) & 0xff, length & 0xff], 1)
  return longer
}
/** A message that lacks its last byte, its length made to fit. */
function cut(message: Uint8Array): Uint8Array {
  const shorter = message.slice(0, -1)
  const length = shorter.length - 4
  shorter.set([length >> 16, (length >> 8) & 0xff, length & 0xff], 1)
  return shorter
}
for (const [what, change] of [
  ['with a byte behind its end', trailed],
  ['without its last byte', cut],
] as const) {
  for (const place of [
    'ServerHello',
    'HelloRetryRequest',
    'EncryptedExtensions',
    'CertificateRequest',
    'Certificate',
    'CertificateVerify',
  ] as const)
    test(`rule 5: ${place} ${what} to our client: decode_error`, t => {
      const peer = ourClient()
      if (place === 'ServerHello' || place === 'HelloRetryRequest') {
        const made =
          place === 'ServerHello' ? peer.serverHello().message : peer.retryRequest('secp256r1')
        peer.handshake(change(encodeMessage(ServerHello, made)))
        refused(t, peer, 'decode_error', 'nothing')
        return
      }
      peer.sendServerHello()
      const messages = {
        EncryptedExtensions: () => peer.say(EncryptedExtensions, peer.encryptedExtensions()),
        CertificateRequest: () => peer.say(CertificateRequest, peer.certificateRequest()),
        Certificate: () => peer.say(Certificate, peer.certificate()),
        CertificateVerify: () => peer.say(CertificateVerify, peer.certificateVerify()),
      }
      for (const [name, make] of Object.entries(messages)) {
        const message = make()
        peer.handshake(name === place ? change(message) : message)
        if (name === place) break
      }
      refused(t, peer, 'decode_error', 'handshake')
    })
  for (const place of ['ClientHello', 'second ClientHello', 'Certificate', 'CertificateVerify'])
    test(`rule 5: ${place} ${what} to our server: decode_error`, t => {
      const peer = ourServer({ requestCert: true, ca: root.pem })
      if (place.endsWith('ClientHello')) {
        const again = place.startsWith('second')
        if (again) {
          peer.sendMadeHello(peer.clientHello())
          peer.step()
        }
        const hello = again ? peer.secondHello() : peer.clientHello('x25519')
        peer.handshake(change(peer.makeHello(hello)))
        refused(t, peer, 'decode_error', 'nothing')
        return
      }
      peer.sendHello()
      peer.step()
      const certificate = peer.say(Certificate, peer.certificate())
      if (place === 'Certificate') peer.handshake(change(certificate))
      else {
        peer.handshake(certificate)
        peer.handshake(change(peer.say(CertificateVerify, peer.certificateVerify())))
      }
      refused(t, peer, 'decode_error', 'application')
    })
}
for (const [what, tail, alert] of [
  ['no extensions', [], 'protocol_version'],
  ['an empty block', [0, 0], 'protocol_version'],
  ['half a length', [0], 'decode_error'],
  ['a length beyond its end', [0, 9], 'decode_error'],
] as const)
  test(`rule 5: a ServerHello with ${what}: ${alert}`, t => {
    const peer = ourClient()
    const whole = encodeMessage(ServerHello, peer.serverHello().message)
    // Up to legacy_compression_method: 4 + 2 + 32 + 33 + 2 + 1 bytes.
    const message = concat(whole.slice(0, 74), Uint8Array.from(tail))
    message.set([0, 0, message.length - 4], 1)
    peer.handshake(message)
    refused(t, peer, alert, 'nothing')
  })

// 6
test('rule 6: a server echoes legacy_session_id letter for letter, in HelloRetryRequest too, whatever its length', t => {
  for (const length of [0, 1, 31, 32])
    for (const retry of [false, true]) {
      const peer = ourServer()
      const legacy_session_id = nodeCrypto.randomBytes(length)
      const hello = retry ? peer.clientHello() : peer.clientHello('x25519')
      peer.sendMadeHello({ ...hello, legacy_session_id })
      peer.step()
      if (retry) peer.sendSecondHello()
      peer.step()
      const echoes = peer.said(ServerHello).map(made => made.legacy_session_id_echo)
      t.deepEqual(echoes, retry ? [legacy_session_id, legacy_session_id] : [legacy_session_id])
    }
})
test('rule 6: a legacy_session_id of 33 bytes: decode_error', t => {
  const peer = ourServer()
  const message = encodeMessage(ClientHello, {
    ...peer.clientHello('x25519'),
    legacy_session_id: new Uint8Array(32),
  })
  const longer = concat(message.slice(0, 38), Uint8Array.of(33, 0), message.slice(39))
  const length = longer.length - 4
  longer.set([length >> 16, (length >> 8) & 0xff, length & 0xff], 1)
  peer.handshake(longer)
  refused(t, peer, 'decode_error', 'nothing')
})

// 7
test('rule 7: ServerHello.random alone tells a HelloRetryRequest, and a bit beside it is a ServerHello: cookie is illegal_parameter there, in 256 places', t => {
  const cookie = Uint8Array.of(1, 2)
  for (let bit = -1; bit < 256; bit += 1) {
    const peer = ourClient()
    const made = peer.retryRequest(undefined, cookie)
    const random = made.random.slice()
    if (bit >= 0) random[bit >> 3] = (random[bit >> 3] as number) ^ (1 << (bit & 7))
    peer.stray(ServerHello, { ...made, random })
    if (bit < 0) t.is(peer.step().status, 'want_read')
    else {
      peer.step()
      t.deepEqual(
        peer.alerts.map(({ alert }) => alert),
        ['illegal_parameter'],
      )
    }
    t.is(peer.hellos, bit < 0 ? 2 : 1)
  }
})
test("rule 7: a HelloRetryRequest's random over a ServerHello's key_share, and the other way round: decode_error", t => {
  const retry = ourClient()
  const { random } = retry.retryRequest('secp256r1')
  retry.stray(ServerHello, { ...retry.serverHello().message, random })
  refused(t, retry, 'decode_error', 'nothing')
  const hello = ourClient()
  hello.stray(ServerHello, {
    ...hello.retryRequest('secp256r1'),
    random: nodeCrypto.randomBytes(32),
  })
  refused(t, hello, 'decode_error', 'nothing')
})
test('rule 7: a HelloRetryRequest is known for one before its version is judged, and its version before its extensions', t => {
  const peer = ourClient()
  const made = peer.retryRequest('secp256r1')
  peer.stray(ServerHello, {
    ...made,
    legacy_version: 0x0302,
    extensions: [raw(types.supported_versions, 3, 3), raw(0x1234), raw(0x1234)],
  })
  const error = refused(t, peer, 'illegal_parameter', 'nothing')
  t.is(error?.reason, 'BAD_PROTOCOL_VERSION_NUMBER')
})
test("rule 7: no ServerHello of our server says a HelloRetryRequest's random, and each HelloRetryRequest does", t => {
  const peer = ourServer()
  peer.sendMadeHello(peer.clientHello())
  peer.step()
  peer.sendSecondHello()
  peer.step()
  const told = peer.said(ServerHello).map(({ random }) => Buffer.from(random).toString('hex'))
  t.is(told.length, 2)
  t.is(told[0], 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c')
  t.not(told[1], told[0])
})

// 9, 10
test('rule 9, rule 10: our server asks again once, for a share or a cookie, and says nothing else; the suite of its ServerHello is the same', t => {
  for (const [cookie, shared, expected] of [
    ['never', false, [types.supported_versions, types.key_share]],
    ['with_retry', false, [types.supported_versions, types.key_share, types.cookie]],
    ['always', true, [types.supported_versions, types.cookie]],
  ] as const) {
    const peer = ourServer({ cookie })
    peer.sendMadeHello(
      withRaw(
        shared ? peer.clientHello('x25519') : peer.clientHello(),
        raw(types.server_name, 0, 4, 0, 0, 1, 0x61),
      ),
    )
    peer.step()
    peer.sendSecondHello()
    peer.step()
    const [retry, hello, ...others] = peer.said(ServerHello)
    t.deepEqual(
      retry?.extensions.map(({ extension_type }) => extension_type).toSorted((a, b) => a - b),
      [...expected].toSorted((a, b) => a - b),
    )
    t.is(hello?.cipher_suite, retry?.cipher_suite)
    t.deepEqual(others, [])
  }
})
for (const [what, extension, alert] of [
  ['pre_shared_key', raw(types.pre_shared_key, 0, 0), 'illegal_parameter'],
  ['supported_groups', raw(types.supported_groups, 0, 2, 0, 29), 'illegal_parameter'],
  ['renegotiation_info', raw(0xff01, 0), 'unsupported_extension'],
  ['GREASE', raw(0x8a8a), 'unsupported_extension'],
] as const)
  test(`rule 10: ${what} in a HelloRetryRequest: ${alert}`, t => {
    const peer = ourClient()
    const made = peer.retryRequest('secp256r1')
    peer.stray(ServerHello, { ...made, extensions: [...made.extensions, extension] })
    refused(t, peer, alert, 'nothing')
  })

// 15, 16
test('rule 15, rule 16: our server answers 0x0304 in supported_versions and 0x0303 in legacy_version, HelloRetryRequest alike', t => {
  const peer = ourServer()
  peer.sendMadeHello(
    withExtension(peer.clientHello(), 'supported_versions', {
      versions: [0x7a7a, 0x0305, 0x0303, 0x0304],
    }),
  )
  peer.step()
  peer.sendSecondHello()
  peer.step()
  for (const { legacy_version, extensions } of peer.said(ServerHello)) {
    t.is(legacy_version, 0x0303)
    t.deepEqual(
      readExtension('ServerHello', 'supported_versions', extensions)?.selected_version,
      0x0304,
    )
  }
})
for (const version of [0x0302, 0x0305, 0x8a8a, 0x0001])
  test(`rule 15: a ServerHello and a HelloRetryRequest with selected_version 0x${version.toString(16)}, which was not offered: illegal_parameter`, t => {
    for (const retry of [false, true]) {
      const peer = ourClient()
      const made = retry ? peer.retryRequest('secp256r1') : peer.serverHello().message
      const extensions = made.extensions.map(one =>
        one.extension_type === types.supported_versions
          ? raw(types.supported_versions, version >> 8, version & 0xff)
          : one,
      )
      peer.stray(ServerHello, { ...made, extensions })
      refused(t, peer, 'illegal_parameter', 'nothing')
    }
  })
for (const legacy_version of [0x0301, 0x0303, 0x0304])
  test(`rule 16: no version but those of supported_versions counts: legacy_version 0x0${legacy_version.toString(16)} beside a list without TLS 1.3: protocol_version`, t => {
    for (const versions of [[0x0303], [0x0303, 0x0302], [0x0305], [0x2a2a]]) {
      const peer = ourServer()
      peer.sendMadeHello({
        ...withExtension(peer.clientHello('x25519'), 'supported_versions', { versions }),
        legacy_version,
      })
      refused(t, peer, 'protocol_version', 'nothing')
    }
  })
test('rule 16: an empty list of versions, and half a version: decode_error', t => {
  for (const data of [[0], [1, 3], [3, 3, 4, 3]]) {
    const peer = ourServer()
    peer.sendMadeHello(withRaw(peer.clientHello('x25519'), raw(types.supported_versions, ...data)))
    refused(t, peer, 'decode_error', 'nothing')
  }
})

// 17
test('rule 17: the longest cookie that a ClientHello has room for comes back whole, and is not there on the next connection', t => {
  const peer = ourClient()
  const { extensions = [] } = peer.hello ?? {}
  const said = extensions
    .filter(({ extension_type }) => extension_type !== types.key_share)
    .reduce((sum, { extension_data }) => sum + 4 + extension_data.length, 0)
  // Of 2^16-1 bytes of extensions, the cookie's own headers have 6, and a P-256 key_share 4 + 2 + 4 + 65.
  const cookie = nodeCrypto.randomBytes(65_535 - said - 6 - 75)
  peer.sendRetry('secp256r1', cookie)
  t.is(peer.step().status, 'want_read')
  t.deepEqual(readExtension('ClientHello', 'cookie', peer.hello?.extensions ?? [])?.cookie, cookie)
  const next = new ServerPeer(peer.ssl.context, identityOf('p256'))
  next.step()
  t.is(readExtension('ClientHello', 'cookie', next.hello?.extensions ?? []), undefined)
})
test('rule 17: a cookie that no ClientHello has room for: illegal_parameter', t => {
  const peer = ourClient()
  peer.sendRetry('secp256r1', new Uint8Array(65_535 - 18))
  refused(t, peer, 'illegal_parameter', 'nothing')
})
test('rule 17: the cookies of two connections differ, and one does not do for the other: illegal_parameter', t => {
  const [one, other] = [1, 2].map(() => {
    const peer = ourServer({ cookie: 'always' })
    peer.sendHello()
    peer.step()
    return peer
  }) as [ClientPeer, ClientPeer]
  const cookieOf = (peer: ClientPeer) =>
    readExtension('HelloRetryRequest', 'cookie', peer.answer?.extensions ?? [])?.cookie
  t.notDeepEqual(cookieOf(one), cookieOf(other))
  const cookie = cookieOf(other)
  if (!cookie) return t.fail('there is no cookie')
  one.sendSecondHello(made => withExtension(made, 'cookie', { cookie }))
  refused(t, one, 'illegal_parameter', 'nothing')
})

// 18, 19
test('rule 18: our RSA key signs nothing by rsa_pkcs1 or SHA-1: a client that verifies nothing else is told handshake_failure', t => {
  const rsa = chainFor('rsa')
  for (const scheme of [0x0401, 0x0501, 0x0601, 0x0201, 0x0203, 0x0420]) {
    const peer = ourServer({ cert: rsa.pem, key: rsa.keyPem })
    peer.sendHello(made =>
      withExtension(made, 'signature_algorithms', { supported_signature_algorithms: [scheme] }),
    )
    refused(t, peer, 'handshake_failure', 'nothing')
  }
})
test('rule 18: our RSA key signs by rsa_pss beside rsa_pkcs1, which stands for certificates', t => {
  const rsa = chainFor('rsa')
  const peer = ourServer({ cert: rsa.pem, key: rsa.keyPem })
  peer.connect(made =>
    withExtension(made, 'signature_algorithms', {
      supported_signature_algorithms: [0x0401, 0x0804],
    }),
  )
  t.deepEqual(
    peer.said(CertificateVerify).map(({ algorithm }) => algorithm),
    [0x0804],
  )
  connected(t, peer)
})
for (const algorithm of [0x0401, 0x0501, 0x0601, 0x0201, 0x0420, 0x0809])
  test(`rule 18: CertificateVerify by scheme 0x0${algorithm.toString(16)} for an RSA key, to both roles: illegal_parameter`, t => {
    const rsa = chainFor('rsa')
    const identity = identityOf('rsa')
    const client = new ServerPeer(ourClient({ ca: rsa.root.pem }).ssl.context, identity)
    client.step()
    client.sendServerHello()
    client.sendFlight({ certificateVerify: made => ({ ...made, algorithm }) })
    refused(t, client, 'illegal_parameter', 'handshake')
    const { context } = ourServer({ requestCert: true, ca: rsa.root.pem }).ssl
    const server = new ClientPeer(context, identity)
    server.sendHello()
    server.step()
    server.sendAuthentication({ certificateVerify: made => ({ ...made, algorithm }) })
    refused(t, server, 'illegal_parameter', 'application')
  })
test('rule 19: signature_algorithms_cert is signature_algorithms where it is absent, and itself where it is there, in both roles', t => {
  const own = chainFor('p256')
  const asked = (run: (options: object) => Peer): readonly (readonly number[])[] => {
    const wants: number[][] = []
    const ids = (list: WantCertificate['schemes']) => list.map(({ id }) => id)
    const certificateCallback = (want: WantCertificate) => {
      wants.push(ids(want.schemes), ids(want.certificateSchemes))
      return undefined
    }
    run({ certificateCallback })
    return wants
  }
  const cert = writeExtension('ClientHello', 'signature_algorithms_cert', {
    supported_signature_algorithms: [0x0401, 0x0403],
  })
  const server = (extra: boolean) =>
    asked(options => {
      const peer = ourServer(options)
      peer.sendHello(made => (extra ? withRaw(made, cert) : made))
      peer.step()
      return peer
    })
  t.deepEqual(server(false), [
    [0x0403, 0x0804, 0x0807],
    [0x0403, 0x0804, 0x0807],
  ])
  t.deepEqual(server(true), [
    [0x0403, 0x0804, 0x0807],
    [0x0401, 0x0403],
  ])
  const client = (extra: boolean) =>
    asked(options => {
      const peer = ourClient({ ...options, cert: own.pem, key: own.keyPem })
      peer.connect({
        certificateRequest: made =>
          extra ? { ...made, extensions: [...made.extensions, cert] } : made,
      })
      return peer
    })
  t.deepEqual(client(false), server(false))
  t.deepEqual(client(true), server(true))
})

// 20, 21, 56
test('rule 20: our server names its groups in EncryptedExtensions where it likes another one better', t => {
  const peer = ourServer({ groups: ['secp256r1', 'x25519'] })
  peer.connect()
  const [parameters] = peer.said(EncryptedExtensions)
  const told = readExtension(
    'EncryptedExtensions',
    'supported_groups',
    parameters?.extensions ?? [],
  )
  t.deepEqual(told?.named_group_list, [0x17, 0x1d])
  t.is(peer.ssl.group, 'x25519')
})
test('rule 20: groups that a server names twice, or that nobody has, change nothing, after a HelloRetryRequest too', t => {
  const peer = ourClient()
  peer.sendRetry('secp256r1')
  peer.step()
  peer.sendServerHello()
  const groups = raw(types.supported_groups, 0, 8, 0, 0x1d, 0, 0x1d, 0xfe, 0xfe, 0, 0x17)
  peer.sendFlight({ encryptedExtensions: made => ({ extensions: [...made.extensions, groups] }) })
  peer.step()
  t.is(peer.ssl.group, 'secp256r1')
  connected(t, peer)
})
test('rule 21: a client that sends no share is asked for one, and our client may be such a one', t => {
  const server = ourServer()
  server.sendMadeHello(server.clientHello())
  server.step()
  t.deepEqual(names(server), ['ServerHello'])
  server.sendSecondHello()
  server.step()
  server.sendFinished()
  connected(t, server)
  const client = ourClient({ keyShares: [] })
  const shares = readExtension('ClientHello', 'key_share', client.hello?.extensions ?? [])
  t.deepEqual(shares?.client_shares, [])
  client.sendRetry('secp256r1')
  client.step()
  client.sendServerHello()
  client.sendFlight()
  client.step()
  connected(t, client)
})
test('rule 21, rule 56: our client says both supported_groups and key_share, shares once each and in the order of its groups: 60 configurations', t => {
  const all = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1'] as const
  const some = fc.shuffledSubarray([...all], { minLength: 1 })
  fc.assert(
    fc.property(
      some.chain(groups =>
        fc.record({
          groups: fc.constant(groups),
          keyShares: fc.shuffledSubarray(groups),
          middleboxCompat: fc.boolean(),
        }),
      ),
      options => {
        const extensions = ourClient(options).hello?.extensions ?? []
        const groups = readExtension('ClientHello', 'supported_groups', extensions)
        const shares = readExtension('ClientHello', 'key_share', extensions)
        const listed = groups?.named_group_list ?? []
        t.deepEqual(
          listed,
          options.groups.map(name => nodeCrypto.groups[name].id),
        )
        const wanted = options.keyShares.map(name => nodeCrypto.groups[name].id)
        t.deepEqual(
          shares?.client_shares.map(({ group }) => group),
          listed.filter(id => wanted.includes(id)),
        )
      },
    ),
    { numRuns: 60 },
  )
})

// 67
test('rule 67: our server takes an address in server_name for no name, and does not acknowledge it', t => {
  for (const [name, taken] of [
    ['192.0.2.1', false],
    ['2001:db8::1', false],
    ['::1', false],
    ['server.example', true],
  ] as const) {
    const peer = ourServer()
    const data = [0, name.length + 3, 0, 0, name.length, ...Buffer.from(name)]
    peer.connect(made => withRaw(made, raw(types.server_name, ...data)))
    t.is(peer.ssl.servername, taken ? name : undefined)
    const acknowledged = peer.said(EncryptedExtensions)[0]?.extensions ?? []
    t.is(
      acknowledged.some(({ extension_type }) => extension_type === types.server_name),
      taken,
    )
    connected(t, peer)
  }
})
