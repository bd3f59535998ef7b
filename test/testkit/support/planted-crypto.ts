/** Providers with a planted bug each: two ends of which one has it do not understand each other, now or later. */
import type { Aead, AeadKey, CryptoProvider, Hash } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'

/** The nonce of the fourth record of a key is that of the third. */
export const wrongNonce: CryptoProvider = withAeads(aead => ({
  ...aead,
  key(secret) {
    const key = aead.key(secret)
    let [sealed, last] = [0, new Uint8Array(0) as Uint8Array]
    const wrong: AeadKey = {
      seal(nonce, additionalData, work, length, into) {
        const used = ++sealed === 4 ? last : nonce
        last = nonce.slice()
        key.seal(used, additionalData, work, length, into)
      },
      open: (...given) => key.open(...given),
      wipe: () => key.wipe(),
    }
    return wrong
  },
}))

/** The secrets of the two sides' application data are each other's. */
export const swappedSecrets: CryptoProvider = {
  ...nodeCrypto,
  hashes: Object.fromEntries(
    Object.entries(nodeCrypto.hashes).map(([name, hash]) => [name, swapping(hash)]),
  ) as unknown as CryptoProvider['hashes'],
}

function swapping(hash: Hash): Hash {
  return {
    ...hash,
    digest: (...parts) => hash.digest(...parts),
    start: () => hash.start(),
    hmac(key) {
      const inner = hash.hmac(key)
      return { mac: (...parts) => inner.mac(swapped(parts)), wipe: () => inner.wipe() }
    },
  }
}

function swapped(parts: readonly Uint8Array[]): Uint8Array {
  const text = Buffer.concat(parts).toString('latin1')
  const turned = text.replace(/tls13 ([cs]) ap traffic/, (_, side) =>
    side === 'c' ? 'tls13 s ap traffic' : 'tls13 c ap traffic',
  )
  return new Uint8Array(Buffer.from(turned, 'latin1'))
}

function withAeads(change: (aead: Aead) => Aead): CryptoProvider {
  const rows = Object.entries(nodeCrypto.aeads).map(([name, aead]) => [name, change(aead)])
  return { ...nodeCrypto, aeads: Object.fromEntries(rows) as unknown as CryptoProvider['aeads'] }
}
