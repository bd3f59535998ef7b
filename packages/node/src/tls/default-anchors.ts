/** Whom a program in Node believes that names nobody. */
import { rootCertificates } from 'node:tls'

/** The roots that Node brings along; a line to change when package node has `nodeTrustStore()`. */
export function defaultAnchors(): readonly string[] {
  return rootCertificates
}
