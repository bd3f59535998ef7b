/** Keys that were agreed on elsewhere, in TLS 1.2: which suites they serve, and who gives them (RFC 8442, RFC 4279). */
import { type CipherSuite12, equal, type HashName } from '@biopair/crypto'
import { certificates, type OfferedPsk, type WantPsk, type WantPskOffer } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { CallbackContext } from './abort.ts'
import { following } from './answers.ts'
import type { SslContext } from './context.ts'
import { text } from './facts.ts'
import { misuse } from './misuse.ts'
import { answered, chosenFrom } from './psk-answers.ts'
import { identityBytes, type StaticPsk } from './psks.ts'

/** The hashes of suites that keys serve: of those that are given, or any where a callback gives them. An imported key is of TLS 1.3 alone (RFC 9258 §6). */
export type PskHashes = 'any' | readonly HashName[]

export function pskHashes(psks: readonly StaticPsk[], callback: unknown): PskHashes {
  if (callback) return 'any'
  return psks.filter(({ kind }) => kind === 'external').map(({ hash }) => hash)
}

/** Whether a suite is of use: one with a pre-shared key where there is one for it. */
export function serves(hashes: PskHashes, { auth, hash }: CipherSuite12): boolean {
  return auth !== 'psk' || hashes === 'any' || hashes.includes(hash)
}

/** `pskIdentityHint` as bytes. RFC 4279 §5.3: everybody has to take 128. TypeError for what is none. */
export function hintFrom(hint: string | Uint8Array | undefined): Bytes | undefined {
  if (hint === undefined) return undefined
  const bytes = identityBytes(hint, 'pskIdentityHint')
  if (bytes.length <= 128) return bytes
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `pskIdentityHint: expected up to 128 bytes, got ${bytes.length}`,
  )
}

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
  return following(pskCallback(text(identity), asking), answer => {
    const psk = find(answered(answer, identity, context, usualHash(want.hashes)))
    return psk && chosenFrom(psk, 0)
  })
}

function usualHash([hash]: readonly HashName[]): 'sha256' | 'sha384' {
  return hash === 'sha384' ? hash : 'sha256'
}

function offered(psk: StaticPsk): OfferedPsk {
  return { ...psk, chain: [], shown: certificates, authenticatedBy: 'psk', obfuscatedAge: () => 0 }
}

/** A context has its signal made when it is asked for. */
function withHint(asking: CallbackContext, hint: string | undefined): PskCallbackContext {
  return {
    hint,
    get signal() {
      return asking.signal
    },
  }
}

/** What a pskCallback is told besides whom it is asked about. */
export interface PskCallbackContext extends CallbackContext {
  /** Client of TLS 1.2: psk_identity_hint, a character a byte; undefined where the server gave none. */
  readonly hint?: string | undefined
}
