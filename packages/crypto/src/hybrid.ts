/** X25519MLKEM768 (RFC 10024 on the pattern of RFC 9954): ML-KEM first, X25519 after it, in shares and in the secret. */
import { type Bytes, concat, wipe } from './bytes.ts'
import { draw } from './draw.ts'
import { groups } from './groups.ts'
import { present } from './misuse.ts'
import type { CryptoFailure, Group, KeyShare, Random } from './provider.ts'
import { failed } from './provider.ts'

/** ML-KEM-768 (FIPS 203) as a pure function of its bytes. Lengths are the caller's to check. */
export interface MlKem768 {
  /** ML-KEM.KeyGen_internal: `seed` is d || z, 64 bytes. */
  keygen(seed: Uint8Array): { readonly publicKey: Bytes; readonly secretKey: Bytes }
  /** ML-KEM.Encaps_internal with the coins m, 32 bytes; undefined where the modulus check refuses the key (FIPS 203 §7.2). */
  encapsulate(
    publicKey: Uint8Array,
    coins: Uint8Array,
  ): { readonly ciphertext: Bytes; readonly secret: Bytes } | undefined
  /** ML-KEM.Decaps: a ciphertext that was not made for the key gives a secret that nobody shares (implicit rejection). */
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Bytes
}

const ml = { encapsulationKey: 1184, ciphertext: 1088 } as const
const x25519Length = 32

/** The group over an ML-KEM and an x25519 group; the KEM's draws come from `system` where a caller gives no `Random`. */
export function x25519MlKem768(kem: MlKem768, x25519: Group, system: Random): Group {
  return {
    ...groups.X25519MLKEM768,
    start(random) {
      const seed = draw(random ?? system, 'ml-kem-768 seed', 64)
      try {
        const { publicKey, secretKey } = kem.keygen(seed)
        return new HybridShare(publicKey, secretKey, kem, x25519.start(random))
      } finally {
        wipe(seed)
      }
    },
    answer(peer, random) {
      const fault = wrongLength('client', peer, ml.encapsulationKey)
      if (fault) return fault
      const coins = draw(random ?? system, 'ml-kem-768 coins', 32)
      const sealed = kem.encapsulate(peer.subarray(0, ml.encapsulationKey), coins)
      wipe(coins)
      if (!sealed)
        return {
          failure: 'bad_key_share',
          why: 'the ML-KEM-768 encapsulation key fails the modulus check of FIPS 203',
        }
      const ecdh = x25519.answer(peer.subarray(ml.encapsulationKey), random)
      if (failed(ecdh)) {
        wipe(sealed.secret)
        return ecdh
      }
      const secret = concat(sealed.secret, ecdh.secret)
      wipe(sealed.secret, ecdh.secret)
      return { publicKey: concat(sealed.ciphertext, ecdh.publicKey), secret }
    },
  }
}

class HybridShare implements KeyShare {
  readonly publicKey: Bytes
  #secretKey: Bytes | undefined
  readonly #kem: MlKem768
  readonly #x25519: KeyShare

  constructor(publicKey: Bytes, secretKey: Bytes, kem: MlKem768, x25519: KeyShare) {
    this.publicKey = concat(publicKey, x25519.publicKey)
    this.#secretKey = secretKey
    this.#kem = kem
    this.#x25519 = x25519
  }

  finish(peer: Uint8Array): Bytes | CryptoFailure {
    const secretKey = present(this.#secretKey, 'key share')
    const fault = wrongLength('server', peer, ml.ciphertext)
    if (fault) return fault
    const ecdh = this.#x25519.finish(peer.subarray(ml.ciphertext))
    if (failed(ecdh)) return ecdh
    const shared = this.#kem.decapsulate(peer.subarray(0, ml.ciphertext), secretKey)
    const secret = concat(shared, ecdh)
    wipe(shared, ecdh)
    return secret
  }

  wipe(): void {
    wipe(this.#secretKey)
    this.#secretKey = undefined
    this.#x25519.wipe()
  }
}

function wrongLength(
  side: 'client' | 'server',
  share: Uint8Array,
  kemLength: number,
): CryptoFailure | undefined {
  if (share.length === kemLength + x25519Length) return undefined
  return {
    failure: 'bad_key_share',
    why: `a ${side}'s X25519MLKEM768 share has ${kemLength + x25519Length} bytes; ${share.length} came`,
  }
}
