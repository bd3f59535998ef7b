/** Steps that a law takes with a BIO and its other end, as plain data: they shrink, and a program can take them again. */
import type { Bio, Stopped } from '@biopair/bio'
import fc from 'fast-check'

/** A BIO to look at, and the one on which its other end writes and ends; a BIO that keeps what it is given is its own other end. */
export interface BioEnds {
  readonly bio: Bio
  readonly other: Bio
  /** Lets whatever is between them move: a turn of the event loop, a step of a carrier. Called after every step. */
  readonly turn?: () => unknown
}

/** What a step does, at which end, and with how many bytes. */
export type BioStep =
  | readonly [deed: 'write' | 'read', at: 'bio' | 'other', bytes: number]
  | readonly [deed: 'flush' | 'end' | 'close' | 'fail', at: 'bio' | 'other']

/** Mostly bytes, and now and then an end. */
export const bioScripts: fc.Arbitrary<readonly BioStep[]> = scriptsOf(true)
/** Bytes and flushes alone. */
export const byteScripts: fc.Arbitrary<readonly BioStep[]> = scriptsOf(false)

function scriptsOf(ends: boolean): fc.Arbitrary<readonly BioStep[]> {
  const at = fc.constantFrom('other' as const, 'bio' as const)
  const count = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100 }))
  const moves = fc.tuple(fc.constantFrom('write' as const, 'read' as const), at, count)
  const flush = fc.tuple(fc.constant('flush' as const), at)
  const last = fc.tuple(fc.constantFrom('end' as const, 'close' as const, 'fail' as const), at)
  return fc.array(
    fc.oneof(
      { weight: 8, arbitrary: moves },
      { weight: 1, arbitrary: flush },
      { weight: ends ? 2 : 0, arbitrary: last },
    ),
    { maxLength: 25, size: 'max' },
  )
}

/** What a call answered. */
export type Answer = number | 'done' | undefined | Stopped

/** Takes a step; bytes that are written come from `next`, and those that are read go to `got`. */
export function take(
  [deed, at, count = 0]: BioStep,
  ends: BioEnds,
  next: (at: 'bio' | 'other') => number = () => 0,
  got: (at: 'bio' | 'other', bytes: Uint8Array) => void = () => {},
): Answer {
  const bio = ends[at]
  switch (deed) {
    case 'write': {
      const first = next(at)
      return bio.write(Uint8Array.from({ length: count }, (_, i) => byteAt(first + i)))
    }
    case 'read': {
      const into = new Uint8Array(count)
      const answer = bio.read(into)
      if (typeof answer === 'number') got(at, into.subarray(0, answer))
      return answer
    }
    case 'flush':
      return bio.flush()
    case 'end':
      return bio.end()
    case 'close':
      bio.close()
      return undefined
    case 'fail':
      bio.close(new Error('carrier lost'))
      return undefined
  }
}

/** The byte at a place of the stream: neighbours differ, and so do rows of 256. */
export function byteAt(place: number): number {
  return (place * 7 + (place >> 8) * 31) % 256
}

/** A step in words. */
export function stepInWords([deed, at, count]: BioStep): string {
  return `${at} ${deed}${count === undefined ? '' : ` ${count}`}`
}
