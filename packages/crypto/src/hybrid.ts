/** Hybrids of ML-KEM and ECDH (RFC 10024 on the pattern of RFC 9954): both shares, and both secrets, one behind the other. */
import { type Bytes, concat, wipe } from './bytes.ts'
import { draw } from './draw.ts'
import { type GroupRow, groups, moreGroups } from './groups.ts'
import { present } from './misuse.ts'
import type { CryptoFailure, Group, KeyShare, Random } from './provider.ts'
import { failed } from './provider.ts'

/** ML-KEM (FIPS 203) as a pure function of its bytes. Lengths are the caller's to check. */
export interface MlKem {
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

/** A hybrid by its parts. */
interface Hybrid {
  readonly row: GroupRow
  /** What draws are named after. */
  readonly kemName: 'ml-kem-768' | 'ml-kem-1024'
  /** Bytes that each end sends: the client an encapsulation key, the server a ciphertext. */
  readonly kemLengths: { readonly client: number; readonly server: number }
  readonly ecdhLength: number
  /** RFC 10024: X25519MLKEM768 has ML-KEM first, the hybrids with NIST's curves have ECDH first. */
  readonly first: 'kem' | 'ecdh'
}

const mlKem768 = { kemName: 'ml-kem-768', kemLengths: { client: 1184, server: 1088 } } as const
const mlKem1024 = { kemName: 'ml-kem-1024', kemLengths: { client: 1568, server: 1568 } } as const

/** X25519MLKEM768; the KEM's draws come from `system` where a caller gives no `Random`. */
export function x25519MlKem768(kem: MlKem, x25519: Group, system: Random): Group {
  const made = { ...mlKem768, row: groups.X25519MLKEM768, ecdhLength: 32, first: 'kem' } as const
  return hybridGroup(made, kem, x25519, system)
}

/** SecP256r1MLKEM768. */
export function secP256r1MlKem768(kem: MlKem, secp256r1: Group, system: Random): Group {
  const row = moreGroups.SecP256r1MLKEM768
  return hybridGroup({ ...mlKem768, row, ecdhLength: 65, first: 'ecdh' }, kem, secp256r1, system)
}

/** SecP384r1MLKEM1024. */
export function secP384r1MlKem1024(kem: MlKem, secp384r1: Group, system: Random): Group {
  const row = moreGroups.SecP384r1MLKEM1024
  return hybridGroup({ ...mlKem1024, row, ecdhLength: 97, first: 'ecdh' }, kem, secp384r1, system)
}

function hybridGroup(hybrid: Hybrid, kem: MlKem, ecdh: Group, system: Random): Group {
  return {
    ...hybrid.row,
    start(random) {
      const seed = draw(random ?? system, `${hybrid.kemName} seed`, 64)
      try {
        const { publicKey, secretKey } = kem.keygen(seed)
        return new HybridShare(hybrid, publicKey, secretKey, kem, ecdh.start(random))
      } finally {
        wipe(seed)
      }
    },
    answer(peer, random) {
      const parts = split(hybrid, 'client', peer)
      if (failed(parts)) return parts
      const coins = draw(random ?? system, `${hybrid.kemName} coins`, 32)
      const sealed = kem.encapsulate(parts.kem, coins)
      wipe(coins)
      if (!sealed)
        return {
          failure: 'bad_key_share',
          why: `the ${hybrid.kemName.toUpperCase()} encapsulation key fails the modulus check of FIPS 203`,
        }
      const agreed = ecdh.answer(parts.ecdh, random)
      if (failed(agreed)) {
        wipe(sealed.secret)
        return agreed
      }
      const secret = join(hybrid, sealed.secret, agreed.secret)
      wipe(sealed.secret, agreed.secret)
      return { publicKey: join(hybrid, sealed.ciphertext, agreed.publicKey), secret }
    },
  }
}

class HybridShare implements KeyShare {
  readonly publicKey: Bytes
  readonly #hybrid: Hybrid
  #secretKey: Bytes | undefined
  readonly #kem: MlKem
  readonly #ecdh: KeyShare

  constructor(hybrid: Hybrid, publicKey: Bytes, secretKey: Bytes, kem: MlKem, ecdh: KeyShare) {
    this.publicKey = join(hybrid, publicKey, ecdh.publicKey)
    this.#hybrid = hybrid
    this.#secretKey = secretKey
    this.#kem = kem
    this.#ecdh = ecdh
  }

  finish(peer: Uint8Array): Bytes | CryptoFailure {
    const secretKey = present(this.#secretKey, 'key share')
    const parts = split(this.#hybrid, 'server', peer)
    if (failed(parts)) return parts
    const ecdh = this.#ecdh.finish(parts.ecdh)
    if (failed(ecdh)) return ecdh
    const shared = this.#kem.decapsulate(parts.kem, secretKey)
    const secret = join(this.#hybrid, shared, ecdh)
    wipe(shared, ecdh)
    return secret
  }

  wipe(): void {
    wipe(this.#secretKey)
    this.#secretKey = undefined
    this.#ecdh.wipe()
  }
}

function join({ first }: Hybrid, kem: Uint8Array, ecdh: Uint8Array): Bytes {
  return first === 'kem' ? concat(kem, ecdh) : concat(ecdh, kem)
}

/** The two parts of a side's share, whose lengths are exact. */
function split(
  { row, kemLengths, ecdhLength, first }: Hybrid,
  side: 'client' | 'server',
  share: Uint8Array,
): { readonly kem: Uint8Array; readonly ecdh: Uint8Array } | CryptoFailure {
  const length = kemLengths[side] + ecdhLength
  if (share.length !== length)
    return {
      failure: 'bad_key_share',
      why: `a ${side}'s ${row.name} share has ${length} bytes; ${share.length} came`,
    }
  const cut = first === 'kem' ? kemLengths[side] : ecdhLength
  const [one, other] = [share.subarray(0, cut), share.subarray(cut)]
  return first === 'kem' ? { kem: one, ecdh: other } : { kem: other, ecdh: one }
}
