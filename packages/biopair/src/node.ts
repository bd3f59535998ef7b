/** `biopair/node`: what needs Node, the crypto provider over node:crypto. */
export { nodeCrypto } from '@biopair/crypto-node'
