/** A provider that remembers every array with a secret that passes through it, and every object that holds a key. */
import {
  type Aead,
  type AeadName,
  type CryptoProvider,
  failed,
  type Group,
  type GroupName,
  type Hash,
  type Random,
} from '@biopair/crypto'

/** Labels of HKDF-Expand-Label whose output is the application's: it was handed out, and is not ours to wipe. */
const handedOut = ['exporter', 'resumption']
/** Purposes of draws that are sent in the clear, or mean nothing to anybody. */
const open =
  /random$|session_id$|^cookie$|^ticket_age_add$|^certificate_request_context$|^ticket nonce$|^export id$|salt$/

interface Seen {
  readonly what: string
  readonly bytes: Uint8Array
  /** What may not stand in `bytes` any more; where it is absent, anything but zeros. */
  readonly content?: Uint8Array
}

export class Watch {
  readonly #contextKey: string

  #arrays: Seen[] = []
  #holders: { readonly what: string; wiped: boolean }[] = []

  /** `contextKey` is a key that lives as long as a context: it is expected to stay. */
  constructor(contextKey: Uint8Array) {
    this.#contextKey = text(contextKey)
  }

  /** How many secrets were seen since the last `reset`. */
  get seen(): number {
    return this.#arrays.length + this.#holders.length
  }

  reset(): void {
    this.#arrays = []
    this.#holders = []
  }

  /** What is not zero, and what still holds a key. */
  lingering(): string[] {
    return [...this.#arrays.filter(lingers), ...this.#holders.filter(({ wiped }) => !wiped)].map(
      ({ what }) => what,
    )
  }

  /** `provider`, watched. */
  crypto(provider: CryptoProvider): CryptoProvider {
    return {
      ...provider,
      hashes: watchedEach(provider.hashes, hash => this.#hash(hash)),
      aeads: watchedEach<AeadName, Aead>(provider.aeads, aead => this.#aead(aead)),
      groups: watchedEach<GroupName, Group>(provider.groups, group => this.#group(group)),
    }
  }

  /** `random`, watched. */
  readonly random =
    (random: Random): Random =>
    (purpose, length) => {
      const bytes = random(purpose, length)
      return open.test(purpose) ? bytes : this.#see(`draw of ${purpose}`, bytes)
    }

  #see<T extends Uint8Array>(what: string, bytes: T): T {
    this.#arrays.push({ what, bytes })
    return bytes
  }

  #hold(what: string): () => void {
    const holder = { what, wiped: false }
    this.#holders.push(holder)
    return () => {
      holder.wiped = true
    }
  }

  #hash(hash: Hash): Hash {
    const finishedKeys = new Set<string>()
    return {
      ...hash,
      hmac: key => {
        const finished = finishedKeys.has(text(key))
        const hmac = hash.hmac(this.#see('key of an HMAC', key))
        const wiped = this.#hold('HMAC')
        return {
          mac: (...parts) => {
            const output = hmac.mac(...parts)
            const label = /tls13 ([ -~]*)/.exec(text(parts[0] as Uint8Array))?.[1] ?? ''
            if (label.startsWith('finished')) finishedKeys.add(text(output))
            // verify_data is for the peer to read.
            if (finished || handedOut.some(name => label.startsWith(name))) return output
            return this.#see(`output of an HMAC ${label}`, output)
          },
          wipe() {
            wiped()
            hmac.wipe()
          },
        }
      },
    }
  }

  #aead(aead: Aead): Aead {
    return {
      ...aead,
      key: bytes => {
        const key = aead.key(bytes)
        const ours = text(bytes) !== this.#contextKey
        if (ours) this.#see('key of an AEAD', bytes)
        const wiped = this.#hold('AEAD key')
        return {
          seal: (nonce, additionalData, work, length, into) => {
            if (ours) this.#see('nonce', nonce)
            const content = work.slice(0, length)
            this.#arrays.push({ what: 'plaintext to seal', bytes: work, content })
            key.seal(nonce, additionalData, work, length, into)
          },
          open: (nonce, additionalData, sealed, into) => {
            if (ours) this.#see('nonce', nonce)
            this.#see('opened plaintext', into)
            return key.open(nonce, additionalData, sealed, into)
          },
          wipe() {
            wiped()
            key.wipe()
          },
        }
      },
    }
  }

  #group(group: Group): Group {
    return {
      ...group,
      start: random => {
        const share = group.start(random)
        const wiped = this.#hold('key share')
        return {
          publicKey: share.publicKey,
          finish: peer => {
            const secret = share.finish(peer)
            return failed(secret) ? secret : this.#see('shared secret', secret)
          },
          wipe() {
            wiped()
            share.wipe()
          },
        }
      },
      answer: (peer, random) => {
        const answer = group.answer(peer, random)
        if (!failed(answer)) this.#see('shared secret', answer.secret)
        return answer
      },
    }
  }
}

function lingers({ bytes, content }: Seen): boolean {
  if (!content) return bytes.some(byte => byte !== 0)
  // Scratch goes back to a stock, for whoever comes next.
  return content.every((byte, i) => bytes[i] === byte)
}

function watchedEach<K extends string, T>(
  rows: Readonly<Record<K, T>>,
  watched: (row: T) => T,
): Readonly<Record<K, T>> {
  return Object.fromEntries(
    Object.entries<T>(rows).map(([name, row]) => [name, watched(row)]),
  ) as Record<K, T>
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
