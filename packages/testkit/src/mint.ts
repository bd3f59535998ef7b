/** What `@biopair/testkit/mint` offers: certificates, CRLs and OCSP responses to order, right and wrong. */
export {
  type CertificateOptions,
  certificate,
  type Issuer,
  keyIdentifier,
  type Minted,
} from './certificate.ts'
export * from './chain.ts'
export * from './crl.ts'
export * from './der-mutator.ts'
export * from './der-tree.ts'
export * from './der-writer.ts'
export * from './extensions.ts'
export type { Fault } from './faults/fault.ts'
export {
  type Expected,
  type FaultName,
  type FaultyChain,
  faultNames,
  faults,
  faultyChain,
  placesOf,
} from './faults.ts'
export { type KeyKind, keyKinds, type MintCrypto, MintKey } from './keys.ts'
export { Minter, type MinterOptions, type MintOptions } from './minter.ts'
export * from './names.ts'
export * from './ocsp.ts'
export { pem } from './pem.ts'
export { encodePrivateKey, type MlDsaForm, mlDsaForms } from './pkcs8.ts'
export { type RsaMaterial, rsaPrivateOperation, rsaTestKey } from './rsa.ts'
export { seededRandom } from './seeded.ts'
export {
  type AnyHash,
  digestInfo,
  emsaPkcs1,
  hashOids,
  pssIdentifier,
  type Signer,
  type Signing,
  signerOf,
} from './signing.ts'
