/** SHA-2 and HMAC over node:crypto. */
import { createHash, createHmac, hash as digestOf } from 'node:crypto'
import {
  type Bytes,
  type Hash,
  type HashName,
  type Hmac,
  type RunningHash,
  wipe,
} from '@biopair/crypto'
import { present } from '@biopair/crypto/kit'
import { plain } from './plain.ts'

type NodeHash = ReturnType<typeof createHash>

class Running implements RunningHash {
  readonly #state: NodeHash

  constructor(state: NodeHash) {
    this.#state = state
  }

  update(bytes: Uint8Array): void {
    this.#state.update(bytes)
  }

  snapshot(): Bytes {
    return plain(this.#state.copy().digest())
  }

  copy(): RunningHash {
    return new Running(this.#state.copy())
  }
}

/** node:crypto's Hmac cannot be copied; keying it anew costs 3 us, less than two copied hashes (measured). */
class NodeHmac implements Hmac {
  #key: Bytes | undefined
  readonly #name: HashName

  constructor(name: HashName, key: Uint8Array) {
    this.#name = name
    this.#key = Uint8Array.from(key)
  }

  mac(...parts: readonly Uint8Array[]): Bytes {
    const hmac = createHmac(this.#name, present(this.#key, 'HMAC'))
    for (const part of parts) hmac.update(part)
    return plain(hmac.digest())
  }

  wipe(): void {
    wipe(this.#key)
    this.#key = undefined
  }
}

function hash(name: HashName, length: number): Hash {
  return {
    name,
    length,
    digest(...parts) {
      if (parts.length < 2) return plain(digestOf(name, parts[0] ?? new Uint8Array(0), 'buffer'))
      const state = createHash(name)
      for (const part of parts) state.update(part)
      return plain(state.digest())
    },
    start: () => new Running(createHash(name)),
    hmac: key => new NodeHmac(name, key),
  }
}

export const hashes: Readonly<Record<HashName, Hash>> = {
  sha256: hash('sha256', 32),
  sha384: hash('sha384', 48),
  sha512: hash('sha512', 64),
}
