/** What is tested: a play, which puts two ends onto a link and lets them be stepped in any order. */
import type { Seed } from '../seeds/seed.ts'
import type { DatagramLink } from './datagram-link.ts'
import type { Link } from './link.ts'

/** A link of whatever it carries. */
export type AnyLink = Link | DatagramLink

/** One end: any protocol that can be moved on without waiting. */
export interface Actor {
  /** Does what can be done now. Throws where something is wrong. */
  step(): void
  /** Whether there is nothing left to do. */
  readonly done: boolean
  /** What it waits for, in words that change whenever it has come further. */
  readonly waits?: string
  /** When its next timer is due, by `link.now`: where nothing else happens, time passes until then. Without one, an end that waits for time has stalled. */
  readonly due?: number | undefined
}

/** Both ends, and what has to be true once they are done. */
export interface Ends {
  readonly client: Actor
  readonly server: Actor
  /** Throws with words that say what is wrong. */
  check?(): void
}

/**
 * Makes both ends anew on a link. Everything that they do has to follow from the seed, the link and the order of their steps: then a run
 * can be repeated. A function with a name can be named in a program; `source` says how, where it is not a function that a module exports.
 */
export interface Play<L extends AnyLink = Link> {
  (link: L, seed: Seed): Ends
  readonly name: string
  source?: Source
}

/** How a program names a play. */
export interface Source {
  /** Lines that stand at the beginning. */
  readonly imports: string
  readonly expression: string
}

/** Who is stepped: the client, the server, or what carries bytes between them. */
export type Turn = 'client' | 'server' | 'pump'

/**
 * One run, as plain data: what the link does, whose turn it is, and the seed of everything that is drawn. Turns are written by their first
 * letter, `ccsp`; when they are over, all three take turns until both ends are done.
 */
export interface Schedule<L extends AnyLink = Link> {
  readonly link: L['plan']
  readonly turns: string
  readonly seed: string
}
