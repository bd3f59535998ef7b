/** Keys as plain data: what a certificate or a key file says, before a provider makes a key of it. */
import type { MlDsaName } from './ml-dsa.ts'
import type { HashName } from './provider.ts'

export type CurveName = 'P-256' | 'P-384' | 'P-521'

export type PublicKeyMaterial =
  /** `point` is the SEC 1 point as it came: 04, X, Y. */
  | { readonly kind: 'ec'; readonly curve: CurveName; readonly point: Uint8Array }
  | { readonly kind: 'ed25519'; readonly key: Uint8Array }
  /** `key` is FIPS 204's pkEncode, of the length of its set. */
  | { readonly kind: 'ml-dsa'; readonly set: MlDsaName; readonly key: Uint8Array }
  /** `n` and `e` are big-endian without leading zeros. `pss` is set for an id-RSASSA-PSS key, which signs PSS alone. */
  | {
      readonly kind: 'rsa'
      readonly n: Uint8Array
      readonly e: Uint8Array
      readonly pss?: PssRestriction
    }

/** RSASSA-PSS-params of an id-RSASSA-PSS key (RFC 4055 §3.1); `any` where the key has no parameters. */
export type PssRestriction = 'any' | { readonly hash: HashName; readonly saltLength: number }

export type PrivateKeyMaterial =
  | { readonly kind: 'ec'; readonly curve: CurveName; readonly d: Uint8Array }
  /** `seed` is the 32 bytes of RFC 8032 §5.1.5. */
  | { readonly kind: 'ed25519'; readonly seed: Uint8Array }
  /**
   * `seed` is the 32 bytes of FIPS 204 algorithm 1, `expanded` its skEncode. One of them is there; where both are, the seed has to
   * expand to the other (RFC 9881 §6, §8).
   */
  | {
      readonly kind: 'ml-dsa'
      readonly set: MlDsaName
      readonly seed: Uint8Array
      readonly expanded?: Uint8Array
    }
  | {
      readonly kind: 'ml-dsa'
      readonly set: MlDsaName
      readonly seed?: never
      readonly expanded: Uint8Array
    }
  /** Big-endian without leading zeros (RFC 8017 §A.1.2). */
  | {
      readonly kind: 'rsa'
      readonly n: Uint8Array
      readonly e: Uint8Array
      readonly d: Uint8Array
      readonly p: Uint8Array
      readonly q: Uint8Array
      readonly dp: Uint8Array
      readonly dq: Uint8Array
      readonly qi: Uint8Array
      readonly pss?: PssRestriction
    }
