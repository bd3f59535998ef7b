/** What may follow a handshake and what may not: KeyUpdate and post-handshake authentication (field.md 43, 44). */
import {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  ClientHello,
  encodeMessage,
  Finished,
} from '@biopair/handshake'
import test from 'ava'
import fc from 'fast-check'
import type { Peer } from '../support/peer.ts'
import { connected, refused } from '../support/refused.ts'
import {
  connectedEnd,
  keyPem,
  midwayEnd,
  midwayKeys,
  ourClient,
  ourServer,
  pem,
  roles,
  root,
} from '../support/rule-ends.ts'

// 43
for (const [what, options] of [
  ['without a certificate', {}],
  ['with a certificate', { cert: pem, key: keyPem }],
] as const)
  test(`rule 43: a CertificateRequest after the handshake to a client ${what} that did not say post_handshake_auth: unexpected_message`, t => {
    const peer = ourClient(options)
    t.false(peer.hello?.extensions?.some(({ extension_type }) => extension_type === 49))
    peer.connect()
    const request = peer.certificateRequest()
    peer.stray(CertificateRequest, { ...request, certificate_request_context: Uint8Array.of(1) })
    refused(t, peer, 'unexpected_message', 'application')
  })
test('rule 43: Certificate, CertificateVerify and Finished of a client that was not asked after the handshake: unexpected_message', t => {
  const says: ((peer: ReturnType<typeof ourServer>) => Uint8Array)[] = [
    peer => encodeMessage(Certificate, peer.certificate()),
    peer => encodeMessage(CertificateVerify, peer.certificateVerify()),
    () => encodeMessage(Finished, { verify_data: new Uint8Array(32) }),
  ]
  for (const say of says)
    for (const options of [{}, { requestCert: true, rejectUnauthorized: false, ca: root.pem }]) {
      const peer = ourServer(options)
      peer.sendHello()
      peer.step()
      if (options.requestCert) peer.sendAuthentication()
      peer.sendFinished()
      connected(t, peer)
      peer.handshake(say(peer))
      refused(t, peer, 'unexpected_message', 'application')
    }
})

// 44
const update = (value: number) => Uint8Array.of(24, 0, 0, 1, value)
for (const role of roles) {
  test(`rule 44: a KeyUpdate in the handshake of a ${role}, of any value: unexpected_message`, t => {
    for (const value of [0, 1, 2]) {
      const peer = midwayEnd[role]()
      peer.handshake(update(value))
      refused(t, peer, 'unexpected_message', midwayKeys[role])
    }
  })
  for (const value of [2, 3, 255])
    test(`rule 44: a KeyUpdate of value ${value} to a ${role}: illegal_parameter`, t => {
      const peer = connectedEnd[role]()
      peer.handshake(update(value))
      refused(t, peer, 'illegal_parameter', 'application')
    })
  test(`rule 44: however requests and data come together, a ${role} answers requests before its next data, at most once each, and once all those that came in one go: 150 runs`, t => {
    const step = fc.constantFrom('request', 'update', 'data', 'write', 'read')
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), list => {
        const peer = connectedEnd[role]()
        let from = peer.heard.length
        let since: string[] = []
        for (const one of [...list, 'write']) {
          since.push(one)
          if (one === 'request') peer.keyUpdate('update_requested')
          if (one === 'update') peer.keyUpdate()
          if (one === 'data') peer.data(Uint8Array.of(1))
          if (one === 'read') peer.step()
          if (one !== 'write') continue
          peer.step()
          peer.ssl.write(Uint8Array.of(2))
          peer.step()
          const said = names(peer, from)
          const requests = since.filter(name => name === 'request').length
          const updates = said.filter(name => name === 'KeyUpdate 0').length
          // The peer opens each record by the key that is due: what was sealed by another would not open.
          t.deepEqual(said, [...Array(updates).fill('KeyUpdate 0'), 'data'])
          t.true(updates <= requests && (requests === 0 || updates > 0))
          const apart = since.some(name => name === 'data' || name === 'read')
          if (requests > 0 && !apart) t.is(updates, 1)
          from = peer.heard.length
          since = []
        }
        t.deepEqual(peer.alerts, [])
      }),
      { numRuns: 150 },
    )
  })
}
const names = (peer: Peer, from: number) =>
  peer.heard
    .slice(from)
    .map(heard => (heard.kind === 'message' ? `${heard.name} ${heard.raw[4]}` : heard.kind))

test('rule 44: a KeyUpdate before our server has seen a ClientHello, and before our client has seen a ServerHello: unexpected_message', t => {
  const server = ourServer()
  server.handshake(update(0))
  refused(t, server, 'unexpected_message', 'nothing')
  const client = ourClient()
  client.handshake(update(0))
  t.is(client.said(ClientHello).length, 1)
  refused(t, client, 'unexpected_message', 'nothing')
})
test('rule 44: a KeyUpdate of ours is alone in its record, and what follows is under the next key', t => {
  for (const role of roles) {
    const peer = connectedEnd[role]()
    const from = peer.heard.length
    peer.ssl.keyUpdate()
    peer.ssl.write(Uint8Array.of(1))
    peer.ssl.keyUpdate()
    peer.step()
    const records = peer.heard.slice(from)
    t.deepEqual(
      records.map(heard => (heard.kind === 'message' ? heard.name : heard.kind)),
      ['KeyUpdate', 'data', 'KeyUpdate'],
    )
    t.is(new Set(records.map(({ record }) => record)).size, 3)
    connected(t, peer)
  }
})
