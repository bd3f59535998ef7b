/** Whether a peer's delegated credential is valid, and its key (RFC 9345 §4.1.3). */
import { failed, type PublicKey, signatureSchemeById } from '@biopair/crypto'
import {
  DelegatedCredential,
  delegationContent,
  invalidDelegation,
  type Role,
} from '@biopair/handshake'
import { type Bytes, decode, type TlsAlert } from '@biopair/wire'
import {
  type Certificate,
  delegationProblem,
  isX509Failure,
  keyProblems,
  parsePublicKey,
} from '@biopair/x509'
import { schemesOf } from './credentials.ts'
import { longestDelegation } from './delegation.ts'
import type { KeyImport } from './public-keys.ts'

/** What a delegated credential is held against. */
export interface DelegationPolicy {
  readonly crypto: KeyImport
  /** Milliseconds since 1970. */
  readonly time: number
  readonly minimumRsaBits: number | undefined
}

/** The key of a delegated credential that the leaf came with, or the alert if it is not valid. Which schemes it names is the flow's to check. */
export function delegatedKey(
  delegated: Bytes,
  role: Role,
  leaf: Certificate,
  leafKey: PublicKey,
  { crypto, time, minimumRsaBits = 2048 }: DelegationPolicy,
): PublicKey | TlsAlert {
  const credential = decode(DelegatedCredential, delegated)
  const { cred, signature } = credential
  const expires = expiryOf(credential, leaf)
  if (time > expires) return invalidDelegation(`it expired at ${date(expires)}`)
  if (expires > time + longestDelegation * 1000)
    return invalidDelegation(`it is valid until ${date(expires)}, more than 7 days from now`)
  if (expires >= leaf.notAfter)
    return invalidDelegation(`it is valid until ${date(expires)}, longer than its certificate`)
  const problem = delegationProblem(leaf)
  if (problem) return invalidDelegation(problem, 'RFC 9345 4.2')
  const algorithm = signatureSchemeById(credential.algorithm)
  const content = delegationContent(role, leaf.raw, credential)
  if (!algorithm || !schemesOf(leafKey.material).includes(algorithm))
    return invalidDelegation("its signature's scheme is not one of the certificate's key")
  if (!leafKey.verify(algorithm.algorithm, content, signature))
    return invalidDelegation("the certificate's key has not signed it")
  const publicKey = parsePublicKey(cred.ASN1_subjectPublicKeyInfo)
  for (const { why } of keyProblems({ publicKey }, { minimumRsaBits }, 'EE_KEY_TOO_SMALL'))
    return invalidDelegation(why)
  if (isX509Failure(publicKey)) return invalidDelegation(publicKey.why)
  const key = crypto.publicKey(publicKey)
  return failed(key) ? invalidDelegation(key.why) : key
}

/** When it ends, in milliseconds since 1970: valid_time counts from the certificate's notBefore. */
export function expiryOf({ cred }: DelegatedCredential, { notBefore }: Certificate): number {
  return notBefore + cred.valid_time * 1000
}

function date(time: number): string {
  return new Date(time).toISOString()
}
