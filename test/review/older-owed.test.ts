/** What a peer can make us say for nothing: once, however often it asks, and nothing more while it does not listen. */
import { type Bio, retryWrite } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { CertificateRequest, encodeMessage, writeExtension } from '@biopair/handshake'
import { SslContext } from '@biopair/ssl'
import test from 'ava'
import { clientSide12, clients12, serverSide12, servers12 } from '../support/appendix-a12.ts'
import { chainFor } from '../support/mint.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'
import { everyState, type Side, walk } from '../support/walk.ts'

/** Makes a carrier one that takes nothing while its gate is shut. */
function gate(bio: Bio): { shut: boolean } {
  const gated = { shut: false }
  const write = bio.write.bind(bio)
  bio.write = bytes => (gated.shut ? retryWrite : write(bytes))
  return gated
}

const sides = {
  client: () => clientSide12(clients12[0] as (typeof clients12)[number]),
  server: () => serverSide12(servers12[0] as (typeof servers12)[number]),
} as const
const wishes = { client: 'HelloRequest', server: 'ClientHello' } as const

function connectedSide(start: () => Side) {
  const path = everyState(start()).find(({ state }) => state === 'CONNECTED')?.path ?? []
  const side = start()
  const gated = gate(side.peer.ssl.wbio as Bio)
  walk(side, path)
  return { side, gated }
}

for (const role of ['client', 'server'] as const)
  test(`TLS 1.2: a ${role} whose peer asks to renegotiate between data, and takes nothing, holds one answer`, t => {
    const { side, gated } = connectedSide(sides[role])
    const { peer } = side
    gated.shut = true
    for (let i = 0; i < 300; i++) {
      peer.handshake(side.stray(wishes[role]))
      peer.data(Uint8Array.of(1))
      t.is(peer.step().status, 'want_write')
      t.true(peer.ssl.queued < 100, `${peer.ssl.queued} bytes after ${i}`)
    }
    gated.shut = false
    const before = peer.heard.length
    peer.step()
    t.true(peer.heard.length > before)
    t.true(peer.heard.length - before <= 2)
    t.true(peer.heard.slice(before).every(({ kind }) => kind === 'alert'))
    t.is(peer.ssl.shutdown().status, 'sent')
    peer.step()
    t.like(peer.alerts.at(-1), { alert: 'close_notify' })
  })

test('4.7.2: requests that come in one record are answered one by one: more than 8 are no flood', t => {
  const { pem, keyPem, root } = chainFor('p256')
  const own = { ca: root.pem, cert: pem, key: keyPem, postHandshakeAuth: true }
  const base = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }
  const peer = new ServerPeer(new SslContext({ ...base, ...own }), identityOf('p256'))
  peer.connect()
  const schemes = { supported_signature_algorithms: [0x0403] }
  const request = (context: number) =>
    encodeMessage(CertificateRequest, {
      certificate_request_context: Uint8Array.of(context),
      extensions: [writeExtension('CertificateRequest', 'signature_algorithms', schemes)],
    })
  peer.handshake(...Array.from({ length: 20 }, (_, i) => request(i)))
  connected(t, peer)
  const answers = peer.heard.filter(heard => heard.kind === 'message' && heard.raw[0] === 11)
  t.is(answers.length, 20)
  // Answered long ago, and not to be answered again.
  peer.handshake(request(3))
  t.like(peer.step(), { status: 'failed', error: { reason: 'INVALID_CONTEXT' } })
})
