/** What a pskCallback is asked and answers, and keys that were agreed on elsewhere as a flow is given them. */
import { type ChosenPsk, certificates, type OfferedPsk } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { CallbackContext } from './abort.ts'
import type { SslContext } from './context.ts'
import { misuse } from './misuse.ts'
import { type PskOption, type StaticPsk, staticPsks } from './psks.ts'

/**
 * node:tls's pskCallback. A client is asked with null, and answers a key and its identity, or null for none. A server is asked with the
 * identity (a character a byte) that no ticket and none of `psks` has, and answers its key, or null for a full handshake. In TLS 1.2 a client is asked once the server has
 * chosen a suite with such a key, and null ends the handshake.
 */
export type PskCallback = (
  identity: string | null,
  context: PskCallbackContext,
) => PskAnswer | Promise<PskAnswer>

export type PskAnswer =
  | Uint8Array
  | (Partial<Omit<PskOption, 'key' | 'kind' | 'context'>> & { readonly psk: Uint8Array })
  | null
  | undefined

/** What a pskCallback is told besides whom it is asked about. */
export interface PskCallbackContext extends CallbackContext {
  /** In TLS 1.2; absent in TLS 1.3. */
  readonly version?: 'TLSv1.2' | undefined
  /** Client of TLS 1.2: psk_identity_hint, a character a byte; undefined where the server gave none. */
  readonly hint?: string | undefined
}

/** A key as a client offers it. */
export function offered(psk: StaticPsk): OfferedPsk {
  return { ...psk, chain: [], shown: certificates, authenticatedBy: 'psk', obfuscatedAge: () => 0 }
}

/** The flow wipes what it is given. */
export function chosenFrom({ kind, key, hash }: StaticPsk, selected: number): ChosenPsk {
  const own = Uint8Array.from(key)
  const nobody = { chain: [], shown: certificates }
  return { kind, key: own, hash, selected, ...nobody, authenticatedBy: 'psk', once: false }
}

/** What a pskCallback has said, as keys. */
export function answered(
  answer: PskAnswer,
  identity: Bytes | undefined,
  { crypto }: SslContext,
  usual?: 'sha256' | 'sha384',
): readonly StaticPsk[] {
  if (answer === null || answer === undefined) return []
  const given = answer instanceof Uint8Array ? { psk: answer } : answer
  const { psk: key, ...said } = given
  const rest = usual && !('hash' in said && said.hash) ? { ...said, hash: usual } : said
  // What a peer calls its key need not be a name that we would give.
  if (identity)
    return staticPsks({ ...rest, identity: 'its', key }, crypto, 'pskCallback').map(psk => ({
      ...psk,
      identity,
    }))
  const name = 'identity' in rest ? rest.identity : undefined
  if (name === undefined)
    throw misuse('ERR_INVALID_ARG_VALUE', 'pskCallback: expected an identity beside the key')
  return staticPsks({ ...rest, identity: name, key }, crypto, 'pskCallback')
}
