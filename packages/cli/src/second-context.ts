/** -servername, -cert2 and -servername_fatal: which context serves a client, by the name that it asks for. */
import { type ContextOptions, SslContext, TlsAlert } from '@biopair/ssl'
import type { ServerFlags } from './arguments.ts'
import { secondIdentity } from './identities.ts'
import { UsageError } from './usage-error.ts'

/** The `SNICallback` of a server with these options. A client that asks for no name is shown the first certificate. */
export function byName(
  flags: ServerFlags,
  options: ContextOptions,
): Pick<ContextOptions, 'SNICallback'> {
  const { servername, servername_fatal } = flags
  const identity = secondIdentity(flags)
  if (servername === undefined) {
    if (!identity && !servername_fatal) return {}
    throw new UsageError(`-${identity ? 'cert2' : 'servername_fatal'} needs -servername`)
  }
  if (!identity && !servername_fatal)
    throw new UsageError('-servername needs -cert2 or -servername_fatal')
  // What rides with -cert is not for this one.
  const { ocspResponse, ocspRequestCallback, rawKey, ...rest } = options
  const second = identity && new SslContext({ ...rest, ...identity })
  return {
    SNICallback: asked => {
      if (asked?.toLowerCase() === servername.toLowerCase()) return second
      if (asked === undefined || !servername_fatal) return undefined
      throw new TlsAlert('unrecognized_name', {
        reason: 'CALLBACK_FAILED',
        section: 'RFC 6066 3',
        why: `expected ${servername}, got another name`,
      })
    },
  }
}
