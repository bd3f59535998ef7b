/** What package wire offers. */
export * from './alert.ts'
export * from './bytes.ts'
export * from './codec.ts'
export * from './reader.ts'
export * from './shape.ts'
export * from './show.ts'
export * from './writer.ts'
