/** Whom a program in Node believes that names nobody. */
import { nodeTrustStore } from '../trust-stores.ts'

/** What node:tls itself goes by: Node's roots and those of NODE_EXTRA_CA_CERTS, read when a chain asks for one. */
export function defaultAnchors(): ReturnType<typeof nodeTrustStore> {
  return nodeTrustStore()
}
