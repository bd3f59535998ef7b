/** What package node offers. */
export * from './accept.ts'
export * from './certificate-compression.ts'
export * from './connect.ts'
export * from './fd.ts'
export * from './file.ts'
