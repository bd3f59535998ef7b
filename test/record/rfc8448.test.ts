import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { cipherSuites, concat, hkdfExpandLabel, hkdfExtract } from '@biopair/crypto'
import {
  headerLength,
  parseHeader,
  RecordReader,
  RecordWriter,
  readProtection13,
  writeProtection13,
} from '@biopair/record'
import test from 'ava'
import { standIn } from './stand-in.ts'
import { drain, feed, hexOf } from './support.ts'

// From test/dist/record, where this runs.
const file = new URL('../../../../shared/data/rfc8448/transcripts.vec', import.meta.url)
const present = existsSync(file)
const suite = cipherSuites.TLS_AES_128_GCM_SHA256
const hash = standIn.hashes.sha256

if (present) {
  test('the records of RFC 8448 section 3, byte for byte: one round trip, data and alerts', t => {
    const { client, server, value, listed } = trace('Simple_1RTT_Handshake')
    const flight = server.handshake
    t.deepEqual(
      feed(flight.reader, value('Record_ServerHandshakeMessages')).map(({ content }) => content),
      [hexOf(listed)],
    )
    flight.writer.write('handshake', listed)
    t.is(hexOf(drain(flight.writer)), hexOf(value('Record_ServerHandshakeMessages')))

    const finished = feed(client.handshake.reader, value('Record_ClientFinished'))
    client.handshake.writer.write('handshake', bytes(finished[0]?.content ?? ''))
    t.is(hexOf(drain(client.handshake.writer)), hexOf(value('Record_ClientFinished')))

    const ticket = feed(server.application.reader, value('Record_NewSessionTicket'))
    t.is(ticket[0]?.type, 'handshake')
    server.application.writer.write('handshake', bytes(ticket[0]?.content ?? ''))
    t.is(hexOf(drain(server.application.writer)), hexOf(value('Record_NewSessionTicket')))

    for (const [side, who] of [
      [client, 'Client'],
      [server, 'Server'],
    ] as const) {
      const { reader, writer } = side.application
      writer.write('application_data', value(`${who}_AppData`))
      t.is(hexOf(drain(writer)), hexOf(value(`Record_${who}_AppData`)))
      writer.write('alert', Uint8Array.of(1, 0))
      t.is(hexOf(drain(writer)), hexOf(value(`Record_${who}_CloseNotify`)))
      t.deepEqual(feed(reader, value(`Record_${who}_AppData`)), [
        { type: 'application_data', content: hexOf(value(`${who}_AppData`)) },
      ])
      t.deepEqual(feed(reader, value(`Record_${who}_CloseNotify`)), [
        { type: 'alert', content: '0100' },
      ])
    }
  })

  for (const name of ['Client_Authentication_Handshake', 'Middlebox_Compatibility_Mode'])
    test(`the records of ${name}, byte for byte: flights, change_cipher_spec and alerts`, t => {
      const { client, server, value, listed } = trace(name)
      for (const [side, flight, who] of [
        [server, 'Record_ServerHandshakeMessages', 'Server'],
        [client, 'Record_ClientFinished', 'Client'],
      ] as const) {
        const sent = value(flight)
        const { reader, writer } = side.handshake
        reader.changeCipherSpec = 'drop'
        const seen = feed(reader, sent)
        t.is(seen.length, 1)
        if (parseHeader(sent).type === 20) writer.write('change_cipher_spec', Uint8Array.of(1))
        writer.write('handshake', bytes(seen[0]?.content ?? ''))
        t.is(hexOf(drain(writer)), hexOf(sent))
        // In the trace of compatibility mode the CertificateVerify is listed cut short.
        if (who === 'Server' && name === 'Client_Authentication_Handshake')
          t.is(seen[0]?.content, hexOf(listed))
      }
      for (const [side, who] of [
        [client, 'Client'],
        [server, 'Server'],
      ] as const) {
        side.application.writer.write('alert', Uint8Array.of(1, 0))
        t.is(hexOf(drain(side.application.writer)), hexOf(value(`Record_${who}_CloseNotify`)))
      }
    })
} else {
  test('the records of RFC 8448 (skipped: no ../shared/data/rfc8448)', t => {
    t.not(process.env.BIOPAIR_REQUIRE_DATA, '1')
    t.log('the traces are not part of this project')
  })
}

/** One trace: its values, and a reader and a writer for each traffic secret, which its messages and the client's draws give. */
function trace(name: string) {
  const lines = readFileSync(file, 'utf8').split('\n')
  const start = lines.indexOf(`[${name}]`)
  const end = lines.findIndex((line, i) => i > start && line.startsWith('['))
  const values = new Map(
    lines
      .slice(start + 1, end < 0 ? undefined : end)
      .map(line => line.split(' = '))
      .flatMap(([key, hex]) => (key !== undefined && hex !== undefined ? [[key, hex]] : [])) as [
      string,
      string,
    ][],
  )
  const value = (key: string) => bytes(values.get(key) ?? '')
  const content = (key: string) => {
    const record = value(key)
    return record.slice(headerLength, headerLength + parseHeader(record).length)
  }
  const clientHello = content('Record_ClientHello_1')
  const serverHello = content('Record_ServerHello')
  /** The server's flight as it is listed, message by message. */
  const listed = concat(
    ...[
      'EncryptedExtensions',
      'CertificateRequest',
      'Server_Certificate',
      'Server_CertificateVerify',
      'Server_Finished',
    ].map(message => value(`Message_${message}`)),
  )
  // The client's draws: 32 bytes of random, its legacy_session_id (its length stands behind message header, version and
  // random), its X25519 scalar.
  const drawn = 32 + (clientHello[4 + 2 + 32] ?? 0)
  const scalar = value('Client_RNG_Pool').slice(drawn, drawn + 32)
  const shared = x25519(scalar, keyShareOf(serverHello))
  const zeros = new Uint8Array(hash.length)
  const derived = (secret: Uint8Array, label: string, ...transcript: Uint8Array[]) =>
    hkdfExpandLabel(hash, hash.hmac(secret), label, hash.digest(...transcript), hash.length)
  const early = hkdfExtract(hash, undefined, zeros)
  const handshake = hkdfExtract(hash, derived(early, 'derived'), shared)
  const main = hkdfExtract(hash, derived(handshake, 'derived'), zeros)
  const hellos = [clientHello, serverHello]
  const { reader } = ends(derived(handshake, 's hs traffic', ...hellos))
  reader.changeCipherSpec = 'drop'
  const flight = bytes(feed(reader, value('Record_ServerHandshakeMessages'))[0]?.content ?? '')
  const side = (letter: 'c' | 's') => ({
    handshake: ends(derived(handshake, `${letter} hs traffic`, ...hellos)),
    application: ends(derived(main, `${letter} ap traffic`, ...hellos, flight)),
  })
  return { value, listed, client: side('c'), server: side('s') }
}

/** What seals and what opens under one secret. */
function ends(secret: Uint8Array<ArrayBuffer>) {
  const writer = new RecordWriter()
  writer.protect(writeProtection13({ suite, secret }, standIn))
  const reader = new RecordReader()
  reader.protect(readProtection13({ suite, secret }, standIn))
  return { reader, writer }
}

/** The X25519 share in a ServerHello: extension key_share, group 001d, 32 bytes. */
function keyShareOf(serverHello: Uint8Array): Uint8Array {
  const at = Buffer.from(serverHello).indexOf(Buffer.from('00330024001d0020', 'hex'))
  return serverHello.slice(at + 8, at + 40)
}

function x25519(scalar: Uint8Array, point: Uint8Array): Uint8Array {
  const key = { format: 'der' } as const
  return new Uint8Array(
    diffieHellman({
      privateKey: createPrivateKey({
        ...key,
        type: 'pkcs8',
        key: Buffer.concat([bytes('302e020100300506032b656e04220420'), scalar]),
      }),
      publicKey: createPublicKey({
        ...key,
        type: 'spki',
        key: Buffer.concat([bytes('302a300506032b656e032100'), point]),
      }),
    }),
  )
}

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex.trim(), 'hex'))
}
