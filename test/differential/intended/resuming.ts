/** What is meant to differ from OpenSSL in sessions, early data, keys that were agreed on elsewhere, and later authentication. */
import type { Intended } from '../support/compare.ts'
import { bytes, called, errorOf, owner, reads, statusOf } from '../support/facts.ts'

export const resuming: readonly Intended[] = [
  {
    id: 'server-session',
    openssl: "a server's session is resumable once it has sent a ticket",
    ours: 'it never is',
    why: 'what a server has to know is in the ticket or the cache, and nobody gives a server a session to resume',
    page: "A server's is never resumable",
    explains: d => d.call === 'session' && d.what === 'ret' && d.they === 1 && d.we === 0,
  },
  {
    id: 'session-outlives',
    openssl: 'a connection that is freed without SSL_shutdown takes its session along',
    ours: 'the session can be resumed',
    why: 'since TLS 1.1 an end without close_notify does not forbid that, and a ticket is good for itself',
    page: 'a session outlives a connection that is freed without SSL_shutdown (OpenSSL: not)',
    explains: d =>
      d.what === 'reused' &&
      d.they === 0 &&
      d.we === 1 &&
      called(d, 'sslfree').some(({ words }) => words[0] === 'c') &&
      called(d, 'shutdown').length === 0,
    parts: () => true,
  },
  {
    id: 'looks-for-early-data',
    openssl: 'SSL_read_early_data that finds none reads nothing behind the ClientHello',
    ours: 'it looks whether more is there',
    why: 'nothing is lost by it',
    page: 'where there is none, the BIO was asked for more',
    explains: d => d.call === 'early_read' && /^(flags|request)$/.test(d.what),
  },
  {
    id: 'paused-is-in-init',
    openssl: 'SSL_in_init is 0 while the handshake pauses for early data',
    ours: 'it is 1',
    why: 'the handshake is not over',
    page: 'It is 1 while the handshake pauses for early data (OpenSSL: 0)',
    explains: d =>
      d.what === 'init' &&
      d.they === 0 &&
      d.we === 1 &&
      [...called(d, 'early_write'), ...called(d, 'early_read')].some(
        ({ words }) => words[0] === owner(d),
      ),
  },
  {
    id: 'callback-says-no',
    openssl: 'a callback for keys that says no is BAD_PSK at a client, BAD_EXTENSION at a server',
    ours: 'CALLBACK_FAILED',
    why: 'that is what has failed',
    page: '0 to fail (CALLBACK_FAILED; OpenSSL: BAD_PSK of a client, BAD_EXTENSION of a server)',
    explains: d =>
      d.what === 'error' &&
      ['20.219', '20.110'].includes(errorOf(d, 'theirs')) &&
      errorOf(d, 'ours') === '20.234',
  },
  {
    id: 'request-in-init',
    openssl:
      'SSL_verify_client_post_handshake before the handshake is over may say WRONG_SSL_VERSION',
    ours: 'NOT_SERVER or STILL_IN_INIT',
    why: 'no other version is needed',
    page: 'so is SSL_verify_client_post_handshake, and a client NOT_SERVER',
    explains: d =>
      d.call === 'ask' &&
      errorOf(d, 'theirs') === '20.266' &&
      ['20.284', '20.121'].includes(errorOf(d, 'ours')),
  },
  {
    id: 'late-session',
    openssl:
      'SSL_set_session on a connection that stands breaks it: nothing can be sealed any more',
    ours: '1, and no effect',
    why: 'a mistake that changes nothing breaks nothing',
    page: '1 once the handshake has begun, and no effect (OpenSSL 3.0: the connection breaks)',
    explains: d =>
      errorOf(d, 'theirs') === '57.102' &&
      called(d, 'resume').some(({ words }) => words[0] === d.words[0]),
    parts: () => true,
  },
  {
    id: 'early-is-apart',
    openssl: 'SSL_pending counts early data',
    ours: 'it counts what SSL_read gives',
    why: 'early data is a stream of its own',
    page: 'early data is none of it (OpenSSL counts it)',
    explains: d => d.call === 'early_read' && d.what === 'pending' && owner(d) === d.words[0],
  },
  {
    id: 'reading-ends-early-data',
    openssl: "a client's SSL_read that takes in the server's flight leaves it unanswered",
    ours: 'it is answered, and early data is over',
    why: 'what comes now need not be early',
    page: "SSL_read that takes in the server's whole flight answers it, and early data is over",
    explains: d =>
      reads.has(d.call) &&
      called(d, 'early_write').some(({ words }) => words[0] === d.words[0]) &&
      (bytes.has(d.what) || d.what === 'init'),
    parts: () => true,
  },
  {
    id: 'end-alone',
    openssl: 'SSL_read_early_data that reads EndOfEarlyData reads on, and may end the handshake',
    ours: 'it ends there; SSL_accept goes on',
    why: 'only as much is done as was asked for',
    page: 'SSL_READ_EARLY_DATA_FINISH reads no further than EndOfEarlyData',
    explains: d =>
      d.call === 'early_read' &&
      d.ours.get('early') === '2' &&
      d.ours.get(`${d.words[0]}.early`) === '2' &&
      (bytes.has(d.what) || d.what === 'flags' || d.what === 'init'),
    parts: d => bytes.has(d.what) && d.what !== 'request',
  },
  {
    id: 'early-limit',
    openssl:
      'more early data than the session permits is TOO_MUCH_EARLY_DATA, and the connection is dead',
    ours: 'as much is taken as may be, then TOO_MUCH_EARLY_DATA, and the connection goes on',
    why: 'the rest can be sent behind the handshake',
    page: 'Beyond what the session permits: TOO_MUCH_EARLY_DATA, and the connection goes on (OpenSSL: it is dead)',
    explains: d => d.call === 'early_write' && errorOf(d, 'theirs') === '20.164',
    parts: () => true,
  },
  {
    id: 'early-write-waits',
    openssl:
      'SSL_write of a server that has not read all early data is SHOULD_NOT_HAVE_BEEN_CALLED',
    ours: 'WANT_READ, as behind it: it waits for the Finished',
    why: 'it has to wait either way',
    page: 'SSL_write waits for the Finished, before it as behind it',
    explains: d =>
      d.call === 'sslwrite' &&
      errorOf(d, 'theirs') === '20.786689' &&
      statusOf(d, 'ours') === 2 &&
      called(d, 'early_read').some(({ words }) => words[0] === d.words[0]),
    parts: () => true,
  },
  {
    id: 'early-is-not-read',
    openssl: 'SSL_read hands out early data, unmarked, before SSL_READ_EARLY_DATA_FINISH',
    ours: 'never: WANT_READ',
    why: 'early data can be played again, and who reads it has to know that it is early',
    page: 'SSL_read never gives early bytes, also before SSL_READ_EARLY_DATA_FINISH (OpenSSL does)',
    explains: d =>
      reads.has(d.call) &&
      Number(d.theirs.get('ret')) > 0 &&
      statusOf(d, 'ours') === 2 &&
      called(d, 'early_read').some(({ words }) => words[0] === d.words[0]),
    parts: () => true,
  },
  {
    id: 'tickets-stay',
    openssl: 'a ticket of a server that takes early data is good for one connection',
    ours: 'it is good for resumptions; a ClientHello is good for one',
    why: 'a ClientHello that is played again is what has to be told apart',
    page: 'and each ClientHello is taken once; tickets stay sealed and good for resumptions (OpenSSL: they become stateful, and good for one)',
    explains: d =>
      d.call === 'early_read' &&
      (called(d, 'copy').length === 0 || !['early', 'sum'].includes(d.what)) &&
      d.theirs.get(`${d.words[0]}.reused`) === '0' &&
      d.ours.get(`${d.words[0]}.reused`) === '1',
    parts: () => true,
  },
]
