/** Keys of QUIC's packets: initial secrets, keys of a secret, the secret after it, header masks (RFC 9001 §5, §6.1; RFC 9369 §3.3). */
import {
  type CipherSuite,
  type CryptoProvider,
  cipherSuites,
  hkdfExpandLabel,
  hkdfExtract,
  type TrafficSecret,
  wipe,
} from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { misuse } from '../misuse.ts'
import { type QuicVersion, unhex, versionRow } from './version.ts'

/** What seals and opens packets one way. */
export interface PacketKeys {
  /** Of the suite's AEAD. */
  readonly key: Bytes
  /** 12 bytes; the nonce is this xor the packet number. */
  readonly iv: Bytes
  /** Of header protection. */
  readonly hp: Bytes
}

/** The part of a provider that secrets want. */
export type KeyCrypto = Pick<CryptoProvider, 'hashes' | 'aeads'>

const none = new Uint8Array(0)
const initialSuite = cipherSuites.TLS_AES_128_GCM_SHA256

/**
 * The secrets of Initial packets, by the Destination Connection ID of the client's first one (RFC 9001 §5.2). Everybody
 * who sees that packet can derive them.
 */
export function initialSecrets(
  crypto: KeyCrypto,
  destinationConnectionId: Uint8Array,
  version: QuicVersion = 1,
): { readonly client: TrafficSecret; readonly server: TrafficSecret } {
  const hash = crypto.hashes.sha256
  const initial = hkdfExtract(hash, unhex(versionRow(version).salt), destinationConnectionId)
  const expand = expander(crypto, { suite: initialSuite, secret: initial })
  const secrets = {
    client: { suite: initialSuite, secret: expand('client in', hash.length) },
    server: { suite: initialSuite, secret: expand('server in', hash.length) },
  }
  expand.wipe()
  wipe(initial)
  return secrets
}

/** The keys of a secret; a `secret` event is one (RFC 9001 §5.1). They are the caller's, who wipes them. */
export function packetKeys(
  crypto: KeyCrypto,
  secret: TrafficSecret,
  version: QuicVersion = 1,
): PacketKeys {
  const { label } = versionRow(version)
  const aead = crypto.aeads[secret.suite.aead]
  if (!aead)
    throw misuse('ERR_INVALID_ARG_VALUE', `expected a provider that has ${secret.suite.aead}`)
  const expand = expander(crypto, secret)
  const keys = {
    key: expand(`${label} key`, aead.keyLength),
    iv: expand(`${label} iv`, aead.ivLength),
    hp: expand(`${label} hp`, aead.keyLength),
  }
  expand.wipe()
  return keys
}

/** The secret of the next key phase (RFC 9001 §6.1). Its header protection key is not used: the first one stays. */
export function nextSecret(
  crypto: KeyCrypto,
  secret: TrafficSecret,
  version: QuicVersion = 1,
): TrafficSecret {
  const expand = expander(crypto, secret)
  const next = expand(`${versionRow(version).label} ku`, secret.secret.length)
  expand.wipe()
  return { suite: secret.suite, secret: next }
}

/** The five bytes that hide a packet's header, by the 16 bytes of it that were sampled (RFC 9001 §5.4). TypeError where the provider has none for the suite. */
export function headerMask(
  crypto: Pick<CryptoProvider, 'headerMasks'>,
  { aead }: CipherSuite,
  hp: Uint8Array,
  sample: Uint8Array,
): Bytes {
  const mask = crypto.headerMasks?.[aead]
  if (!mask)
    throw misuse('ERR_INVALID_ARG_VALUE', `expected a provider with a header mask for ${aead}`)
  if (sample.length !== 16)
    throw misuse('ERR_INVALID_ARG_VALUE', `expected a sample of 16 bytes, got ${sample.length}`)
  return mask(hp, sample)
}

/** HKDF-Expand-Label of a secret, with an empty context. */
function expander(crypto: KeyCrypto, { suite, secret }: TrafficSecret) {
  const hash = crypto.hashes[suite.hash]
  const hmac = hash.hmac(secret)
  const expand = (label: string, length: number) => hkdfExpandLabel(hash, hmac, label, none, length)
  return Object.assign(expand, { wipe: () => hmac.wipe() })
}
