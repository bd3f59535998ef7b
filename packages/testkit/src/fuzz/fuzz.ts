/** `fuzz`: our own loop. It mutates, runs, keeps what is new, and reports. */
import type { Bytes } from '@biopair/crypto'
import { Dice } from '../seeds/dice.ts'
import { findingKey } from './finding.ts'
import type { FuzzSubject } from './fuzz-target.ts'
import { minimise } from './minimise.ts'
import { fuzzNames } from './targets.ts'

/** Tells whether code ran that had not run before: V8's counters are one. */
export interface CoverageProbe {
  /** Whether something ran since the last call that is not known. */
  fresh(): boolean
  /** From now on, all that ran is known. */
  learn(): void
}

export interface FuzzOptions {
  /** One seed, one run: 1. Where time decides when it ends, or a probe what is kept, it depends on those too. */
  readonly seed?: number
  /** Executions, without those that minimise. */
  readonly runs?: number
  /** Milliseconds. Without both, 10 000 executions. */
  readonly time?: number
  readonly now?: () => number
  /** Beside the subject's own corpus: what an earlier run has kept. */
  readonly corpus?: readonly Uint8Array[]
  /** Inputs kept at most: 4096. The subject's own corpus is among them whatever comes. */
  readonly mostKept?: number
  /** Different findings after which it stops: 20. */
  readonly mostFindings?: number
  /** Guides by what code runs, beside by what targets answer: inputs are tried in batches, and those of one that reached something are looked for. */
  readonly coverage?: CoverageProbe
  /** Is told of each finding, before it is minimised. */
  readonly onFinding?: (finding: FuzzFinding) => void
}

/** A law that was broken. */
export interface FuzzFinding {
  readonly subject: string
  /** What tells it apart from others. */
  readonly key: string
  readonly error: unknown
  /** The input, minimised. */
  readonly data: Bytes
  /** A program that shows it. */
  readonly program: string
}

export interface FuzzReport {
  readonly subject: string
  readonly seed: number
  readonly executions: number
  readonly milliseconds: number
  readonly perSecond: number
  /** Inputs that were kept: the subject's own corpus first. */
  readonly kept: readonly Bytes[]
  /** Different answers of the target. */
  readonly answers: number
  readonly findings: readonly FuzzFinding[]
}

const batch = 512

/** Runs a subject. It never throws for what the target throws: that is in the report. */
export function fuzz(subject: FuzzSubject, options: FuzzOptions = {}): FuzzReport {
  const before = traces.stackTraceLimit
  try {
    return new Fuzzing(subject, options).run()
  } finally {
    setTraces(before)
  }
}

/** V8's: what a stack costs is most of what a refusal costs, and only findings need one. */
const traces = Error as unknown as { stackTraceLimit?: number }

function setTraces(frames: number | undefined): void {
  if (frames !== undefined) traces.stackTraceLimit = frames
}

class Fuzzing {
  readonly #subject: FuzzSubject
  readonly #options: FuzzOptions
  readonly #dice: Dice
  readonly #kept: Bytes[] = []
  /** How many of those stay. */
  #own = 0
  readonly #answers = new Set<string>()
  readonly #findings = new Map<string, FuzzFinding>()
  #executions = 0

  constructor(subject: FuzzSubject, options: FuzzOptions) {
    this.#subject = subject
    this.#options = options
    this.#dice = new Dice(options.seed ?? 1)
  }

  run(): FuzzReport {
    const { seed = 1, time, corpus = [], now = Date.now } = this.#options
    const { runs = time === undefined ? 10_000 : Number.POSITIVE_INFINITY } = this.#options
    const { mostFindings = 20, coverage } = this.#options
    const began = now()
    const spent = () => now() - began
    for (const data of this.#subject.corpus()) {
      this.#try(data)
      this.#kept.push(data)
    }
    this.#own = this.#kept.length
    for (const input of corpus) {
      const data = new Uint8Array(input)
      this.#try(data)
      this.#keep(data)
    }
    coverage?.fresh()
    coverage?.learn()
    while (this.#executions < runs && this.#findings.size < mostFindings) {
      const tried: Bytes[] = []
      const count = Math.min(batch, runs - this.#executions)
      for (let i = 0; i < count; i++) {
        const data = this.#next()
        if (this.#try(data)) this.#keep(data)
        else if (coverage) tried.push(data)
      }
      if (coverage?.fresh()) {
        this.#search(tried, coverage)
        coverage.learn()
      }
      if (time !== undefined && spent() >= time) break
    }
    const milliseconds = Math.max(1, spent())
    return {
      subject: this.#subject.name,
      seed,
      executions: this.#executions,
      milliseconds,
      perSecond: Math.round((this.#executions * 1000) / milliseconds),
      kept: this.#kept,
      answers: this.#answers.size,
      findings: [...this.#findings.values()],
    }
  }

  #next(): Bytes {
    const dice = this.#dice
    return this.#subject.mutator(this.#parent(), dice, this.#kept)
  }

  /** The subject's own inputs are made to lead somewhere, and stay a quarter of all parents however many others there are. */
  #parent(): Bytes {
    const dice = this.#dice
    const own = this.#own > 0 && dice.one(4) ? this.#kept[dice.below(this.#own)] : undefined
    if (own) return own
    const chosen = this.#one()
    // Of two the shorter, mostly: it costs less, and what shows nothing new by being long would crowd out the rest.
    const other = dice.one(4) ? chosen : this.#one()
    return other.length < chosen.length ? other : chosen
  }

  /** What is new has more to give: half of the choices are among the last quarter. */
  #one(): Bytes {
    const { length } = this.#kept
    const from = this.#dice.one(2) ? Math.floor(length * 0.75) : 0
    return this.#kept[from + this.#dice.below(length - from)] ?? new Uint8Array(0)
  }

  /** Whether the answer is new. */
  #try(data: Bytes): boolean {
    this.#executions++
    setTraces(0)
    try {
      const answer = this.#subject.target(data)
      const { size } = this.#answers
      // A target of others may answer without end.
      if (size < 200_000) this.#answers.add(answer)
      return this.#answers.size > size
    } catch {
      this.#found(data)
      return false
    }
  }

  #keep(data: Bytes): void {
    const { mostKept = 4096 } = this.#options
    if (data.length > 40_000) return
    if (this.#kept.length < Math.max(mostKept, this.#own + 1)) this.#kept.push(data)
    else this.#kept[this.#own + this.#dice.below(this.#kept.length - this.#own)] = data
  }

  /** Something ran that had not: whose doing it was is found by running halves again. */
  #search(tried: readonly Bytes[], coverage: CoverageProbe): void {
    const [only] = tried
    if (only && tried.length === 1) this.#keep(only)
    if (tried.length < 2) return
    const middle = tried.length >> 1
    for (const half of [tried.slice(0, middle), tried.slice(middle)]) {
      for (const data of half) this.#try(data)
      if (coverage.fresh()) this.#search(half, coverage)
    }
  }

  #found(data: Bytes): void {
    setTraces(20)
    const { name, target, source } = this.#subject
    const errorOf = (candidate: Bytes): unknown => {
      try {
        return void target(candidate)
      } catch (thrown) {
        return thrown
      }
    }
    const error = errorOf(data)
    const key = error === undefined ? 'once, and not again' : findingKey(error)
    if (this.#findings.has(key)) return
    const shows = (candidate: Bytes): boolean => {
      const other = errorOf(candidate)
      return other !== undefined && findingKey(other) === key
    }
    const make = (bytes: Bytes): FuzzFinding => ({
      subject: name,
      key,
      error,
      data: bytes,
      program: programOf(name, bytes, source),
    })
    this.#options.onFinding?.(make(data))
    this.#findings.set(key, make(error === undefined ? data : minimise(data, shows)))
  }
}

/** A program that runs an input against a target: one of the kit's by its name, any other as its source says. */
export function programOf(
  name: string,
  data: Uint8Array,
  source: FuzzSubject['source'] = named(name),
): string {
  const hex = Array.from(data, byte => byte.toString(16).padStart(2, '0')).join('')
  return [
    source.imports,
    '',
    `const hex = '${hex}'`,
    'const data = Uint8Array.from(hex.match(/../g) ?? [], byte => Number.parseInt(byte, 16))',
    `console.log(${source.expression}.target(data))`,
    '',
  ].join('\n')
}

function named(name: string): NonNullable<FuzzSubject['source']> {
  if (fuzzNames.some(ours => ours === name))
    return {
      imports: "import { fuzzSubjects } from '@biopair/testkit/fuzz'",
      expression: `fuzzSubjects()['${name}']`,
    }
  return { imports: `import { ${name} } from './subject.js'`, expression: name }
}
