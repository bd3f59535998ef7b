/** Differences planted into a copy of our server: the oracle names the first one, and where in it they begin; none hides behind another. */
import { bioPair } from '@biopair/bio'
import type { Bytes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { EncryptedExtensions } from '@biopair/handshake'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import { type Editor, edited, KeyLog, Middle } from '@biopair/testkit/middle'
import {
  type Account,
  type ClientSchedule,
  type Contender,
  compare,
  differenceLine,
  intended,
  nearlyHellos,
  ourServer,
  refusalsOf,
  run,
  type Schedule,
} from '@biopair/testkit/oracle'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { seeded } from '../support/seeded.ts'

const { pem: cert, keyPem: key, root } = chainFor('p256')
const options = { cert, key, protocols: ['h2', 'http/1.1'], minVersion: 'TLSv1.2' as const }

/** Our server, and between it and its carrier somebody who says other things than it. */
function planted(edit: Editor, more: ContextOptions = {}): Contender {
  return {
    name: 'planted',
    stop() {},
    async connect() {
      const keys = new KeyLog()
      const middle = new Middle({ keys, edit, crypto: nodeCrypto })
      const server = ourServer(options, { crypto: nodeCrypto, ...more, keylog: keys.take })
      const line = await server.connect()
      return {
        write: bytes => line.write(middle.pass('client', bytes)),
        end: () => line.end(),
        close: () => line.close(),
        read: async () => {
          const came = await line.read()
          const bytes = middle.pass('server', typeof came === 'string' ? new Uint8Array(0) : came)
          return bytes.length > 0 || typeof came !== 'string' ? bytes : came
        },
      }
    },
  }
}

const client = (more: ContextOptions = {}) => ({
  crypto: nodeCrypto,
  random: seeded('planted'),
  ca: root.pem,
  groups: ['x25519', 'secp256r1'],
  ALPNProtocols: ['h2', 'http/1.1'],
  ...more,
})

const talk = (more: Partial<ClientSchedule> = {}): ClientSchedule => ({
  client: () => client(),
  servername: 'server.example',
  steps: ['hello\n', 'key update', 'again\n'],
  ...more,
})

async function told(schedule: Schedule, edit: Editor): Promise<string[]> {
  const theirs = await run(schedule, planted(edit))
  const ours = await run(
    schedule,
    planted(() => undefined),
  )
  return compare('planted', 'a talk', theirs, ours, intended).unexplained.map(differenceLine)
}

/** One byte of a message of the server is another. */
const spoilt =
  (message: string, at: number): Editor =>
  seen =>
    seen.from === 'server' && seen.message === message
      ? seen.bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
      : undefined

function hello(change: string): Bytes {
  const [near, far] = bioPair()
  new Ssl(new SslContext(client({ minVersion: 'TLSv1.2' })), { servername: 'server.example' })
    .setBio(near)
    .setConnectState()
    .doHandshake()
  const into = new Uint8Array(10_000)
  for (const made of nearlyHellos(into.slice(0, far.read(into) as number), seeded('1')))
    if (made.change === change) return made.bytes
  throw new Error(change)
}

test('a server that is ours says what ours says', async t => {
  t.deepEqual(await told(talk(), () => undefined), [])
  t.deepEqual(
    await told(talk({ client: () => client({ maxVersion: 'TLSv1.2' }) }), () => undefined),
    [],
  )
})

test('planted: another alert', async t => {
  const lines = await told({ hello: hello('sigalgs: gone') }, ({ type, bytes }) =>
    type === 'alert' ? Uint8Array.of(bytes[0] ?? 0, 47) : undefined,
  )
  t.deepEqual(lines, [
    'a talk, answer: planted alert illegal_parameter, biopair alert missing_extension (from letter 6)',
  ])
})

test('planted: an alert as a warning, which ends nothing', async t => {
  const [first] = await told({ hello: hello('sigalgs: gone') }, ({ type, bytes }) =>
    type === 'alert' ? Uint8Array.of(1, bytes[1] ?? 0) : undefined,
  )
  t.is(first, 'a talk, answer: planted end, biopair alert missing_extension (from letter 0)')
})

test('planted: an extension is missing in EncryptedExtensions, which is told first, and what comes of it behind', async t => {
  const lines = await told(talk(), seen =>
    edited(seen, EncryptedExtensions, said => ({
      extensions: said.extensions.filter(({ extension_type }) => extension_type !== 16),
    })),
  )
  t.is(
    lines[0],
    'a talk, encrypted extensions: planted record_size_limit server_name, biopair application_layer_protocol_negotiation record_size_limit server_name (from letter 0)',
  )
  t.is(lines[1], 'a talk, alpn: planted none, biopair h2 (from letter 0)')
  t.true(
    lines.some(line => line.startsWith('a talk, client: planted sent decrypt_error, biopair ')),
  )
})

test('planted: a byte of an extension, of a certificate and of a KeyUpdate is another', async t => {
  const [limit] = await told(talk(), seen =>
    edited(seen, EncryptedExtensions, said => ({
      extensions: said.extensions.map(each =>
        each.extension_type === 28 ? { ...each, extension_data: Uint8Array.of(0x40, 2) } : each,
      ),
    })),
  )
  t.is(
    limit,
    'a talk, encrypted extension record_size_limit: planted bytes 4002, biopair bytes 4001 (from byte 1)',
  )
  const [certificate] = await told(talk(), spoilt('Certificate', 104))
  // Without the header of 4 bytes.
  t.regex(certificate ?? '', /^a talk, certificate: .* \(from byte 100\)$/)
  const [update] = await told(talk(), spoilt('KeyUpdate', 4))
  t.regex(
    update ?? '',
    /^a talk, messages: planted KeyUpdate\(update_requested\) .* biopair KeyUpdate\(update_not_requested\) /,
  )
})

test('planted: what follows a HelloRetryRequest, and TLS 1.2 in the clear, is compared too', async t => {
  const asked = talk({
    client: () => client({ groups: ['secp384r1', 'x25519'], keyShares: [] }),
  })
  const [retried] = await told(asked, spoilt('ServerHello', 5))
  t.is(retried, 'a talk, legacy_version: planted 0x0302, biopair 0x0303 (from letter 5)')
  const older = { hello: hello('versions: gone') }
  const [scheme, ...more] = await told(older, seen => {
    if (seen.message !== 'ServerKeyExchange') return undefined
    const at = 4 + 4 + (seen.bytes[7] ?? 0)
    return seen.bytes.map((byte, i) => (i === at ? 5 : byte))
  })
  t.is(
    scheme,
    'a talk, signature: planted ecdsa_secp384r1_sha384, biopair ecdsa_secp256r1_sha256 (from letter 10)',
  )
  t.deepEqual(more, [])
})

const account = (facts: Readonly<Record<string, string>>): Account => new Map(Object.entries(facts))
const explained = (change: string, theirs: string, ours: string) =>
  compare('openssl', change, account({ answer: theirs }), account({ answer: ours }), intended)

test('a reset is not an end, nor an alert', t => {
  const [news] = explained('nothing', 'reset', 'end').unexplained
  t.is(news?.theirs, 'reset')
  t.is(explained('sigalgs: gone', 'reset', 'alert missing_extension').unexplained.length, 1)
})

test('another order of checks explains two faults alone, and only what one of them draws', t => {
  const two = 'alpn: none that is known + sigalgs: gone'
  const [alpn, gone] = ['alert no_application_protocol', 'alert missing_extension']
  t.deepEqual(refusalsOf(two), [alpn, gone])
  t.deepEqual(explained(two, alpn, gone).met, ['the order of checks'])
  t.is(explained(two, alpn, 'alert decode_error').unexplained.length, 1)
  t.is(explained(two, 'alert internal_error', gone).unexplained.length, 1)
  t.deepEqual(explained('a byte changed', 'alert illegal_parameter', gone).met, [
    'the order of checks',
  ])
  t.is(explained(two, 'end', gone).unexplained.length, 1)
  // Who refuses an order of extensions that is allowed is news, whatever it draws beside a psk.
  const reordered = 'extensions: another order'
  for (const theirs of ['ServerHello', 'alert decode_error'])
    t.is(explained(reordered, theirs, 'alert illegal_parameter').unexplained.length, 1)
  t.is(
    explained('a byte changed', 'alert decode_error', 'alert handshake_failure').unexplained.length,
    1,
  )
})

test('facts are told in the order in which they were said, whoever said them', t => {
  const theirs = account({ answer: 'ServerHello', suite: '1', certificate: 'bytes 0102', end: 'x' })
  const ours = account({ answer: 'ServerHello', end: 'y' })
  const { unexplained } = compare('other', 'c', theirs, ours, [])
  t.deepEqual(
    unexplained.map(({ fact }) => fact),
    ['suite', 'certificate', 'end'],
  )
})
