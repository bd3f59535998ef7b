/** Two runs of one schedule, call by call: what differs, and which intended difference explains it. */

/** What one call came to, by name: `ret`, `status`, `want`, `error`, and `name.what` of every object. */
export type Answer = ReadonlyMap<string, string>

/** A call of a schedule, and what both made of it. */
export interface Step {
  readonly text: string
  readonly call: string
  readonly words: readonly string[]
  readonly theirs: Answer
  readonly ours: Answer
}

/** One thing that one call says otherwise here than there. */
export interface Difference extends Step {
  /** `ret`, `status`, ..., or `name.what` of an object. */
  readonly field: string
  /** The last part of `field`. */
  readonly what: string
  /** What they and we say; NaN for words and nothing. A counter is what this call added to it. */
  readonly they: number
  readonly we: number
  /** The calls before it. */
  readonly before: readonly Step[]
}

/** A difference that is meant. */
export interface Intended {
  readonly id: string
  /** What OpenSSL does. */
  readonly openssl: string
  /** What we do. */
  readonly ours: string
  readonly why: string
  /** Words of docs/openssl.md that say so. */
  readonly page: string
  readonly explains: (difference: Difference) => boolean
  /** Whether the two are in different states from here on: then the rest of the schedule says nothing. */
  readonly parts?: (difference: Difference) => boolean
}

export interface Comparison {
  /** What no entry explains, of the first call that has such a thing. */
  readonly unexplained: readonly Difference[]
  /** The entries that were needed. */
  readonly met: ReadonlySet<string>
  /** Calls that were compared. */
  readonly compared: number
}

/** Compares two runs, up to the first difference that nothing explains or that parts them. */
export function compare(
  schedule: readonly string[],
  theirs: readonly string[],
  ours: readonly string[],
  intended: readonly Intended[],
): Comparison {
  const met = new Set<string>()
  const before: Step[] = []
  for (const [index, text] of schedule.entries()) {
    const [call = '', ...words] = text.split(' ')
    const step = { text, call, words, theirs: parsed(theirs[index]), ours: parsed(ours[index]) }
    const explained = differences(step, before)
      .filter(difference => !echo(difference))
      .map(difference => ({
        difference,
        by: intended.find(entry => entry.explains(difference)),
      }))
    for (const { by } of explained) if (by) met.add(by.id)
    // Whoever is in another state may say anything.
    if (explained.some(({ by, difference }) => by?.parts?.(difference)))
      return { unexplained: [], met, compared: index + 1 }
    const unexplained = explained.filter(({ by }) => !by).map(({ difference }) => difference)
    if (unexplained.length > 0) return { unexplained, met, compared: index }
    before.push(step)
  }
  return { unexplained: [], met, compared: schedule.length }
}

/** The schedule up to a difference, and both answers: text to paste into either. */
export function report(unexplained: readonly Difference[]): string {
  const [first] = unexplained
  if (!first) return ''
  const { before, text, theirs, ours } = first
  return [
    ...before.map(step => step.text),
    text,
    '',
    'The last call differs, and no entry of intended.ts explains it:',
    ...unexplained.map(
      ({ field }) => `  ${field}: OpenSSL ${theirs.get(field)}, here ${ours.get(field)}`,
    ),
    `OpenSSL: ${line(theirs)}`,
    `here:    ${line(ours)}`,
  ].join('\n')
}

/** Every object's bytes so far: what handshakes took differs, so that only growth says something. */
const counters = new Set(['read', 'written'])

function differences(step: Step, before: readonly Step[]): Difference[] {
  const last = before.at(-1)
  const found: Difference[] = []
  for (const field of new Set([...step.theirs.keys(), ...step.ours.keys()])) {
    const what = field.slice(field.indexOf('.') + 1)
    // The text is for people; the number before it is what counts.
    if (field === 'why' || step.theirs.get(field) === step.ours.get(field)) continue
    const value = (whose: 'theirs' | 'ours') =>
      Number(step[whose].get(field)) -
      (counters.has(what) ? Number(last?.[whose].get(field) ?? 0) : 0)
    const [they, we] = [value('theirs'), value('ours')]
    if (counters.has(what) && they === we) continue
    found.push({ ...step, field, what, they, we, before })
  }
  return found
}

/** A state that differs as it did after the call before: this one has nothing to do with it. */
function echo({ field, before, theirs, ours }: Difference): boolean {
  const last = before.at(-1)
  return (
    field.includes('.') &&
    last !== undefined &&
    last.theirs.get(field) === theirs.get(field) &&
    last.ours.get(field) === ours.get(field)
  )
}

/** A line of answers by name. */
export function parsed(answer = ''): Answer {
  return new Map(
    answer.split(' ').map(pair => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)] as const
    }),
  )
}

function line(answer: Answer): string {
  return [...answer].map(([name, value]) => `${name}=${value}`).join(' ')
}
