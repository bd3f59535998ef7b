/** The order of a chain to send: the certificate of the key first, then whoever issued it, and so on (RFC 9846 §4.5.1). */
import { type Certificate, parseCertificate } from './certificate.ts'
import { sameBytes } from './der.ts'
import { isX509Failure, X509InputError } from './failure.ts'

/**
 * The certificates of a bundle in the order in which they are sent; `owns` says whether our key belongs to one.
 *
 * - A bundle whose first certificate is that of the key stays as it is: whoever wrote it knew.
 * - Otherwise exactly one has to be that of the key, and the others, each once, have to follow from it by issuer and subject, as one line
 *   that uses them all. Duplicates count once. `X509InputError` (`ERR_X509_AMBIGUOUS_CHAIN`) says what was seen instead.
 * - A bundle that has no certificate of the key stays as it is too: whoever compares the two says so.
 */
export function orderedChain(
  bundle: readonly Certificate[],
  owns: (certificate: Certificate) => boolean,
): readonly Certificate[] {
  const [first] = bundle
  if (first === undefined || owns(first)) return bundle
  const each = bundle.filter(
    (one, i) => bundle.findIndex(other => sameBytes(other.raw, one.raw)) === i,
  )
  const leaves = each.filter(owns)
  const [leaf] = leaves
  if (leaf === undefined) return bundle
  if (leaves.length > 1)
    throw ambiguous(`one certificate of the key, got ${leaves.length}, none of them first`)
  const chain = lineFrom(leaf, each)
  if (chain.length === each.length) return chain
  throw ambiguous(
    `one line from the certificate of the key upward, or that certificate first, got ${each.length} certificates of which ${chain.length} are in such a line`,
  )
}

/** From a leaf upward, as far as there is exactly one next among the others. */
export function lineFrom(leaf: Certificate, others: readonly Certificate[]): Certificate[] {
  const chain = [leaf]
  for (let last = leaf; !last.selfIssued; ) {
    const next = others.filter(one => !chain.includes(one) && issued(one, last))
    const [above] = next
    if (above === undefined || next.length > 1) break
    chain.push(above)
    last = above
  }
  return chain
}

/** Parses the certificates of a chain. */
export function parsedChain(chain: readonly Uint8Array[]): Certificate[] {
  return chain.map(der => {
    const certificate = parseCertificate(der)
    if (isX509Failure(certificate))
      throw new X509InputError('ERR_X509_INVALID_CERTIFICATE', certificate.why)
    return certificate
  })
}

/** By name, and by key identifier where both have one. Nothing is proved: the chain is ours. */
function issued(issuer: Certificate, subject: Certificate): boolean {
  if (issuer.subject.key !== subject.issuer.key) return false
  const wanted = subject.authorityKeyIdentifier?.keyIdentifier
  const had = issuer.subjectKeyIdentifier
  return wanted === undefined || had === undefined || sameBytes(wanted, had)
}

function ambiguous(why: string): X509InputError {
  return new X509InputError('ERR_X509_AMBIGUOUS_CHAIN', `expected ${why}`)
}
