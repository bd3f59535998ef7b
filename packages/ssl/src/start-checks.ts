/** What has to be there before a handshake begins: a client knows whom to believe, a server what to show. TypeErrors, with nothing on the wire. */
import type { Role } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { SslContext } from './context.ts'
import { misuse } from './misuse.ts'
import { ageOf } from './psk-answers.ts'
import type { Session } from './session.ts'

/** What one connection was told beside its context. */
export interface Told {
  readonly servername: string | undefined
  readonly verifyNames: readonly string[] | undefined
  readonly rawPublicKeys: readonly Bytes[] | undefined
}

export function checkStart(role: Role, context: SslContext, told: Told): void {
  if (told.verifyNames?.length === 0 && context.options.rejectUnauthorized !== false)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      'verifyNames: expected at least one name; an empty list needs rejectUnauthorized: false',
    )
  if (role === 'client') checkClient(context, told)
  else checkServer(context)
}

/** Whether keys that were agreed on elsewhere may be used. */
export function hasPsks({ psks, options }: SslContext): boolean {
  return psks.length > 0 || options.pskCallback !== undefined
}

/** The session of the options, if it may be offered: in time, of this name, and for the first time unless `reuse` says otherwise. */
export function usableSession(
  session: Session | undefined,
  servername: string | undefined,
  reuse: boolean,
  context: SslContext,
): Session | undefined {
  if (!session || ageOf(session, context.now()) >= session.lifetime * 1000) return undefined
  if (session.serverName !== servername) return undefined
  if (context.options.tickets === false && session.ticket.length > 0) return undefined
  return context.spend(session) || reuse ? session : undefined
}

/** A client verifies by default, and needs a name and somebody to believe; opting out is explicit. */
function checkClient(context: SslContext, told: Told): void {
  const { rejectUnauthorized, verifyCallback } = context.options
  if (rejectUnauthorized === false) return
  // Who has neither anchors nor a callback believes no certificate: then a key is the only way.
  const nobody = context.vouching?.size === 0
  if (hasPsks(context) && !verifyCallback && nobody) return
  if (checkRawKeys(context, told)) return
  if (told.servername === undefined && !told.verifyNames)
    throw misuse(
      'ERR_NO_SERVERNAME',
      'a client that verifies needs servername; rejectUnauthorized: false opts out',
    )
  // A verifyCallback may believe a chain for reasons of its own; it still needs the name to be asked for.
  if (!verifyCallback && nobody)
    throw misuse(
      'ERR_NO_TRUST_ANCHORS',
      'a client that verifies needs ca or pins, since there is no built-in list; rejectUnauthorized: false opts out',
    )
}

/** Whether a raw key is all that a client takes: then there is no name to prove, and no authority to believe. Fail closed: somebody has to be expected. */
function checkRawKeys({ serverTypes, rawPublicKeys, options }: SslContext, told: Told): boolean {
  if (!serverTypes.includes('rpk')) return false
  if ((told.rawPublicKeys ?? rawPublicKeys).length === 0 && !options.verifyCallback)
    throw misuse(
      'ERR_NO_TRUST_ANCHORS',
      'a client that takes raw public keys needs rawPublicKeys, or a verifyCallback that knows them; rejectUnauthorized: false opts out',
    )
  return !serverTypes.includes('x509')
}

/** A server shows a certificate, and has to know where from. */
function checkServer({ credentials, psks, options, ...context }: SslContext): void {
  if (context.serverTypes.includes('rpk') && context.rawCredentials.length > 0) return
  if (credentials.length > 0 || options.certificateCallback || options.SNICallback) return
  if (psks.length > 0 || options.pskCallback) return
  throw misuse(
    'ERR_NO_CERTIFICATE',
    'a server needs cert and key, a rawKey, a certificateCallback or SNICallback, or psks or a pskCallback',
  )
}
