/** extended_master_secret of TLS 1.2 (RFC 7627 section 5.1). */
import { empty } from '@biopair/wire'
import type { Extension } from './extension.ts'

export const extended_master_secret = {
  id: 23,
  name: 'extended_master_secret',
  in: { ClientHello12: empty, ServerHello12: empty },
} as const satisfies Extension
