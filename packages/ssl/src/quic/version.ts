/** What the versions of QUIC differ in: a row for each (RFC 9001 §5.2, §5.8; RFC 9369 §3.3). */
import { misuse } from '../misuse.ts'

/** 1 (0x00000001) and 2 (0x6b3343cf on the wire). */
export type QuicVersion = 1 | 2

export interface VersionRow {
  /** Salt of the initial secrets, in hexadecimal as all of these. */
  readonly salt: string
  /** What the labels of packet keys begin with. */
  readonly label: string
  readonly retryKey: string
  readonly retryNonce: string
}

const rows: Readonly<Record<QuicVersion, VersionRow>> = {
  1: {
    salt: '38762cf7f55934b34d179ae6a4c80cadccbb7f0a',
    label: 'quic',
    retryKey: 'be0c690b9f66575a1d766b54e368c84e',
    retryNonce: '461599d35d632bf2239825bb',
  },
  2: {
    salt: '0dede3def700a6db819381be6e269dcbf9bd2ed9',
    label: 'quicv2',
    retryKey: '8fb4b01b56ac48e260fbcbcead7ccc92',
    retryNonce: 'd86969bc2d7c6d9990efb04a',
  },
}

/** The row of a version. TypeError (ERR_INVALID_ARG_VALUE) for another. */
export function versionRow(version: QuicVersion): VersionRow {
  if (version === 1 || version === 2) return rows[version]
  throw misuse('ERR_INVALID_ARG_VALUE', `version: expected 1 or 2, got ${String(version)}`)
}

/** Bytes of hexadecimal digits. */
export function unhex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  )
}
