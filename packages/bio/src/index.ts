/** What package bio offers. */
export * from './bio.ts'
