/** Raw public keys of our own: a private key whose public half is shown by itself (RFC 7250). */
import { type CryptoProvider, failed, type PrivateKey } from '@biopair/crypto'
import type { Identity } from '@biopair/handshake'
import { encodePublicKey, privateKeyFrom } from '@biopair/x509'
import { type Credential, schemesOf } from './credentials.ts'
import { misuse } from './misuse.ts'

/** A key that is shown by itself. */
export interface RawCredential extends Identity {
  readonly type: 'rpk'
  readonly key: PrivateKey
}

/** The keys of `rawKey`, and behind them those of certificates: each serves without its certificate too. TypeError where one is unreadable. */
export function rawCredentialsFrom(
  keys: readonly (string | Uint8Array)[],
  credentials: readonly Credential[],
  crypto: CryptoProvider,
): RawCredential[] {
  const own = keys.map((pem, i): RawCredential => {
    const key = crypto.privateKey(privateKeyFrom(pem))
    if (failed(key)) throw misuse('ERR_INVALID_ARG_VALUE', `rawKey[${i}]: ${key.why}`)
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
