/** What package node offers. */
export * from './fd.ts'
