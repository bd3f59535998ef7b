/** Bounds on what a connection holds and does; each is an option, each has a typed error or a named outcome. */
import { outOfRange } from '@biopair/wire'
import { misuse } from './misuse.ts'

export interface Limits {
  /** Bytes of a Certificate message: 102 400, as OpenSSL's SSL_CTX_set_max_cert_list(3). Beyond it: EXCESSIVE_MESSAGE_SIZE. */
  readonly maxCertificateMessage: number
  /** Bytes of any other handshake message: 65 536. Beyond it: EXCESSIVE_MESSAGE_SIZE. */
  readonly maxHandshakeMessage: number
  /** Bytes of handshake messages buffered at once. */
  readonly maxHandshakeBuffer: number
  /** Bytes of ours queued at once; a flight must fit. */
  readonly maxQueue: number
  /** Records or steps that one call works through before it returns: 1024. */
  readonly recordsPerCall: number
  /** KeyUpdates, tickets and user_canceled alerts in a row without data: 64. Beyond it: TOO_MANY_KEY_UPDATES, TOO_MANY_WARN_ALERTS. */
  readonly sideRecords: number
  /** Bytes of early data held at once: those that a server has not read, and those that a client's server has not answered for. 1 MiB. */
  readonly earlyData: number
  /** Server: bytes of early data that is refused and passed over: 16 384, and `maxEarlyData` at least. Beyond it: TOO_MUCH_EARLY_DATA. */
  readonly skippedEarlyData: number
  /** Bytes of content in a record of ours: 512 to 16 384. */
  readonly maxFragment: number
  /** Records under one key before we change it; the suite's own limit where undefined. */
  readonly recordsPerKey: number | undefined
  /** The longest body of a message of a type. */
  readonly maxMessage: (msg_type: number) => number
}

/** Certificate and CompressedCertificate. */
const certificates = [11, 25]
/** Header, content type and tag. */
const recordOverhead = 5 + 1 + 16

/** The limits of a context: what was given, and our defaults for the rest. RangeError (ERR_OUT_OF_RANGE) for one that is no positive whole number. */
export function limitsFrom(given: Partial<Omit<Limits, 'maxMessage'>>): Limits {
  const limits = {
    maxCertificateMessage: 102_400,
    maxHandshakeMessage: 65_536,
    maxHandshakeBuffer: 2 ** 18,
    maxQueue: 2 ** 18,
    recordsPerCall: 1024,
    sideRecords: 64,
    earlyData: 2 ** 20,
    skippedEarlyData: 16_384,
    maxFragment: 16_384,
    recordsPerKey: undefined as number | undefined,
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(limits, name))
      throw misuse('ERR_UNKNOWN_OPTION', `limits: there is no limit ${name}`)
    if (value === undefined) continue
    const [least, most] = name === 'maxFragment' ? [512, 16_384] : [1, Number.MAX_SAFE_INTEGER]
    if (!(Number.isSafeInteger(value) && value >= least && value <= most))
      throw outOfRange(`limits.${name}: expected a whole number from ${least}, got ${value}`)
    limits[name as 'maxQueue'] = value
  }
  const record = limits.maxFragment + recordOverhead
  if (limits.maxQueue < record)
    throw outOfRange(
      `limits.maxQueue: expected room for a record of ${record} bytes, got ${limits.maxQueue}`,
    )
  const maxMessage = (msg_type: number) =>
    certificates.includes(msg_type) ? limits.maxCertificateMessage : limits.maxHandshakeMessage
  return { ...limits, maxMessage }
}
