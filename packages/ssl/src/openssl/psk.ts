/** Callbacks for keys that were agreed on elsewhere (SSL_CTX_set_psk_client_callback(3), SSL_CTX_set_psk_find_session_callback(3)). */
import type { HashName } from '@biopair/crypto'
import { type Again, following } from '../answers.ts'
import { misuse } from '../misuse.ts'
import type { PskAnswer, PskCallback, PskCallbackContext } from '../psk-callback.ts'
import type { SSL } from './ssl.ts'
import type { SSL_SESSION } from './ssl-session.ts'
import type { Values } from './values.ts'

/** Longest identity and key, as PSK_MAX_IDENTITY_LEN and PSK_MAX_PSK_LEN have them. */
export const PSK_MAX_IDENTITY_LEN = 256
export const PSK_MAX_PSK_LEN = 512

/** Answers `[identity, key]`, or 0 for none, or a promise; `hint` is TLS 1.2's, else null. */
export type SSL_psk_client_cb_func = (
  ssl: SSL,
  hint: string | null,
  maxIdentityLength: number,
  maxPskLength: number,
) => Later<readonly [identity: string, psk: Uint8Array] | 0>

/** Answers the key of an identity, or 0 for a full handshake, or a promise. */
export type SSL_psk_server_cb_func = (
  ssl: SSL,
  identity: string,
  maxPskLength: number,
) => Later<Uint8Array | 0>

/** Answers `[1, identity, session]`, `[1]` for no key, or 0 to fail, or a promise. */
export type SSL_psk_use_session_cb_func = (
  ssl: SSL,
  md: HashName | null,
) => Later<readonly [1, identity: Uint8Array, session: SSL_SESSION] | readonly [1] | 0>

/** Answers `[1, session]`, `[1]` for no key, or 0 to fail, or a promise. */
export type SSL_psk_find_session_cb_func = (
  ssl: SSL,
  identity: Uint8Array,
) => Later<readonly [1, SSL_SESSION] | readonly [1] | 0>

type Later<T> = T | Promise<T>

/** Ours, of theirs; undefined where there are none for the role. */
export function askPsk(
  ssl: () => SSL,
  { pskClient, pskServer, pskUse, pskFind }: Values,
): PskCallback | undefined {
  if (!(pskClient || pskServer || pskUse || pskFind)) return undefined
  return (identity: string | null, { hint, version }: PskCallbackContext) => {
    const older = version === 'TLSv1.2'
    if (identity === null) {
      if (pskUse && !older) return then(pskUse(ssl(), null), used)
      return pskClient
        ? then(pskClient(ssl(), hint ?? null, PSK_MAX_IDENTITY_LEN, PSK_MAX_PSK_LEN), named)
        : null
    }
    if (pskFind && !older)
      return then(pskFind(ssl(), latin1(identity)), one => keyOf(one === 0 ? one : one[1]))
    return pskServer
      ? then(pskServer(ssl(), identity, PSK_MAX_PSK_LEN), psk => (psk === 0 ? null : psk))
      : null
  }
}

function then<T>(said: Later<T>, next: (one: T) => PskAnswer): PskAnswer | Promise<PskAnswer> {
  return following(said, next) as Exclude<PskAnswer, Again> | Promise<PskAnswer>
}

function named(said: readonly [string, Uint8Array] | 0): PskAnswer {
  return said === 0 ? null : { identity: said[0], psk: said[1] }
}

function used(said: readonly [1, Uint8Array, SSL_SESSION] | readonly [1] | 0): PskAnswer {
  if (said === 0) return keyOf(said)
  const [, identity, session] = said
  const key = keyOf(session)
  if (!identity || !key || !('psk' in key)) return null
  return { ...key, identity }
}

/** The key of a session that SSL_SESSION_set1_master_key made; 0 ends the handshake. */
function keyOf(session: SSL_SESSION | 0 | undefined) {
  if (session === 0)
    throw misuse('ERR_INVALID_ARG_VALUE', 'the callback for pre-shared keys says no')
  if (!session) return null
  const { key, suite } = session
  if (!key || !suite)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      'expected a session with SSL_SESSION_set1_master_key and SSL_SESSION_set_cipher',
    )
  const hash = suite.hash === 'sha384' ? 'sha384' : 'sha256'
  return { psk: key, hash } as const
}

function latin1(characters: string): Uint8Array {
  return Uint8Array.from(characters, character => character.charCodeAt(0))
}
