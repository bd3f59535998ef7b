/** Keys, header protection and the Retry tag against appendix A of RFC 9001 and of RFC 9369. */
import { type CryptoProvider, cipherSuites, concat } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  headerMask,
  initialSecrets,
  nextSecret,
  type PacketKeys,
  packetKeys,
  type QuicVersion,
  retryIntegrityTag,
} from '@biopair/ssl/quic'
import test from 'ava'
import fc from 'fast-check'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const shown = ({ key, iv, hp }: PacketKeys) => [text(key), text(iv), text(hp)]

const cid = hex('8394c8f03e515708')
const clientHello = hex(`
  060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c000004130113
  02010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d00170018001000070005
  04616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce1
  5d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c0002400100
  3900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806
  048000ffff`)
const serverHello = hex(`
  02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200
  130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00
  020304`)
const appSecret = hex('9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b')

interface Vectors {
  readonly rfc: string
  readonly secrets: readonly [client: string, server: string]
  readonly client: readonly string[]
  readonly server: readonly string[]
  /** The header before and after, the sample, and the tag of the whole. */
  readonly clientInitial: readonly [plain: string, hidden: string, sample: string, tag: string]
  readonly serverHeader: string
  readonly serverInitial: string
  readonly retry: string
  readonly app: readonly string[]
  readonly next: string
  readonly short: string
}

const vectors: Readonly<Record<QuicVersion, Vectors>> = {
  1: {
    rfc: 'RFC 9001',
    secrets: [
      'c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea',
      '3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b',
    ],
    client: [
      '1f369613dd76d5467730efcbe3b1a22d',
      'fa044b2f42a3fd3b46fb255c',
      '9f50449e04a0e810283a1e9933adedd2',
    ],
    server: [
      'cf3a5331653c364c88f0f379b6067e37',
      '0ac1493ca1905853b0bba03e',
      'c206b8d9b9f0f37644430b490eeaa314',
    ],
    clientInitial: [
      'c300000001088394c8f03e5157080000449e00000002',
      'c000000001088394c8f03e5157080000449e7b9aec34',
      'd1b1c98dd7689fb8ec11d242b123dc9b',
      'e221af44860018ab0856972e194cd934',
    ],
    serverHeader: 'c1000000010008f067a5502a4262b50040750001',
    serverInitial: `
      cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb3
      8cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84
      022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee`,
    retry: 'ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba',
    app: [
      'c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8',
      'e0459b3474bdd0e44a41c144',
      '25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4',
    ],
    next: '1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9',
    short: '4cfe4189655e5cd55c41f69080575d7999c25a5bfb',
  },
  2: {
    rfc: 'RFC 9369',
    secrets: [
      '14ec9d6eb9fd7af83bf5a668bc17a7e283766aade7ecd0891f70f9ff7f4bf47b',
      '0263db1782731bf4588e7e4d93b7463907cb8cd8200b5da55a8bd488eafc37c1',
    ],
    client: [
      '8b1a0bc121284290a29e0971b5cd045d',
      '91f73e2351d8fa91660e909f',
      '45b95e15235d6f45a6b19cbcb0294ba9',
    ],
    server: [
      '82db637861d55e1d011f19ea71d5d2a7',
      'dd13c276499c0249d3310652',
      'edf6d05c83121201b436e16877593c3a',
    ],
    clientInitial: [
      'd36b3343cf088394c8f03e5157080000449e00000002',
      'd76b3343cf088394c8f03e5157080000449ea0c95e82',
      'ffe67b6abcdb4298b485dd04de806071',
      'a18b2faa745b6fe189cf772a9f84cbfc',
    ],
    serverHeader: 'd16b3343cf0008f067a5502a4262b50040750001',
    serverInitial: `
      dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf872630
      17915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2
      c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140`,
    retry: 'cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6',
    app: [
      '3bfcddd72bcf02541d7fa0dd1f5f9eeea817e09a6963a0e6c7df0f9a1bab90f2',
      'a6b5bc6ab7dafce30ffff5dd',
      'd659760d2ba434a226fd37b35c69e2da8211d10c4f12538787d65645d5d1b8e2',
    ],
    next: 'c69374c49e3d2a9466fa689e49d476db5d0dfbc87d32ceeaa6343fd0ae4c7d88',
    short: '5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba',
  },
}

/** A packet as QUIC protects it: sealed, then its header hidden (RFC 9001 §5.3, §5.4). */
function protect(
  crypto: CryptoProvider,
  name: keyof typeof cipherSuites,
  { key, iv, hp }: PacketKeys,
  header: Uint8Array,
  number: number,
  payload: Uint8Array,
): Uint8Array {
  const suite = cipherSuites[name]
  const nonce = iv.slice()
  const tail = new DataView(nonce.buffer, 4)
  tail.setUint32(4, tail.getUint32(4) ^ number)
  const sealed = new Uint8Array(payload.length + 16)
  const work = new Uint8Array((sealed.length + 3) & ~3)
  work.set(payload)
  crypto.aeads[suite.aead].key(key).seal(nonce, header, work, payload.length, sealed)
  const packet = concat(header, sealed)
  const first = header[0] as number
  const length = (first & 3) + 1
  const at = header.length - length
  const mask = headerMask(crypto, suite, hp, packet.subarray(at + 4, at + 20))
  packet[0] = first ^ ((mask[0] as number) & (first & 0x80 ? 0x0f : 0x1f))
  for (let i = 0; i < length; i++)
    packet[at + i] = (packet[at + i] as number) ^ (mask[i + 1] as number)
  return packet
}

for (const crypto of [nodeCrypto, noble])
  for (const version of [1, 2] as const) {
    const expected = vectors[version]
    const title = `${expected.rfc} appendix A over ${crypto.name}`
    const { client, server } = initialSecrets(crypto, cid, version)
    const app = { suite: cipherSuites.TLS_CHACHA20_POLY1305_SHA256, secret: appSecret }

    test(`${title}: initial secrets and their keys`, t => {
      t.deepEqual(
        [client, server].map(({ secret }) => text(secret)),
        [...expected.secrets],
      )
      t.deepEqual(shown(packetKeys(crypto, client, version)), [...expected.client])
      t.deepEqual(shown(packetKeys(crypto, server, version)), [...expected.server])
      t.is(client.suite.name, 'TLS_AES_128_GCM_SHA256')
    })

    test(`${title}: the client's Initial packet`, t => {
      const [plain, hidden, sample, tag] = expected.clientInitial
      const payload = concat(clientHello, new Uint8Array(1162 - clientHello.length))
      const keys = packetKeys(crypto, client, version)
      const name = 'TLS_AES_128_GCM_SHA256'
      const packet = protect(crypto, name, keys, hex(plain), 2, payload)
      t.is(text(packet.subarray(0, 22)), hidden)
      t.is(text(packet.subarray(22, 38)), sample)
      t.is(text(packet.subarray(-16)), tag)
      t.is(packet.length, 1200)
    })

    test(`${title}: the server's Initial packet`, t => {
      const keys = packetKeys(crypto, server, version)
      const header = hex(expected.serverHeader)
      const packet = protect(crypto, 'TLS_AES_128_GCM_SHA256', keys, header, 1, serverHello)
      t.deepEqual(packet, hex(expected.serverInitial))
    })

    test(`${title}: the Retry packet`, t => {
      const packet = hex(expected.retry)
      const tag = retryIntegrityTag(crypto, cid, packet.subarray(0, -16), version)
      t.is(text(tag), text(packet.subarray(-16)))
    })

    test(`${title}: a ChaCha20-Poly1305 packet, and the secret of the next key phase`, t => {
      const keys = packetKeys(crypto, app, version)
      t.deepEqual(shown(keys), [...expected.app])
      t.is(text(nextSecret(crypto, app, version).secret), expected.next)
      const name = 'TLS_CHACHA20_POLY1305_SHA256'
      const packet = protect(crypto, name, keys, hex('4200bff4'), 654360564, Uint8Array.of(1))
      t.is(text(packet), expected.short)
    })
  }

test('the mask of a sample is the same with every provider, the last block counter included', t => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const samples = fc.oneof(
    bytes(16),
    bytes(12).map(nonce => concat(hex('ffffffff'), nonce)),
    bytes(12).map(nonce => concat(hex('feffffff'), nonce)),
  )
  for (const suite of Object.values(cipherSuites)) {
    const { keyLength } = noble.aeads[suite.aead]
    fc.assert(
      fc.property(bytes(keyLength), samples, (key, sample) => {
        const [one, other] = [nodeCrypto, noble].map(crypto =>
          headerMask(crypto, suite, key, sample),
        )
        t.is(one?.length, 5)
        t.deepEqual(one, other)
      }),
      { numRuns: 50 },
    )
  }
  // RFC 9001 A.2 and A.3.
  for (const crypto of [nodeCrypto, noble])
    for (const [hp, sample, mask] of [
      [vectors[1].client[2], vectors[1].clientInitial[2], '437b9aec36'],
      [vectors[1].server[2], '2cd0991cd25b0aac406a5816b6394100', '2ec0d8356a'],
    ] as const)
      t.is(
        text(headerMask(crypto, cipherSuites.TLS_AES_128_GCM_SHA256, hex(hp ?? ''), hex(sample))),
        mask,
      )
  // A view into a longer array, at an odd place.
  const odd = hex('00 5e5cd55c41f69080575d7999c25a5bfb 00').subarray(1, 17)
  const key = hex(vectors[1].app[2] as string)
  for (const crypto of [nodeCrypto, noble])
    t.is(
      text(headerMask(crypto, cipherSuites.TLS_CHACHA20_POLY1305_SHA256, key, odd)),
      'aefefe7d03',
    )
})

test('what is no version, no sample or no connection ID is a TypeError, and so is a mask that the provider has not', t => {
  const misused = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE' }
  t.throws(() => initialSecrets(noble, cid, 3 as QuicVersion), misused)
  t.throws(() => retryIntegrityTag(noble, new Uint8Array(21), cid), misused)
  const suite = cipherSuites.TLS_AES_128_GCM_SHA256
  t.throws(() => headerMask(noble, suite, new Uint8Array(16), new Uint8Array(15)), misused)
  const sample = new Uint8Array(16)
  t.throws(() => headerMask({}, suite, sample, sample), misused)
})
