import { alertName, alerts, rfc, TlsAlert } from '@biopair/wire'
import test from 'ava'

test('an alert says its name, reason, section and why, and has a stable code', t => {
  const cause = new Error('below')
  const error = new TlsAlert('decrypt_error', {
    reason: 'DIGEST_CHECK_FAILED',
    section: '4.5.3',
    why: 'expected a, got b',
    cause,
  })
  t.is(error.message, 'decrypt_error (DIGEST_CHECK_FAILED, RFC 9846 4.5.3): expected a, got b')
  t.is(error.code, 'ERR_SSL_DIGEST_CHECK_FAILED')
  t.is(error.description, 51)
  t.is(error.origin, 'sent')
  t.is(error.cause, cause)
})

test('every number has a name, and every name its number back', t => {
  for (let number = 0; number < 256; number++) {
    const error = new TlsAlert(
      alertName(number),
      { reason: 'R', section: '6', why: '' },
      'received',
    )
    t.is(error.description, number)
  }
  t.is(alertName(alerts.close_notify), 'close_notify')
  t.is(alertName(21), 'alert_21')
})

test('a section is one of RFC 9846 unless it names another', t => {
  t.is(rfc('4.3'), 'RFC 9846 4.3')
  t.is(rfc('RFC 7301 3.2'), 'RFC 7301 3.2')
})
