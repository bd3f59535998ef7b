/** What package crypto offers; no crypto library is loaded by it (`@biopair/crypto/noble` is the portable provider). */
export * from './bytes.ts'
export * from './cipher-suites.ts'
export * from './groups.ts'
export * from './hkdf.ts'
export { algorithmFits } from './key-checks.ts'
export * from './keys.ts'
export * from './provider.ts'
export * from './signature-schemes.ts'
