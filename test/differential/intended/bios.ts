/** What BIOs are meant to do otherwise than in OpenSSL. */
import type { Intended } from '../support/compare.ts'
import { called, errorOf, number, owner } from '../support/facts.ts'

export const bios: readonly Intended[] = [
  {
    id: 'negative-size',
    openssl: 'BIO_set_write_buf_size takes a negative size, and pairing fails later',
    ours: 'refuses it: 0 with INVALID_ARGUMENT',
    why: 'a mistake is told by the call that made it',
    page: 'a negative size fails here and not at the pairing',
    explains: d => d.call === 'size' && number(d) < 0,
    parts: () => true,
  },
  {
    id: 'self-pair',
    openssl: 'BIO_make_bio_pair pairs a half with itself',
    ours: 'refuses it: 0 with INVALID_ARGUMENT',
    why: 'it is a mistake, and reads what it wrote',
    page: 'pairing a half with itself is refused (INVALID_ARGUMENT), since it is a mistake',
    explains: d =>
      d.call === 'join' && d.words[0] === d.words[1] && errorOf(d, 'ours') === '32.125',
    parts: d => d.theirs.get('ret') === '1',
  },
  {
    id: 'negative-count',
    openssl: 'BIO_nread and BIO_nwrite with a negative count take the whole run',
    ours: 'INVALID_ARGUMENT',
    why: 'a negative count comes of a failed call whose answer was not looked at',
    page: 'a negative count is INVALID_ARGUMENT (OpenSSL takes everything)',
    explains: d =>
      /^n(read|write)$/.test(d.call) && number(d) < 0 && errorOf(d, 'ours') === '32.125',
    parts: () => true,
  },
  {
    id: 'request-within-guarantee',
    openssl: 'the read request outlives BIO_shutdown_wr, above a guarantee of 0',
    ours: 'it is never above the guarantee',
    why: 'BIO_s_bio(3) promises so, and nothing can be written any more',
    page: 'never above the guarantee, as the page promises (OpenSSL breaks it after BIO_shutdown_wr)',
    explains: d => {
      const guarantee = Number(d.theirs.get(`${owner(d)}.guarantee`))
      return d.what === 'request' && guarantee < d.they && d.we === guarantee
    },
  },
  {
    id: 'freed-half',
    openssl: 'freeing a half drops what it wrote, and its peer is UNINITIALIZED',
    ours: 'what it wrote stays readable, then the peer reads the end and its writes are BROKEN_PIPE',
    why: 'freeing never destroys output that was not delivered',
    page: 'leaves what it wrote readable, then the peer reads the end and its writes are BROKEN_PIPE',
    explains: d => called(d, 'free').length > 0,
    parts: () => true,
  },
  {
    id: 'read-nothing',
    openssl: 'reading nothing of empty memory, or of a half without a peer, is -1',
    ours: 'it is 0',
    why: 'a length of 0 asks nothing, so nothing can be in its way',
    page: 'answers 0 to a read of nothing, as every other BIO does (OpenSSL: -1)',
    explains: d =>
      d.call === 'read' &&
      number(d) === 0 &&
      d.theirs.get('ret') !== '0' &&
      d.ours.get('ret') === '0',
  },
  {
    id: 'refused-is-final',
    openssl:
      'a call that is refused (no peer, no such method, read-only) leaves the retry flags of the call before',
    ours: 'it clears them',
    why: 'no failure that is final says that it should be tried again',
    page: 'A call that a BIO refuses clears the retry flags',
    explains: d =>
      d.what === 'flags' &&
      d.ours.get(d.field) === '-' &&
      ['32.120', '32.121', '32.126'].includes(errorOf(d, 'theirs')),
  },
  {
    id: 'positive-eof',
    openssl: 'a positive BIO_set_mem_eof_return is answered as if so many bytes had been read',
    ours: 'refuses it: 0 with INVALID_ARGUMENT',
    why: 'no read counts bytes that are not there',
    page: 'a positive value is refused (OpenSSL then counts bytes that are not there)',
    explains: d => d.call === 'eof_return' && number(d) > 0 && errorOf(d, 'ours') === '32.125',
    parts: () => true,
  },
]
