/** The laws of a BIO that are about any steps: each looks after every step, and throws where something is not so. */
import type { Stopped } from '@biopair/bio'
import { type BioEnds, type BioStep, byteAt, take } from './bio-script.ts'
import { expect } from './law.ts'

/** Looks at what a step did. */
export interface BioRule {
  readonly title: string
  /** Whether the steps may end a side. */
  readonly ends: boolean
  /** A new watcher for new ends. */
  readonly watch: (ends: BioEnds) => Watcher
}

export interface Watcher {
  /** Takes a step, or has it taken, and looks. */
  readonly step: (step: BioStep) => unknown
  /** Looks once more when all steps were taken. */
  readonly finish?: () => unknown
}

const sides = ['bio', 'other'] as const

/** Every call with no bytes answers 0 and does nothing. */
const zero: BioRule = {
  title: 'zero bytes are zero bytes in every state',
  ends: true,
  watch: ends => ({
    step: step => {
      take(step, ends)
      const { bio } = ends
      const before = [bio.pending, bio.wpending, bio.eof].join()
      const answers = [bio.read(new Uint8Array(0)), bio.write(new Uint8Array(0))]
      for (const answer of answers) expect(answer === 0, `0, got ${shown(answer)}`)
      const after = [bio.pending, bio.wpending, bio.eof].join()
      expect(before === after, `pending, wpending and eof as before (${before}), got ${after}`)
    },
  }),
}

const bytesOrReason: BioRule = {
  title:
    'a call answers how many bytes it moved, 1 or more and never more than were asked for, or why it moved none',
  ends: true,
  watch: ends => ({
    step: step => {
      const answer = take(step, ends)
      const [deed, , count = 0] = step
      if (deed === 'close' || deed === 'fail') return
      if (typeof answer === 'number')
        return expect(
          count > 0 && Number.isInteger(answer) && answer >= 1 && answer <= count,
          `1 to ${count} bytes, got ${answer}`,
        )
      expect(answer === 'done' ? count === 0 : isStopped(answer), `an answer, got ${shown(answer)}`)
    },
  }),
}

const finalEnd: BioRule = {
  title: 'the end is final: eof stays eof, and broken stays broken with the same error',
  ends: true,
  watch: ends => {
    let last: Stopped | undefined
    return {
      step: step => {
        take(step, ends)
        const answer = ends.bio.read(new Uint8Array(3))
        if (typeof answer === 'number' || answer.stop === 'retry') {
          expect(last === undefined, `nothing after ${shown(last)}, got ${shown(answer)}`)
          return
        }
        if (last) {
          const same =
            last.stop === answer.stop &&
            (last.stop !== 'broken' || answer.stop !== 'broken' || last.error === answer.error)
          const other = last.stop === answer.stop ? ', another Error object' : ''
          expect(same, `${shown(last)} again, got ${shown(answer)}${other}`)
        }
        last = answer
      },
    }
  },
}

/** What was taken at one end comes out of the other: each byte once, in order, and the last one, too. */
const preserved: BioRule = {
  title: 'what one end took, the other reads: every byte, once and in order',
  ends: false,
  watch: ends => {
    const own = ends.bio === ends.other
    const stream = (at: 'bio' | 'other') => (own ? 'bio' : at)
    const taken = { bio: 0, other: 0 }
    const heard = { bio: 0, other: 0 }
    const hear = (at: 'bio' | 'other', bytes: Uint8Array) => {
      const from = own ? 'bio' : at === 'bio' ? 'other' : 'bio'
      for (const byte of bytes) {
        const place = heard[from]++
        expect(place < taken[from], `no more than the ${taken[from]} bytes that were taken`)
        expect(
          byte === byteAt(place),
          `byte ${place} of those that ${from} took to be ${byteAt(place)}, got ${byte}`,
        )
      }
    }
    return {
      step: step => {
        const answer = take(step, ends, at => taken[stream(at)], hear)
        const [deed, at] = step
        if (deed === 'write' && typeof answer === 'number') taken[stream(at)] += answer
        // What a filter holds to the end of a block, say, may wait for more; a flush drives it out.
      },
      finish: async () => {
        // Some rounds more than it takes: nothing may come behind the last byte.
        for (let [round, more] = [0, 0]; round < 300 && more < 4; round++) {
          if (sides.every(at => heard[at] === taken[at])) more++
          for (const at of sides) ends[at].flush()
          await ends.turn?.()
          for (const at of sides) take(['read', at, 64], ends, undefined, hear)
          await ends.turn?.()
        }
        for (const at of own ? (['bio'] as const) : sides)
          expect(
            heard[at] === taken[at],
            `all ${taken[at]} bytes that ${at} took, got ${heard[at]}`,
          )
      },
    }
  },
}

const untouched: BioRule = {
  title:
    'a read writes nothing behind what it answers, and a write changes nothing and keeps no hold of what it is given',
  ends: false,
  watch: ends => {
    let place = 0
    let heard = 0
    const { bio, other } = ends
    return {
      step: ([deed, , count = 1]) => {
        if (deed === 'write') {
          const bytes = Uint8Array.from({ length: count }, (_, i) => byteAt(place + i))
          const copy = bytes.slice()
          const took = other.write(bytes)
          expect(same(bytes, copy), 'the bytes that were given to be left alone')
          if (typeof took === 'number') place += took
          bytes.fill(255)
        } else if (deed === 'read') {
          const into = new Uint8Array(count + 8).fill(170)
          const got = bio.read(into.subarray(4, 4 + count))
          const length = typeof got === 'number' ? got : 0
          const around = [...into.subarray(0, 4), ...into.subarray(4 + length)]
          expect(
            around.every(byte => byte === 170),
            'nothing to be written around what was read',
          )
          for (const byte of into.subarray(4, 4 + length))
            expect(byte === byteAt(heard++), 'the bytes as they were when they were given')
        } else take([deed as 'flush', 'other'], ends)
      },
    }
  },
}

const honest: BioRule = {
  title: 'pending bytes can be read now, and eof is the end of reading',
  ends: true,
  watch: ends => ({
    step: step => {
      take(step, ends)
      const { bio } = ends
      const { pending = 0, eof = false } = bio
      expect(Number.isInteger(pending) && pending >= 0, `pending to be a count, got ${pending}`)
      if (!eof && pending === 0) return
      const answer = insist(() => bio.read(new Uint8Array(1)))
      if (eof)
        expect(
          typeof answer !== 'number' && answer.stop !== 'retry',
          `nothing to read, as eof says, got ${shown(answer)}`,
        )
      else expect(answer === 1, `a byte, as ${pending} are pending, got ${shown(answer)}`)
    },
  }),
}

const halfClosed: BioRule = {
  title: 'an end comes behind everything that was taken before it, and after it nothing is taken',
  ends: false,
  watch: ends => {
    let [taken, heard] = [0, 0]
    const { bio, other } = ends
    const hear = async () => {
      const into = new Uint8Array(16)
      const got = bio.read(into)
      if (typeof got === 'number')
        for (const byte of into.subarray(0, got))
          expect(byte === byteAt(heard++), 'the bytes in order')
      await ends.turn?.()
      return got
    }
    return {
      step: step => {
        const [deed, at] = step
        if (deed === 'write' && at === 'other') {
          const took = take(step, ends, () => taken)
          if (typeof took === 'number') taken += took
        }
      },
      finish: async () => {
        for (let i = 0; other.end() !== 'done'; i++) {
          expect(i < 1000, 'an end to be done at last')
          await hear()
        }
        const late = insist(() => other.write(Uint8Array.of(1)))
        expect(
          isStopped(late) && late.stop === 'broken',
          `broken for a write after the end, got ${shown(late)}`,
        )
        let got: unknown
        for (let i = 0; i < 1000; i++) {
          got = await hear()
          if (typeof got !== 'number' && (got as Stopped).stop !== 'retry') break
        }
        expect(heard === taken, `all ${taken} bytes before the end, got ${heard}`)
        expect(isStopped(got) && got.stop === 'eof', `eof at the end, got ${shown(got)}`)
      },
    }
  },
}

const closes: BioRule = {
  title:
    'close may be called in any state and again, ends both ways here, and nothing throws after it',
  ends: true,
  watch: ends => ({
    step: step => {
      take(step, ends)
    },
    finish: () => {
      const { bio } = ends
      bio.close()
      bio.close(new Error('again'))
      const write = insist(() => bio.write(Uint8Array.of(1)))
      expect(isStopped(write) && write.stop !== 'retry', `no more writing, got ${shown(write)}`)
      bio.flush()
      bio.end()
      bio.read(new Uint8Array(1))
    },
  }),
}

const answersReady: BioRule = {
  title: 'ready never rejects, and runs no code of others before the caller is done',
  ends: true,
  watch: ends => ({
    step: async step => {
      let ran = false
      let rejected: unknown
      for (const on of ['read', 'write'] as const)
        void ends.bio.ready?.(on).then(
          () => {
            ran = true
          },
          error => {
            rejected = error ?? new Error('rejected')
          },
        )
      take(step, ends)
      expect(!ran, 'no code of others to run within a call')
      await Promise.resolve()
      await ends.turn?.()
      expect(rejected === undefined, `ready not to reject, got ${rejected}`)
    },
  }),
}

const worthIt: BioRule = {
  title:
    'where a call answered retry, ready settles once the other end has made another try worth it',
  ends: false,
  watch: ends => ({
    step: async step => {
      const [, at] = step
      const answer = take(step, ends)
      if (!isStopped(answer) || answer.stop !== 'retry') return
      const bio = ends[at]
      if (!bio.ready || ends.bio === ends.other) return
      const on = step[0] === 'read' ? 'read' : 'write'
      let settled = false
      void bio.ready(on).then(() => {
        settled = true
      })
      const from = at === 'bio' ? ends.other : ends.bio
      for (let i = 0; i < 300 && !settled; i++) {
        if (on === 'read') {
          const said = from.write(Uint8Array.of(0, 0, 0, 0))
          if (isStopped(said) && said.stop !== 'retry') return
          // For some, a flush is the last thing they do.
          if (i > 100) from.flush()
        } else from.read(new Uint8Array(16))
        await ends.turn?.()
        await Promise.resolve()
      }
      expect(settled, `ready('${on}') to settle`)
    },
  }),
}

/** How often in a row a waiter is told that another try is worth it, and it is not: as often as `drive` puts up with it. */
const mostInVain = 100

const notInVain: BioRule = {
  title: 'where nothing has changed, ready waits: it does not settle again and again in vain',
  ends: false,
  watch: ends => ({
    step: async step => {
      const [deed, at] = step
      const answer = take(step, ends)
      const bio = ends[at]
      if (!isStopped(answer) || answer.stop !== 'retry' || !bio.ready) return
      if (deed !== 'read' && deed !== 'write') return
      for (let vain = 0; vain < mostInVain; vain++) {
        let settled = false
        void bio.ready(deed).then(() => {
          settled = true
        })
        for (let tick = 0; tick < 5 && !settled; tick++) await Promise.resolve()
        await ends.turn?.()
        if (!settled) return
        const again = take([deed, at, 1], ends)
        if (!isStopped(again) || again.stop !== 'retry') return
      }
      throw new Error(
        `expected ready('${deed}') to wait, and it settled ${mostInVain} times while each ${deed} answered retry`,
      )
    },
  }),
}

/** All of them. */
export const bioRules: readonly BioRule[] = [
  zero,
  bytesOrReason,
  finalEnd,
  preserved,
  untouched,
  honest,
  halfClosed,
  closes,
  answersReady,
  worthIt,
  notInVain,
]

function isStopped(answer: unknown): answer is Stopped {
  if (typeof answer !== 'object' || answer === null || !('stop' in answer)) return false
  const { stop } = answer
  if (stop === 'retry')
    return 'on' in answer && ['read', 'write', 'special'].includes(String(answer.on))
  return stop === 'eof' || (stop === 'broken' && 'error' in answer && answer.error instanceof Error)
}

/** Again and again, for a BIO may refuse a call for no reason now and then. */
function insist<A>(call: () => A): A {
  for (let i = 0; i < 30; i++) {
    const answer = call()
    if (!isStopped(answer) || answer.stop !== 'retry') return answer
  }
  return call()
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

function shown(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return String(answer)
  const { stop, on, error } = answer as { stop?: unknown; on?: unknown; error?: unknown }
  return [stop, on, error].filter(part => part !== undefined).join(' ')
}
