/** What package node offers. */
export { aLabels } from './a-labels.ts'
export * from './accept.ts'
export * from './certificate-compression.ts'
export * from './connect.ts'
export * from './fd.ts'
export * from './file.ts'
export {
  directoryTrustStore,
  type NodeCertificates,
  nodeTrustStore,
  systemTrustStore,
} from './trust-stores.ts'
