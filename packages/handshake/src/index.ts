/** What package handshake offers. */
export type * from './certificate-config.ts'
export { client } from './client.ts'
export * from './client-hello-policy.ts'
export * from './config.ts'
export type * from './cookie-jar.ts'
export * from './extensions/index.ts'
export * from './flow.ts'
export { type FragmentLength, fragmentLengths } from './fragment-length.ts'
export * from './joiner.ts'
export * from './messages/index.ts'
export * from './output.ts'
export * from './psk.ts'
export { server } from './server.ts'
export * from './shown.ts'
export { Talk } from './talk.ts'
export {
  type AnyConnected,
  type Connected12,
  forget12,
  is12,
  receive12,
} from './tls12/connected12.ts'
export { curvesOf } from './tls12/groups.ts'
export {
  exportable12,
  exportKeyingMaterial12,
  keyBlock,
  type Randoms,
} from './tls12/key-schedule.ts'
export { schemes12 } from './tls12/schemes.ts'
export type * from './tls12/session.ts'
export { client13 } from './tls13/client.ts'
export * from './tls13/connected.ts'
export {
  delegatedScheme,
  delegationContent,
  invalidDelegation,
  mayDelegate,
} from './tls13/delegated-credential.ts'
export { exportKeyingMaterial, ticketPsk } from './tls13/key-schedule.ts'
export { hostName } from './tls13/offer.ts'
export {
  type Aside,
  type AsideCommand,
  inReply,
  mayRequest,
  type PostHandshake,
  type RequestCommand,
} from './tls13/post-handshake.ts'
export { checkQuicMessage, ProtocolViolation, quicEarlyData } from './tls13/quic.ts'
export { leastRecordLimit, mostRecordLimit } from './tls13/record-limits.ts'
export { server13 } from './tls13/server.ts'
export { type VersionName, versionIds } from './versions.ts'
