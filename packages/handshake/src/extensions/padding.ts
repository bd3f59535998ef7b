/** padding (RFC 7685): bytes that make a ClientHello longer, and the extension's value. */
import { rest } from '@biopair/wire'
import type { Extension } from './extension.ts'

export const padding = {
  id: 21,
  name: 'padding',
  in: { ClientHello: rest() },
} as const satisfies Extension
