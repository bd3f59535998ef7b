/** Answers to a changed ClientHello that differ on purpose: a row each, with the servers, the changes that bring it about, and the reason. */
import type { Difference, Intended } from './compare.ts'

const accepts = /^(?:ServerHello|HelloRetryRequest)$/
const openssl = ['openssl', 'node']
const all = ['openssl', 'node', 'go']

/** Changes that say nothing about which part of the message they touch. */
const anywhere = [
  'a byte changed',
  'extension empty',
  'extension gone',
  'extension with a byte less',
  'extension with a byte more',
  'extension with a length that is wrong',
]

interface Row extends Omit<Intended, 'explains'> {
  readonly servers: readonly string[]
  /** The changes of `helloChanges` that bring it about. */
  readonly changes: readonly string[]
  readonly answers: readonly [theirs: RegExp, ours: RegExp]
}

const rows: readonly Row[] = [
  {
    id: 'legacy_version is 0x0303',
    servers: all,
    changes: ['legacy_version: older', 'legacy_version: newer', 'a byte changed'],
    answers: [
      /^(?:ServerHello|HelloRetryRequest|no TLS|alert handshake_failure)$/,
      /^alert protocol_version$/,
    ],
    theirs:
      'pass over it where supported_versions is there, or refuse the hello for what an older version lacks',
    ours: 'protocol_version',
    why: 'RFC 9846 4.2.2: a server that receives another value "MUST abort the handshake with a protocol_version alert"; RFC 8446 did not say so.',
  },
  {
    id: 'bounds of a vector are its syntax',
    servers: all,
    changes: [
      ...['suites: none', 'compression: none', 'session id: too long'],
      ...['versions: no list', 'versions: odd length', 'psk: no identities', 'psk: short binder'],
      ...['psk modes: no list', 'an empty cookie', 'server_name: empty'],
      ...['post_handshake_auth with content', 'sigalgs: no list', 'x25519: empty', ...anywhere],
      'early data with content',
    ],
    answers: [
      /^(?:ServerHello|HelloRetryRequest|alert (?:illegal_parameter|protocol_version|handshake_failure))$/,
      /^alert decode_error$/,
    ],
    theirs: 'do not look, look later and call it illegal, or call it an older version',
    ours: 'decode_error',
    why: 'RFC 9846 6.2: decode_error is for a field "out of the specified range" or a length that is wrong; each of these has its bounds in section 4.2.2 or 4.3, or RFC 6066 3.',
  },
  {
    id: 'a hello that is cut by its end',
    servers: ['go', 'node'],
    changes: ['cut short'],
    answers: [/^(?:end|reset)$/, /^alert decode_error$/],
    theirs: 'go without a word',
    ours: 'decode_error, as OpenSSL',
    why: 'No section says what to tell a client that has gone.',
  },
  {
    id: 'compression methods',
    servers: openssl,
    changes: ['compression: not null'],
    answers: [/^alert decode_error$/, /^alert illegal_parameter$/],
    theirs: 'decode_error',
    ours: 'illegal_parameter',
    why: 'RFC 9846 4.2.2: "any other value in this field" MUST be answered with illegal_parameter.',
  },
  {
    id: 'no extension twice',
    servers: all,
    changes: ['extension twice', 'unknown extension twice'],
    answers: [
      /^(?:ServerHello|HelloRetryRequest|alert decode_error)$/,
      /^alert illegal_parameter$/,
    ],
    theirs: 'OpenSSL passes over unknown ones; Go says decode_error',
    ours: 'illegal_parameter',
    why: 'RFC 9846 4.3: "There MUST NOT be more than one extension of the same type", without exception for unknown ones; it names no alert, and the syntax is right.',
  },
  {
    id: 'an extension in a message that is not its own',
    servers: all,
    changes: ['an extension of other messages'],
    answers: [accepts, /^alert illegal_parameter$/],
    theirs: 'pass over it',
    ours: 'illegal_parameter',
    why: 'RFC 9846 4.3: one that is recognized and not specified for the message MUST be answered with illegal_parameter.',
  },
  {
    id: 'shares keep to the groups',
    servers: all,
    changes: [
      ...['shares: of one group twice', 'shares: unknown ones first'],
      ...['shares: of no group in the list', 'shares: known, of no group in the list'],
      ...['groups: none that is known', 'groups: gone'],
    ],
    answers: [
      /^(?:ServerHello|HelloRetryRequest|alert handshake_failure)$/,
      /^alert illegal_parameter$/,
    ],
    theirs: 'take the first share that they know, or ask for another',
    ours: 'illegal_parameter',
    why: 'RFC 9846 4.3.8: servers MAY check that each share is of a group that is offered, and of another group than the others, and abort with illegal_parameter.',
  },
  {
    id: 'groups and shares go together',
    servers: ['go'],
    changes: [
      'groups: gone',
      'groups and shares gone',
      'shares: gone',
      'extension gone',
      'a byte changed',
    ],
    answers: [/^(?:HelloRetryRequest|alert handshake_failure)$/, /^alert missing_extension$/],
    theirs: 'ask for a share, or handshake_failure',
    ours: 'missing_extension',
    why: 'RFC 9846 9.2: a ClientHello with one of the two and without the other MUST be answered with missing_extension.',
  },
  {
    id: 'a psk comes last, with its binders and modes',
    servers: all,
    changes: [
      ...[
        'psk: not last',
        'psk: more identities than binders',
        'psk: more binders than identities',
      ],
      ...['psk: without modes', ...anywhere],
    ],
    answers: [
      /^(?:ServerHello|HelloRetryRequest|alert decode_error)$/,
      /^alert (?:illegal_parameter|missing_extension)$/,
    ],
    theirs:
      'pass over the binders of a key that they do not have; Go says decode_error for one that is not last, and does without modes',
    ours: 'illegal_parameter; missing_extension without modes',
    why: 'RFC 9846 4.3.11 and 4.3.9: all three MUST be checked, and the first two have that alert.',
  },
  {
    id: 'a psk says nothing in TLS 1.2',
    servers: openssl,
    changes: ['psk: without modes'],
    answers: [/^alert handshake_failure$/, /^ServerHello$/],
    theirs: 'demand its modes of a client of TLS 1.2, too',
    ours: 'pass over it',
    why: 'RFC 9846 4.3.9 speaks of servers of TLS 1.3; to the others the extension is one of those that are not recognized (4.3).',
  },
  {
    id: 'names of servers are host names',
    servers: all,
    changes: [
      ...['server_name: two of a type', 'server_name: a zero inside', 'server_name: a dot behind'],
      ...['server_name: no text', 'server_name: very long', 'a byte changed'],
    ],
    answers: [
      /^(?:ServerHello|HelloRetryRequest|alert (?:decode_error|unrecognized_name))$/,
      /^alert illegal_parameter$/,
    ],
    theirs: 'take some, and say decode_error or unrecognized_name to others',
    ours: 'illegal_parameter',
    why: 'RFC 6066 3: one name of a type, ASCII, without a trailing dot; what is no host name has the syntax of one.',
  },
  {
    id: 'unknown types of names',
    servers: openssl,
    changes: ['server_name: another type', 'a byte changed'],
    answers: [/^alert decode_error$/, accepts],
    theirs: 'decode_error',
    ours: 'pass over it',
    why: 'RFC 6066 3 keeps the form of later types readable, so that they can be passed over.',
  },
  {
    id: 'schemes for certificates are a wish',
    servers: openssl,
    changes: ['sigalgs of certificates: none that is known'],
    answers: [/^alert handshake_failure$/, accepts],
    theirs: 'handshake_failure',
    ours: 'go on with the chain that there is',
    why: 'RFC 9846 4.5.1.2: a server without such a chain SHOULD continue with one of its choice.',
  },
  {
    id: 'schemes that the key cannot',
    servers: ['go'],
    changes: [
      ...['sigalgs: none of the key', 'sigalgs: none that is known', 'sigalgs: old ones alone'],
      ...['sigalgs: gone', 'extensions: absent', 'extensions: empty'],
    ],
    answers: [/^ServerHello$/, /^alert handshake_failure$/],
    theirs: 'in TLS 1.2 say ServerHello, and then handshake_failure',
    ours: 'handshake_failure at once',
    why: 'RFC 5246 7.4.1.4.1: a server without an acceptable choice sends that alert; when, it does not say. RFC 9155 3 took the default of SHA-1 away.',
  },
  {
    id: 'a retry before anything else is judged',
    servers: ['go'],
    changes: [
      ...['shares: no list', 'shares: of no group in the list'],
      'shares: known, of no group in the list',
    ],
    answers: [
      /^HelloRetryRequest$/,
      /^alert (?:handshake_failure|missing_extension|no_application_protocol)$/,
    ],
    theirs: 'ask for another ClientHello, and refuse that one',
    ours: 'refuse the first',
    why: 'RFC 9846 has no order of checks; a retry could not help.',
  },
  {
    id: 'TLS 1.2 without groups',
    servers: all,
    changes: ['groups: gone', 'groups and shares gone', 'extension gone'],
    answers: [/^alert handshake_failure$/, /^ServerHello$/],
    theirs: 'handshake_failure',
    ours: 'choose a group',
    why: 'RFC 8422 4: without the extension "the server is free to choose any one of the elliptic curves".',
  },
  {
    id: 'extensions that are not ours',
    servers: all,
    changes: ['max_fragment_length: unknown', 'unknown extension'],
    answers: [/^alert illegal_parameter$/, accepts],
    theirs: 'OpenSSL reads max_fragment_length, Go encrypted_client_hello',
    ours: 'pass over both',
    why: 'RFC 8449 5: beside record_size_limit the first is ignored; RFC 9846 4.3: so are unrecognized extensions.',
  },
  {
    id: 'extensions of TLS 1.2 say nothing in TLS 1.3',
    servers: ['go'],
    changes: [
      ...['renegotiation_info with content', 'extended_master_secret with content'],
      ...['point formats: no list', 'point formats: none that is known', ...anywhere],
    ],
    answers: [/^alert (?:handshake_failure|decode_error|illegal_parameter)$/, accepts],
    theirs: 'judge them whatever the version',
    ours: 'do not read them in TLS 1.3, as OpenSSL',
    why: 'RFC 9846 4.3 and appendix D: they belong to the version that is not chosen.',
  },
  {
    id: 'what is asked for and not known',
    servers: ['go'],
    changes: ['status_request: another type', 'early data without a psk'],
    answers: [/^alert (?:decode_error|unsupported_extension)$/, accepts],
    theirs: 'refuse the hello',
    ours: 'go on without, as OpenSSL',
    why: 'RFC 6066 8 and RFC 9846 4.3.10: a server may do without either; early data is passed over.',
  },
  {
    id: 'record_size_limit',
    servers: all,
    changes: ['record_size_limit: too small'],
    answers: [accepts, /^alert illegal_parameter$/],
    theirs: 'do not know it',
    ours: 'illegal_parameter',
    why: 'RFC 8449 4: a value below 64 MUST be answered so.',
  },
  {
    id: 'what is no record of TLS',
    servers: all,
    changes: ['record: no version of TLS'],
    answers: [/^(?:end|reset|ServerHello|HelloRetryRequest)$/, /^alert protocol_version$/],
    theirs: 'OpenSSL goes without a word, Go passes over the version',
    ours: 'protocol_version',
    why: 'RFC 9846 appendix D.5: records below 0x0300 SHOULD NOT be accepted.',
  },
  {
    id: 'what cannot be the first record',
    servers: all,
    changes: [
      ...['record: application data first', 'record: of no type', 'change_cipher_spec first'],
      ...['another message first', 'record: empty, then the message'],
    ],
    answers: [
      /^(?:end|reset|ServerHello|HelloRetryRequest|alert (?:decode_error|record_overflow))$/,
      /^alert unexpected_message$/,
    ],
    theirs:
      'Go goes without a word, or reads the message first; OpenSSL looks at the length first, and passes over an empty record',
    ours: 'unexpected_message',
    why: 'RFC 9846 5 and 6.2: "an inappropriate message" or record; 5.1: there are no empty records of handshake messages.',
  },
  {
    id: 'an alert first',
    servers: openssl,
    changes: ['an alert first: fatal', 'an alert first: close_notify', 'an alert first: warning'],
    answers: [/^alert unexpected_message$/, /^(?:end|ServerHello|HelloRetryRequest)$/],
    theirs: 'unexpected_message',
    ours: 'the connection ends; user_canceled is passed over until it does',
    why: 'RFC 9846 6.1 and 6.2: nothing is sent in reply to an alert; behind user_canceled, reading goes on until close_notify.',
  },
  {
    id: 'bytes behind the ClientHello',
    servers: openssl,
    changes: ['the hello twice in a record', 'part of another message behind the hello'],
    answers: [/^alert unexpected_message$/, accepts],
    theirs: 'unexpected_message before anything is said',
    ours: 'unexpected_message where the key changes, behind the ServerHello',
    why: 'RFC 9846 5.1 has the check "immediately preceding a key change".',
  },
]

export const answers: readonly Intended[] = rows.map(intendedOf)

function intendedOf({ servers, changes, answers, ...said }: Row): Intended {
  return { ...said, explains: difference => explained(difference, servers, changes, answers) }
}

function explained(
  { server, change, fact, theirs, ours }: Difference,
  servers: readonly string[],
  changes: readonly string[],
  answers: Row['answers'],
): boolean {
  return (
    fact === 'answer' &&
    servers.includes(server) &&
    change.split(' + ').some(part => changes.includes(part)) &&
    answers[0].test(theirs) &&
    answers[1].test(ours)
  )
}
