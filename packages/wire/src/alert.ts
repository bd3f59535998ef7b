/** The alert table of RFC 9846 section 6 and `TlsAlert`, the one error that a peer can cause. */

/** AlertDescription (RFC 9846 appendix B.2; 120 from RFC 7301), by name. */
export const alerts = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  // Of TLS 1.2 alone (RFC 5246 §7.2.2).
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  general_error: 117,
  no_application_protocol: 120,
} as const

export type AlertName = keyof typeof alerts

const names: ReadonlyMap<number, AlertName> = new Map(
  Object.entries(alerts).map(([name, id]) => [id, name as AlertName]),
)

/** The name of an alert, `alert_NN` for one that RFC 9846 does not define. */
export function alertName(description: number): AlertName | `alert_${number}` {
  return names.get(description) ?? `alert_${description}`
}

/** What a `TlsAlert` says besides its alert. */
export interface AlertDetail {
  /** Stable: OpenSSL's reason without its prefix, BoringSSL's where OpenSSL has none (docs/reasons.md). */
  readonly reason: string
  /** The section that was broken: `4.3.8`, or `RFC 7301 3.2` for another RFC than 9846. */
  readonly section: string
  /** What was expected and what came. */
  readonly why: string
  readonly cause?: unknown
}

/**
 * A fatal alert: `sent` when we found the peer at fault, `received` when the peer found us at fault.
 * Thrown at the check, caught once, in `ssl/driver.ts`.
 */
export class TlsAlert extends Error {
  override readonly name = 'TlsAlert'
  readonly alert: AlertName | `alert_${number}`
  readonly description: number
  readonly origin: 'sent' | 'received'
  /** Stable, for `switch (error.code)`: `ERR_SSL_` and the reason, as node:tls spells it. */
  readonly code: string
  readonly reason: string
  readonly section: string
  readonly why: string
  /** The state that the handshake was in, filled in by the connection: `WAIT_SH`, `CONNECTED`, ... */
  state: string | undefined

  constructor(
    alert: AlertName | `alert_${number}`,
    detail: AlertDetail,
    origin: 'sent' | 'received' = 'sent',
  ) {
    super(
      `${alert} (${detail.reason}, ${rfc(detail.section)}): ${detail.why}`,
      detail.cause === undefined ? undefined : { cause: detail.cause },
    )
    this.alert = alert
    this.description =
      alert in alerts ? alerts[alert as AlertName] : Number(alert.slice('alert_'.length))
    this.origin = origin
    this.code = `ERR_SSL_${detail.reason}`
    this.reason = detail.reason
    this.section = detail.section
    this.why = detail.why
  }
}

/** A section as people cite it: without an RFC's number it is one of RFC 9846. */
export function rfc(section: string): string {
  return section.startsWith('RFC') ? section : `RFC 9846 ${section}`
}
