/** Early data that our server refuses, and EndOfEarlyData where none was accepted (field.md 27, 40). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientHello,
  EncryptedExtensions,
  encodeMessage,
  extensionTypes,
  Finished,
  ServerHello,
} from '@biopair/handshake'
import { EndOfEarlyData } from '@biopair/handshake/messages'
import test from 'ava'
import fc from 'fast-check'
import { type ClientPeer, without, withRaw } from '../support/client-peer.ts'
import { connected, refused } from '../support/refused.ts'
import {
  connectedEnd,
  midwayEnd,
  midwayKeys,
  ourClient,
  ourServer,
  raw,
  roles,
} from '../support/rule-ends.ts'

const earlyData = raw(extensionTypes.early_data)
const early = (hello: ClientHello) => withRaw(hello, earlyData)
/** What our server puts up with. */
const most = 16_384
/** Records that nobody can open here, of these lengths inside. */
function sendEarly(peer: ClientPeer, ...lengths: readonly number[]): void {
  for (const length of lengths)
    peer.record(23, nodeCrypto.randomBytes(length + 17), { plain: true })
}
const several = fc
  .array(fc.integer({ min: 1, max: 3000 }), { maxLength: 12 })
  .map(list => list.filter((_, i) => list.slice(0, i + 1).reduce((a, b) => a + b, 0) <= most))

test('rule 27: records that do not open are passed over until the first one that does, and the handshake goes on without them: 60 runs', t => {
  fc.assert(
    fc.property(several, fc.boolean(), fc.boolean(), (lengths, compatible, late) => {
      const peer = ourServer()
      const hello = early(peer.clientHello('x25519'))
      const legacy_session_id = compatible ? hello.legacy_session_id : new Uint8Array(0)
      peer.sendMadeHello({ ...hello, legacy_session_id })
      if (compatible) peer.changeCipherSpec()
      if (late) peer.step()
      // Some travel with the ClientHello, some after our server has answered: as the carrier likes.
      for (const length of lengths) peer.bytes(recordOf(length))
      peer.step()
      const [parameters] = peer.said(EncryptedExtensions)
      t.false(parameters?.extensions.some(one => one.extension_type === extensionTypes.early_data))
      peer.sendFinished()
      peer.step()
      t.deepEqual(peer.delivered, [])
      connected(t, peer)
    }),
    { numRuns: 60 },
  )
})
const recordOf = (length: number) =>
  Uint8Array.from([
    ...[23, 3, 3, (length + 17) >> 8, (length + 17) & 0xff],
    ...nodeCrypto.randomBytes(length + 17),
  ])
test('rule 27: after a HelloRetryRequest application data is passed over by its outer type until the second ClientHello: 40 runs', t => {
  fc.assert(
    fc.property(several, fc.boolean(), (lengths, late) => {
      const peer = ourServer()
      peer.sendMadeHello(early(peer.clientHello()))
      if (late) peer.step()
      sendEarly(peer, ...lengths)
      peer.step()
      peer.sendSecondHello(hello => without(hello, 'early_data'))
      peer.step()
      peer.sendFinished()
      peer.step()
      t.deepEqual(peer.delivered, [])
      connected(t, peer)
    }),
    { numRuns: 40 },
  )
})
for (const [what, alert, send] of [
  [
    'a byte more than is put up with',
    'unexpected_message',
    (peer: ClientPeer) => sendEarly(peer, 16_000, 385),
  ],
  [
    'as many records without content as fill it',
    'unexpected_message',
    (peer: ClientPeer) => {
      for (let i = 0; i <= most; i++) peer.record(23, new Uint8Array(17), { plain: true })
    },
  ],
  [
    'a record longer than any',
    'record_overflow',
    (peer: ClientPeer) => peer.bytes(Uint8Array.of(23, 3, 3, 0x41, 1)),
  ],
] as const) {
  test(`rule 27: ${what}: ${alert}`, t => {
    const peer = ourServer()
    peer.sendHello(early)
    send(peer)
    refused(t, peer, alert, 'application')
  })
  test(`rule 27: ${what}, after a HelloRetryRequest: ${alert}`, t => {
    const peer = ourServer()
    peer.sendMadeHello(early(peer.clientHello()))
    peer.step()
    send(peer)
    refused(t, peer, alert, 'nothing')
  })
}
test('rule 27: exactly as much as is put up with is passed over', t => {
  const peer = ourServer()
  peer.sendHello(early)
  sendEarly(peer, 16_000, 384)
  peer.step()
  peer.sendFinished()
  connected(t, peer)
})
test('rule 27: without early_data in the ClientHello nothing is passed over: bad_record_mac, and unexpected_message after a HelloRetryRequest', t => {
  const peer = ourServer()
  peer.sendHello()
  peer.step()
  peer.bytes(recordOf(9))
  refused(t, peer, 'bad_record_mac', 'application')
  const retried = ourServer()
  retried.sendMadeHello(retried.clientHello())
  retried.step()
  sendEarly(retried, 9)
  refused(t, retried, 'unexpected_message', 'nothing')
})
test('rule 27: once a record has opened the next one that does not is bad_record_mac', t => {
  const peer = ourServer()
  peer.sendHello(early)
  sendEarly(peer, 9)
  peer.step()
  const finished = peer.say(Finished, peer.finished())
  peer.handshake(finished.subarray(0, 5))
  peer.step()
  peer.bytes(recordOf(9))
  refused(t, peer, 'bad_record_mac', 'application')
})
test('rule 27: early_data again in the second ClientHello: illegal_parameter', t => {
  const peer = ourServer()
  peer.sendMadeHello(early(peer.clientHello()))
  peer.step()
  peer.sendSecondHello()
  refused(t, peer, 'illegal_parameter', 'nothing')
})

const end = encodeMessage(EndOfEarlyData, {})
for (const role of roles) {
  test(`rule 40: EndOfEarlyData to a ${role} in its handshake, where no early data was accepted: unexpected_message`, t => {
    const peer = midwayEnd[role]()
    peer.handshake(end)
    refused(t, peer, 'unexpected_message', midwayKeys[role])
  })
  test(`rule 40: EndOfEarlyData to a connected ${role}: unexpected_message`, t => {
    const peer = connectedEnd[role]()
    peer.handshake(end)
    refused(t, peer, 'unexpected_message', 'application')
  })
}
test('rule 40: EndOfEarlyData in the place of a first message: unexpected_message', t => {
  const client = ourClient()
  client.handshake(end)
  refused(t, client, 'unexpected_message', 'nothing')
  const server = ourServer()
  server.handshake(end)
  refused(t, server, 'unexpected_message', 'nothing')
})
test('rule 40: EndOfEarlyData under the handshake keys, of a client whose early data was refused: unexpected_message', t => {
  const peer = ourServer()
  peer.sendHello(early)
  sendEarly(peer, 100)
  peer.step()
  t.is(peer.said(ServerHello).length, 1)
  peer.handshake(end)
  refused(t, peer, 'unexpected_message', 'application')
})
