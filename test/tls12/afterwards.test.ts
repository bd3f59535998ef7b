/** What may come behind a handshake of TLS 1.2, and which groups it has: every message type to either role, every group we know. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type Connected12, curvesOf, forget12, is12, receive12 } from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { converse } from '../support/converse.ts'

const older = { versions: ['TLSv1.2'] } as const

function connection(role: 'client' | 'server'): Connected12 {
  const { connected } = converse({ client: older, server: older })[role]
  if (!connected || !is12(connected)) throw new Error('no connection of TLS 1.2')
  return connected
}

for (const [role, passed] of Object.entries({ client: 0, server: 1 }) as [
  'client' | 'server',
  number,
][])
  test(`RFC 5246 7.4.1: a ${role} passes ${passed} over, and any other message is unexpected_message`, t => {
    const state = connection(role)
    for (let msg_type = 0; msg_type < 256; msg_type++) {
      const message = { msg_type, body: new Uint8Array(0), raw: Uint8Array.of(msg_type, 0, 0, 0) }
      if (msg_type === passed) {
        t.notThrows(() => receive12(state, message))
        continue
      }
      const { alert, reason, section } =
        t.throws(() => receive12(state, message), { instanceOf: TlsAlert }) ?? {}
      t.deepEqual(
        [alert, reason, section],
        ['unexpected_message', 'UNEXPECTED_MESSAGE', 'RFC 5246 7.4'],
      )
    }
  })

test('RFC 5246 7.4.1.1: a HelloRequest has no body', t => {
  const body = Uint8Array.of(0)
  const message = { msg_type: 0, body, raw: Uint8Array.of(0, 0, 0, 1, 0) }
  const error = t.throws(() => receive12(connection('client'), message), { instanceOf: TlsAlert })
  t.is(error.alert, 'decode_error')
})

test('a connection that is forgotten has no master secret any more', t => {
  const state = connection('client')
  t.true(state.masterSecret.some(byte => byte !== 0))
  forget12(state)
  t.deepEqual(state.masterSecret, new Uint8Array(48))
})

test('RFC 8422 5.1.1: TLS 1.2 has the curves among the groups, in the order that is given', t => {
  const all = Object.values(nodeCrypto.groups)
  const named = (groups: typeof all) => curvesOf(groups).map(({ name }) => name)
  const curves = ['secp256r1', 'secp384r1', 'secp521r1', 'x25519', 'x448']
  t.deepEqual(
    named(all).sort(),
    curves.filter(curve => all.some(({ name }) => name === curve)),
  )
  for (const name of ['x25519', 'secp256r1', 'secp384r1', 'secp521r1'])
    t.true(all.some(group => group.name === name))
  t.deepEqual(named([...all].reverse()), named(all).reverse())
})
