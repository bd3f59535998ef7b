/** Alerts that callbacks pass out by number (`*al`), as errors that end the connection. */
import { alertName, alerts, TlsAlert } from '@biopair/wire'

/** A fatal alert of this number. `standard` where none was passed out, or one that says no failure or that nobody knows. */
export function fatalAlert(
  al: number | undefined,
  standard: keyof typeof alerts,
  reason: string,
  why: string,
): TlsAlert {
  const name = al === undefined ? standard : alertName(al)
  const fit = name in alerts && name !== 'close_notify' && name !== 'user_canceled'
  return new TlsAlert(fit ? name : standard, { reason, section: '6.2', why })
}

/** What a callback answers: a number, or with what C passes out behind it. */
export type Said = number | readonly [result: number, al?: number]

/** The number, and what is passed out. */
export function parts(said: Said): readonly [result: number, al?: number] {
  return typeof said === 'number' ? [said] : said
}
