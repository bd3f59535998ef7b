/** Files that flags name, and certificates in them. */
import { readFileSync } from 'node:fs'
import {
  type Certificate,
  certificateChainFrom,
  isX509Failure,
  parseCertificate,
} from '@biopair/x509'
import { messageOf } from './failure.ts'
import { UsageError } from './usage-error.ts'

/** The bytes of a file. UsageError where it cannot be read. */
export function read(flag: string, path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError(`-${flag}: ${messageOf(error)}`)
  }
}

/** The certificates of a file, PEM or DER, in its order. UsageError for what is none. */
export function certificates(flag: string, path: string): Certificate[] {
  const bytes = read(flag, path)
  let chain: readonly Uint8Array[]
  try {
    chain = certificateChainFrom(bytes)
  } catch (error) {
    throw new UsageError(`-${flag}: ${messageOf(error)}`)
  }
  return chain.map(der => {
    const certificate = parseCertificate(der)
    if (!isX509Failure(certificate)) return certificate
    throw new UsageError(`-${flag}: ${certificate.why}`)
  })
}
