/** Contexts by the name that a client asks for: node:tls's `addContext`, as a map. */
import { SslContext } from '../context.ts'
import type { ContextOptions, SniCallback } from '../context-options.ts'
import { misuse } from '../misuse.ts'

/** Contexts, or options to make them of, by host name: `www.example`, or `*.example` for every name with one label more. */
export type ContextNames = Readonly<Record<string, SslContext | ContextOptions>>

/**
 * An SNICallback that knows these names, in any case; the name itself goes before a wildcard. Any other, and a client that names nobody,
 * is for `otherwise`, or else for the context at hand. TypeError for options that are wrong.
 */
export function namedContexts(contexts: ContextNames, otherwise?: SniCallback): SniCallback {
  const byName = new Map(
    Object.entries(contexts).map(([name, context]) => {
      if (!/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(name))
        throw misuse('ERR_INVALID_ARG_VALUE', `contexts: expected host names, got '${name}'`)
      return [
        name.toLowerCase(),
        context instanceof SslContext ? context : new SslContext(context),
      ] as const
    }),
  )
  return (servername, about) => {
    const name = servername?.toLowerCase() ?? ''
    const found = byName.get(name) ?? byName.get(name.replace(/^[^.]*/, '*'))
    return found ?? otherwise?.(servername, about)
  }
}
