/** What a TLS connection runs over in Node: a Duplex, or two streams that are one pair. */
import type { Readable, Writable } from 'node:stream'
import { misuse } from './misuse.ts'

/** One stream for both directions, or one for each. */
export type NodeStreams =
  | (Readable & Writable)
  | { readonly readable: Readable; readonly writable: Writable }
  /** A child process, or `process` itself: whichever of the two can be read is read. */
  | {
      readonly stdin: Readable | Writable | null
      readonly stdout: Readable | Writable | null
    }

/** What is read, and what is written. */
export interface StreamEnds {
  readonly source: Readable
  readonly sink: Writable
}

/** TypeError (ERR_INVALID_ARG_TYPE) for what is none. */
export function streamEnds(streams: NodeStreams): StreamEnds {
  if (typeof streams === 'object' && streams !== null) {
    if (isSource(streams) && isSink(streams)) return { source: streams, sink: streams }
    const pair = streams as Readonly<Record<string, unknown>>
    const { readable: source, writable: sink } = pair
    if (isSource(source) && isSink(sink)) return { source, sink }
    const { stdin, stdout } = pair
    // Pipes of Node are sockets both, of which one way is closed.
    if (isSource(stdout) && stdout.readable && isSink(stdin) && stdin.writable)
      return { source: stdout, sink: stdin }
    if (isSource(stdin) && isSink(stdout)) return { source: stdin, sink: stdout }
  }
  throw misuse(
    'ERR_INVALID_ARG_TYPE',
    'carrier: expected a Duplex, { readable, writable } or { stdin, stdout } of Node streams',
  )
}

function isSource(thing: unknown): thing is Readable {
  const { read, on, readable } = (thing ?? {}) as Partial<Readable>
  return typeof read === 'function' && typeof on === 'function' && typeof readable === 'boolean'
}

function isSink(thing: unknown): thing is Writable {
  const { write, end, on } = (thing ?? {}) as Partial<Writable>
  return typeof write === 'function' && typeof end === 'function' && typeof on === 'function'
}
