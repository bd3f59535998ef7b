/** SHA-1, for identifiers that RFCs make with it (CertID of OCSP, key identifiers): nothing that is signed with it is believed. */
import { sha1 as hash } from '@noble/hashes/legacy.js'
import type { Bytes } from './bytes.ts'

/** The 20 bytes of SHA-1. */
export function sha1(bytes: Uint8Array): Bytes {
  return Uint8Array.from(hash(bytes))
}
