/** Bytes for the BIO tests, and short words for what a BIO answers. */
import type { Bio, Stopped } from '@biopair/bio'

export const retryRead = { stop: 'retry', on: 'read' } as const
export const retryWrite = { stop: 'retry', on: 'write' } as const
export const eof = { stop: 'eof' } as const

/** Bytes that count up from `from`, so that a lost, doubled or moved one shows. */
export function counted(length: number, from = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => ((from + i) * 31 + ((from + i) >> 8)) & 0xff)
}

/** The `code` of the error of a `broken`; undefined for any other answer. */
export function codeOf(answer: unknown): string | undefined {
  const { stop, error } = answer as { stop?: string; error?: { code?: string } }
  return stop === 'broken' ? error?.code : undefined
}

/** Reads up to `length` bytes: the bytes, or why none. */
export function take(bio: Bio, length: number): Uint8Array | Stopped {
  const into = new Uint8Array(length)
  const count = bio.read(into)
  return typeof count === 'number' ? into.subarray(0, count) : count
}

/** Whether a promise is settled already. */
export async function settled(promise: Promise<void>): Promise<boolean> {
  const pending = Symbol('pending')
  await Promise.resolve()
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending
}
