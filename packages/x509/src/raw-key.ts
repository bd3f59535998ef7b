/** Judging a raw public key: it is one of those that somebody believes in, or it is nobody's (RFC 7250 §6). */
import { sameBytes } from './der.ts'
import { isX509Failure } from './failure.ts'
import { parsePublicKey } from './public-key.ts'
import { keyProblems } from './rules.ts'
import { malformed, refused, type Verdict } from './verdict.ts'

export interface RawKeyOptions {
  /** The peer's SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** Those that are believed, DER; none means nobody. */
  readonly expected: readonly Uint8Array[]
  /** Bits that an RSA modulus must at least have: 2048. */
  readonly minimumRsaBits?: number | undefined
}

/**
 * The verdict on a raw key; its path is empty, since there are no certificates. Nothing else than these very bytes among those that are
 * expected makes it one to believe: no key at all expected is a refusal (CVE-2024-12797).
 */
export function verifyRawKey({ spki, expected, minimumRsaBits = 2048 }: RawKeyOptions): Verdict {
  const publicKey = parsePublicKey(spki)
  if (isX509Failure(publicKey) && publicKey.failure === 'malformed')
    return refused(0, malformed(publicKey), [])
  for (const problem of keyProblems({ publicKey }, { minimumRsaBits }, 'EE_KEY_TOO_SMALL'))
    return refused(0, problem, [])
  if (expected.some(key => sameBytes(key, spki))) return { ok: true, path: [] }
  const why = `expected one of ${expected.length} raw public keys, got another`
  return refused(0, { code: 'RPK_UNTRUSTED', why }, [])
}
