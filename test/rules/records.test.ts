/** The record layer's rules, as a whole connection keeps them (field.md 45 to 51). */
import { createCipheriv } from 'node:crypto'
import { concat } from '@biopair/crypto'
import {
  Certificate,
  CertificateVerify,
  EncryptedExtensions,
  encodeMessage,
  Finished,
  KeyUpdate,
  ServerHello,
} from '@biopair/handshake'
import test from 'ava'
import fc from 'fast-check'
import { type Bytes, expandLabel, updated } from '../support/key-schedule.ts'
import { contentTypes, type Peer } from '../support/peer.ts'
import { connected, refused } from '../support/refused.ts'
import {
  connectedEnd,
  midwayEnd,
  midwayKeys,
  ourClient,
  ourServer,
  roles,
} from '../support/rule-ends.ts'

const update = encodeMessage(KeyUpdate, { request_update: 'update_not_requested' })

/** The traffic secret that the peer of a connected end of ours writes under. */
function writeSecret(peer: Peer, role: 'client' | 'server'): Bytes {
  const secrets = peer.applicationSecrets
  if (!secrets) throw new Error('there are no application keys yet')
  return role === 'client' ? secrets.server : secrets.client
}

/** A record of TLS_AES_128_GCM_SHA256 by node:crypto alone: content, type, zeros; the header is the additional data. */
function sealed(
  secret: Uint8Array,
  sequence: number,
  inner: Uint8Array,
  { version = 0x0303, told = version }: { version?: number; told?: number } = {},
): Uint8Array {
  const none = new Uint8Array(0)
  const key = expandLabel('sha256', secret, 'key', none, 16)
  const nonce = expandLabel('sha256', secret, 'iv', none, 12)
  for (let i = 0; i < 4; i++)
    nonce[11 - i] = (nonce[11 - i] as number) ^ ((sequence >>> (8 * i)) & 0xff)
  const length = inner.length + 16
  const header = (legacy: number) =>
    Uint8Array.of(23, legacy >> 8, legacy & 0xff, length >> 8, length & 0xff)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  cipher.setAAD(header(version))
  const body = concat(new Uint8Array(cipher.update(inner)), new Uint8Array(cipher.final()))
  return concat(header(told), body, new Uint8Array(cipher.getAuthTag()))
}
const data = (...bytes: number[]) => Uint8Array.of(...bytes, contentTypes.data)
const aes = { ciphers: 'TLS_AES_128_GCM_SHA256' }

for (const role of roles) {
  // 45
  test(`rule 45: change_cipher_spec to a connected ${role}: unexpected_message`, t => {
    const peer = connectedEnd[role]()
    peer.changeCipherSpec()
    refused(t, peer, 'unexpected_message', 'application')
  })
  test(`rule 45: change_cipher_spec of another value to a connected ${role}: unexpected_message`, t => {
    const peer = connectedEnd[role]()
    peer.record(contentTypes.ccs, Uint8Array.of(0), { plain: true })
    refused(t, peer, 'unexpected_message', 'application')
  })

  // 46
  for (const [what, interrupt] of Object.entries<(peer: Peer) => void>({
    'application data': peer => peer.data(Uint8Array.of(1)),
    'empty application data': peer => peer.data(new Uint8Array(0)),
    close_notify: peer => peer.alert(0, 1),
    user_canceled: peer => peer.alert(90, 1),
  }))
    test(`rule 46: ${what} between two pieces of a message to a ${role}, in the handshake and after it: unexpected_message`, t => {
      const late = connectedEnd[role]()
      late.handshake(update.subarray(0, 2))
      interrupt(late)
      late.handshake(update.subarray(2))
      refused(t, late, 'unexpected_message', 'application')
      const early = midwayEnd[role]()
      early.handshake(Uint8Array.of(role === 'client' ? 8 : 11, 0))
      interrupt(early)
      refused(t, early, 'unexpected_message', midwayKeys[role])
    })
  for (const [what, behind] of [
    ['the beginning of a message', Uint8Array.of(24)],
    ['a whole message', update],
  ] as const)
    test(`rule 46: ${what} behind KeyUpdate in its record to a ${role}: unexpected_message`, t => {
      const peer = connectedEnd[role]()
      peer.handshake(concat(update, behind))
      refused(t, peer, 'unexpected_message', 'application')
    })

  // 47
  test(`rule 47: empty application data is nothing to a ${role}, padded or not, up to a bound in a row: unexpected_message beyond it`, t => {
    const peer = connectedEnd[role]()
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 32; i++) peer.record(contentTypes.data, new Uint8Array(0), { padding: i })
      t.is(peer.step().status, 'want_read')
      connected(t, peer)
    }
    for (let i = 0; i < 33; i++) peer.data(new Uint8Array(0))
    const error = refused(t, peer, 'unexpected_message', 'application')
    t.is(error?.reason, 'TOO_MANY_EMPTY_FRAGMENTS')
  })
  for (const [what, type, content, alert] of [
    ['an empty handshake record', 22, [], 'unexpected_message'],
    ['an empty alert record', 21, [], 'unexpected_message'],
    ['two alerts in a record', 21, [1, 0, 1, 0], 'decode_error'],
    ['half an alert', 21, [1], 'decode_error'],
  ] as const)
    test(`rule 47: ${what} to a ${role} in its handshake: ${alert}`, t => {
      const peer = midwayEnd[role]()
      peer.record(type, Uint8Array.from(content))
      refused(t, peer, alert, midwayKeys[role])
    })

  // 48, 50
  test(`rule 48, rule 50: a ${role} opens records of any version, under the header as it came and numbers from 0 for each key: 60 runs`, t => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.boolean()), {
          minLength: 1,
          maxLength: 12,
        }),
        list => {
          const peer = connectedEnd[role](aes)
          let secret = writeSecret(peer, role)
          let sequence = 0
          for (const [version, change] of list) {
            const before = peer.delivered.length
            peer.bytes(sealed(secret, sequence++, data(sequence), { version }))
            if (peer.step().status !== 'want_read') return false
            if (peer.delivered.length !== before + 1) return false
            if (!change) continue
            peer.bytes(sealed(secret, sequence, concat(update, Uint8Array.of(22)), { version }))
            secret = updated('sha256', secret)
            sequence = 0
            peer.step()
          }
          return peer.alerts.length === 0
        },
      ),
      { numRuns: 60 },
    )
    t.pass()
  })
  test(`rule 50: a record whose header is not the one that it was sealed with does not open to a ${role}: bad_record_mac`, t => {
    const peer = connectedEnd[role](aes)
    peer.bytes(sealed(writeSecret(peer, role), 0, data(1), { version: 0x0301, told: 0x0303 }))
    refused(t, peer, 'bad_record_mac', 'application')
  })
  for (const [what, sequence] of [
    ['a number that is ahead', 1],
    ['a number of before', 0],
  ] as const)
    test(`rule 50: a record of ${what} does not open to a ${role}: bad_record_mac`, t => {
      const peer = connectedEnd[role](aes)
      const secret = writeSecret(peer, role)
      if (sequence === 0) {
        peer.bytes(sealed(secret, 0, data(1)))
        t.is(peer.step().status, 'want_read')
      }
      peer.bytes(sealed(secret, sequence, data(2)))
      refused(t, peer, 'bad_record_mac', 'application')
    })
  test(`rule 50: a ${role} goes on counting from one kind of record to the next`, t => {
    const peer = connectedEnd[role](aes)
    const secret = writeSecret(peer, role)
    peer.bytes(sealed(secret, 0, data(1)))
    peer.bytes(sealed(secret, 1, Uint8Array.of(1, 90, contentTypes.alert)))
    peer.bytes(sealed(secret, 2, data()))
    peer.bytes(sealed(secret, 3, data(2)))
    t.is(peer.step().status, 'want_read')
    t.deepEqual(peer.delivered, [Uint8Array.of(1), Uint8Array.of(2)])
  })

  // 49
  for (const [what, header] of [
    ['protected, by one byte', [23, 3, 3, 0x41, 0x01]],
    ['protected, by far', [23, 3, 3, 0xff, 0xff]],
  ] as const)
    test(`rule 49: a record that is too long, ${what}, to a ${role}, of which only the header came: record_overflow`, t => {
      const late = connectedEnd[role]()
      late.bytes(Uint8Array.from(header))
      refused(t, late, 'record_overflow', 'application')
      const early = midwayEnd[role]()
      early.bytes(Uint8Array.from(header))
      refused(t, early, 'record_overflow', midwayKeys[role])
    })
  test(`rule 49: a ${role} takes an inner plaintext of 2^14 + 1 bytes however it is made up, and of one more it says record_overflow`, t => {
    const peer = connectedEnd[role](aes)
    const secret = writeSecret(peer, role)
    const whole = (content: number, padding: number) =>
      concat(
        new Uint8Array(content).fill(7),
        Uint8Array.of(contentTypes.data),
        new Uint8Array(padding),
      )
    for (const [i, content] of [0, 1, 8192, 16383, 16384].entries())
      peer.bytes(sealed(secret, i, whole(content, 16384 - content)))
    t.is(peer.step().status, 'want_read')
    t.deepEqual(
      peer.delivered.map(({ length }) => length),
      [1, 8192, 16383, 16384],
    )
    peer.bytes(sealed(secret, 5, whole(16000, 385)))
    refused(t, peer, 'record_overflow', 'application')
  })

  // 51
  test(`rule 51: a ${role} reads what was written whatever it ends in, and however it is padded: 60 runs`, t => {
    const peer = connectedEnd[role](aes)
    let sent = 0
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(20),
        fc.nat(300),
        (bytes, zeros, padding) => {
          const content = concat(bytes, new Uint8Array(zeros))
          peer.record(contentTypes.data, content, { padding })
          sent++
          peer.step()
          t.deepEqual(peer.delivered.at(-1), content)
          t.is(peer.delivered.length, sent)
        },
      ),
      { numRuns: 60 },
    )
  })
  for (const zeros of [0, 1, 300])
    test(`rule 51: a record of ${zeros} zeros and no type to a ${role}: unexpected_message`, t => {
      const peer = connectedEnd[role](aes)
      peer.bytes(sealed(writeSecret(peer, role), 0, new Uint8Array(zeros)))
      refused(t, peer, 'unexpected_message', 'application')
    })
}

test('rule 45: change_cipher_spec is dropped by both ends wherever it may come, and a server that gave a cookie takes one before the second ClientHello', t => {
  const server = ourServer({ cookie: 'always' })
  server.sendHello()
  server.step()
  server.changeCipherSpec()
  t.is(server.step().status, 'want_read')
  server.sendSecondHello()
  server.changeCipherSpec()
  server.step()
  server.changeCipherSpec()
  server.sendFinished()
  connected(t, server)
  const client = ourClient()
  client.changeCipherSpec()
  client.sendRetry('secp256r1')
  client.changeCipherSpec()
  client.step()
  client.sendServerHello()
  client.changeCipherSpec()
  client.sendFlight()
  client.step()
  connected(t, client)
})

for (const [what, behind] of [
  ['the beginning of a message', Uint8Array.of(8)],
  ['a whole message', Uint8Array.of(8, 0, 0, 2, 0, 0)],
] as const) {
  test(`rule 46: ${what} behind ServerHello, and behind a server's Finished, in their records: unexpected_message`, t => {
    const hello = ourClient()
    hello.handshake(hello.say(ServerHello, hello.serverHello().message), behind)
    refused(t, hello, 'unexpected_message', 'nothing')
    const finished = ourClient()
    finished.sendServerHello()
    finished.send(EncryptedExtensions, finished.encryptedExtensions())
    finished.send(Certificate, finished.certificate())
    finished.send(CertificateVerify, finished.certificateVerify())
    finished.handshake(finished.say(Finished, finished.finished()), behind)
    refused(t, finished, 'unexpected_message', 'handshake')
  })
  test(`rule 46: ${what} behind a ClientHello, and behind a client's Finished, in their records: unexpected_message`, t => {
    const hello = ourServer()
    hello.handshake(hello.makeHello(hello.clientHello('x25519')), behind)
    refused(t, hello, 'unexpected_message', 'handshake')
    const finished = ourServer()
    finished.sendHello()
    finished.step()
    finished.handshake(finished.say(Finished, finished.finished()), behind)
    refused(t, finished, 'unexpected_message', 'application')
  })
}

/** A message in one record in the clear, of any version. */
const inRecord = (version: number, message: Uint8Array) =>
  concat(
    Uint8Array.of(22, version >> 8, version & 0xff, message.length >> 8, message.length & 0xff),
    message,
  )
test('rule 48: the version of records in the clear is not read, and a first record that is none of TLS is told protocol_version: 60 runs', t => {
  const first = fc.integer({ min: 0x0300, max: 0x03ff })
  const later = fc.integer({ min: 0, max: 0xffff })
  fc.assert(
    fc.property(first, later, first, later, (a, b, c, d) => {
      const server = ourServer()
      server.bytes(inRecord(a, server.makeHello(server.clientHello())))
      server.step()
      server.bytes(inRecord(b, server.makeHello(server.secondHello())))
      server.step()
      server.sendFinished()
      connected(t, server)
      const client = ourClient()
      client.bytes(inRecord(c, client.say(ServerHello, client.takeRetry('secp256r1'))))
      client.takeRetried()
      client.step()
      const { message, secret } = client.serverHello()
      client.bytes(inRecord(d, client.say(ServerHello, message)))
      client.takeHandshakeKeys(secret)
      client.sendFlight()
      client.step()
      connected(t, client)
    }),
    { numRuns: 60 },
  )
  for (const version of [0x0002, 0x0203, 0x0400, 0xffff]) {
    const server = ourServer()
    server.bytes(inRecord(version, server.makeHello(server.clientHello())))
    refused(t, server, 'protocol_version', 'nothing')
    const client = ourClient()
    client.bytes(inRecord(version, client.say(ServerHello, client.serverHello().message)))
    refused(t, client, 'protocol_version', 'nothing')
  }
})
test('rule 48: our ends say 0x0303 in each record, but 0x0301 around a first ClientHello', t => {
  const server = ourServer()
  server.connect()
  connected(t, server)
  t.deepEqual([...new Set(server.versions)], [0x0303])
  const client = ourClient()
  client.connect()
  connected(t, client)
  t.is(client.versions[0], 0x0301)
  t.deepEqual([...new Set(client.versions.slice(1))], [0x0303])
})
test('rule 49: a record in the clear beyond 2^14 bytes, of which only the header came, to both roles: record_overflow', t => {
  for (const peer of [ourServer(), ourClient()]) {
    peer.bytes(Uint8Array.of(22, 3, 3, 0x40, 1))
    refused(t, peer, 'record_overflow', 'nothing')
  }
})
