/** Accepting one of a client's pre-shared keys, as a server does (RFC 9846 §4.3.11). */
import {
  type CipherSuite,
  equal,
  type Group,
  type Hash,
  type RunningHash,
  wipe,
} from '@biopair/crypto'
import { TlsAlert } from '@biopair/wire'
import type { ClientAuthentication, ServerConfig } from '../config.ts'
import { bindersLength } from '../extensions/index.ts'
import { ask, type Flow } from '../flow.ts'
import type { ChosenPsk, PskMode } from '../psk.ts'
import type { Secrets } from '../secrets.ts'
import { pskBinder } from './key-schedule.ts'
import type { Offer } from './offer.ts'
import { stillTaken } from './still-taken.ts'

/** The best mode that both ends allow; without a group in common that is psk_ke, if anything, unless a HelloRetryRequest has `named` one. */
export function pskMode(
  offer: Offer,
  config: ServerConfig,
  named: Group | undefined,
): PskMode | undefined {
  const { pre_shared_key, psk_key_exchange_modes } = offer.extensions
  if (!pre_shared_key || !config.psk) return undefined
  const both = config.pskModes.filter(mode => psk_key_exchange_modes?.ke_modes.includes(mode))
  if (both.includes('psk_dhe_ke') && config.groups.some(group => offer.groups.includes(group.id)))
    return 'psk_dhe_ke'
  return named ? undefined : both.find(mode => mode === 'psk_ke')
}

/**
 * The key to go on with: its binder is right, nobody else has claimed it, and it says of the client what the server asks for.
 * Undefined where there is none, and a full handshake is in order. `hello` is the message as it came, behind the transcript `before` it. One that is
 * chosen `forRetry` says which hash to ask for, and is chosen again when the answer comes: nobody believes or claims it yet.
 */
export function* choosePsk(
  offer: Offer,
  hello: Uint8Array,
  asks: ClientAuthentication,
  suites: readonly CipherSuite[],
  config: ServerConfig,
  secrets: Secrets,
  { before, forRetry }: { readonly before?: RunningHash | undefined; readonly forRetry: boolean },
): Flow<ChosenPsk | undefined> {
  const { identities = [] } = offer.extensions.pre_shared_key ?? {}
  const hashes = [...new Set(suites.map(suite => suite.hash))]
  const psk = yield* ask({ want: 'psk', identities, hashes, serverName: offer.serverName })
  if (!psk) return undefined
  secrets.hold(psk.key)
  const identity = identities[psk.selected]?.identity
  if (!identity || !hashes.includes(psk.hash))
    throw new TypeError('the answer to psk is of no identity or hash that was asked for')
  if (!knowsClient(psk, asks)) return undefined
  const hash = config.crypto.hashes[psk.hash]
  checkBinder(psk, offer, hello, hash, before ?? hash.start())
  if (forRetry) return psk
  if (psk.chain.length > 0) {
    if (!stillTaken(psk, 'client', config)) return undefined
    const { chain, shown } = psk
    const verdict = yield* ask({
      want: 'verification',
      role: 'client',
      chain,
      shown,
      resuming: true,
    })
    if (!verdict.trusted) return undefined
  }
  if (psk.once && !(yield* ask({ want: 'psk_claim', identity }))) return undefined
  return psk
}

/** The same key in the ClientHello that answers a HelloRetryRequest; undefined where the client has dropped it. */
export function keptPsk(
  psk: ChosenPsk,
  first: Offer,
  second: Offer,
  hello: Uint8Array,
  hash: Hash,
  before: RunningHash,
): ChosenPsk | undefined {
  const identity = first.extensions.pre_shared_key?.identities[psk.selected]?.identity
  const selected = second.extensions.pre_shared_key?.identities.findIndex(
    other => identity && equal(other.identity, identity),
  )
  if (selected === undefined || selected < 0) return undefined
  const kept = { ...psk, selected }
  checkBinder(kept, second, hello, hash, before)
  return kept
}

/** A session holds what the client showed then: a certificate that is asked for now has to be among it, and one that is not, not. */
export function knowsClient(
  psk: Pick<ChosenPsk, 'kind' | 'authenticatedBy' | 'chain'>,
  { clientCertificate }: ClientAuthentication,
): boolean {
  if (psk.kind !== 'resumption' || psk.authenticatedBy === 'psk') return true
  if (clientCertificate === 'none') return psk.chain.length === 0
  return clientCertificate !== 'require' || psk.chain.length > 0
}

/** §4.3.11: of the key that is used, and of no other, the binder has to be right. */
function checkBinder(
  psk: ChosenPsk,
  { extensions }: Offer,
  hello: Uint8Array,
  hash: Hash,
  before: RunningHash,
): void {
  const { binders = [] } = extensions.pre_shared_key ?? {}
  before.update(hello.subarray(0, hello.length - bindersLength(binders)))
  const expected = pskBinder(hash, psk, before.snapshot())
  const right = equal(expected, binders[psk.selected] ?? new Uint8Array(0))
  wipe(expected)
  if (right) return
  throw new TlsAlert('decrypt_error', {
    reason: 'BINDER_DOES_NOT_VERIFY',
    section: '4.3.11',
    why: `the binder of identity ${psk.selected} does not match the ClientHello`,
  })
}
