/** What calls on a connection are meant to answer otherwise than in OpenSSL. */
import type { Intended } from '../support/compare.ts'
import {
  bytes,
  callsOn,
  errorOf,
  failure,
  handshakes,
  number,
  ordered,
  owner,
  reads,
  settled,
  statusOf,
} from '../support/facts.ts'

export const answers: readonly Intended[] = [
  {
    id: 'cut-ends-one-way',
    openssl: 'a cut is 0 from SSL_read, sends an alert, and ends the connection both ways',
    ours: '-1, and writing goes on',
    why: 'what the peer still reads can be said, and 0 is the clean end alone',
    page: 'After a cut of the other direction writing goes on, as in 1.1.1',
    explains: d =>
      errorOf(d, 'ours') === '20.294' && errorOf(d, 'theirs') === '20.294' && settled(d),
    parts: () => true,
  },
  {
    id: 'has-pending',
    openssl: 'SSL_has_pending counts parts of a record that nothing can be read from',
    ours: '1 only if SSL_read gives bytes without the BIO',
    why: 'a 1 then means progress',
    page: '1 only if SSL_read gives bytes without the BIO (OpenSSL counts parts of records)',
    explains: d =>
      d.what === 'has' && d.they === 1 && d.we === 0 && d.ours.get(`${owner(d)}.pending`) === '0',
  },
  {
    id: 'after-shutdown-0',
    openssl: "SSL_get_error says SYSCALL of SSL_shutdown's 0, which is no error",
    ours: 'WANT_READ, which is what it waits for',
    why: 'nobody takes it for a failure',
    page: "After SSL_shutdown's 0: WANT_READ, which is what it waits for",
    explains: d =>
      d.call === 'shutdown' &&
      d.theirs.get('ret') === '0' &&
      d.ours.get('ret') === '0' &&
      ((d.what === 'status' && d.they === 5 && d.we === 2) ||
        (d.what === 'want' && d.they === 1 && d.we === 3)),
  },
  {
    id: 'zero-length',
    openssl:
      'reading or writing nothing is SYSCALL or WANT_READ, takes a record in, or shakes hands',
    ours: '0, NONE, and nothing else happens',
    why: 'a length of 0 asks nothing',
    page: 'Reading nothing is 0 and NONE (OpenSSL: WANT_READ or SYSCALL)',
    explains: d =>
      /^ssl(read|peek|write)$/.test(d.call) &&
      number(d) === 0 &&
      d.ours.get('ret') === '0' &&
      d.ours.get('status') === '0',
    parts: d => errorOf(d, 'theirs') !== '0' || (bytes.has(d.what) && d.what !== 'ret'),
  },
  {
    id: 'want-of-this-call',
    openssl: 'SSL_want still says what an earlier call, or a part of this one, waited for',
    ours: 'NOTHING where this call waits for nothing',
    why: 'it is asked about the last call',
    page: 'SSL_want says what the last call waits for, and NOTHING where that failed',
    explains: d => d.what === 'want' && d.we === 1 && ![2, 3].includes(statusOf(d, 'ours')),
  },
  {
    id: 'error-of-this-call',
    openssl: 'SSL_get_error of a read behind the end may say what a write before it waits for',
    ours: 'ZERO_RETURN',
    why: 'it is asked about the last call',
    page: '`SSL_get_error` says what the last call on this SSL found**, however often it is asked',
    explains: d =>
      d.what === 'status' &&
      reads.has(d.call) &&
      d.ours.get('ret') === '0' &&
      [2, 3].includes(d.they) &&
      d.we === 6,
  },
  {
    id: 'fatal-stays',
    openssl:
      'after a fatal error calls say SYSCALL without an error, ZERO_RETURN, or SHUTDOWN_WHILE_IN_INIT',
    ours: 'they give the same error again, each time',
    why: 'a failure never becomes another one, least of all a clean end',
    page: 'After a fatal error each call gives the same error again; it never becomes SYSCALL, nor ZERO_RETURN',
    explains: d =>
      ['ret', 'status', 'error', 'want'].includes(d.what) &&
      d.ours.get('ret') === '-1' &&
      errorOf(d, 'ours') === failure(d) &&
      ['0', '20.407', '20.207', '20.127'].includes(errorOf(d, 'theirs')) &&
      callsOn(d, owner(d)).some(step => step.text !== d.text || d.before.includes(step)),
    // BAD_WRITE_RETRY is fatal in turn.
    parts: d => errorOf(d, 'theirs') === '20.127',
  },
  {
    id: 'failed-is-not-in-init',
    openssl: 'SSL_in_init is 1 after a fatal error',
    ours: 'it stays what it was',
    why: 'a handshake that is over does not begin again',
    page: 'SSL_in_init is about the handshake alone: it is 0 after a failure',
    explains: d => d.what === 'init' && d.they === 1 && d.we === 0 && failure(d) !== undefined,
  },
  {
    id: 'ordered-is-not-in-init',
    openssl: 'SSL_in_init is 1 while a KeyUpdate or a ticket is ordered and not sent',
    ours: 'it is about the handshake alone',
    why: 'that one is over',
    page: 'while a KeyUpdate or a ticket is ordered (OpenSSL: 1)',
    explains: d => d.what === 'init' && d.they === 1 && d.we === 0 && ordered(d, owner(d)),
  },
  {
    id: 'alert-is-no-end',
    openssl: 'a fatal alert sets RECEIVED_SHUTDOWN, and SSL_read answers 0, as at a clean end',
    ours: 'RECEIVED_SHUTDOWN is close_notify alone, and the answer is -1',
    why: 'a clean end, a cut and a failure never look alike',
    page: 'RECEIVED is close_notify alone (OpenSSL sets it for fatal alerts too, and then reports a clean end)',
    explains: d =>
      /^20\.1[01]\d\d$/.test(failure(d) ?? '') &&
      ((d.what === 'shut' && d.they === (d.we | 2)) ||
        (d.what === 'ret' && reads.has(d.call) && d.they === 0 && d.we === -1)),
  },
  {
    id: 'closed-in-handshake',
    openssl:
      "-1 with ZERO_RETURN for the peer's close_notify in the handshake, and WANT_READ from then on",
    ours: '0 with ZERO_RETURN, as SSL_do_handshake(3) says, and again each time',
    why: 'the page says so, and nothing is to be waited for',
    page: "0 with ZERO_RETURN for the peer's close_notify, as the pages say, and again on each later call",
    explains: d =>
      handshakes.has(d.call) &&
      statusOf(d, 'theirs') === 6 &&
      statusOf(d, 'ours') === 6 &&
      d.what === 'ret' &&
      d.they === -1 &&
      d.we === 0,
    parts: () => true,
  },
  {
    id: 'no-bio',
    openssl: 'a client without a BIO is SYSCALL without an error',
    ours: 'READ_BIO_NOT_SET, as a server',
    why: 'it says what is missing, and can be put right',
    page: 'No BIO: SSL with READ_BIO_NOT_SET or BIO_NOT_SET',
    explains: d => errorOf(d, 'ours') === '20.211' && statusOf(d, 'theirs') === 5,
    parts: () => true,
  },
  {
    id: 'ticket-has-a-reason',
    openssl: 'SSL_new_session_ticket that cannot be is 0 without an error',
    ours: '0 with NOT_SERVER or STILL_IN_INIT',
    why: 'a refusal has a reason',
    page: 'SSL_new_session_ticket that cannot be has a reason',
    explains: d =>
      d.call === 'ticket' &&
      d.what === 'error' &&
      errorOf(d, 'theirs') === '0' &&
      ['20.284', '20.121'].includes(errorOf(d, 'ours')),
  },
  {
    id: 'update-in-init',
    openssl: 'SSL_key_update before the handshake is over may say WRONG_SSL_VERSION',
    ours: 'STILL_IN_INIT',
    why: 'waiting helps, and no other version is needed',
    page: 'SSL_key_update before the handshake is over is STILL_IN_INIT',
    explains: d => d.call === 'key_update' && d.what === 'error' && errorOf(d, 'ours') === '20.121',
  },
  {
    id: 'wrong-role-shutdown',
    openssl: 'SSL_shutdown in a role that the method lacks says SHUTDOWN_WHILE_IN_INIT',
    ours: 'SHOULD_NOT_HAVE_BEEN_CALLED, as every other call then',
    why: 'waiting for the handshake would not help',
    page: 'In a role that the method lacks it is -1 with SHOULD_NOT_HAVE_BEEN_CALLED',
    explains: d =>
      d.call === 'shutdown' && d.what === 'error' && errorOf(d, 'ours') === '20.786689',
  },
]
