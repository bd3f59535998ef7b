/** What resumption in TLS 1.2 demands, each sent wrong by an end of ours whose messages are edited: RFC 7627 §5.3 cell by cell, echoes, suites, tickets, Finished. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientHello,
  type NewSessionTicket12,
  type RawExtension,
  type ServerHello,
  writeExtension,
} from '@biopair/handshake'
import { type ContextOptions, MemorySessionCache, type Session } from '@biopair/ssl'
import test from 'ava'
import { editing, refusedBy } from '../support/edited-ends.ts'
import { connectedEnds, ends } from '../support/ends.ts'

const older = { maxVersion: 'TLSv1.2' } as const
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
const unbound = { ...older, requireExtendedMasterSecret: false } as const
const extendedMasterSecret = 23
const sessionTicket = 35

/** A server's way to remember: the same options resume what they have begun. */
type Keeping = 'by id' | 'by ticket'
const keepings = ['by id', 'by ticket'] as const
function kept(how: Keeping): ContextOptions {
  const own =
    how === 'by id'
      ? { sessionCache: new MemorySessionCache() }
      : { ticketKeys: new Uint8Array(48).fill(5) }
  return { ...older, ...own, numTickets: 1 }
}

/** A session of both ends, which had extended_master_secret. */
function begun(server: ContextOptions): Session {
  const { client } = connectedEnds({ client: older, server })
  if (!client.session) throw new Error('no session')
  return client.session
}

interface Hello {
  readonly extensions?: readonly RawExtension[] | undefined
}
const without =
  <T extends Hello>(id: number) =>
  (hello: T): T => ({
    ...hello,
    extensions: (hello.extensions ?? []).filter(({ extension_type }) => extension_type !== id),
  })
const answers = (change: (hello: ServerHello) => ServerHello) =>
  editing<ServerHello>('ServerHello', change)
const asks = (change: (hello: ClientHello) => ClientHello) =>
  editing<ClientHello>('ClientHello', change)

// RFC 7627 §5.3, the server: what the session had, down; what the ClientHello has, across.

for (const how of keepings) {
  test(`rule 72: session with, hello with: a server goes on ${how}`, t => {
    const server = kept(how)
    const { client, server: end } = connectedEnds({ client: older, server, session: begun(server) })
    t.true(client.resumed && end.resumed)
    t.deepEqual(client.channelBinding('tls-unique'), end.channelBinding('tls-unique'))
  })

  test(`rule 72: session with, hello without: a server that would take such a hello ends the handshake, ${how}`, t => {
    const server = { ...kept(how), ...unbound }
    const client = { ...unbound, ...asks(without(extendedMasterSecret)) }
    const session = begun(server)
    refusedBy(t, 'server', { client, server, session }, 'handshake_failure', 'INCONSISTENT_EXTMS')
  })

  test(`rule 72: session with, hello without: a server that demands it ends the handshake, ${how}`, t => {
    const server = kept(how)
    const client = { ...unbound, ...asks(without(extendedMasterSecret)) }
    const session = begun(server)
    refusedBy(
      t,
      'server',
      { client, server, session },
      'handshake_failure',
      'NO_EXTENDED_MASTER_SECRET',
    )
  })

  test(`rule 72: session without: there is none, so that nobody goes on with it, ${how}`, t => {
    const seen: ServerHello[] = []
    const server = { ...kept(how), ...unbound }
    const watching = answers(hello => {
      seen.push(hello)
      return hello
    })
    const plain = { ...unbound, ...asks(without(extendedMasterSecret)) }
    const { client } = connectedEnds({ client: plain, server: { ...server, ...watching } })
    t.is(client.version, 'TLSv1.2')
    t.is(client.session, undefined)
    // Neither an id nor a ticket.
    const [hello] = seen
    t.is(hello?.legacy_session_id_echo.length, 0)
    t.false(hello?.extensions.some(({ extension_type }) => extension_type === sessionTicket))
  })

  for (const [limit, taken] of [
    [63, false],
    [64, true],
  ] as const)
    test(`rule 58: a record_size_limit of ${limit} is ${taken ? 'taken' : 'illegal_parameter'} where a session goes on, ${how}`, t => {
      const server = kept(how)
      const session = begun(server)
      const said = writeExtension('ClientHello12', 'record_size_limit', limit)
      const client = {
        ...older,
        ...asks(hello => ({
          ...hello,
          extensions: [
            ...(without<ClientHello>(said.extension_type)(hello).extensions ?? []),
            said,
          ],
        })),
      }
      if (taken) t.true(connectedEnds({ client, server, session }).server.resumed)
      else refusedBy(t, 'server', { client, server, session }, 'illegal_parameter', 'BAD_EXTENSION')
    })

  test(`rule 12: of its records a server says nothing to who has said nothing, where a session goes on ${how}`, t => {
    const server = kept(how)
    const client = { ...older, recordSizeLimit: 0 }
    t.true(connectedEnds({ client, server, session: begun(server) }).client.resumed)
  })

  // The client: what its session had, down; what the ServerHello has, across.

  for (const [what, client] of Object.entries({ unbound, demanding: older }))
    test(`rule 72: session with, answer without: a client (${what}) ends the handshake, ${how}`, t => {
      const server = kept(how)
      const session = begun(server)
      refusedBy(
        t,
        'client',
        { client, server: { ...server, ...answers(without(extendedMasterSecret)) }, session },
        'handshake_failure',
        what === 'unbound' ? 'INCONSISTENT_EXTMS' : 'NO_EXTENDED_MASTER_SECRET',
      )
    })

  test(`rule 72: a client that offers a session offers extended_master_secret, whatever it demands, ${how}`, t => {
    const server = kept(how)
    const session = begun(server)
    const seen: ClientHello[] = []
    const watching = asks(hello => {
      seen.push(hello)
      return hello
    })
    const { client } = connectedEnds({ client: { ...unbound, ...watching }, server, session })
    t.true(client.resumed)
    t.true(
      seen[0]?.extensions?.some(({ extension_type }) => extension_type === extendedMasterSecret),
    )
  })
}

test('rule 72: session without: a client makes none of the id and the ticket that a server gives it', t => {
  const id = nodeCrypto.randomBytes(32)
  const given = (hello: ServerHello): ServerHello => ({
    ...without<ServerHello>(extendedMasterSecret)(hello),
    legacy_session_id_echo: id,
  })
  // The server has its part of the secret from the hello as it came, which went without.
  const { client } = connectedEnds({
    client: { ...unbound, ...asks(without(extendedMasterSecret)) },
    server: { ...unbound, ...answers(given) },
  })
  t.is(client.session, undefined)
})

// Echoes: how a client hears whether its session goes on.

for (const how of keepings) {
  test(`an echo of the session's id without the session, ${how}, is a Finished that does not come`, t => {
    // Another server, which knows no such session and says that it goes on with it: change_cipher_spec is what has to follow.
    const session = begun(kept(how))
    let id: Uint8Array<ArrayBuffer> = new Uint8Array(0)
    const client = {
      ...older,
      ...asks(hello => {
        id = hello.legacy_session_id
        return hello
      }),
    }
    const server = {
      ...older,
      numTickets: 0,
      ...answers(hello => ({ ...hello, legacy_session_id_echo: id })),
    }
    refusedBy(
      t,
      'client',
      { client, server, session },
      'unexpected_message',
      'EXCESS_HANDSHAKE_DATA',
    )
  })

  test(`another id in the answer is a full handshake, ${how}: a server that goes on all the same is refused`, t => {
    const server = kept(how)
    const session = begun(server)
    const wrong = answers(hello => ({
      ...hello,
      legacy_session_id_echo: hello.legacy_session_id_echo.map(byte => byte ^ 1),
    }))
    refusedBy(
      t,
      'client',
      { client: older, server: { ...server, ...wrong }, session },
      'unexpected_message',
      how === 'by id' ? 'UNEXPECTED_CCS_MESSAGE' : 'UNEXPECTED_MESSAGE',
    )
  })

  test(`another suite in the answer than the session's is illegal_parameter, ${how}`, t => {
    const server = kept(how)
    const session = begun(server)
    const wrong = answers(hello => ({
      ...hello,
      cipher_suite: hello.cipher_suite === 0xc02c ? 0xc02b : 0xc02c,
    }))
    refusedBy(
      t,
      'client',
      { client: older, server: { ...server, ...wrong }, session },
      'illegal_parameter',
      'OLD_SESSION_CIPHER_NOT_RETURNED',
    )
  })

  test(`a master secret that the server does not have is decrypted by nobody, ${how}`, t => {
    const server = kept(how)
    const session = begun(server)
    const thief = { ...session, psk: nodeCrypto.randomBytes(48) }
    refusedBy(
      t,
      'client',
      { client: older, server, session: thief },
      'bad_record_mac',
      'DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
    )
  })

  for (const name of ['client', 'server'] as const)
    for (const [what, data, alert, reason] of [
      ['wrong', new Uint8Array(12), 'decrypt_error', 'DIGEST_CHECK_FAILED'],
      ['short', new Uint8Array(11), 'decode_error', 'BAD_DIGEST_LENGTH'],
    ] as const)
      test(`a Finished that is ${what} is ${alert} for a ${name} that goes on ${how}`, t => {
        const server = kept(how)
        const session = begun(server)
        const wrong = editing('Finished', () => ({ verify_data: data }))
        const options =
          name === 'client'
            ? { client: older, server: { ...server, ...wrong }, session }
            : { client: { ...older, ...wrong }, server, session }
        refusedBy(t, name, options, alert, reason)
      })
}

test('an id that answers none that was offered is refused, as in a handshake without sessions', t => {
  let id: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  const client = {
    ...either,
    ...asks(hello => {
      id = hello.legacy_session_id
      return hello
    }),
  }
  const server = { ...older, ...answers(hello => ({ ...hello, legacy_session_id_echo: id })) }
  refusedBy(
    t,
    'client',
    { client, server },
    'illegal_parameter',
    'SERVER_ECHOED_INVALID_SESSION_ID',
  )
})

test('a session_id of more than 32 bytes is decode_error, in either hello', t => {
  const long = nodeCrypto.randomBytes(33)
  const made = ends({ client: older, server: older })
  made.client.doHandshake()
  const hello = new Uint8Array(made.far.pending)
  made.far.read(hello)
  // legacy_session_id stands behind the record's and the message's header, the version and the random.
  const at = 5 + 4 + 2 + 32
  const longer = Buffer.concat([
    hello.subarray(0, at),
    Uint8Array.of(33),
    long,
    hello.subarray(at + 1),
  ])
  longer.writeUInt16BE(longer.length - 5, 3)
  longer.writeUIntBE(longer.length - 9, 6, 3)
  made.near.write(longer)
  t.like(made.server.doHandshake(), { error: { alert: 'decode_error' } })

  const other = ends({ client: older, server: older })
  other.client.doHandshake()
  other.server.doHandshake()
  const flight = new Uint8Array(other.near.pending)
  other.near.read(flight)
  const answer = Buffer.from(flight)
  const body = answer.readUIntBE(6, 3)
  const wrong = Buffer.concat([
    answer.subarray(5, 5 + at - 5),
    Uint8Array.of(33),
    long,
    answer.subarray(at + 1),
  ])
  wrong.writeUIntBE(body + 33, 1, 3)
  const header = Buffer.from(answer.subarray(0, 5))
  header.writeUInt16BE(wrong.length, 3)
  other.far.write(Buffer.concat([header, wrong]))
  t.like(other.client.doHandshake(), { error: { alert: 'decode_error' } })
})

// NewSessionTicket: where it was announced, and nowhere else.

const quiet = without<ServerHello>(sessionTicket)
const loud = (hello: ServerHello): ServerHello => ({
  ...hello,
  extensions: [...hello.extensions, writeExtension('ServerHello12', 'session_ticket', {})],
})

for (const resuming of [false, true]) {
  const where = resuming ? 'an abbreviated handshake' : 'a full handshake'
  const of = (how: Keeping) => {
    const server = kept(how)
    return { server, session: resuming ? begun(server) : undefined }
  }

  test(`a ticket that was not announced is unexpected_message in ${where}`, t => {
    const { server, session } = of('by ticket')
    const options = { client: older, server: { ...server, ...answers(quiet) }, session }
    // It stands in the ServerHello's record where the handshake is abbreviated.
    const reason = resuming ? 'EXCESS_HANDSHAKE_DATA' : 'UNEXPECTED_MESSAGE'
    refusedBy(t, 'client', options, 'unexpected_message', reason)
  })

  test(`change_cipher_spec in the place of a ticket that was announced is unexpected_message in ${where}`, t => {
    const { server, session } = of('by id')
    const options = { client: older, server: { ...server, ...answers(loud) }, session }
    refusedBy(t, 'client', options, 'unexpected_message', 'UNEXPECTED_CCS_MESSAGE')
  })

  test(`a ticket that is announced and was not asked for is unsupported_extension in ${where}`, t => {
    const { server, session } = of('by id')
    const options = {
      client: { ...older, tickets: false },
      server: { ...server, ...answers(loud) },
      session,
    }
    refusedBy(t, 'client', options, 'unsupported_extension', 'UNSOLICITED_EXTENSION')
  })

  test(`an empty ticket is none, in ${where}; a lifetime of 0 says nothing, and two hours are meant`, t => {
    const { server, session } = of('by ticket')
    const empty = editing<NewSessionTicket12>('NewSessionTicket', ticket => ({
      ...ticket,
      ticket: new Uint8Array(0),
    }))
    const made = connectedEnds({ client: older, server: { ...server, ...empty }, session })
    t.is(made.client.resumed, resuming)
    t.is(made.client.session, session)
    const silent = editing<NewSessionTicket12>('NewSessionTicket', ticket => ({
      ...ticket,
      ticket_lifetime_hint: 0,
    }))
    const other = connectedEnds({ client: older, server: { ...server, ...silent } })
    t.is(other.client.session?.lifetime, 7200)
    const long = editing<NewSessionTicket12>('NewSessionTicket', ticket => ({
      ...ticket,
      ticket_lifetime_hint: 2 ** 32 - 1,
    }))
    const last = connectedEnds({ client: older, server: { ...server, ...long } })
    t.is(last.client.session?.lifetime, 86_400)
  })
}

test('a server that has both gives the session by its ticket, and an id that comes beside it is nothing', t => {
  const server = kept('by ticket')
  const id = nodeCrypto.randomBytes(32)
  const both = answers(hello => ({ ...hello, legacy_session_id_echo: id }))
  const { client } = connectedEnds({ client: older, server: { ...server, ...both } })
  t.deepEqual(client.session?.tls12, { sessionId: new Uint8Array(0) })
  t.true((client.session?.ticket.length ?? 0) > 0)
})

test('what a client says beside a ticket is an id that is made up anew each time; with an id, an empty ticket', t => {
  const seen: ClientHello[] = []
  const watching = asks(hello => {
    seen.push(hello)
    return hello
  })
  const ticketOf = (hello: ClientHello | undefined) =>
    hello?.extensions?.find(({ extension_type }) => extension_type === sessionTicket)
      ?.extension_data
  const [byTicket, byId] = [kept('by ticket'), kept('by id')]
  const ticket = begun(byTicket)
  for (const client of [older, { ...either, middleboxCompat: false }, either])
    t.true(
      connectedEnds({
        client: { ...client, ...watching },
        server: byTicket,
        session: { ...ticket },
      }).client.resumed,
    )
  t.deepEqual(new Set(seen.map(hello => hello.legacy_session_id.length)), new Set([32]))
  t.is(new Set(seen.map(hello => Buffer.from(hello.legacy_session_id).toString('hex'))).size, 3)
  for (const hello of seen) t.deepEqual(ticketOf(hello), ticket.ticket)
  const session = begun(byId)
  connectedEnds({ client: { ...older, ...watching }, server: byId, session })
  t.deepEqual(seen.at(-1)?.legacy_session_id, session.tls12?.sessionId)
  t.deepEqual(ticketOf(seen.at(-1)), new Uint8Array(0))
})

test('a ServerHello that resumes has what is of the connection, and nothing of certificates and names (RFC 6066 §3, RFC 5746 §3.7)', t => {
  for (const how of keepings) {
    const server = {
      ...kept(how),
      ...{ ALPNProtocols: ['a'], ocspResponse: Uint8Array.of(48, 3, 10, 1, 6) },
      scts: [new Uint8Array(47)],
    }
    const session = begun(server)
    const seen: number[][] = []
    const watching = answers(hello => {
      seen.push(hello.extensions.map(({ extension_type }) => extension_type))
      return hello
    })
    const client = {
      ...older,
      ...{ ALPNProtocols: ['a'], requestOCSP: true, requestSCT: true, ocsp: 'ignore' as const },
    }
    const made = connectedEnds({ client, server: { ...server, ...watching }, session })
    t.true(made.client.resumed)
    t.is(made.client.alpnProtocol, 'a')
    const expected = [0xff01, extendedMasterSecret, 11, 16, 28]
    if (how === 'by ticket') expected.push(sessionTicket)
    t.deepEqual([...(seen[0] ?? [])].sort(), expected.sort())
  }
})

test('tls-unique of a session that is resumed is the Finished of the server, and each connection has its own', t => {
  for (const how of keepings) {
    const server = kept(how)
    const session = begun(server)
    const finished: Uint8Array[] = []
    const watching = editing<{ verify_data: Uint8Array<ArrayBuffer> }>('Finished', message => {
      finished.push(message.verify_data)
      return message
    })
    const options = { client: older, server: { ...server, ...watching } }
    const made = connectedEnds({ ...options, session })
    const other = connectedEnds({ ...options, session: { ...session } })
    t.deepEqual(made.client.channelBinding('tls-unique'), finished[0])
    t.notDeepEqual(finished[0], finished[1])
    for (const name of ['tls-unique', 'tls-exporter'] as const)
      t.notDeepEqual(made.client.channelBinding(name), other.client.channelBinding(name))
  }
})
