/** What package wire offers. */
export * from './alert.ts'
export * from './bytes.ts'
