/** AlgorithmIdentifier: what an OID and its parameters say about a signature (RFC 3279, 4055, 5758, 8410, 9881). */
import type { HashName, MlDsaName, SignatureAlgorithm } from '@biopair/crypto'
import { constructed, DerError, type DerReader, tags } from './der.ts'
import type { X509Failure } from './failure.ts'

/** OIDs of keys. */
export const keyOids = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  'id-RSASSA-PSS': '1.2.840.113549.1.1.10',
  'id-ecPublicKey': '1.2.840.10045.2.1',
  'id-Ed25519': '1.3.101.112',
  'id-ml-dsa-44': '2.16.840.1.101.3.4.3.17',
  'id-ml-dsa-65': '2.16.840.1.101.3.4.3.18',
  'id-ml-dsa-87': '2.16.840.1.101.3.4.3.19',
} as const

/** The OIDs of ML-DSA name key and signature alike (RFC 9881 §2). */
export const mlDsaOids: ReadonlyMap<string, MlDsaName> = new Map<string, MlDsaName>([
  [keyOids['id-ml-dsa-44'], 'ML-DSA-44'],
  [keyOids['id-ml-dsa-65'], 'ML-DSA-65'],
  [keyOids['id-ml-dsa-87'], 'ML-DSA-87'],
])

/** The parameters that an algorithm's row demands. */
type Parameters = 'absent' | 'null' | 'pss'

interface Row {
  readonly name: string
  readonly parameters: Parameters
  readonly algorithm: SignatureAlgorithm | 'pss'
}

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['1.2.840.10045.4.3.2', ecdsa('sha256')],
  ['1.2.840.10045.4.3.3', ecdsa('sha384')],
  ['1.2.840.10045.4.3.4', ecdsa('sha512')],
  ['1.2.840.113549.1.1.11', rsa('sha256')],
  ['1.2.840.113549.1.1.12', rsa('sha384')],
  ['1.2.840.113549.1.1.13', rsa('sha512')],
  ['1.3.101.112', { name: 'Ed25519', parameters: 'absent', algorithm: { kind: 'ed25519' } }],
  ...mlDsaRows(),
  ['1.2.840.113549.1.1.10', { name: 'id-RSASSA-PSS', parameters: 'pss', algorithm: 'pss' }],
])

// RFC 9846 §4.5.1.3: MD5 MUST, and SHA-1 SHOULD, be answered with bad_certificate.
const weak: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.2', 'md2WithRSAEncryption'],
  ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
  ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption'],
  ['1.3.14.3.2.29', 'sha1WithRSASignature'],
  ['1.2.840.10045.4.1', 'ecdsa-with-SHA1'],
  ['1.2.840.10040.4.3', 'dsa-with-SHA1'],
])

const unsupported: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.14', 'sha224WithRSAEncryption'],
  ['1.2.840.10045.4.3.1', 'ecdsa-with-SHA224'],
  ['2.16.840.1.101.3.4.3.2', 'dsa-with-SHA256'],
  ['1.3.101.113', 'Ed448'],
])

/** Reads an AlgorithmIdentifier that says how something was signed. Throws `DerError` for parameters that a known algorithm forbids. */
export function readSignatureAlgorithm(from: DerReader): SignatureAlgorithm | X509Failure {
  const identifier = from.inside(tags.SEQUENCE, 'AlgorithmIdentifier')
  const oid = identifier.oid('AlgorithmIdentifier.algorithm')
  const row = rows.get(oid)
  if (row === undefined) {
    const broken = weak.get(oid)
    if (broken !== undefined)
      return {
        failure: 'weak',
        why: `expected a signature with SHA-256 or better, got ${broken}`,
        section: '4.5.1.3',
      }
    return {
      failure: 'unsupported',
      why: `expected a signature algorithm that we verify, got ${unsupported.get(oid) ?? oid}`,
      section: '4.5.1.2',
    }
  }
  if (row.algorithm === 'pss') {
    const parameters = readPssParameters(identifier)
    identifier.finish(row.name)
    if ('failure' in parameters) return parameters
    return { kind: 'rsa_pss', hash: parameters.hash, saltLength: parameters.saltLength }
  }
  // RFC 4055 §5: NULL MUST be there, and its absence MUST be accepted.
  if (row.parameters === 'null' && !identifier.done) identifier.null(`${row.name} parameters`)
  identifier.finish(row.name)
  return row.algorithm
}

/** RSASSA-PSS-params (RFC 4055 §3.1), with one hash for both its uses. */
export function readPssParameters(
  from: DerReader,
): { readonly hash: HashName; readonly saltLength: number } | X509Failure {
  const section = 'RFC 4055 3.1'
  const sequence = from.inside(tags.SEQUENCE, 'RSASSA-PSS-params')
  const hashField = sequence.insideIf(constructed(0), 'hashAlgorithm')
  const hash = hashField === undefined ? 'SHA-1' : readHash(hashField)
  hashField?.finish('hashAlgorithm')
  const mgfField = sequence.insideIf(constructed(1), 'maskGenAlgorithm')
  let mgfHash: string = 'SHA-1'
  if (mgfField !== undefined) {
    const mgf = mgfField.inside(tags.SEQUENCE, 'maskGenAlgorithm')
    const oid = mgf.oid('maskGenAlgorithm.algorithm')
    if (oid !== '1.2.840.113549.1.1.8')
      return { failure: 'unsupported', why: `expected id-mgf1, got ${oid}`, section }
    mgfHash = readHash(mgf)
    mgf.finish('maskGenAlgorithm')
    mgfField.finish('maskGenAlgorithm')
  }
  const saltField = sequence.insideIf(constructed(2), 'saltLength')
  const saltLength = saltField?.small('saltLength') ?? 20
  saltField?.finish('saltLength')
  const trailerField = sequence.insideIf(constructed(3), 'trailerField')
  if (trailerField !== undefined) {
    const at = trailerField.at
    // RFC 4055 §3.1: a present 1 MUST be recognised, though DER leaves a default out.
    const trailer = trailerField.small('trailerField')
    if (trailer !== 1) throw new DerError('trailerField 1', String(trailer), at, section)
    trailerField.finish('trailerField')
  }
  sequence.finish('RSASSA-PSS-params')
  if (hash === 'SHA-1' || mgfHash === 'SHA-1')
    return {
      failure: 'weak',
      why: 'expected RSASSA-PSS with SHA-256 or better, got SHA-1',
      section: '4.5.1.3',
    }
  const name = hashNames.get(hash)
  if (name === undefined || hash !== mgfHash)
    return {
      failure: 'unsupported',
      why: `expected RSASSA-PSS with one hash of SHA-256, SHA-384, SHA-512 for message and mask, got ${hash} and ${mgfHash}`,
      section,
    }
  return { hash: name, saltLength }
}

const hashNames: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/** The OID of a hash, or `SHA-1`. */
function readHash(from: DerReader): string {
  const identifier = from.inside(tags.SEQUENCE, 'hash AlgorithmIdentifier')
  const oid = identifier.oid('hash algorithm')
  if (!identifier.done) identifier.null('hash parameters')
  identifier.finish('hash AlgorithmIdentifier')
  return oid === '1.3.14.3.2.26' ? 'SHA-1' : oid
}

function ecdsa(hash: HashName): Row {
  return {
    name: `ecdsa-with-${hash}`,
    parameters: 'absent',
    algorithm: { kind: 'ecdsa', hash },
  }
}

function mlDsaRows(): [string, Row][] {
  return Array.from(mlDsaOids, ([oid, set]) => [
    oid,
    { name: set, parameters: 'absent', algorithm: { kind: 'ml-dsa', set } },
  ])
}

function rsa(hash: HashName): Row {
  return {
    name: `${hash}WithRSAEncryption`,
    parameters: 'null',
    algorithm: { kind: 'rsa_pkcs1', hash },
  }
}
