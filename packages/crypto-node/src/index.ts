/** What package crypto-node offers. */
export {}
