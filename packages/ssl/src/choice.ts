/** Which of several certificates to show: the one that the peer can make most of (RFC 9846 §4.5.1.2). */
import { keyType, type SignatureAlgorithm, type SignatureScheme } from '@biopair/crypto'
import type { Identity, WantCertificate } from '@biopair/handshake'
import { type Certificate, isX509Failure, matchName } from '@biopair/x509'
import { filterFrom } from './oid-filters.ts'

/** What there is to choose among. A raw key has no certificates, and nothing that a certificate could be asked. */
export interface Choosable extends Identity {
  readonly certificate?: Certificate
  readonly certificates?: readonly Certificate[]
}

/** Whether a key can sign for a peer at all. */
export function canSign({ schemes }: Identity, want: WantCertificate): boolean {
  const older = want.version === 'TLSv1.2'
  return want.schemes.some(scheme => (scheme.handshake || older) && schemes.includes(scheme))
}

/**
 * The credential for a peer, undefined for none. Those that cannot serve it are left out: whose key signs with no scheme of the peer's,
 * or is not for signatures; whose leaf is not as oid_filters say; whose chain has a SHA-1 signature. Of the others, by preference, one for the name that was
 * asked for, then one whose chain is signed with schemes of the peer's throughout, then one that an authority of the peer's has issued; then the first.
 */
export function choose<C extends Choosable>(
  credentials: readonly C[],
  want: WantCertificate,
): C | undefined {
  const fits = filterFrom(want.filters)
  let best: C | undefined
  let most = -1
  for (const credential of credentials) {
    const { certificate } = credential
    if (!canSign(credential, want) || !forSignatures(credential) || weak(credential)) continue
    if (certificate && !fits(certificate)) continue
    const merit =
      4 * Number(named(credential, want)) +
      2 * Number(verifiable(credential, want)) +
      Number(authorized(credential, want))
    if (merit > most) best = credential
    most = Math.max(most, merit)
  }
  return best
}

/** "The digitalSignature bit MUST be set if the Key Usage extension is present". */
function forSignatures({ certificate }: Choosable): boolean {
  return certificate?.keyUsage?.includes('digitalSignature') ?? true
}

function named({ certificate }: Choosable, { serverName }: WantCertificate): boolean {
  return (
    certificate !== undefined && serverName !== undefined && matchName(certificate, serverName).ok
  )
}

/** "All certificates provided by the sender MUST be signed by a signature algorithm advertised by the peer, if it is able to". */
function verifiable({ certificates = [] }: Choosable, want: WantCertificate): boolean {
  return certificates.every((certificate, i) => {
    if (certificate.selfIssued) return true
    const algorithm = certificate.signatureAlgorithm
    if (isX509Failure(algorithm)) return false
    const next = certificates[i + 1]
    const issuer = next?.subject.equals(certificate.issuer) ? next : undefined
    return want.certificateSchemes.some(scheme => covers(scheme, algorithm, issuer))
  })
}

/** Whether a scheme is that of a signature. What key made it is known where the issuer is part of the chain. */
function covers(
  { algorithm, key }: SignatureScheme,
  made: SignatureAlgorithm,
  issuer: Certificate | undefined,
): boolean {
  if (algorithm.kind !== made.kind) return false
  if ('hash' in algorithm && 'hash' in made && algorithm.hash !== made.hash) return false
  if (!issuer || isX509Failure(issuer.publicKey)) return true
  return keyType(issuer.publicKey) === key
}

/** "At least one of the certificates in the certificate chain SHOULD be issued by one of the listed CAs." */
function authorized({ certificates = [] }: Choosable, { authorities }: WantCertificate): boolean {
  return certificates.some(({ issuer }) => authorities.some(name => same(name, issuer.raw)))
}

/** A chain that the peer may not be able to verify "MUST NOT use the deprecated SHA-1 hash"; MD5 is no better. */
function weak({ certificates = [] }: Choosable): boolean {
  return certificates.some(
    ({ selfIssued, signatureAlgorithm }) =>
      !selfIssued && isX509Failure(signatureAlgorithm) && signatureAlgorithm.failure === 'weak',
  )
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
