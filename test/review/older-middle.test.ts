/** A man in the middle of a conversation that it cannot read: nothing of it is held back. */
import { concat } from '@biopair/crypto'
import { ClientHello, encodeMessage, ServerHello12 } from '@biopair/handshake'
import { KeyLog, Middle } from '@biopair/testkit/middle'
import test from 'ava'

const record = (type: number, content: Uint8Array) =>
  concat(Uint8Array.of(type, 3, 3, content.length >> 8, content.length & 255), content)

for (const cipher_suite of [0x002f, 0xc013])
  test(`a connection of suite ${cipher_suite.toString(16)} goes by, although a key log is there that has its secret`, t => {
    const random = new Uint8Array(32).fill(1)
    const keys = new KeyLog()
    keys.take(`CLIENT_RANDOM ${'01'.repeat(32)} ${'02'.repeat(48)}`)
    const middle = new Middle({ keys })
    const hello = encodeMessage(ClientHello, {
      legacy_version: 0x0303,
      random,
      legacy_session_id: new Uint8Array(0),
      cipher_suites: [cipher_suite],
      legacy_compression_methods: Uint8Array.of(0),
      extensions: [{ extension_type: 0xfafa, extension_data: new Uint8Array(9) }],
    })
    const answer = encodeMessage(ServerHello12, {
      legacy_version: 0x0303,
      random,
      legacy_session_id_echo: new Uint8Array(0),
      cipher_suite,
      legacy_compression_method: 0,
      extensions: [],
    })
    const change = record(20, Uint8Array.of(1))
    const sealed = record(22, new Uint8Array(64).fill(7))
    const data = record(23, new Uint8Array(640).fill(8))
    const said = {
      client: concat(record(22, hello)),
      server: concat(record(22, answer), change, sealed, data),
    }
    t.deepEqual(middle.pass('client', said.client), said.client)
    t.deepEqual(middle.pass('server', said.server), said.server)
    const rest = concat(change, sealed, data)
    t.deepEqual(middle.pass('client', rest), rest)
    t.false(middle.waiting('client') || middle.waiting('server'))
  })
