/** Who answers for keys that were agreed on elsewhere, in TLS 1.2 (RFC 4279 §2). */
import { equal, type HashName } from '@biopair/crypto'
import type { WantPsk, WantPskOffer } from '@biopair/handshake'
import type { CallbackContext } from './abort.ts'
import { following } from './answers.ts'
import type { SslContext } from './context.ts'
import { text } from './facts.ts'
import { answered, chosenFrom, offered, type PskCallbackContext } from './psk-callback.ts'
import type { StaticPsk } from './psks.ts'

/** A client's keys for a suite, behind the server's hint. What the callback gives without a hash is for any. */
export function offered12(
  context: SslContext,
  { hashes, hint }: WantPskOffer,
  asking: CallbackContext,
) {
  const ours = context.psks.filter(({ kind }) => kind === 'external')
  const { pskCallback } = context.options
  if (!pskCallback) return ours.map(offered)
  const told = hint && hint.length > 0 ? text(hint) : undefined
  return following(pskCallback(null, withHint(asking, told)), answer => [
    ...ours.map(offered),
    ...answered(answer, undefined, context, usualHash(hashes)).map(offered),
  ])
}

/** A server's key of the one identity that a client names. */
export function chosen12(context: SslContext, want: WantPsk, asking: CallbackContext) {
  const identity = want.identities[0]?.identity ?? new Uint8Array(0)
  const find = (psks: readonly StaticPsk[]) =>
    psks.find(
      ({ kind, hash, identity: name }) =>
        kind === 'external' && want.hashes.includes(hash) && equal(name, identity),
    )
  const ours = find(context.psks)
  if (ours) return chosenFrom(ours, 0)
  const { pskCallback } = context.options
  if (!pskCallback) return undefined
  return following(pskCallback(text(identity), withHint(asking, undefined)), answer => {
    const psk = find(answered(answer, identity, context, usualHash(want.hashes)))
    return psk && chosenFrom(psk, 0)
  })
}

function usualHash([hash]: readonly HashName[]): 'sha256' | 'sha384' {
  return hash === 'sha384' ? hash : 'sha256'
}

/** A context has its signal made when it is asked for. */
function withHint(asking: CallbackContext, hint: string | undefined): PskCallbackContext {
  return {
    version: 'TLSv1.2',
    hint,
    get signal() {
      return asking.signal
    },
  }
}
