/** What package crypto-node offers. */
export { nodeCrypto } from './node-crypto.ts'
