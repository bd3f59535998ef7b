/** Raw public keys of our own: a private key whose public half is shown by itself (RFC 7250). */
import type { CryptoProvider, PrivateKey } from '@biopair/crypto'
import type { Identity } from '@biopair/handshake'
import { encodePublicKey, type Passphrase } from '@biopair/x509'
import { type Credential, schemesOf } from './credentials.ts'
import { type KeyOption, ownKey } from './own-keys.ts'

/** A key that is shown by itself. */
export interface RawCredential extends Identity {
  readonly type: 'rpk'
  readonly key: PrivateKey
}

/** The keys of `rawKey`, and behind them those of certificates: each serves without its certificate too. TypeError where one is unreadable. */
export function rawCredentialsFrom(
  keys: readonly KeyOption[],
  credentials: readonly Credential[],
  crypto: CryptoProvider,
  passphrase?: Passphrase | undefined,
): RawCredential[] {
  const own = keys.map((given, i): RawCredential => {
    const key = ownKey(given, `rawKey[${i}]`, crypto, passphrase)
    const { publicMaterial } = key
    const schemes = schemesOf(publicMaterial)
    return { type: 'rpk', chain: [encodePublicKey(publicMaterial)], schemes, key }
  })
  const others = credentials.map(
    ({ certificate, key, schemes }): RawCredential => ({
      type: 'rpk',
      chain: [new Uint8Array(certificate.spki)],
      schemes,
      key,
    }),
  )
  return [...own, ...others]
}
