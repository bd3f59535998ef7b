/** Public keys that a context has imported: to import one costs as much as to check a signature with it. */
import {
  type CryptoProvider,
  failed,
  type PublicKey,
  type PublicKeyMaterial,
} from '@biopair/crypto'

/** A provider's `publicKey`, with a memory. */
export type KeyImport = Pick<CryptoProvider, 'publicKey'>

/**
 * Remembers the last `most` keys. Nothing is concluded from a key's being known: it is the key of exactly these bytes, and
 * whether it is believed is judged anew each time. What is kept is a copy, since the bytes given are the peer's chain.
 */
export function rememberKeys(crypto: KeyImport, most = 64): KeyImport {
  const known = new Map<string, PublicKey>()
  return {
    publicKey(material) {
      const name = nameOf(material)
      const kept = known.get(name)
      const key = kept ?? crypto.publicKey(copied(material))
      if (failed(key)) return key
      // The last of a Map is the one set last, so that the first is the one that was not asked for longest.
      if (kept) known.delete(name)
      known.set(name, key)
      for (const oldest of known.keys()) {
        if (known.size <= most) break
        known.delete(oldest)
      }
      return key
    },
  }
}

/** Every byte of a key, as a string. */
function nameOf(material: PublicKeyMaterial): string {
  switch (material.kind) {
    case 'ec':
      return `${material.curve} ${latin1(material.point)}`
    case 'ed25519':
      return `ed25519 ${latin1(material.key)}`
    case 'ml-dsa':
      return `${material.set} ${latin1(material.key)}`
    case 'rsa': {
      const { n, e, pss } = material
      const restriction = typeof pss === 'object' ? `${pss.hash} ${pss.saltLength}` : (pss ?? 'rsa')
      return `${restriction} ${n.length} ${latin1(n)}${latin1(e)}`
    }
  }
}

function copied(material: PublicKeyMaterial): PublicKeyMaterial {
  switch (material.kind) {
    case 'ec':
      return { ...material, point: Uint8Array.from(material.point) }
    case 'ed25519':
    case 'ml-dsa':
      return { ...material, key: Uint8Array.from(material.key) }
    case 'rsa':
      return { ...material, n: Uint8Array.from(material.n), e: Uint8Array.from(material.e) }
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
