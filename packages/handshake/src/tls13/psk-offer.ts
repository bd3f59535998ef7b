/** Offering pre-shared keys and judging the answer, as a client does (RFC 9846 §4.3.11). */
import { type CipherSuite, type CryptoProvider, wipe } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { ClientConfig } from '../config.ts'
import {
  bindersLength,
  type ExtensionsOf,
  extensionTypes,
  readExtension,
  writeExtension,
} from '../extensions/index.ts'
import { ask, type Flow } from '../flow.ts'
import type { ClientHello } from '../messages/index.ts'
import type { OfferedPsk, PskMode } from '../psk.ts'
import type { Transcript } from '../transcript.ts'
import { pskBinder } from './key-schedule.ts'
import { stillTaken } from './still-taken.ts'

/** The keys to offer. §4.7.1: the server of a session that is resumed has to be believed still, and by this name. */
export function* pskOffers(config: ClientConfig): Flow<readonly OfferedPsk[]> {
  const hashes = [...new Set(config.suites.map(suite => suite.hash))]
  const offered: OfferedPsk[] = []
  for (const psk of yield* ask({ want: 'psk_offer', hashes })) {
    if (!hashes.includes(psk.hash)) continue
    if (psk.chain.length > 0) {
      if (!stillTaken(psk, 'server', config)) continue
      const { chain, shown } = psk
      const verdict = yield* ask({
        want: 'verification',
        role: 'server',
        chain,
        shown,
        resuming: true,
      })
      if (!verdict.trusted) continue
    }
    offered.push(psk)
  }
  return offered
}

/** Left for early_data, a cookie, GREASE and padding, and the headers of pre_shared_key. */
const reserved = 1024

/**
 * The keys for which a ClientHello has room beside what it says already: its extensions have 2^16-1 bytes at most (§4.2.2), and how long
 * a ticket is only its server has a say in.
 */
export function psksThatFit(
  { extensions = [] }: ClientHello,
  psks: readonly OfferedPsk[],
  crypto: CryptoProvider,
): readonly OfferedPsk[] {
  let room = 2 ** 16 - 1 - reserved
  for (const { extension_data } of extensions) room -= 4 + extension_data.length
  return psks.filter(({ identity, hash }) => {
    const size = 2 + identity.length + 4 + 1 + crypto.hashes[hash].length
    if (size > room) return false
    room -= size
    return true
  })
}

/** The ClientHello with the keys in pre_shared_key, which goes last; its binders are zeros until `bind`. */
export function withPsks(
  hello: ClientHello,
  psks: readonly OfferedPsk[],
  crypto: CryptoProvider,
): ClientHello {
  const others = (hello.extensions ?? []).filter(
    extension => extension.extension_type !== extensionTypes.pre_shared_key,
  )
  if (psks.length === 0) return { ...hello, extensions: others }
  const offer = writeExtension('ClientHello', 'pre_shared_key', {
    identities: psks.map(({ identity, obfuscatedAge }) => ({
      identity,
      obfuscated_ticket_age: obfuscatedAge(),
    })),
    binders: psks.map(({ hash }) => new Uint8Array(crypto.hashes[hash].length)),
  })
  return { ...hello, extensions: [...others, offer] }
}

/**
 * Writes the binders into an encoded ClientHello (§4.3.11.2). The first is hashed alone, with the hash of each key; a second one behind what
 * was said before it, whose hash is the suite's, and keys of another one are not offered any more.
 */
export function bind(
  bytes: Bytes,
  hello: ClientHello,
  psks: readonly OfferedPsk[],
  crypto: CryptoProvider,
  transcript: Transcript | undefined,
): void {
  const binders = readExtension('ClientHello', 'pre_shared_key', hello.extensions ?? [])?.binders
  if (binders?.length !== psks.length) return
  const length = bindersLength(binders)
  const truncated = bytes.subarray(0, bytes.length - length)
  let at = truncated.length + 2
  for (const psk of psks) {
    const hash = crypto.hashes[psk.hash]
    const running = transcript?.fork() ?? hash.start()
    running.update(truncated)
    const binder = pskBinder(hash, psk, running.snapshot())
    bytes.set(binder, at + 1)
    wipe(binder)
    at += 1 + hash.length
  }
}

/** The key that the server chose, if it chose one. */
export function acceptedPsk(
  extensions: ExtensionsOf<'ServerHello'>,
  suite: CipherSuite,
  psks: readonly OfferedPsk[],
): OfferedPsk | undefined {
  const selected = extensions.pre_shared_key?.selected_identity
  if (selected === undefined) return undefined
  const psk = psks[selected]
  if (!psk)
    throw illegal(
      `expected a selected_identity below ${psks.length}, got ${selected}`,
      'BAD_PSK_IDENTITY',
    )
  if (psk.hash !== suite.hash)
    throw illegal(`the PSK is for ${psk.hash}, the server chose ${suite.name}`)
  return psk
}

/** How the server uses the key: what it left out or put in says so (§4.3.9). */
export function acceptedMode(
  extensions: ExtensionsOf<'ServerHello'>,
  modes: readonly PskMode[],
): PskMode {
  const mode = extensions.key_share ? 'psk_dhe_ke' : 'psk_ke'
  if (modes.includes(mode)) return mode
  throw illegal(
    `expected ${modes.join(' or ')}, got a ServerHello ${extensions.key_share ? 'with' : 'without'} key_share`,
  )
}

function illegal(why: string, reason = 'BAD_PSK'): TlsAlert {
  return new TlsAlert('illegal_parameter', { reason, section: '4.3.11', why })
}
