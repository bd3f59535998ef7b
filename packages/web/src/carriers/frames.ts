/** The frames that two carriers over message ports say to each other: ports have no back-pressure, no end and no error of their own. */
import type { Bytes } from '@biopair/wire'

/** Whose frames these are: anything else that comes over the same port is somebody else's, and left alone. */
const mark = 'biopair/port/1'

export type Frame =
  /** I am here, and take so many bytes before I say more; `answer` where it is no question. */
  | { readonly kind: 'open'; readonly credit: number; readonly answer: boolean }
  | { readonly kind: 'data'; readonly bytes: Bytes }
  /** So many bytes more are taken. */
  | { readonly kind: 'credit'; readonly credit: number }
  /** All was said, and nothing more is wanted. */
  | { readonly kind: 'end' }
  | { readonly kind: 'abort'; readonly why: string }
  /** To a third party: there are two already. */
  | { readonly kind: 'busy' }

/** A frame with who says it, and to whom; an `open` that is no answer is for whoever is there. */
export type Envelope = Frame & {
  readonly biopair: typeof mark
  readonly from: string
  readonly to: string | undefined
}

export function envelope(frame: Frame, from: string, to: string | undefined): Envelope {
  return { ...frame, biopair: mark, from, to }
}

/** The envelope that a message is; undefined for anything else. */
export function envelopeOf(message: unknown): Envelope | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { biopair, from, kind } = message as Partial<Envelope>
  if (biopair !== mark || typeof from !== 'string' || typeof kind !== 'string') return undefined
  return message as Envelope
}
