/** Certificate and CRL extensions, written (RFC 5280 §4.2, §5.2; RFC 6960, 7633, 9345). */
import type { Bytes } from '@biopair/crypto'
import { type KeyUsage, keyUsages } from '@biopair/x509'
import {
  bitString,
  boolean,
  context,
  implicit,
  integer,
  join,
  nothing,
  octetString,
  oid,
  sequence,
} from './der-writer.ts'
import { type GeneralNameInput, generalName, subtreeBase } from './names.ts'

/** OIDs of the extensions that are written here. */
export const extensionOids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  cRLReason: '2.5.29.21',
  deltaCRLIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  cRLDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
} as const

const ids = extensionOids

/** Any extension: `value` is what its OCTET STRING holds. */
export function extension(id: string, critical: boolean, value: Uint8Array): Bytes {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

/** basicConstraints, critical. */
export function basicConstraints(cA: boolean, pathLenConstraint?: number): Bytes {
  const length = pathLenConstraint === undefined ? [] : [integer(pathLenConstraint)]
  return extension(ids.basicConstraints, true, sequence(...(cA ? [boolean(true)] : []), ...length))
}

/** keyUsage, critical, of bits by number or name. */
export function keyUsage(usages: readonly (number | KeyUsage)[]): Bytes {
  const numbers = usages.map(usage =>
    typeof usage === 'number' ? usage : keyUsages.indexOf(usage),
  )
  const highest = Math.max(0, ...numbers)
  const bytes = new Uint8Array((highest >> 3) + 1)
  for (const bit of numbers) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return extension(ids.keyUsage, true, bitString(bytes, 7 - (highest & 7)))
}

/** extKeyUsage of purpose OIDs. */
export function extKeyUsage(purposes: readonly string[], critical = false): Bytes {
  return extension(ids.extKeyUsage, critical, sequence(...purposes.map(oid)))
}

/** subjectAltName. */
export function subjectAltName(names: readonly GeneralNameInput[], critical = false): Bytes {
  return extension(ids.subjectAltName, critical, sequence(...names.map(generalName)))
}

/** subjectKeyIdentifier. */
export function subjectKeyIdentifier(identifier: Uint8Array): Bytes {
  return extension(ids.subjectKeyIdentifier, false, octetString(identifier))
}

/** authorityKeyIdentifier with a key identifier alone. */
export function authorityKeyIdentifier(identifier: Uint8Array): Bytes {
  return extension(ids.authorityKeyIdentifier, false, sequence(implicit(0, identifier)))
}

/** nameConstraints, critical; bases are as in `generalName`, or `address/mask` of IP addresses. */
export function nameConstraints(
  permitted: readonly GeneralNameInput[],
  excluded: readonly GeneralNameInput[] = [],
): Bytes {
  const subtrees = (n: number, bases: readonly GeneralNameInput[]) =>
    bases.length === 0 ? [] : [context(n, ...bases.map(base => sequence(subtreeBase(base))))]
  return extension(
    ids.nameConstraints,
    true,
    sequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
  )
}

/** certificatePolicies of policy OIDs, without qualifiers. */
export function certificatePolicies(policies: readonly string[], critical = false): Bytes {
  return extension(
    ids.certificatePolicies,
    critical,
    sequence(...policies.map(policy => sequence(oid(policy)))),
  )
}

/** The OID that stands for every policy. */
export const anyPolicy = '2.5.29.32.0'

/** policyMappings, critical, of pairs issuerDomainPolicy, subjectDomainPolicy. */
export function policyMappings(pairs: readonly (readonly [string, string])[]): Bytes {
  const mappings = pairs.map(([issuer, subject]) => sequence(oid(issuer), oid(subject)))
  return extension(ids.policyMappings, true, sequence(...mappings))
}

/** policyConstraints, critical. */
export function policyConstraints(skipCerts: {
  readonly requireExplicitPolicy?: number
  readonly inhibitPolicyMapping?: number
}): Bytes {
  const field = (n: number, count: number | undefined) =>
    count === undefined ? [] : [implicit(n, integer(count).subarray(2))]
  const { requireExplicitPolicy, inhibitPolicyMapping } = skipCerts
  return extension(
    ids.policyConstraints,
    true,
    sequence(...field(0, requireExplicitPolicy), ...field(1, inhibitPolicyMapping)),
  )
}

/** inhibitAnyPolicy, critical. */
export function inhibitAnyPolicy(skipCerts: number): Bytes {
  return extension(ids.inhibitAnyPolicy, true, integer(skipCerts))
}

/** cRLDistributionPoints of URIs, one point each. */
export function crlDistributionPoints(uris: readonly string[]): Bytes {
  const points = uris.map(uri => sequence(context(0, context(0, generalName(`uri:${uri}`)))))
  return extension(ids.cRLDistributionPoints, false, sequence(...points))
}

/** authorityInfoAccess: where OCSP is answered, and where the issuer's certificate is. */
export function authorityInfoAccess(places: {
  readonly ocsp?: string
  readonly caIssuers?: string
}): Bytes {
  const access = (id: string, uri: string | undefined) =>
    uri === undefined ? [] : [sequence(oid(id), generalName(`uri:${uri}`))]
  const { ocsp, caIssuers } = places
  return extension(
    ids.authorityInfoAccess,
    false,
    sequence(...access('1.3.6.1.5.5.7.48.1', ocsp), ...access('1.3.6.1.5.5.7.48.2', caIssuers)),
  )
}

/** The TLS feature extension, which makes stapling a must (RFC 7633). */
export function mustStaple(critical = false, features: readonly number[] = [5]): Bytes {
  return extension(ids.tlsFeature, critical, sequence(...features.map(integer)))
}

/** id-pkix-ocsp-nocheck, of a responder that is not asked about itself (RFC 6960 §4.2.2.2.1). */
export function ocspNoCheck(critical = false): Bytes {
  return extension(ids.ocspNoCheck, critical, nothing())
}

/** A SignedCertificateTimestampList's bytes (RFC 6962 §3.3), around any SCTs. */
export function sctList(...scts: readonly Uint8Array[]): Bytes {
  const vector = (bytes: Uint8Array) =>
    join(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes)
  return vector(join(...scts.map(vector)))
}
