/** Secrets of a flow, wiped together when it ends, however it ends. */

interface Wipeable {
  wipe(): void
}

export class Secrets {
  readonly #held = new Set<Uint8Array | Wipeable>()

  /** Keeps a secret until `wipe`. */
  hold<T extends Uint8Array | Wipeable | { readonly secret: Uint8Array }>(secret: T): T {
    this.#held.add(target(secret))
    return secret
  }

  /** Lets a secret go without wiping it: another owner has it now. */
  release<T extends Uint8Array | Wipeable | { readonly secret: Uint8Array }>(secret: T): T {
    this.#held.delete(target(secret))
    return secret
  }

  wipe(): void {
    for (const held of this.#held) {
      if (held instanceof Uint8Array) held.fill(0)
      else held.wipe()
    }
    this.#held.clear()
  }
}

function target(
  secret: Uint8Array | Wipeable | { readonly secret: Uint8Array },
): Uint8Array | Wipeable {
  return 'secret' in secret ? secret.secret : secret
}
