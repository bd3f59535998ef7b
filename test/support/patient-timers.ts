/** Timers for laws that give up where nothing happens for some seconds: on a machine that others use too, that means nothing yet. */
import type { Timers } from '@biopair/ssl/stream'

/** What is given four seconds or more has fifteen times as long; a shorter pause is as long as it says. */
export const patientTimers: Timers = {
  set: (callback, milliseconds) =>
    setTimeout(callback, milliseconds < 4000 ? milliseconds : 15 * milliseconds),
  clear: timer => clearTimeout(timer as NodeJS.Timeout),
}
