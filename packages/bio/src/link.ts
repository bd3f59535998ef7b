/** What filters of streams and of datagrams share: their place in a chain (BIO_push(3), BIO_find_type(3)). */
import { misuse } from './bio-error.ts'

/** Where the filter above is noted, on whatever is below it: so that nothing stands in two chains. */
const above = Symbol('the filter above')

interface Placed {
  [above]?: Link<object> | undefined
}

/** One link of a chain: it knows what is below it. `B` is what may be below: stream BIOs, or datagram BIOs. */
export abstract class Link<B extends object> {
  #next: B | undefined

  /** What is directly below (BIO_next). */
  get next(): B | undefined {
    return this.#next
  }

  /**
   * Puts `below`, with all that is below it, under the last of this chain, and answers this filter (BIO_push).
   * TypeError `ERR_BIO_IN_USE` for a BIO that already stands under a filter, or a chain that ends in a carrier already;
   * `ERR_BIO_INVALID_ARGUMENT` for what is no BIO of this chain's kind. Then nothing has changed.
   */
  push(below: B): this {
    checkFree(below)
    checkVerbs(below, this.verbs)
    const last = this.#last()
    if (last === undefined)
      throw misuse(
        TypeError,
        'push: the chain ends in a carrier, below which nothing goes; detach it first',
        'IN_USE',
      )
    if (contains(below, this))
      throw misuse(TypeError, 'push: the chain would stand under itself', 'IN_USE')
    last.#join(below)
    return this
  }

  /**
   * Takes this filter out of its chain, joins what was above it with what was below, and answers the latter (BIO_pop).
   * What the filter still holds stays in it: flush before.
   */
  pop(): B | undefined {
    const below = this.#next
    const over = (this as Placed)[above] as Link<B> | undefined
    if (over) over.#part()
    if (below) {
      this.#part()
      if (over) over.#join(below)
    }
    return below
  }

  /**
   * Takes any BIO out of the chain it stands in, a carrier too, which has no `pop` of its own; answers what was below it.
   * A BIO that stands under no filter stays as it is.
   */
  static detach<B extends object>(bio: Link<B> | B): B | undefined {
    if (bio instanceof Link) return bio.pop()
    const over = (bio as Placed)[above]
    if (over) over.#part()
    return undefined
  }

  /** The first BIO of this chain, from this one downwards, that is a `kind` (BIO_find_type). */
  find<T extends object>(kind: abstract new (...args: never[]) => T): T | undefined {
    let at: object | undefined = this
    while (at !== undefined) {
      if (at instanceof kind) return at
      at = at instanceof Link ? at.next : undefined
    }
    return undefined
  }

  /** The methods by which a BIO of this chain's kind is told from others where the types were not asked. */
  protected get verbs(): readonly string[] {
    return []
  }

  /** Something was put directly below: a filter that keeps what depends on it begins anew. Throwing undoes it. */
  protected joined(_below: B): void {}

  /** What was directly below is gone. */
  protected parted(_below: B): void {}

  #join(below: B): void {
    mark(below, this)
    this.#next = below
    try {
      this.joined(below)
    } catch (error) {
      this.#next = undefined
      mark(below, undefined)
      throw error
    }
  }

  #part(): void {
    const below = this.#next as B
    this.#next = undefined
    mark(below, undefined)
    this.parted(below)
  }

  /** The last filter; undefined if a carrier is below it. */
  #last(): Link<B> | undefined {
    let at: Link<B> = this
    while (at.#next !== undefined) {
      if (!(at.#next instanceof Link)) return undefined
      at = at.#next as Link<B>
    }
    return at
  }
}

/** TypeError unless it can be put below something. */
function checkFree(below: object): void {
  if (typeof below !== 'object' || below === null)
    throw misuse(TypeError, `push: expected a BIO, got ${below === null ? 'null' : typeof below}`)
  if ((below as Placed)[above] !== undefined)
    throw misuse(
      TypeError,
      'push: this BIO stands in a chain already; detach it from that first',
      'IN_USE',
    )
  if (!Object.isExtensible(below))
    throw misuse(TypeError, 'push: expected a BIO whose place can be noted on it, got a frozen one')
}

/** TypeError unless it has these methods: a stream under a filter of datagrams, or the other way round. */
function checkVerbs(below: object, verbs: readonly string[]): void {
  const missing = verbs.filter(verb => typeof Reflect.get(below, verb) !== 'function')
  if (missing.length === 0) return
  throw misuse(
    TypeError,
    `push: expected a BIO with ${verbs.join(' and ')} below this filter; this one has no ${missing.join(', no ')}`,
  )
}

function contains(chain: object, link: object): boolean {
  let at: object | undefined = chain
  while (at !== undefined && at !== link) at = at instanceof Link ? at.next : undefined
  return at === link
}

function mark(below: object, link: Link<object> | undefined): void {
  Object.defineProperty(below, above, { value: link, configurable: true })
}
