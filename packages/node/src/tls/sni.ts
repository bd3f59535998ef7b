/** node:tls's SNICallback, which answers by a callback, as one that answers by what it returns. */
import type { SniAnswer, SniCallback, SslContext } from '@biopair/ssl'
import { misuse } from './misuse.ts'

/**
 * Either calls `callback(error, context)`, once, or returns a context or a promise of one. An error refuses the client; no context stays with the
 * server's own. A context is what `createSecureContext` makes, or its options.
 */
export type NodeSniCallback = (
  servername: string,
  callback: (error?: Error | null, context?: unknown) => void,
) => unknown

/** TypeError for what is no function. */
export function checkSni(given: unknown): void {
  if (given === undefined || typeof given === 'function') return
  throw misuse('ERR_INVALID_ARG_TYPE', `SNICallback: expected a function, got ${typeof given}`)
}

export function sniCallback(
  given: NodeSniCallback,
  contextFrom: (given: unknown) => SslContext,
): SniCallback {
  checkSni(given)
  const answer = (context: unknown): SniAnswer =>
    context === undefined || context === null ? undefined : contextFrom(context)
  // node:tls does not ask where no name was sent.
  return servername =>
    servername === undefined
      ? undefined
      : new Promise<SniAnswer>((resolve, reject) => {
          const settle = (make: () => SniAnswer) => {
            try {
              resolve(make())
            } catch (error) {
              reject(error)
            }
          }
          const returned = given(servername, (error, context) =>
            error ? reject(error) : settle(() => answer(context)),
          )
          if (returned === undefined) return
          Promise.resolve(returned).then(
            context => context !== undefined && settle(() => answer(context)),
            reject,
          )
        })
}
