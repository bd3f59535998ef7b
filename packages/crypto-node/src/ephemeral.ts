/** A key exchange group made of keys that live in node:crypto. */
import {
  type Bytes,
  type CryptoFailure,
  failed,
  type Group,
  type GroupRow,
  type KeyShare,
  type Random,
} from '@biopair/crypto'
import { present } from '@biopair/crypto/kit'

/** A private key that lives in node:crypto, and what agrees with it. */
export interface Ephemeral {
  readonly publicKey: Bytes
  agree(peer: Uint8Array): Bytes | CryptoFailure
}

class NodeShare implements KeyShare {
  readonly publicKey: Bytes
  #key: Ephemeral | undefined

  constructor(key: Ephemeral) {
    this.publicKey = key.publicKey
    this.#key = key
  }

  finish(peer: Uint8Array): Bytes | CryptoFailure {
    return present(this.#key, 'key share').agree(peer)
  }

  /** Drops the key: node:crypto wipes it when it is collected. */
  wipe(): void {
    this.#key = undefined
  }
}

/** A group of node:crypto. */
export function group(
  row: GroupRow,
  fault: (peer: Uint8Array) => CryptoFailure | undefined,
  ephemeral: (random: Random | undefined) => Ephemeral,
): Group {
  return {
    ...row,
    start: random => new NodeShare(ephemeral(random)),
    answer(peer, random) {
      const refused = fault(peer)
      if (refused) return refused
      const key = ephemeral(random)
      const secret = key.agree(peer)
      return failed(secret) ? secret : { publicKey: key.publicKey, secret }
    },
  }
}

export function bad(why: string): CryptoFailure {
  return { failure: 'bad_key_share', why }
}
