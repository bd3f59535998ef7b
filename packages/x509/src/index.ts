/** What package x509 offers. */
export { type Certificate, parseCertificate } from './certificate.ts'
export { lineFrom, orderedChain, parsedChain } from './chain-order.ts'
export { type Crl, type IssuingDistributionPoint, parseCrl } from './crl.ts'
export { type CrlQuestion, type CrlVerdict, checkCrl } from './crl-check.ts'
export type { CrlEntries, CrlEntry } from './crl-entries.ts'
export { type CrlStore, crlStore } from './crl-store.ts'
export { delegationProblem, delegationUsage } from './delegation-usage.ts'
export { DistinguishedName } from './distinguished-name.ts'
export { allReasons, type DistributionPointName } from './distribution-points.ts'
export { explainVerdict } from './explain.ts'
export {
  type ExtensionFilter,
  extensionFilter,
  oidFromText,
  oidToText,
} from './extension-filter.ts'
export {
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type Extension,
  type Extensions,
  type KeyUsage,
  keyPurposes,
  keyUsages,
  type PolicyConstraints,
  type PolicyMapping,
  tlsFeatureIds,
} from './extensions.ts'
export {
  isX509Failure,
  type X509Failure,
  type X509InputCode,
  X509InputError,
} from './failure.ts'
export type { GeneralName } from './general-name.ts'
export type {
  CertificateInput,
  CryptoKeyLike,
  FileInput,
  Jwk,
  KeyObjectLike,
  PrivateKeyInput,
  PublicKeyInput,
  X509CertificateLike,
} from './input.ts'
export {
  type FingerprintHashes,
  type LegacyCertificate,
  legacyCertificate,
} from './legacy-certificate.ts'
export type { LegacyName } from './legacy-names.ts'
export {
  isTrustStore,
  joinedTrustStore,
  type LeftOut,
  type LenientTrustStore,
  lenientTrustStore,
  type TrustSource,
} from './lenient-trust-store.ts'
export {
  isReferenceName,
  type MatchOptions,
  matchName,
  matchNames,
  type NameMatch,
  parseIp,
} from './name.ts'
export type { NameConstraints } from './name-constraints.ts'
export * from './ocsp.ts'
export { checkOcsp, type OcspQuestion, type OcspVerdict } from './ocsp-check.ts'
export type { Passphrase } from './passphrase.ts'
export { verifyChain } from './path.ts'
export { passphraseBounds } from './pbes2-parameters.ts'
export { type PemBlock, pemBlocks, pemText } from './pem.ts'
export { isPinned, PinCheck, type Pins, pinsFrom } from './pins.ts'
export { anyPolicy, type PolicyInputs, type PolicySets } from './policy.ts'
export {
  hasPrivateKey,
  type PrivateKeyOptions,
  privateKeyFrom,
  statedKeyFrom,
} from './private-key.ts'
export { type VerifyCode, verifyCodes } from './problem.ts'
export { type Profile, profiles } from './profile.ts'
export { parsePublicKey } from './public-key.ts'
export { publicKeysFrom } from './public-key-list.ts'
export { encodePublicKey } from './public-key-writer.ts'
export { type RawKeyOptions, verifyRawKey } from './raw-key.ts'
export type {
  RevocationDoubt,
  RevocationOptions,
  RevocationSource,
  RevocationStatus,
} from './revocation-options.ts'
export { keyProblems, type Purpose } from './rules.ts'
export { certificateScts, ocspScts, readSctList } from './sct.ts'
export { type Check, checkOf, type VerifyStep, verifySteps } from './steps.ts'
export { certificateChainFrom, type TrustStore, trustStore } from './trust-store.ts'
export {
  type Forgiven,
  isForgiven,
  refused,
  type Verdict,
  type VerifyLimits,
  type VerifyOptions,
} from './verdict.ts'
export { VerifyCache, type VerifyCacheLimits } from './verify-cache.ts'
export { nodeCodeOf, type VerifyError, verifyCodeOf, verifyErrorOf } from './verify-codes.ts'
export { type VerifyErrorName, verifyErrorName, verifyErrors } from './verify-errors.ts'
