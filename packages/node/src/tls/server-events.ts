/** node:tls's events of a server that ask: `newSession`, `resumeSession`, `OCSPRequest`; as what a context asks. */
import type { EventEmitter } from 'node:events'
import type { ContextOptions, SessionCache } from '@biopair/ssl'
import { misuse } from './misuse.ts'

/** Events that change what the context is told as soon as somebody listens. */
export const askingEvents = ['newSession', 'resumeSession', 'OCSPRequest'] as const
export type AskingEvent = (typeof askingEvents)[number]

export function isAsking(event: unknown): event is AskingEvent {
  return (askingEvents as readonly unknown[]).includes(event)
}

/** What would answer in the place of each event. */
const instead: Readonly<Record<AskingEvent, readonly (keyof ContextOptions)[]>> = {
  newSession: ['sessionCache', 'ticketSealer', 'singleUseTickets'],
  resumeSession: ['sessionCache', 'ticketSealer', 'singleUseTickets'],
  OCSPRequest: ['ocspRequestCallback'],
}

/** TypeError where the options have an answer of their own. */
export function checkListener(event: AskingEvent, given: Readonly<Record<string, unknown>>): void {
  const beside = ['secureContext', ...instead[event]].find(name => given[name] !== undefined)
  if (beside !== undefined)
    throw misuse('ERR_INVALID_ARG_VALUE', `'${event}': expected a server without ${beside}`)
}

/** Options of a context that asks by the events for which there is a listener, or was one. */
export function askingOptions(
  server: EventEmitter,
  heard: ReadonlySet<AskingEvent>,
): Pick<ContextOptions, 'sessionCache' | 'ocspRequestCallback'> {
  const sessions = heard.has('newSession') || heard.has('resumeSession')
  return {
    ...(sessions ? { sessionCache: sessionsOf(server) } : {}),
    ...(heard.has('OCSPRequest') ? { ocspRequestCallback: responsesOf(server) } : {}),
  }
}

/** A store whose `set` is `newSession` and whose `get` is `resumeSession`. Nobody waits for a session to be stored. */
function sessionsOf(server: EventEmitter): SessionCache {
  return {
    set: (id, state) =>
      process.nextTick(() =>
        server.emit('newSession', Buffer.from(id, 'hex'), Buffer.from(state), () => {}),
      ),
    get: id => asked(server, 'resumeSession', Buffer.from(id, 'hex')),
    // Never asked: who wants it is refused.
    delete: () => false,
  }
}

function responsesOf(server: EventEmitter): NonNullable<ContextOptions['ocspRequestCallback']> {
  return ({ certificate, issuer }) =>
    asked(server, 'OCSPRequest', Buffer.from(certificate), issuer ? Buffer.from(issuer) : null)
}

/** What a listener answers by its callback; undefined where nobody listens any more. It runs on its own: what it throws is an exception of the program. */
function asked(
  server: EventEmitter,
  event: AskingEvent,
  ...about: readonly unknown[]
): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null, answer?: Uint8Array | null) =>
      error ? reject(error) : resolve(answer ?? undefined)
    process.nextTick(() => {
      if (!server.emit(event, ...about, done)) resolve(undefined)
    })
  })
}
