/** What package crypto offers. */
export * from './bytes.ts'
export * from './cipher-suites.ts'
export * from './groups.ts'
export * from './hkdf.ts'
export * from './keys.ts'
export * from './provider.ts'
export * from './signature-schemes.ts'
