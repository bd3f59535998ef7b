/** A key exchange group made of a scalar multiplication: for providers whose library takes scalars as bytes. */
import { type Bytes, wipe } from './bytes.ts'
import type { GroupRow } from './groups.ts'
import { present } from './misuse.ts'
import type { CryptoFailure, Group, KeyShare, Random } from './provider.ts'
import { failed } from './provider.ts'

/** What a library does for one group. */
export interface ScalarMultiplication {
  /** A private scalar from a source of randomness. */
  draw(random: Random): Bytes
  /** The public key. `seldom` where a process may need just one: worth no table. */
  publicKey(scalar: Bytes, seldom: boolean): Bytes
  /** The x coordinate of scalar times the peer's point, or why that is no point. */
  agree(scalar: Bytes, peer: Uint8Array): Bytes | CryptoFailure
  /** Why a share cannot be a point, by its form alone. */
  fault(peer: Uint8Array): CryptoFailure | undefined
}

/** The group; `system` is drawn from where a caller gives no `Random`. */
export function ecdhGroup(row: GroupRow, curve: ScalarMultiplication, system: Random): Group {
  return {
    ...row,
    start(random = system) {
      const scalar = curve.draw(random)
      return new EcdhShare(curve.publicKey(scalar, true), scalar, curve)
    },
    answer(peer, random = system) {
      const fault = curve.fault(peer)
      if (fault) return fault
      const scalar = curve.draw(random)
      try {
        const secret = curve.agree(scalar, peer)
        if (failed(secret)) return secret
        return { publicKey: curve.publicKey(scalar, false), secret }
      } finally {
        wipe(scalar)
      }
    },
  }
}

class EcdhShare implements KeyShare {
  readonly publicKey: Bytes
  #scalar: Bytes | undefined
  readonly #curve: ScalarMultiplication

  constructor(publicKey: Bytes, scalar: Bytes, curve: ScalarMultiplication) {
    this.publicKey = publicKey
    this.#scalar = scalar
    this.#curve = curve
  }

  finish(peer: Uint8Array): Bytes | CryptoFailure {
    const scalar = present(this.#scalar, 'key share')
    return this.#curve.fault(peer) ?? this.#curve.agree(scalar, peer)
  }

  wipe(): void {
    wipe(this.#scalar)
    this.#scalar = undefined
  }
}
