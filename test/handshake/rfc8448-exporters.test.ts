/** RFC 8448 section 4: the secrets of exporters in its resumed handshake, as either end derives them. */
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { Certificate, EncryptedExtensions, extensionTypes } from '@biopair/handshake'
import type { Session } from '@biopair/ssl'
import test from 'ava'
import { digest, expandLabel } from '../support/key-schedule.ts'
import { Recording, replayClient, replayServer } from '../support/replay.ts'
import { transcripts } from '../support/transcripts.ts'

const early = 'b2026866610937d7423e5be90862ccf24c0e6091186d34f812089ff5be2ef7df'
const exporter = '3fd93d4ffddc98e64b14dd107aedf8ee4add23f4510f58a4592d0b201bee56b4'

const known = new Map(transcripts()?.map(one => [one.section, new Recording(one)]))
const first = known.get('Simple_1RTT_Handshake')
const second = known.get('Resumed_0RTT_Handshake')

if (first && second)
  for (const crypto of [nodeCrypto, noble]) {
    test(`the early exporter's secret of RFC 8448 section 4, as a client (${crypto.name})`, t => {
      const { end } = replayClient(second, crypto, undefined, sessionFrom(first, crypto))
      end.ssl.doHandshake()
      t.is(end.secret('EARLY_EXPORTER_SECRET'), early)
      const derived = expandLabel('sha256', bytes(early), 'a label', digest('sha256'), 32)
      const context = digest('sha256', Uint8Array.of(1))
      t.deepEqual(
        end.ssl.exportEarlyKeyingMaterial(20, 'a label', Uint8Array.of(1)),
        expandLabel('sha256', derived, 'exporter', context, 20),
      )
    })
    test(`the exporters' secrets of RFC 8448 section 4, as a server (${crypto.name})`, t => {
      const { extensions } = second.message('Message_EncryptedExtensions', EncryptedExtensions)
      // The RFC's server acknowledges the name; the one that was recorded does not.
      const named = {
        extension_type: extensionTypes.server_name,
        extension_data: new Uint8Array(0),
      }
      const { end } = replayServer(second, crypto, nobody, {
        extensions: [...extensions.slice(0, 2), named, ...extensions.slice(2)],
        sessionCache: new Map([[hex(second.bytes('SessionTicket')), stateFrom(first, crypto)]]),
      })
      end.feed(second.bytes('Record_ClientHello_1'))
      end.ssl.doHandshake()
      t.is(end.secret('EXPORTER_SECRET'), exporter)
      const derived = expandLabel('sha256', bytes(early), 'a label', digest('sha256'), 32)
      t.deepEqual(
        end.ssl.exportEarlyKeyingMaterial(20, 'a label'),
        expandLabel('sha256', derived, 'exporter', digest('sha256'), 20),
      )
    })
  }
else
  test('the exporters of RFC 8448 (skipped: no ../shared/data)', t => {
    t.not(process.env.BIOPAIR_REQUIRE_DATA, '1')
    t.log('the traces are not part of this project')
  })

const nobody = { chain: [], scheme: 'rsa_pss_rsae_sha256' } as const

/** What the client of section 3 keeps. */
function sessionFrom(recording: Recording, crypto: typeof noble): Session {
  const { end } = replayClient(recording, crypto)
  end.ssl.doHandshake()
  for (const name of ['ServerHello', 'ServerHandshakeMessages', 'NewSessionTicket'])
    end.feed(recording.bytes(`Record_${name}`))
  end.read()
  if (!end.ssl.session) throw new Error('no ticket came')
  return end.ssl.session
}

/** What its server keeps. */
function stateFrom(recording: Recording, crypto: typeof noble): Uint8Array {
  const kept = new Map<string, Uint8Array>()
  const [entry] = recording.message('Message_Server_Certificate', Certificate).certificate_list
  const chain = entry ? [entry.cert_data] : []
  const early_data = {
    extension_type: extensionTypes.early_data,
    extension_data: Uint8Array.of(0, 0, 4, 0),
  }
  const { end } = replayServer(
    recording,
    crypto,
    { ...nobody, chain },
    {
      extensions: recording.message('Message_EncryptedExtensions', EncryptedExtensions).extensions,
      ticket: { ticket: recording.bytes('SessionTicket'), extensions: [early_data] },
      sessionCache: kept,
    },
  )
  end.feed(recording.bytes('Record_ClientHello_1'))
  end.ssl.doHandshake()
  end.feed(recording.bytes('Record_ClientFinished'))
  end.ssl.doHandshake()
  const [state] = kept.values()
  if (!state) throw new Error('nothing was kept')
  return state
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function hex(text: Uint8Array): string {
  return Buffer.from(text).toString('hex')
}
