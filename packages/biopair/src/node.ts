/** `biopair/node`: what needs Node, the crypto provider over node:crypto and the BIOs over descriptors and the network. */
export * from '@biopair/crypto-node'
export * from '@biopair/node'
