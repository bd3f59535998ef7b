/** `@biopair/testkit/oracle`: one schedule on our server and on others, and what they make of it (Node). */
export * from './account.ts'
export * from './compare.ts'
export * from './contender.ts'
export * from './hellos.ts'
export * from './intended.ts'
export * from './ours.ts'
export * from './run.ts'
export * from './servers.ts'
