/** The names of the DOM that the types of pkijs mention, and no more of it than they ask: nothing here is ours to call. */

declare global {
  interface Algorithm {
    name: string
  }
  type AlgorithmIdentifier = Algorithm | string
  type BufferSource = ArrayBuffer | ArrayBufferView
  interface CryptoKey {
    readonly algorithm: Algorithm
  }
  interface CryptoKeyPair {
    readonly privateKey: CryptoKey
    readonly publicKey: CryptoKey
  }
  interface JsonWebKey {
    kty?: string
  }
  type KeyFormat = string
  type KeyUsage = string
  type SubtleCrypto = object
  interface Crypto {
    readonly subtle: SubtleCrypto
  }
  interface AesCbcParams extends Algorithm {}
  interface AesCtrParams extends Algorithm {}
  interface AesDerivedKeyParams extends Algorithm {}
  interface AesGcmParams extends Algorithm {}
  interface AesKeyAlgorithm extends Algorithm {}
  interface AesKeyGenParams extends Algorithm {}
  interface EcKeyGenParams extends Algorithm {}
  interface EcKeyImportParams extends Algorithm {}
  interface EcdhKeyDeriveParams extends Algorithm {}
  interface EcdsaParams extends Algorithm {}
  interface HkdfParams extends Algorithm {}
  interface HmacImportParams extends Algorithm {}
  interface HmacKeyGenParams extends Algorithm {}
  interface Pbkdf2Params extends Algorithm {}
  interface RsaHashedImportParams extends Algorithm {}
  interface RsaHashedKeyGenParams extends Algorithm {}
  interface RsaOaepParams extends Algorithm {}
  interface RsaPssParams extends Algorithm {}
}

export {}
