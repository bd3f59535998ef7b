/** `@biopair/testkit/middle`: a man in the middle, for tests of what both ends make of it. */
export * from './key-log.ts'
export * from './middle.ts'
export * from './middle-pump.ts'
export * from './seen.ts'
export { seenLines } from './trace.ts'
