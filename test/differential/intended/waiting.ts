/** What is meant to differ from OpenSSL where something waits: for room, or for its turn. */
import type { Intended } from '../support/compare.ts'
import {
  bytes,
  callsOn,
  errorOf,
  failure,
  handshakes,
  leftBy,
  number,
  ordered,
  owner,
  reads,
  statusOf,
  writing,
} from '../support/facts.ts'

export const waiting: readonly Intended[] = [
  {
    id: 'any-buffer',
    openssl: 'a repeated write from another buffer is BAD_WRITE_RETRY, and fatal',
    ours: 'it goes on',
    why: 'what was taken is owned, so buffers are never compared',
    page: 'always holds: buffers are never compared by where they stand',
    explains: d => d.words[2] === 'moved' && errorOf(d, 'theirs') === '20.127',
    parts: () => true,
  },
  {
    id: 'short-retry',
    openssl: 'a repeated write of fewer bytes is BAD_LENGTH, and fatal',
    ours: 'BAD_LENGTH, and the write can still be repeated',
    why: 'a mistake of the caller says nothing about the connection',
    page: 'fewer bytes are BAD_LENGTH, which is not fatal here',
    explains: d =>
      d.call === 'sslwrite' &&
      errorOf(d, 'theirs') === '20.271' &&
      ((writing(d, owner(d)) && errorOf(d, 'ours') === '20.271') ||
        errorOf(d, 'ours') === failure(d, d.words[0])),
    parts: () => true,
  },
  {
    id: 'partial-retry',
    openssl:
      'with ENABLE_PARTIAL_WRITE a repeated write sends more than its record, and waits for that',
    ours: 'it answers once its record is out',
    why: 'SSL_CTX_set_mode(3): success is reported when a single record has been written',
    page: 'a repeated write, too, is done once its record is out',
    explains: d =>
      d.call === 'sslwrite' &&
      writing(d, owner(d)) &&
      callsOn(d, owner(d)).some(({ text }) => /^mode \S+ 1$/.test(text)),
    parts: () => true,
  },
  {
    id: 'shutdown-behind-write',
    openssl:
      'SSL_shutdown while a write waits: BAD_WRITE_RETRY, fatal (3.5: WANT_READ for ever), and close_notify is lost',
    ours: 'close_notify goes behind the record that is half out',
    why: 'output waits in order',
    page: 'With a write pending it just works',
    explains: d =>
      (d.call === 'shutdown' && writing(d, owner(d)) && statusOf(d, 'theirs') !== 3) ||
      (d.call === 'sslwrite' &&
        leftBy(d, owner(d)).has('shutdown') &&
        errorOf(d, 'theirs') === '20.207'),
    parts: () => true,
  },
  {
    id: 'nothing-behind-goodbye',
    openssl: 'a KeyUpdate or a ticket that is ordered goes out behind our close_notify',
    ours: 'nothing goes out behind it',
    why: 'RFC 9846 section 6.1: close_notify is the last message of its sender',
    page: 'Nothing goes out behind close_notify',
    explains: d =>
      (['pending', 'wpending', 'written', 'flags'].includes(d.what) ||
        errorOf(d, 'theirs') === '32.124') &&
      (Number(d.ours.get(`${d.words[0]}.shut`)) & 1) === 1 &&
      ordered(d, d.words[0] ?? ''),
    parts: () => true,
  },
  {
    id: 'every-call-offers',
    openssl: 'what a call left waits for that call to be repeated',
    ours: 'every call first offers it to the BIO',
    why: 'room is used when it is there, whatever the program does next',
    page: 'Every call first offers the BIO what waits',
    explains: d =>
      ['pending', 'wpending', 'written', 'flags'].includes(d.what) &&
      d.words.some(name => [...leftBy(d, name)].some(call => call !== d.call)),
    parts: d => d.what !== 'flags',
  },
  {
    id: 'in-init-by-order',
    openssl:
      'while something is ordered and not sent, SSL_shutdown, SSL_key_update, another ticket and another request are refused: in init',
    ours: 'they just work, or say what is the matter',
    why: 'the handshake is over',
    page: 'so SSL_shutdown and another order work then',
    explains: d =>
      ordered(d, d.words[0] ?? '') &&
      ((d.call === 'shutdown' && errorOf(d, 'theirs') === '20.407') ||
        (/^(key_update|ask)$/.test(d.call) && errorOf(d, 'theirs') === '20.121') ||
        (d.call === 'ticket' && d.theirs.get('ret') === '0' && d.ours.get('ret') === '1')),
    parts: () => true,
  },
  {
    id: 'update-behind-write',
    openssl: 'SSL_key_update while a write waits is 0 with BAD_WRITE_RETRY',
    ours: '1, and it goes behind that write',
    why: 'output waits in order',
    page: 'with a write pending it is 1 and goes behind it (OpenSSL: 0, BAD_WRITE_RETRY)',
    explains: d =>
      d.call === 'key_update' && errorOf(d, 'theirs') === '20.127' && d.ours.get('ret') === '1',
    parts: () => true,
  },
  {
    id: 'order-waits',
    openssl: 'SSL_do_handshake is 1 while what it was called to send waits behind a write',
    ours: 'WANT_WRITE until it is out',
    why: '1 means that there is nothing left to do',
    page: 'SSL_do_handshake is WANT_WRITE until what was ordered is out',
    explains: d =>
      handshakes.has(d.call) &&
      statusOf(d, 'theirs') === 0 &&
      statusOf(d, 'ours') === 3 &&
      d.theirs.get('ret') === '1' &&
      ordered(d, d.words[0] ?? ''),
    parts: () => true,
  },
  {
    id: 'broken-stays',
    openssl: 'a BIO that was broken is asked again by each write',
    ours: 'it is not, and the error stays',
    why: 'what was taken before is lost there, so nothing after it may arrive',
    page: 'a BIO that broke is not asked again',
    explains: d => d.what === 'flags' && failure(d, d.words[0]) === '32.124',
  },
  {
    id: 'said-is-said',
    openssl: 'SSL_set_shutdown takes back that close_notify was sent or received',
    ours: 'what really was stays',
    why: 'nothing may follow on it',
    page: 'SSL_set_shutdown takes back nothing that really was',
    explains: d =>
      d.call === 'set_shutdown' &&
      d.what === 'shut' &&
      d.they === number(d) &&
      d.we === (d.we | d.they),
    parts: () => true,
  },
  {
    id: 'reading-goes-on',
    openssl:
      'SSL_read that has a KeyUpdate or a ticket to send reads nothing before there is room: WANT_WRITE',
    ours: 'it reads',
    why: 'the peer may wait for the same',
    page: 'SSL_read reads, whatever waits for room',
    explains: d =>
      reads.has(d.call) &&
      (statusOf(d, 'theirs') === 3 || errorOf(d, 'theirs') === '32.124') &&
      statusOf(d, 'ours') !== 3 &&
      ordered(d, d.words[0] ?? ''),
    parts: () => true,
  },
  {
    id: 'listens-while-it-waits',
    openssl: 'SSL_shutdown that waits for room reads nothing',
    ours: 'it reads meanwhile',
    why: 'two ends that both wait for room in each other never block',
    page: 'SSL_shutdown reads while it waits for room',
    explains: d =>
      d.call === 'shutdown' &&
      (bytes.has(d.what) || d.what === 'has') &&
      statusOf(d, 'theirs') === 3 &&
      statusOf(d, 'ours') === 3,
    parts: d => d.what !== 'request',
  },
  {
    id: 'data-behind-goodbye',
    openssl: 'data behind our close_notify kills the connection in SSL_shutdown, and is lost',
    ours: 'the same error, but the data can be read, and shutdown goes on behind it',
    why: 'what the peer said before it knew is not lost',
    page: 'but the connection lives: read to ZERO_RETURN and call again',
    explains: d =>
      d.call === 'shutdown' && errorOf(d, 'theirs') === '20.291' && errorOf(d, 'ours') === '20.291',
    parts: () => true,
  },
]
