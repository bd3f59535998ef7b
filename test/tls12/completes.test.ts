/** Property 7, *pumping always completes*, for TLS 1.2: any ring sizes, any fair order of steps, any cuts, either side older. */
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { MemorySessionCache, type Session, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { Dice } from '../support/dice.ts'
import { shake } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'
import { End, lay, type Rings, run } from '../support/schedule.ts'
import { anyRings } from '../support/session.ts'

const kinds = ['p256', 'ed25519', 'rsa'] as const
const older = { maxVersion: 'TLSv1.2' } as const
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const

const anySession = fc.record({
  kind: fc.constantFrom(...kinds),
  suite: fc.constantFrom('AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'),
  group: fc.constantFrom('x25519', 'secp256r1', 'secp384r1', 'secp521r1'),
  clientCertificate: fc.boolean(),
  versions: fc.constantFrom([older, older], [older, either], [either, older]),
  resume: fc.constantFrom(undefined, 'id', 'ticket'),
})

function completes(
  session: typeof anySession extends fc.Arbitrary<infer T> ? T : never,
  rings: Rings,
  seed: number,
) {
  const { kind, suite, group, clientCertificate, versions, resume } = session
  const { pem, keyPem, root } = chainFor(kind)
  const dice = new Dice(seed)
  const { near, far, between } = lay(rings, dice)
  const common = { crypto: nodeCrypto, groups: group, ca: root.pem }
  const ciphers = [
    'TLS_AES_128_GCM_SHA256',
    `TLS_ECDHE_${kind === 'rsa' ? 'RSA' : 'ECDSA'}_WITH_${suite}`,
  ]
  const clientContext = new SslContext({
    ...common,
    ...versions[0],
    ...{ ciphers },
    ...(clientCertificate ? { cert: pem, key: keyPem } : {}),
  })
  const serverContext = new SslContext({
    ...common,
    ...versions[1],
    ...{ cert: pem, key: keyPem, requestCert: clientCertificate },
    ...(resume === 'id' ? { sessionCache: new MemorySessionCache() } : {}),
  })
  const before = resume && sessionOf(clientContext, serverContext)
  const client = new Ssl(clientContext, { servername: 'server.example', session: before })
    .setBio(near)
    .setConnectState()
  const server = new Ssl(serverContext).setBio(far).setAcceptState()
  const most = Math.min(40_000, 300 * Math.min(...rings))
  const request = dice.bytes(dice.below(most))
  const response = dice.bytes(dice.below(most))
  const ends = [
    new End('client', client, near, request, dice),
    new End('server', server, far, response, dice),
  ] as const
  const stall = run([...ends, ...between], dice)
  if (stall) throw new Error(stall.text)
  for (const end of ends)
    if (end.lost) throw new Error(`${end.name}: ${end.lost.status}`, { cause: end.lost.error })
  same('version', `${client.version} ${server.version}`, 'TLSv1.2 TLSv1.2')
  same('suite', client.cipher, server.cipher)
  same('resumed', `${client.resumed} ${server.resumed}`, resume ? 'true true' : 'false false')
  const agreed = resume ? undefined : group
  same('group', `${client.group} ${server.group}`, `${agreed} ${agreed}`)
  same('client believed', server.authorized, clientCertificate)
  same('server believed', client.authorized, true)
  same('request', Buffer.compare(ends[1].received, request), 0)
  same('response', Buffer.compare(ends[0].received, response), 0)
  same(
    'exporter',
    Buffer.compare(
      client.exportKeyingMaterial(32, 'EXPORTER-x'),
      server.exportKeyingMaterial(32, 'EXPORTER-x'),
    ),
    0,
  )
}

/** The session that an undisturbed handshake leaves. */
function sessionOf(clientContext: SslContext, serverContext: SslContext): Session {
  const [near, far] = bioPair()
  const client = new Ssl(clientContext, { servername: 'server.example' }).setBio(near)
  const server = new Ssl(serverContext).setBio(far)
  shake({ client: client.setConnectState(), server: server.setAcceptState() })
  if (!client.session) throw new Error('no session')
  return client.session
}

function same<T>(what: string, got: T, expected: T): void {
  if (got !== expected) throw new Error(`${what}: expected ${expected}, got ${got}`)
}

test('with any rings, any fair order of steps and any cuts, 60 sessions of TLS 1.2 complete and carry their data whole', t => {
  fc.assert(
    fc.property(anySession, anyRings, fc.nat(), (session, rings, seed) =>
      completes(session, rings, seed),
    ),
    { numRuns: 60 },
  )
  t.pass()
})

for (const size of [1, 2, 5, 6, 100, 256, 17_408])
  test(`TLS 1.2 completes over rings of ${size} bytes`, t => {
    for (const clientCertificate of [false, true])
      for (const resume of [undefined, 'id', 'ticket'] as const)
        completes(
          {
            ...{ kind: 'p256', suite: 'AES_128_GCM_SHA256', group: 'x25519', clientCertificate },
            ...{ versions: [older, older], resume },
          },
          [size, size],
          1,
        )
    t.pass()
  })
