/** A provider that tells of every key and nonce that seals, so that a test can see whether a pair comes twice. */
import type { Aead, CryptoProvider } from '@biopair/crypto'

export interface OnceCrypto {
  readonly crypto: CryptoProvider
  /** Pairs of key and nonce that have sealed more than one message. */
  readonly twice: readonly string[]
  /** How many pairs there were. */
  readonly pairs: number
}

export function onceCrypto(provider: CryptoProvider): OnceCrypto {
  const seen = new Set<string>()
  const twice: string[] = []
  const watched = (aead: Aead): Aead => ({
    ...aead,
    key(secret) {
      const name = `${aead.name} ${Buffer.from(secret).toString('hex')}`
      const key = aead.key(secret)
      return {
        seal(nonce, additionalData, work, length, into) {
          const pair = `${name} ${Buffer.from(nonce).toString('hex')}`
          if (seen.has(pair)) twice.push(pair)
          seen.add(pair)
          key.seal(nonce, additionalData, work, length, into)
        },
        open: (...given) => key.open(...given),
        wipe: () => key.wipe(),
      }
    },
  })
  const aeads = Object.fromEntries(
    Object.entries(provider.aeads).map(([name, aead]) => [name, watched(aead)]),
  ) as unknown as CryptoProvider['aeads']
  return {
    crypto: { ...provider, aeads },
    twice,
    get pairs() {
      return seen.size
    },
  }
}
