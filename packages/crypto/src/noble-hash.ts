/** SHA-2 and HMAC over @noble/hashes. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import type { Bytes } from './bytes.ts'
import { present } from './misuse.ts'
import type { Hash, HashName, Hmac, RunningHash } from './provider.ts'

/** The library's own hash functions, for the parts of the library that take one. */
export const nobleHashes = { sha256, sha384, sha512 } as const

type NobleHash = (typeof nobleHashes)[HashName]

/** What a hash and an HMAC of the library have in common; its own types do not meet in one. */
interface State {
  update(bytes: Uint8Array): unknown
  digest(): Bytes
  destroy(): void
  _cloneInto(to?: State): State
}

class Running implements RunningHash {
  readonly #state: State
  /** A snapshot finishes a copy; one object serves them all. */
  #scratch: State | undefined

  constructor(state: State) {
    this.#state = state
  }

  update(bytes: Uint8Array): void {
    this.#state.update(bytes)
  }

  snapshot(): Bytes {
    this.#scratch = this.#state._cloneInto(this.#scratch)
    return this.#scratch.digest()
  }

  copy(): RunningHash {
    return new Running(this.#state._cloneInto())
  }
}

class NobleHmac implements Hmac {
  /** Both pads are hashed already; a message costs two blocks less. */
  #keyed: State | undefined
  readonly #scratch: State

  constructor(hash: NobleHash, key: Uint8Array) {
    this.#keyed = hmac.create(hash, key) as unknown as State
    this.#scratch = this.#keyed._cloneInto()
  }

  mac(...parts: readonly Uint8Array[]): Bytes {
    const scratch = present(this.#keyed, 'HMAC')._cloneInto(this.#scratch)
    for (const part of parts) scratch.update(part)
    return scratch.digest()
  }

  wipe(): void {
    this.#keyed?.destroy()
    this.#scratch.destroy()
    this.#keyed = undefined
  }
}

function hash(name: HashName, noble: NobleHash): Hash {
  return {
    name,
    length: noble.outputLen,
    digest(...parts) {
      const state = noble.create()
      for (const part of parts) state.update(part)
      return state.digest()
    },
    start: () => new Running(noble.create() as unknown as State),
    hmac: key => new NobleHmac(noble, key),
  }
}

export const hashes: Readonly<Record<HashName, Hash>> = {
  sha256: hash('sha256', sha256),
  sha384: hash('sha384', sha384),
  sha512: hash('sha512', sha512),
}
