/** What package testkit offers. */
export * from './mint.ts'
