/** What package bio offers. */
export * from './bio.ts'
export { BioError, type BioErrorCode, type BioReason } from './bio-error.ts'
export * from './duplex.ts'
export * from './memory.ts'
export * from './pair.ts'
export * from './ring.ts'
export * from './stopped.ts'
