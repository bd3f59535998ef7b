/** Whom the command believes: -CAfile and -CApath, or else the store of the system. */
import { directoryTrustStore, nodeTrustStore, systemTrustStore } from '@biopair/node'
import type { ContextOptions, TrustStore } from '@biopair/ssl'
import type { EitherFlags } from './arguments.ts'
import { read } from './files.ts'
import { UsageError } from './usage-error.ts'

/** What the flags name; undefined where they name nobody. */
export function believed({ CAfile, CApath }: EitherFlags): ContextOptions['ca'] {
  if (CAfile === undefined && CApath === undefined) return undefined
  return [
    ...(CAfile === undefined ? [] : [read('CAfile', CAfile)]),
    ...(CApath === undefined ? [] : [fromDirectory(CApath)]),
  ]
}

function fromDirectory(path: string): TrustStore {
  const store = directoryTrustStore(path)
  const [first] = store.size === 0 ? store.leftOut : []
  if (first) throw new UsageError(`-CApath: ${first.why}`)
  if (store.size === 0) throw new UsageError(`-CApath: expected certificates in ${path}, got none`)
  return store
}

/** As OpenSSL's s_client: the system's; Node's where there is none that can be read. */
export function usualAnchors(): TrustStore {
  try {
    return systemTrustStore()
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_NO_SYSTEM_STORE') throw error
    return nodeTrustStore()
  }
}
