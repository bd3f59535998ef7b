/** Whether certificates have been revoked: -CRL, -crl_check and -crl_check_all. */
import type { ContextOptions } from '@biopair/ssl'
import type { EitherFlags } from './arguments.ts'
import { read } from './files.ts'
import { UsageError } from './usage-error.ts'

/** Options of either context. Nothing is fetched: CRLs come from files. */
export function revocation(flags: EitherFlags): ContextOptions {
  const { CRL: file, crl_check, crl_check_all } = flags
  const checks = crl_check || crl_check_all
  if (file === undefined) {
    if (checks) throw new UsageError(`-crl_check${crl_check_all ? '_all' : ''} needs -CRL`)
    return {}
  }
  if (!checks) throw new UsageError('-CRL needs -crl_check or -crl_check_all, or nobody reads it')
  return { crl: [read('CRL', file)], revocationScope: crl_check_all ? 'chain' : 'leaf' }
}
