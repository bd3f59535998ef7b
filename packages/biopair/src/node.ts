/** `biopair/node`: what needs Node, the crypto provider over node:crypto and the BIOs over descriptors. */
export { nodeCrypto } from '@biopair/crypto-node'
export * from '@biopair/node'
