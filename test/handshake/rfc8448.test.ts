/** The published handshakes, byte for byte, as either end and with both providers. */
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  ClientHello,
  EncryptedExtensions,
  extensionTypes,
  ServerHello,
} from '@biopair/handshake'
import type { SessionCache, Ssl } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { Recording, type Replay, replayClient, replayServer } from '../support/replay.ts'
import { type Transcript, transcripts } from '../support/transcripts.ts'

/** The resumption of the first handshake's session, with early data. */
const resumption = 'Resumed_0RTT_Handshake'

/**
 * What RFC 8448 section 4 prints, where the data has something else: there the server leaves server_name out of its EncryptedExtensions, and its record is sealed
 * anew, while both Finished are the RFC's and cover it.
 */
const printed: Readonly<Record<string, string>> = {
  Message_EncryptedExtensions:
    '080000280026000a00140012001d00170018001901000101010201030104001c0002400100000000002a0000',
  Record_ServerHandshakeMessages: [
    '1703030061dc48237b4b879f50d0d4d262ea8b4716eb40ddc1eb957e11126e8a7149c2d012d37a71',
    '15957e64ce30008b9e0323f2c05a9c1c77b4f37849a695ab255060a33fee770ca95cb8486bfd0843',
    'b87024865ca35cc41c4e515c64dcb1369f98635bc7a5',
  ].join(''),
}

const recordings = transcripts()?.map(transcript => new Recording(asPrinted(transcript)))
const providers = [nodeCrypto, noble]

/** The full handshakes. */
const plain = [
  'Simple_1RTT_Handshake',
  'HelloRetryRequest_Handshake',
  'Client_Authentication_Handshake',
  'Middlebox_Compatibility_Mode',
  'Externally_Provided_PSK_with_Ephemeral_Key',
  'RawPublicKey_With_Client_Authentication',
]

if (recordings) {
  for (const recording of recordings) {
    const { section } = recording
    if (plain.includes(section)) {
      for (const crypto of providers) {
        test(`${section}: our client says what the recorded client said (${crypto.name})`, t =>
          asClient(t, recording, crypto))
        test(`${section}: our server says what the recorded server said (${crypto.name})`, t =>
          asServer(t, recording, crypto))
      }
      continue
    }
    const first = recordings.find(one => one.section === plain[0]) as Recording
    for (const crypto of providers) {
      test(`${section}: our client goes on with the session of ${plain[0]}, and sends early data and says what the recorded client said (${crypto.name})`, t =>
        resumesAsClient(t, first, recording, crypto))
      test(`${section}: our server goes on with it, takes the early data, and says what the recorded server said (${crypto.name})`, t =>
        resumesAsServer(t, first, recording, crypto))
    }
  }
  test('every recorded handshake is replayed', t => {
    t.deepEqual(recordings.map(({ section }) => section).sort(), [...plain, resumption].sort())
  })
} else {
  test('the handshakes of RFC 8448 (skipped: no ../shared/data)', t => {
    t.not(process.env.BIOPAIR_REQUIRE_DATA, '1')
    t.log('the traces are not part of this project')
  })
}

function asPrinted({ section, entries }: Transcript): Transcript {
  if (section !== resumption) return { section, entries }
  const right = ({ name, bytes }: Transcript['entries'][number]) => {
    const other = printed[name]
    return { name, bytes: other === undefined ? bytes : new Uint8Array(Buffer.from(other, 'hex')) }
  }
  return { section, entries: entries.map(right) }
}

/** The ClientHello: ticket, age and binder come of the first handshake and the time that has passed since. */
function resumesAsClient(
  t: ExecutionContext,
  first: Recording,
  recording: Recording,
  crypto: typeof noble,
): void {
  const { session } = asClient(t, first, crypto)
  const replay = replayClient(recording, crypto, undefined, session)
  const { end, pool } = replay
  const early = recording.bytes('Client_EarlyAppData')
  t.deepEqual(end.ssl.writeEarly(early), { status: 'done', bytes: early.length })
  t.is(
    end.written(),
    hex(recording.bytes('Record_ClientHello_1')) +
      hex(recording.bytes('Record_Client_EarlyAppData')),
  )
  t.is(end.ssl.earlyData, 'offered')
  end.feed(recording.bytes('Record_ServerHello'))
  end.feed(recording.bytes('Record_ServerHandshakeMessages'))
  t.deepEqual(end.ssl.doHandshake(), { status: 'done' })
  t.is(end.ssl.earlyData, 'accepted')
  t.is(end.ssl.rejectedEarlyData(), undefined)
  t.is(end.written(), hex(recording.bytes('Record_ClientFinished')))
  exchange(t, replay, recording, 'Client', 'Server')
  t.is(end.read(), 'closed')
  t.is(pool.left, 0)
}

/** ServerHello to Finished: the key schedule begins with the PSK of the ticket, which our server finds in its cache. */
function resumesAsServer(
  t: ExecutionContext,
  first: Recording,
  recording: Recording,
  crypto: typeof noble,
): void {
  const kept = new Map<string, Uint8Array>()
  asServer(t, first, crypto, kept, 1024)
  const [state] = kept.values()
  const replay = replayServer(recording, crypto, nobody, {
    extensions: recording.message('Message_EncryptedExtensions', EncryptedExtensions).extensions,
    sessionCache: new Map([[hex(recording.bytes('SessionTicket')), state as Uint8Array]]),
    maxEarlyData: 1024,
  })
  const { end, pool } = replay
  end.feed(recording.bytes('Record_ClientHello_1'))
  t.is(end.ssl.doHandshake().status, 'want_read')
  t.is(
    end.written(),
    hex(recording.bytes('Record_ServerHello')) +
      hex(recording.bytes('Record_ServerHandshakeMessages')),
  )
  t.true(end.ssl.resumed)
  end.feed(recording.bytes('Record_Client_EarlyAppData'))
  const into = new Uint8Array(100)
  const early = recording.bytes('Client_EarlyAppData')
  t.deepEqual(end.ssl.readEarly(into), { status: 'done', bytes: early.length })
  t.deepEqual(into.subarray(0, early.length), early)
  t.is(end.ssl.readEarly(into).status, 'want_read')
  end.feed(recording.bytes('Record_ClientFinished'))
  t.deepEqual(end.ssl.readEarly(into), { status: 'end' })
  t.deepEqual(end.ssl.doHandshake(), { status: 'done' })
  t.is(end.ssl.earlyData, 'accepted')
  exchange(t, replay, recording, 'Server', 'Client')
  t.is(end.read(), 'closed')
  t.is(pool.left, 0)
}

const nobody = { chain: [], scheme: 'rsa_pss_rsae_sha256' } as const

function asClient(t: ExecutionContext, recording: Recording, crypto: typeof noble): Ssl {
  const authenticates = recording.has('Client_MessageSignature')
  const replay = replayClient(
    recording,
    crypto,
    authenticates
      ? isRaw(recording)
        ? { chain: [rawKey()], scheme: 'ecdsa_secp256r1_sha256', type: 'rpk' }
        : { chain: [certificate('client_certificate.pem')], scheme: 'rsa_pss_rsae_sha256' }
      : undefined,
  )
  const { end, pool } = replay
  t.is(end.ssl.doHandshake().status, 'want_read')
  t.is(end.written(), hex(recording.bytes('Record_ClientHello_1')))
  if (recording.has('Record_HelloRetryRequest')) {
    end.feed(recording.bytes('Record_HelloRetryRequest'))
    t.is(end.ssl.doHandshake().status, 'want_read')
    t.is(end.written(), hex(recording.bytes('Record_ClientHello_2')))
  }
  end.feed(recording.bytes('Record_ServerHello'))
  end.feed(recording.bytes('Record_ServerHandshakeMessages'))
  t.deepEqual(end.ssl.doHandshake(), { status: 'done' })
  t.is(end.written(), hex(recording.bytes('Record_ClientFinished')))
  end.feed(recording.records('Record_NewSessionTicket'))
  exchange(t, replay, recording, 'Client', 'Server')
  if (recording.has('SessionTicket')) t.is(hex(end.ssl.session?.ticket), ticketOf(recording).hex)
  t.is(end.read(), 'closed')
  t.deepEqual(pool.purposes, [
    'client hello random',
    ...(end.ssl.context.options.middleboxCompat ? ['legacy_session_id'] : []),
    'x25519 key',
    ...(end.ssl.retried ? ['secp256r1 key'] : []),
  ])
  t.is(pool.left, 0)
  signedAsRecorded(t, replay, recording, 'Client')
  return end.ssl
}

function asServer(
  t: ExecutionContext,
  recording: Recording,
  crypto: typeof noble,
  sessionCache?: SessionCache,
  maxEarlyData = 0,
): void {
  const requested = recording.has('Message_CertificateRequest')
  const ticket = recording.has('SessionTicket') ? ticketOf(recording) : undefined
  const entry = recording.has('Message_Server_Certificate')
    ? recording.message('Message_Server_Certificate', Certificate).certificate_list[0]
    : undefined
  const replay = replayServer(
    recording,
    crypto,
    {
      chain: [entry?.cert_data ?? new Uint8Array(0)],
      scheme: requested ? 'ecdsa_secp256r1_sha256' : 'rsa_pss_rsae_sha256',
      type: isRaw(recording) ? 'rpk' : 'x509',
    },
    {
      extensions: recording.message('Message_EncryptedExtensions', EncryptedExtensions).extensions,
      ...(requested
        ? {
            requestExtensions: recording.message('Message_CertificateRequest', CertificateRequest)
              .extensions,
          }
        : {}),
      ...(ticket ? { ticket } : {}),
      ...(sessionCache ? { sessionCache } : {}),
      maxEarlyData,
      ...(recording.has('Record_HelloRetryRequest')
        ? { retry: recording.inRecord('Record_HelloRetryRequest', ServerHello) }
        : {}),
    },
  )
  const { end, pool } = replay
  end.feed(recording.bytes('Record_ClientHello_1'))
  t.is(end.ssl.doHandshake().status, 'want_read')
  if (recording.has('Record_HelloRetryRequest')) {
    t.is(end.written(), hex(recording.bytes('Record_HelloRetryRequest')))
    end.feed(recording.bytes('Record_ClientHello_2'))
    t.is(end.ssl.doHandshake().status, 'want_read')
  }
  t.is(
    end.written(),
    hex(recording.bytes('Record_ServerHello')) +
      hex(recording.bytes('Record_ServerHandshakeMessages')),
  )
  end.feed(recording.bytes('Record_ClientFinished'))
  t.deepEqual(end.ssl.doHandshake(), { status: 'done' })
  t.is(end.written(), hex(recording.records('Record_NewSessionTicket')))
  exchange(t, replay, recording, 'Server', 'Client')
  t.is(end.read(), 'closed')
  t.deepEqual(pool.purposes, [
    'server hello random',
    `${end.ssl.group} key`,
    ...(ticket ? ['ticket_age_add'] : []),
  ])
  t.is(pool.left, 0)
  signedAsRecorded(t, replay, recording, 'Server')
}

/** Application data both ways, then close_notify both ways. */
function exchange(
  t: ExecutionContext,
  { end }: Replay,
  recording: Recording,
  ours: 'Client' | 'Server',
  theirs: 'Client' | 'Server',
): void {
  if (recording.has(`${ours}_AppData`)) {
    const data = recording.bytes(`${ours}_AppData`)
    t.deepEqual(end.ssl.write(data), { status: 'done', bytes: data.length })
    t.is(end.written(), hex(recording.bytes(`Record_${ours}_AppData`)))
    end.feed(recording.bytes(`Record_${theirs}_AppData`))
    t.is(end.read(), hex(recording.bytes(`${theirs}_AppData`)))
  }
  t.is(end.ssl.shutdown().status, 'sent')
  t.is(end.written(), hex(recording.bytes(`Record_${ours}_CloseNotify`)))
  end.feed(recording.bytes(`Record_${theirs}_CloseNotify`))
}

/** What was signed is what the trace says; where it says nothing, nothing was. */
function signedAsRecorded(
  t: ExecutionContext,
  { signed }: Replay,
  recording: Recording,
  who: 'Client' | 'Server',
): void {
  const name = `${who}_MessageToSign`
  t.deepEqual(signed.map(hex), recording.has(name) ? [hex(recording.bytes(name))] : [])
}

/** The ticket; in RFC 8448 section 3 it comes with early_data for 1024 bytes. */
function ticketOf(recording: Recording) {
  const ticket = recording.bytes('SessionTicket')
  const early_data = Uint8Array.of(0, 0, 4, 0)
  return {
    hex: hex(ticket),
    ticket,
    extensions: [{ extension_type: extensionTypes.early_data, extension_data: early_data }],
  }
}

/** Whether raw public keys take the place of certificates, in both directions. */
function isRaw(recording: Recording): boolean {
  const { extensions = [] } = recording.inRecord('Record_ClientHello_1', ClientHello)
  return extensions.some(
    ({ extension_type }) => extension_type === extensionTypes.server_certificate_type,
  )
}

/** The public half of the recorded client's key. */
function rawKey(): Uint8Array<ArrayBuffer> {
  const file = new URL(
    '../../../../shared/data/rfc8448/client_raw_public_keypair.pem',
    import.meta.url,
  )
  const key = createPublicKey(readFileSync(file))
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }))
}

/** The DER of a recorded certificate, as long as its own header says: one of the files has two bytes too many. */
function certificate(name: string): Uint8Array<ArrayBuffer> {
  const file = new URL(`../../../../shared/data/rfc8448/${name}`, import.meta.url)
  const base64 = readFileSync(file, 'latin1').replace(/-----[^-]+-----|\s/g, '')
  const der = new Uint8Array(Buffer.from(base64, 'base64'))
  return der.slice(0, 4 + (((der[2] ?? 0) << 8) | (der[3] ?? 0)))
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}
