/** Two accounts side by side: what differs, where it begins, and which differences are meant. */
import type { Account } from './account.ts'

/** One fact that is another here than there. */
export interface Difference {
  /** Which server says otherwise than ours. */
  readonly server: string
  /** What was special about the schedule: `extension twice`. */
  readonly change: string
  readonly fact: string
  readonly theirs: string
  readonly ours: string
  /** Of a text or of bytes: where the first letter is that differs. */
  readonly at: number
}

/** A difference that is meant. */
export interface Intended {
  readonly id: string
  /** What they do, what we do, and why. */
  readonly theirs: string
  readonly ours: string
  readonly why: string
  readonly explains: (difference: Difference) => boolean
}

export interface Comparison {
  /** What no row explains. */
  readonly unexplained: readonly Difference[]
  /** The rows that were needed. */
  readonly met: readonly string[]
}

/** Facts in their order. Where already the answer is another, what follows says nothing. */
export function compare(
  server: string,
  change: string,
  theirs: Account,
  ours: Account,
  intended: readonly Intended[],
): Comparison {
  const unexplained: Difference[] = []
  const met = new Set<string>()
  for (const fact of new Set([...ours.keys(), ...theirs.keys()])) {
    const [they, we] = [theirs.get(fact) ?? 'nothing', ours.get(fact) ?? 'nothing']
    if (they === we) continue
    const difference = {
      server,
      change,
      fact,
      theirs: they,
      ours: we,
      at: firstDifference(they, we),
    }
    const row = intended.find(({ explains }) => explains(difference))
    if (row) met.add(row.id)
    else unexplained.push(difference)
    if (fact === 'answer') break
  }
  return { unexplained, met: [...met] }
}

/** `extension twice, answer: openssl alert decode_error, biopair alert illegal_parameter (from letter 6)`. */
export function differenceLine({ server, change, fact, theirs, ours, at }: Difference): string {
  const shown = (text: string) => (text.length > 80 ? `${text.slice(at, at + 60)}...` : text)
  return `${change}, ${fact}: ${server} ${shown(theirs)}, biopair ${shown(ours)} (from letter ${at})`
}

function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  return at
}
