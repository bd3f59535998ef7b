/** What is meant to go over the wire otherwise than in OpenSSL. */
import type { Intended } from '../support/compare.ts'
import { bytes, called, errorOf, moves, shaking, small, statusOf } from '../support/facts.ts'

export const wire: readonly Intended[] = [
  {
    id: 'flight-lengths',
    openssl: 'its handshake messages have their lengths',
    ours: 'ours have others: other extensions, fewer records',
    why: 'what is said is the same, and neither is bound to a length',
    page: 'flights have other lengths',
    explains: d =>
      bytes.has(d.what) &&
      shaking(d) &&
      d.they > 0 &&
      d.we > 0 &&
      (d.what !== 'ret' || d.call === 'move'),
  },
  {
    id: 'flight-steps',
    openssl: 'over a ring smaller than its flights a handshake takes its number of calls',
    ours: 'another number: flights are shorter, and reading goes on while a flight waits for room',
    why: 'the same, and two ends that wait for room in each other never block',
    page: 'over a small ring a handshake another number of calls',
    explains: d => small(d) && shaking(d) && moves(d),
  },
  {
    id: 'ticket-steps',
    openssl: 'over a ring smaller than a ticket it takes its number of calls',
    ours: 'another number: a ticket is shorter',
    why: 'as a flight',
    page: 'over a small ring a handshake another number of calls',
    explains: d => called(d, 'ticket').length > 0 && small(d) && moves(d),
    parts: () => true,
  },
  {
    id: 'update-answered-at-once',
    openssl:
      'a KeyUpdate that was asked for goes with the next write, so that a silent peer never answers',
    ours: 'goes as soon as nothing waits before it',
    why: 'RFC 9846 asks for it prior to the next application data, and who asked waits for it',
    page: "The peer's request is answered as soon as nothing waits before it (OpenSSL: with the next write)",
    explains: d =>
      (bytes.has(d.what) || d.what === 'flags') &&
      called(d, 'key_update').some(({ words }) => words[1] === '1') &&
      (Math.abs(d.we - d.they) <= 27 || /^(request|flags)$/.test(d.what)),
    // There was room for a part of it.
    parts: d => Math.abs(d.we - d.they) < 27,
  },
  {
    id: 'http-is-answered',
    openssl: 'says nothing to a peer that speaks HTTP (3.5: then waits for more of it)',
    ours: 'sends an alert, and the connection has failed',
    why: 'RFC 9846 section 6.2: whoever aborts says so',
    page: 'An HTTP request is answered with an alert',
    explains: d =>
      errorOf(d, 'ours') === '20.156' &&
      ((bytes.has(d.what) && Math.abs(d.we - d.they) === 7) || statusOf(d, 'theirs') === 2),
    parts: d => statusOf(d, 'theirs') === 2,
  },
  {
    id: 'judged-with-proof',
    openssl: 'judges a chain before it reads CertificateVerify, and its alert is in the clear',
    ours: 'judges it behind that, and the alert is protected',
    why: 'who has not proved to own a certificate learns nothing of what we think of it',
    page: 'A chain is judged once its owner has proved to have the key',
    explains: d => bytes.has(d.what) && shaking(d) && errorOf(d, 'ours') === '20.134',
  },
]

/** Of messages behind the handshake: whatever else may explain a number of bytes, these do first. */
export const lengths: readonly Intended[] = [
  {
    id: 'authentication-lengths',
    openssl: 'its messages of a later authentication have their lengths',
    ours: 'ours have others',
    why: 'as in the handshake',
    page: 'flights have other lengths',
    explains: d => called(d, 'ask').length > 0 && bytes.has(d.what) && d.they > 0 && d.we > 0,
  },
  {
    id: 'ticket-lengths',
    openssl: 'a ticket holds the session, in DER',
    ours: 'what resuming needs',
    why: 'shorter, and nobody else reads it',
    page: 'a ticket in what it holds',
    explains: d =>
      (called(d, 'ticket').length > 0 ||
        called(d, 'tickets').some(({ words }) => words[0] !== '0')) &&
      bytes.has(d.what) &&
      (d.what !== 'ret' || /^(move|copy)$/.test(d.call)) &&
      d.they > 0 &&
      d.we > 0,
  },
]
