/** The options on tickets, sessions, pre-shared keys and early data, checked: what they may be, and which go together. */
import { longestLifetime } from '@biopair/handshake'
import type { ContextOptions } from './context-options.ts'
import type { Limits } from './limits.ts'
import { misuse } from './misuse.ts'
import { oneOf, wholeNumber } from './option-values.ts'

const ticketPolicies = ['at_once', 'with_first_write', 'on_demand', 'never']
const pskModes = ['psk_ke', 'psk_dhe_ke']

/** TypeError for a number out of its bounds, a name that there is none of, and two options that exclude or need each other. */
export function checkResumptionOptions(options: ContextOptions, { earlyData }: Limits): void {
  wholeNumber('numTickets', options.numTickets, 0, 32)
  wholeNumber('ticketLifetime', options.ticketLifetime, 0, longestLifetime)
  oneOf('ticketPolicy', options.ticketPolicy, ticketPolicies)
  for (const mode of options.pskModes ?? []) oneOf('pskModes', mode, pskModes)
  if (options.pskModes?.length === 0)
    throw misuse('ERR_INVALID_ARG_VALUE', 'pskModes: expected at least one mode, got none')
  wholeNumber('ticketRequest.newSessions', options.ticketRequest?.newSessions, 0, 255)
  wholeNumber('ticketRequest.resumptions', options.ticketRequest?.resumptions, 0, 255)
  if (options.ticketSealer && (options.ticketKeys || options.sessionCache))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      'ticketSealer: expected without ticketKeys and sessionCache, whose place it takes',
    )
  if (options.singleUseTickets && !options.sessionCache)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      'singleUseTickets: expected a sessionCache, which alone can tell',
    )
  wholeNumber('maxEarlyData', options.maxEarlyData, 0, Math.min(earlyData, 2 ** 32 - 1))
  if (options.replayStore && typeof options.replayStore.claim !== 'function')
    throw misuse('ERR_INVALID_ARG_TYPE', 'replayStore: expected an object with claim()')
  if (!/^[\x20-\x7e]{0,255}$/.test(options.sessionIdContext ?? ''))
    throw misuse('ERR_INVALID_ARG_VALUE', 'sessionIdContext: expected up to 255 ASCII characters')
}
