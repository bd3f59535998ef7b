/** `everyOrder`: a search as a test, which fails where one has to. */
import type { Play } from '../schedule/play.ts'
import { type Search, type SearchOptions, search, type Trap } from './search.ts'

/** A search that did not go well. Its message says where the ends come to, and ends with the program that leads there. */
export class SearchFailure extends Error {
  override readonly name = 'SearchFailure'
  readonly search: Search
  /** The first that was found; undefined where the search was cut short before it found any. */
  readonly trap: Trap | undefined

  constructor(found: Search) {
    const [trap] = found.traps
    const { whole, states } = found
    const cut = `cut short after ${states} states: not every order was tried (mostStates)`
    super([...(trap ? [wordsOf(trap)] : []), ...(whole ? [] : [cut])].join('\n') || noEnd(found), {
      cause: trap?.error,
    })
    this.search = found
    this.trap = trap
  }
}

/** Searches as `search` does. Throws a `SearchFailure` where there is a trap, or where not every state was seen. */
export function everyOrder(play: Play, options: SearchOptions = {}): Search {
  const found = search(play, options)
  if (found.traps.length > 0 || !found.whole || found.ends !== found.pairs)
    throw new SearchFailure(found)
  return found
}

function noEnd({ pairs, ends }: Search): string {
  return `the end was reached over ${ends} of ${pairs} pairs of rings`
}

function wordsOf({ kind, schedule, path, error, program, confirmed }: Trap): string {
  const { link, turns } = schedule
  const after = turns === '' ? 'at once' : `after ${turns}`
  const why = error instanceof Error ? `: ${error.message}` : ''
  const only = confirmed ? '' : '\n  it takes a cut at another place than those of the steps'
  const last = path.at(-1)
  return [
    `${kind} over rings of ${link.there.ring} and ${link.back.ring}, ${after}${why}${only}`,
    ...(last === undefined ? [] : [`  ${last}`]),
    '',
    program,
  ].join('\n')
}
