/** The two providers, for the suites that hold for both. */
import type { CryptoProvider } from '@biopair/crypto'
import { moreGroups } from '@biopair/crypto/more-groups'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'

export const providers: readonly CryptoProvider[] = [noble, nodeCrypto]

/** noble with the groups that are a subpath of their own. */
export const nobleWithMore: CryptoProvider = {
  ...noble,
  groups: { ...noble.groups, ...moreGroups },
}

/** Both orders of the two: who begins, who answers. */
export const pairings: readonly (readonly [CryptoProvider, CryptoProvider])[] = [
  [noble, nodeCrypto],
  [nodeCrypto, noble],
]

/** The bytes of a hex string, as a plain array. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
