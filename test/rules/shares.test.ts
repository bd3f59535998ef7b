/** Shared secrets as they go into the key schedule: zeros that lead are kept, hybrids are put together in their order (field.md 23, 24). */
import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from 'node:crypto'
import { cipherSuites, concat, failed, type Random } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { readExtension, ServerHello } from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import test from 'ava'
import { ClientPeer, withExtension } from '../support/client-peer.ts'
import { deriveSecret, digest, stages } from '../support/key-schedule.ts'
import { connected } from '../support/refused.ts'
import { identity, keyPem, pem, root } from '../support/rule-ends.ts'
import { seeded } from '../support/seeded.ts'
import { ServerPeer } from '../support/server-peer.ts'

/** Private keys until one agrees on a secret with a zero in front: about 256 of them. */
function leadingZero(group: 'secp256r1' | 'x25519', ours: Uint8Array) {
  for (let i = 0; ; i++) {
    const seed = createHash('sha256').update(`share ${i}`).digest()
    const one = group === 'x25519' ? montgomery(seed, ours) : weierstrass(seed, ours)
    if (one.secret[0] === 0) return one
  }
}

function weierstrass(seed: Uint8Array, ours: Uint8Array) {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(seed)
  return {
    publicKey: new Uint8Array(ecdh.getPublicKey()),
    secret: new Uint8Array(ecdh.computeSecret(ours)),
  }
}

const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const spki = Buffer.from('302a300506032b656e032100', 'hex')

function montgomery(seed: Uint8Array, ours: Uint8Array) {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = createPublicKey({
    key: Buffer.concat([spki, ours]),
    format: 'der',
    type: 'spki',
  })
  const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return {
    publicKey: new Uint8Array(own.subarray(-32)),
    secret: new Uint8Array(diffieHellman({ privateKey, publicKey })),
  }
}

/** The lines of our end's key log. */
function secretsOf(log: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(log.map(line => [line.split(' ')[0], line.split(' ')[2]]))
}

const suite = cipherSuites.TLS_AES_128_GCM_SHA256
const common = (log: string[], group: string): ContextOptions => ({
  ciphers: suite.name,
  groups: [group],
  random: seeded('leading zeros'),
  keylog: line => log.push(line),
})
/** What the key log has to say after ServerHello: from the secret as it is, zeros and all. */
const expected = (secret: Uint8Array, messages: readonly Uint8Array[]) =>
  Buffer.from(
    deriveSecret(
      'sha256',
      stages('sha256', secret).handshake,
      's hs traffic',
      digest('sha256', ...messages),
    ),
  ).toString('hex')

for (const crypto of [nodeCrypto, noble])
  for (const group of ['secp256r1', 'x25519'] as const) {
    const row = nodeCrypto.groups[group]
    test(`rule 23: a secret of ${group} that begins with a zero byte is used whole by our client, over ${crypto.name}`, t => {
      const log: string[] = []
      const context = new SslContext({ crypto, ca: root.pem, ...common(log, group) })
      const peer = new ServerPeer(context, identity)
      peer.step()
      const shares = readExtension('ClientHello', 'key_share', peer.hello?.extensions ?? [])
      const ours = shares?.client_shares[0]?.key_exchange as Uint8Array
      const { publicKey, secret } = leadingZero(group, ours)
      t.is(secret.length, 32)
      const made = peer.serverHello(group).message
      peer.handshake(
        peer.say(ServerHello, {
          ...made,
          cipher_suite: suite.id,
          extensions: [
            ...made.extensions.filter(({ extension_type }) => extension_type !== 51),
            {
              extension_type: 51,
              extension_data: concat(
                Uint8Array.of(row.id >> 8, row.id & 0xff, 0, publicKey.length),
                publicKey,
              ),
            },
          ],
        }),
      )
      peer.takeHandshakeKeys(secret)
      const after = expected(secret, peer.transcript)
      peer.sendFlight()
      peer.step()
      connected(t, peer)
      t.is(secretsOf(log).SERVER_HANDSHAKE_TRAFFIC_SECRET, after)
    })
    test(`rule 23: a secret of ${group} that begins with a zero byte is used whole by our server, over ${crypto.name}`, t => {
      const run = (share: { publicKey: Uint8Array; secret: Uint8Array } | undefined) => {
        const log: string[] = []
        const context = new SslContext({ crypto, cert: pem, key: keyPem, ...common(log, group) })
        const peer = new ClientPeer(context, identity)
        const first = row.start()
        const key_exchange = new Uint8Array(share?.publicKey ?? first.publicKey)
        peer.shares.set(
          row.id,
          share
            ? {
                ...first,
                publicKey: key_exchange,
                finish: () => new Uint8Array(share.secret),
                wipe: () => {},
              }
            : first,
        )
        const hello = peer.clientHello()
        const entries = { client_shares: [{ group: row.id, key_exchange }] }
        peer.sendMadeHello(withExtension(hello, 'key_share', entries))
        peer.step()
        const answer = readExtension('ServerHello', 'key_share', peer.answer?.extensions ?? [])
        return { peer, log, ours: answer?.server_share.key_exchange as Uint8Array }
      }
      const { ours } = run(undefined)
      const share = leadingZero(group, ours)
      const { peer, log, ours: again } = run(share)
      // One seed, one share of ours: so that the other could be looked for.
      t.deepEqual(again, ours)
      t.is(
        secretsOf(log).SERVER_HANDSHAKE_TRAFFIC_SECRET,
        expected(share.secret, peer.transcript.slice(0, 2)),
      )
      peer.sendFinished()
      peer.step()
      connected(t, peer)
    })
  }

for (const provider of [nodeCrypto, noble])
  test(`rule 24: X25519MLKEM768 over ${provider.name} has ML-KEM first and X25519 behind it, in both shares and in the secret`, t => {
    const group = provider.groups.X25519MLKEM768
    const draws = new Map<string, Uint8Array>()
    const random =
      (who: string): Random =>
      (purpose, length) => {
        const bytes = seeded(who)(purpose, length)
        draws.set(`${who} ${length}`, bytes.slice())
        return bytes
      }
    const client = group.start(random('client'))
    const server = group.answer(client.publicKey, random('server'))
    if (failed(server)) return t.fail(server.why)
    t.deepEqual([client.publicKey.length, server.publicKey.length], [1184 + 32, 1088 + 32])
    t.is(server.secret.length, 32 + 32)
    t.deepEqual(client.finish(server.publicKey), server.secret)
    // X25519 by node:crypto, with the private keys that were drawn.
    const seed = draws.get('client 32') as Uint8Array
    const ecdh = montgomery(seed, server.publicKey.subarray(1088))
    t.deepEqual(ecdh.publicKey, client.publicKey.slice(1184))
    t.deepEqual(ecdh.secret, server.secret.slice(32))
    t.notDeepEqual(ecdh.secret, server.secret.slice(0, 32))
  })
