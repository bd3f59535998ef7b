/** Which suites of TLS 1.2 keys serve that were agreed on elsewhere, and the hint to choose one by (RFC 8442, RFC 4279). */
import type { CipherSuite12, HashName } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { misuse } from './misuse.ts'
import { identityBytes, type StaticPsk } from './psks.ts'

/** The hashes of suites that keys serve: of those that are given, or any where a callback gives them. An imported key is of TLS 1.3 alone (RFC 9258 §6). */
export type PskHashes = 'any' | readonly HashName[]

export function pskHashes(psks: readonly StaticPsk[], callback: unknown): PskHashes {
  if (callback) return 'any'
  return psks.filter(({ kind }) => kind === 'external').map(({ hash }) => hash)
}

/** Whether a suite is of use: one with a pre-shared key where there is one for it. */
export function serves(hashes: PskHashes, { auth, hash }: CipherSuite12): boolean {
  return auth !== 'psk' || hashes === 'any' || hashes.includes(hash)
}

/** `pskIdentityHint` as bytes. RFC 4279 §5.3: everybody has to take 128. TypeError for what is none. */
export function hintFrom(hint: string | Uint8Array | undefined): Bytes | undefined {
  if (hint === undefined) return undefined
  const bytes = identityBytes(hint, 'pskIdentityHint')
  if (bytes.length <= 128) return bytes
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `pskIdentityHint: expected up to 128 bytes, got ${bytes.length}`,
  )
}
