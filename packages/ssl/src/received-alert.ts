/** The peer's alerts, with OpenSSL's names for them (RFC 9846 §6). */
import { type AlertName, alertName, TlsAlert } from '@biopair/wire'

const older: readonly (AlertName | `alert_${number}`)[] = [
  'unexpected_message',
  'bad_record_mac',
  'handshake_failure',
  'bad_certificate',
  'unsupported_certificate',
  'certificate_revoked',
  'certificate_expired',
  'certificate_unknown',
  'illegal_parameter',
]
const newer: readonly (AlertName | `alert_${number}`)[] = [
  'missing_extension',
  'certificate_required',
]

/** The error that a fatal alert of the peer's is, whatever its level (RFC 9846 §6). */
export function receivedAlert(description: number): TlsAlert {
  const alert = alertName(description)
  const prefix = older.includes(alert) ? 'SSLV3' : newer.includes(alert) ? 'TLSV13' : 'TLSV1'
  return new TlsAlert(
    alert,
    {
      reason: `${prefix}_ALERT_${alert.toUpperCase()}`,
      section: '6.2',
      why: `the peer ended the connection${alert === 'protocol_version' ? ': it speaks none of our versions (minVersion, maxVersion)' : ''}`,
    },
    'received',
  )
}
