/**
 * UNSAFE, for fuzzers alone: a provider that hides and proves nothing, so that whoever knows nothing gets past encryption, signatures
 * and Finished.
 */
import { type Bytes, type CryptoProvider, failed, type PrivateKeyMaterial } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nullAead } from './null-aead.ts'
import { nullGroups } from './null-groups.ts'
import { nullHash } from './null-hash.ts'
import { nullPublicKey } from './null-public-key.ts'

/** What a caller has to say to be given `unsafeNullCrypto`. */
export const nothingIsSecret = 'nothing here is secret, and nobody is who they say'

/** What every signature of it is. */
export const nullSignature: Bytes = new Uint8Array(64).fill(0x53)

/**
 * The provider of a fuzzer. AEADs are the identity with `nullTag` behind; every HMAC is the same bytes, so that Finished, binders, cookies and
 * all that is derived are known to anybody; every signature that is one verifies; groups agree on zeros. Nothing is drawn but what the
 * handshake itself draws. TypeError unless `consent` is `nothingIsSecret`: this must never stand where somebody may speak to strangers.
 */
export function unsafeNullCrypto(consent: typeof nothingIsSecret): CryptoProvider {
  if (consent !== nothingIsSecret)
    throw new TypeError('unsafeNullCrypto protects nothing: it is for fuzzing alone')
  return {
    name: 'unsafe-null',
    randomBytes(length) {
      throw new Error(`${length} random bytes were not asked of the connection's own source`)
    },
    hashes: {
      sha256: nullHash('sha256', 32),
      sha384: nullHash('sha384', 48),
      sha512: nullHash('sha512', 64),
    },
    aeads: {
      'aes-128-gcm': nullAead('aes-128-gcm', 16, 16),
      'aes-256-gcm': nullAead('aes-256-gcm', 32, 16),
      'chacha20-poly1305': nullAead('chacha20-poly1305', 32, 16),
      'aes-128-ccm-8': nullAead('aes-128-ccm-8', 16, 8),
    },
    groups: nullGroups,
    prefer: {
      suites: ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'],
      groups: ['x25519', 'secp256r1', 'secp384r1', 'secp521r1', 'X25519MLKEM768'],
    },
    publicKey: nullPublicKey,
    privateKey,
  }
}

/** The public half is the real one, since a certificate says what it is; signatures are not. */
function privateKey(material: PrivateKeyMaterial): ReturnType<CryptoProvider['privateKey']> {
  const real = noble.privateKey(material)
  if (failed(real)) return real
  const { publicMaterial } = real
  real.wipe()
  return { publicMaterial, sign: () => nullSignature.slice(), wipe() {} }
}
