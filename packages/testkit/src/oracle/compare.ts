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
  /** Where the first letter is that differs; of `bytes`, the first byte. */
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

/** Facts in the order in which they were said, so that the first difference is told first. Where already the answer is another, what follows says nothing. */
export function compare(
  server: string,
  change: string,
  theirs: Account,
  ours: Account,
  intended: readonly Intended[],
): Comparison {
  const unexplained: Difference[] = []
  const met = new Set<string>()
  for (const fact of merged([...ours.keys()], [...theirs.keys()])) {
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
  const hex = areBytes(theirs, ours)
  const start = hex
    ? asBytes.length + 2 * at
    : Math.max(theirs.lastIndexOf(' ', at) + 1, at - 30, 0)
  const shown = (text: string) =>
    text.length > 80
      ? `${text.slice(start, start + 60)}${text.length > start + 60 ? '...' : ''}`
      : text
  const place = `from ${hex ? 'byte' : 'letter'} ${at}`
  return `${change}, ${fact}: ${server} ${shown(theirs)}, biopair ${shown(ours)} (${place})`
}

/** How a fact begins that is bytes, before their hex digits. */
export const asBytes = 'bytes '

function areBytes(...values: readonly string[]): boolean {
  return values.every(value => value.startsWith(asBytes))
}

function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  return areBytes(a, b) ? Math.floor((at - asBytes.length) / 2) : at
}

/** Both orders in one: what only one of them has stands where it has it. */
function merged(ours: readonly string[], theirs: readonly string[]): readonly string[] {
  const all: string[] = []
  let at = 0
  for (const fact of ours) {
    const place = theirs.indexOf(fact, at)
    if (place >= 0) {
      all.push(...theirs.slice(at, place))
      at = place + 1
    }
    all.push(fact)
  }
  return [...new Set([...all, ...theirs.slice(at)])]
}
