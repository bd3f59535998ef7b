/** Whether a peer could show today what it showed when a session began (RFC 9846 §4.7.1, RFC 9345 §7.4). */
import { TlsAlert } from '@biopair/wire'
import type { FlowConfig } from '../config.ts'
import type { Role } from '../flow.ts'
import type { Psk } from '../psk.ts'
import { allowedTypes } from './certificate-types.ts'
import { delegatedScheme } from './delegated-credential.ts'

/** False where its type of certificate, or the schemes of its delegated credential, are not taken any more. */
export function stillTaken({ shown }: Pick<Psk, 'shown'>, peer: Role, config: FlowConfig): boolean {
  if (!allowedTypes(config, peer).includes(shown.type)) return false
  if (!shown.delegated) return true
  try {
    delegatedScheme(shown.delegated, config)
    return true
  } catch (error) {
    if (error instanceof TlsAlert) return false
    throw error
  }
}
