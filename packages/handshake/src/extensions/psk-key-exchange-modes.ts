/** psk_key_exchange_modes (RFC 9846 section 4.3.9). */
import { enumerated, struct, uint8, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     enum { psk_ke(0), psk_dhe_ke(1), (255) } PskKeyExchangeMode;
 *
 *     struct {
 *         PskKeyExchangeMode ke_modes<1..255>;
 *     } PskKeyExchangeModes;
 */
const PskKeyExchangeModes = struct({
  ke_modes: vector(enumerated(uint8, { psk_ke: 0, psk_dhe_ke: 1 }, { unknown: 'keep' }), 1, 255),
})

export const psk_key_exchange_modes = {
  id: 45,
  name: 'psk_key_exchange_modes',
  in: { ClientHello: PskKeyExchangeModes },
} as const satisfies Extension
