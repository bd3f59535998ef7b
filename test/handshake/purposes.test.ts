/** What every random byte of a handshake is drawn for: a seeded run is made of these words, and says other bytes where one of them changes. */
import type { Random } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import { conversations } from '../support/conversations.ts'
import { type ConverseOptions, converse } from '../support/converse.ts'

/** Purposes of one side over all kinds of handshakes, with how many bytes. */
function drawn(role: 'client' | 'server', older: boolean): string[] {
  const purposes = new Set<string>()
  const random: Random = (purpose, length) => {
    purposes.add(`${purpose}: ${length}`)
    return nodeCrypto.randomBytes(length)
  }
  const kept = { versions: ['TLSv1.2'], sessions12: { issues: true, by: 'id', keep: () => {} } }
  const more = {
    'TLS 1.2, a session that is kept by its id': {
      client: { versions: ['TLSv1.2'] },
      server: kept,
    } as ConverseOptions,
  }
  for (const [title, options] of Object.entries({ ...conversations, ...more }))
    if (title.startsWith('TLS 1.2') === older)
      converse({ ...options, [role]: { ...options[role], random } })
  return [...purposes].sort()
}

const hello = ['client hello random: 32', 'legacy_session_id: 32']

test('TLS 1.2', t => {
  // A session's own id, and that of a client that speaks TLS 1.3 as well.
  t.deepEqual(drawn('client', true), [...hello, 'session_id: 32', 'x25519 key: 32'])
  t.deepEqual(drawn('server', true), [
    ...['server hello random: 32', 'session_id: 32', 'x25519 key: 32'],
  ])
})

test('TLS 1.3', t => {
  t.deepEqual(drawn('client', false), [...hello, 'secp256r1 key: 32', 'x25519 key: 32'])
  t.deepEqual(drawn('server', false), [
    ...['cookie: 32', 'secp256r1 key: 32', 'server hello random: 32', 'x25519 key: 32'],
  ])
})
