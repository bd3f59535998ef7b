/** The memory of a shared pair, and the handles of its halves that travel between threads. */
import { Bell } from './bell.ts'
import { misuse } from './bio-error.ts'
import { checkCount } from './check.ts'
import { defaultRingSize } from './ring.ts'
import {
  controlLength,
  largestSharedRing,
  possible,
  type RingPlace,
  type RingPosition,
} from './shared-ring.ts'

/**
 * One half of a shared pair, on its way to the thread that will use it: a plain object, for `postMessage` or `workerData`.
 * `new SharedPairBio(handle)` makes the half there, once; `release` gives a handle by which it goes on elsewhere.
 */
export interface SharedPairHandle {
  readonly memory: SharedArrayBuffer
  readonly half: 'a' | 'b'
  /** Bytes that fit from `a` to `b`, and back. */
  readonly sizes: readonly [aToB: number, bToA: number]
  /** Of a half that was released: how often it was, and how far it had come. */
  readonly released?: {
    readonly times: number
    readonly out: RingPosition
    readonly in: RingPosition
  }
}

/** Behind the words of its ring, each half keeps: how often it was made and released, why it was closed, and its bell. */
const madeWord = 0
const lengthWord = 1
const bellWord = 2
const textStart = 16
const longestText = 152
const half = controlLength + textStart + 2 * longestText
const storageStart = 2 * half

/**
 * Makes the memory of a pair between two threads, and a handle for each: `sizeA` bytes fit from the first to the second,
 * `sizeB` back, which is `sizeA` unless it is said. 0 means the default of 17 KiB; any size from 1 to 256 MiB works. TypeError
 * `ERR_BIO_UNSUPPORTED_METHOD` where there is no SharedArrayBuffer: a page has to be cross-origin isolated.
 */
export function sharedPair(
  sizeA: number = defaultRingSize,
  sizeB: number = sizeA,
): [a: SharedPairHandle, b: SharedPairHandle] {
  const sizes = [sizeA || defaultRingSize, sizeB || defaultRingSize] as const
  for (const size of sizes) checkCount('size of a shared ring', size, 1, largestSharedRing)
  if (typeof SharedArrayBuffer === 'undefined')
    throw misuse(
      TypeError,
      'sharedPair: there is no SharedArrayBuffer here; a page gets it by being cross-origin isolated',
      'UNSUPPORTED_METHOD',
    )
  const memory = new SharedArrayBuffer(storageStart + sizes[0] + sizes[1])
  return [
    { memory, half: 'a', sizes },
    { memory, half: 'b', sizes },
  ]
}

/** What a half finds in the memory that its handle names. */
export class SharedPlace {
  readonly out: RingPlace
  readonly in: RingPlace
  /** Rung by the other half. */
  readonly bell: Bell
  readonly #handle: SharedPairHandle
  readonly #mine: Notes
  readonly #theirs: Notes

  /** TypeError for what is no handle, and for one whose half was made already. */
  constructor(handle: SharedPairHandle) {
    const { memory, half: name, sizes, released } = checked(handle)
    const aToB = { control: 0, storage: storageStart, capacity: sizes[0] }
    const bToA = { control: half, storage: storageStart + sizes[0], capacity: sizes[1] }
    const [out, into] = name === 'a' ? [aToB, bToA] : [bToA, aToB]
    const bell = new Bell(memory, bellOf(into.control))
    this.bell = new Bell(memory, bellOf(out.control))
    this.out = { ...out, memory, bell, from: released?.out }
    this.in = { ...into, memory, bell, from: released?.in }
    this.#handle = handle
    this.#mine = new Notes(memory, this.out.control)
    this.#theirs = new Notes(memory, this.in.control)
    if (!this.#mine.claim(2 * (released?.times ?? 0)))
      throw misuse(TypeError, `half ${name} of this shared pair was made already`, 'IN_USE')
  }

  /** Lets the half be made again, by the handle that this answers alone. */
  release(out: RingPosition, into: RingPosition): SharedPairHandle {
    const { memory, half, sizes, released } = this.#handle
    const times = (released?.times ?? 0) + 1
    this.#mine.release(2 * times)
    return { memory, half, sizes, released: { times, out, in: into } }
  }

  /** Notes why this half closes: before its words say that it has. */
  explain(error: Error): void {
    const { code } = error as { readonly code?: unknown }
    this.#mine.text = typeof code === 'string' ? `${code}: ${error.message}` : error.message
  }

  /** Why the other half closed, in its own words; anything may stand there. */
  get explanation(): string {
    return this.#theirs.text
  }
}

function bellOf(control: number): number {
  return control + controlLength + 4 * bellWord
}

class Notes {
  readonly #words: Int32Array
  readonly #text: Uint16Array

  constructor(memory: SharedArrayBuffer, control: number) {
    this.#words = new Int32Array(memory, control + controlLength, 2)
    this.#text = new Uint16Array(memory, control + controlLength + textStart, longestText)
  }

  /** Odd while the half is in use: each handle knows the even number that it may be made at. */
  claim(at: number): boolean {
    return Atomics.compareExchange(this.#words, madeWord, at, at + 1) === at
  }

  release(at: number): void {
    Atomics.store(this.#words, madeWord, at)
  }

  set text(text: string) {
    const units = text.slice(0, longestText)
    for (let i = 0; i < units.length; i++) this.#text[i] = units.charCodeAt(i)
    Atomics.store(this.#words, lengthWord, units.length)
  }

  get text(): string {
    const length = Math.min(Math.max(0, Atomics.load(this.#words, lengthWord)), longestText)
    return String.fromCharCode(...this.#text.slice(0, length))
  }
}

function checked(handle: SharedPairHandle): SharedPairHandle {
  const { memory, half: name, sizes, released } = handle ?? {}
  const shared = Object.prototype.toString.call(memory) === '[object SharedArrayBuffer]'
  if (!shared || (name !== 'a' && name !== 'b') || !Array.isArray(sizes))
    throw misuse(TypeError, 'expected one of the two handles that sharedPair answers')
  const [sizeA, sizeB] = sizes as [number, number]
  for (const size of [sizeA, sizeB]) checkCount('size of a shared ring', size, 1, largestSharedRing)
  if (memory.byteLength !== storageStart + sizeA + sizeB)
    throw misuse(TypeError, 'the sizes of this handle are not those of its memory')
  if (released !== undefined) checkReleased(handle, released)
  return handle
}

function checkReleased(
  { half: name, sizes: [aToB, bToA] }: SharedPairHandle,
  { times, out, in: into }: NonNullable<SharedPairHandle['released']>,
): void {
  checkCount('number of releases of a handle', times, 1, 2 ** 30 - 1)
  const [ours, theirs] = name === 'a' ? [aToB, bToA] : [bToA, aToB]
  if (possible(out.count, out.seen, ours) && possible(into.seen, into.count, theirs)) return
  throw misuse(TypeError, 'expected a handle as release answers it')
}
