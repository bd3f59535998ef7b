/** `@biopair/node/tls`: TLS over any Node stream, in node:tls's words. */
export { Agent, type AgentOptions } from './tls/agent.ts'
export type { AlpnOption } from './tls/alpn.ts'
export { type ConnectOptions, connect } from './tls/connect.ts'
export { fromDuplex } from './tls/duplex-carrier.ts'
export type { Framing } from './tls/framed-carrier.ts'
export type { NodeStreams } from './tls/node-streams.ts'
export {
  type CheckServerIdentity,
  createSecureContext,
  type TlsClientOptions,
  type TlsServerOptions,
} from './tls/options.ts'
export { createServer, type ServerOptions, TlsServer } from './tls/server.ts'
export type { NodeSniCallback } from './tls/sni.ts'
export { type TlsCarrier, TlsSocket, type TlsSocketOptions } from './tls/tls-socket.ts'
export { type TunnelOptions, tunnel } from './tls/tunnel.ts'
export {
  type UndiciConnector,
  type UndiciOptions,
  type UndiciRequest,
  undiciConnector,
} from './tls/undici.ts'
export { type UpgradeOptions, upgrade } from './tls/upgrade.ts'
