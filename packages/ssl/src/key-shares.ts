/** The groups that a first ClientHello has a key share of. */
import type { CryptoProvider, Group } from '@biopair/crypto'
import { misuse } from './misuse.ts'
import { named } from './option-values.ts'

/**
 * Those that were given, in the order of `groups`; otherwise the most preferred, and beside a hybrid one the first classical one, so that a server which
 * knows no hybrid needs no second hello. TypeError for one that is not among `groups`.
 */
export function keySharesFrom(
  given: string | readonly string[] | undefined,
  groups: readonly Group[],
  crypto: CryptoProvider,
): readonly Group[] {
  if (given !== undefined) {
    const wanted = named('keyShares', given, crypto.groups)
    const missing = wanted.find(group => !groups.includes(group))
    if (missing)
      throw misuse('ERR_INVALID_ARG_VALUE', `keyShares: ${missing.name} is not among the groups`)
    return groups.filter(group => wanted.includes(group))
  }
  const [first] = groups
  if (!first || !hybrid(first)) return groups.slice(0, 1)
  const classical = groups.find(group => !hybrid(group))
  return classical ? [first, classical] : [first]
}

function hybrid(group: Group): boolean {
  return group.name.includes('MLKEM')
}
