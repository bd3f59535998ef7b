/** When a Certificate goes out compressed, to the byte, and what is made of OCSP responses once a flight is verified (RFC 8879 §4, RFC 6066 §8). */
import {
  Certificate,
  type CertificateCompression,
  type CompressedCertificate,
  encodeMessage,
} from '@biopair/handshake'
import { encode } from '@biopair/wire'
import test from 'ava'
import { chosen, external, offered } from '../support/conversations.ts'
import { converse } from '../support/converse.ts'
import { identityOf } from '../support/peer-identity.ts'

const { chain } = identityOf('p256')

/** Makes anything `length` bytes long, and remembers what it was. */
function keeping(length: (plain: number) => number): CertificateCompression {
  let kept = new Uint8Array(0)
  return {
    id: 0x4001,
    name: 'keeping',
    compress: plain => {
      kept = Uint8Array.from(plain)
      return new Uint8Array(length(plain.length)).fill(1)
    },
    decompress: () => kept,
  }
}

/** The certificate messages that a server says where both ends have a way to compress, and what the client saw. */
function shown(compression: CertificateCompression) {
  const said: { name: string; message: unknown }[] = []
  const both = { certificateCompression: [compression] }
  const { client } = converse({
    client: both,
    server: {
      ...both,
      edit: (name, message) => {
        if (/Certificate$/.test(name)) said.push({ name, message })
        return message
      },
    },
  })
  return {
    said,
    seen: client.connected && 'peerChain' in client.connected && client.connected.peerChain,
  }
}

test('8879 4: a Certificate goes out compressed where the message gets shorter by it, if only by a byte, and otherwise as it is', t => {
  const plain: Certificate = {
    certificate_request_context: new Uint8Array(0),
    certificate_list: chain.map(cert_data => ({ cert_data, extensions: [] })),
  }
  const whole = encodeMessage(Certificate, plain).length
  t.is(encode(Certificate.body, plain).length, whole - 4)
  // A CompressedCertificate has 4 bytes of header, 2 of algorithm, and 3 of each length.
  for (const [length, name] of [
    [0, 'Certificate'],
    [1, 'CompressedCertificate'],
    [whole - 13, 'CompressedCertificate'],
    [whole - 12, 'Certificate'],
    [whole - 11, 'Certificate'],
    [whole, 'Certificate'],
  ] as const) {
    const { said, seen } = shown(keeping(() => length))
    t.deepEqual(
      said.map(one => one.name),
      [name],
      `${length}`,
    )
    t.deepEqual(seen, chain)
    if (name === 'Certificate') continue
    t.like(said[0]?.message as CompressedCertificate, {
      algorithm: 0x4001,
      uncompressed_length: whole - 4,
    })
  }
})

test('8879 4: what comes out has the length that was announced, or else: bad_certificate', t => {
  const right = keeping(() => 1)
  for (const decompress of [
    (_: Uint8Array, length: number) => new Uint8Array(length - 1),
    (_: Uint8Array, length: number) => new Uint8Array(length + 1),
    () => new Uint8Array(0),
    () => [] as unknown as Uint8Array<ArrayBuffer>,
    () => undefined as unknown as Uint8Array<ArrayBuffer>,
    () => {
      throw new Error('not compressed')
    },
  ])
    t.throws(() => shown({ ...right, decompress }), {
      message: /^bad_certificate \(BAD_DECOMPRESSION, RFC 8879 4\)/,
    })
})

test('8879 4: the limit for a Certificate holds for what a compressed one announces, to the byte, before anything is decompressed', t => {
  const whole = chain.reduce((sum, one) => sum + 3 + one.length + 2, 4)
  for (const [maxCertificateMessage, taken] of [
    [whole, true],
    [whole - 1, false],
  ] as const) {
    let decompressed = 0
    const right = keeping(() => 1)
    const counting: CertificateCompression = {
      ...right,
      decompress: (bytes, length) => {
        decompressed++
        t.is(length, whole)
        return right.decompress(bytes, length)
      },
    }
    const both = { certificateCompression: [counting] }
    const run = () => converse({ client: { ...both, maxCertificateMessage }, server: both })
    if (taken) t.truthy(run().client.connected)
    else t.throws(run, { message: /^bad_certificate \(BAD_DECOMPRESSION/ })
    t.is(decompressed, taken ? 1 : 0)
  }
})

const response = Uint8Array.of(5, 6)
for (const [what, stapled] of Object.entries({
  'that came': response,
  'that did not come': undefined,
}))
  test(`6066 8: an OCSP response ${what} is judged once, behind the server's Finished: bad_certificate_status_response where it will not do`, t => {
    for (const will of [true, false]) {
      const judged: unknown[] = []
      const run = () =>
        converse({
          client: { requestOcsp: true },
          serverAnswers: { ocsp_request: () => stapled },
          clientAnswers: {
            ocsp_response: want => {
              judged.push(want.response)
              return will
            },
          },
        })
      if (will) t.truthy(run().client.connected)
      else
        t.throws(run, {
          message: /^bad_certificate_status_response \(INVALID_STATUS_RESPONSE, RFC 6066 8\)/,
        })
      t.deepEqual(judged, [stapled])
    }
  })

test('6066 8: nobody judges a response that was not asked for, or that a key stands in for; nobody staples one unasked', t => {
  const never = () => {
    throw new Error('nobody was to be asked')
  }
  const answers = {
    clientAnswers: { ocsp_response: never },
    serverAnswers: { ocsp_request: never },
  }
  t.truthy(converse(answers).client.connected)
  const psk = { psk: true }
  const keyed = converse({
    client: { ...psk, requestOcsp: true },
    server: psk,
    clientAnswers: { ...answers.clientAnswers, psk_offer: () => [offered(external)] },
    serverAnswers: {
      ...answers.serverAnswers,
      psk: () => chosen({ ...external, once: false }),
    },
  })
  t.like(keyed.client.connected, { authenticatedBy: 'psk' })
})

test('6066 8: an empty response is none, and leaves the extension out', t => {
  const said: Certificate[] = []
  converse({
    client: { requestOcsp: true, requestScts: true },
    server: {
      edit: (name, message) => {
        if (name === 'Certificate') said.push(message as Certificate)
        return message
      },
    },
    serverAnswers: { ocsp_request: () => new Uint8Array(0) },
  })
  t.deepEqual(
    said.map(({ certificate_list }) => certificate_list.map(({ extensions }) => extensions)),
    [chain.map(() => [])],
  )
})
