/** An x509-limbo harness: the suite's JSON on standard input, its results on standard output. `node test/dist/x509/limbo-harness.js < limbo.json` */
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Certificate,
  type CrlStore,
  crlStore,
  isX509Failure,
  type KeyUsage,
  keyUsages,
  type Profile,
  type Purpose,
  parseCertificate,
  parseCrl,
  pemBlocks,
  type TrustStore,
  trustStore,
  type VerifyOptions,
  verifyChain,
} from '@biopair/x509'

/** As much of the suite's schema (version 1) as a verdict depends on. */
export interface LimboCase {
  readonly id: string
  readonly features?: readonly string[] | undefined
  readonly validation_kind: 'SERVER' | 'CLIENT'
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  readonly validation_time?: string | null | undefined
  readonly signature_algorithms?: readonly string[] | undefined
  readonly key_usage?: readonly string[] | undefined
  readonly extended_key_usage?: readonly string[] | undefined
  readonly expected_result: 'SUCCESS' | 'FAILURE'
  readonly expected_peer_name?: LimboName | null | undefined
  readonly expected_peer_names?: readonly LimboName[] | undefined
  readonly max_chain_depth?: number | null | undefined
  readonly crls?: readonly string[] | undefined
}

export interface LimboName {
  readonly kind: 'DNS' | 'IP' | 'RFC822'
  readonly value: string
}

export interface LimboResult {
  readonly id: string
  readonly actual_result: 'SUCCESS' | 'FAILURE' | 'SKIPPED'
  /** Why. */
  readonly context: string
}

/** Judges one case; `now` is the time where the case names none. */
export function judgeCase(limbo: LimboCase, now: number): LimboResult {
  const { id } = limbo
  const skipped = skip(limbo)
  if (skipped !== undefined) return { id, actual_result: 'SKIPPED', context: skipped }
  const failure = refusal(limbo, now)
  return failure === undefined
    ? { id, actual_result: 'SUCCESS', context: 'believed' }
    : { id, actual_result: 'FAILURE', context: failure }
}

/** Why a case is none for us. */
function skip({ id }: LimboCase): string | undefined {
  if (id.startsWith('smime::')) return 'the baseline requirements for S/MIME are no part of TLS'
  return undefined
}

/**
 * The suite says by its namespaces whose rules a case is about: all of RFC 5280's profile, or what the CA/Browser Forum asks and real servers keep.
 * Everything else is about paths alone, and its certificates do not keep what authorities owe.
 */
export function profileOf(id: string): Profile {
  const [namespace = ''] = id.split('::')
  if (namespace === 'webpki' || namespace === 'online') return 'webpki'
  return namespace === 'rfc5280' ? 'strict' : 'rfc5280'
}

/** Why the chain is not believed, for each purpose and name that has to be proved; undefined where it is. */
function refusal(limbo: LimboCase, now: number): string | undefined {
  const names = [limbo.expected_peer_name ?? [], limbo.expected_peer_names ?? []].flat().map(name)
  const question: Omit<VerifyOptions, 'purpose'> = {
    chain: [limbo.peer_certificate, ...limbo.untrusted_intermediates].flatMap(pem =>
      pemBlocks(pem).map(({ bytes }) => bytes),
    ),
    anchors: anchors(limbo.trusted_certs),
    time: limbo.validation_time ? Date.parse(limbo.validation_time) : now,
    keyUsage: (limbo.key_usage ?? []).map(keyUsage),
    crypto: nodeCrypto,
    profile: profileOf(limbo.id),
    revocation: limbo.crls?.length ? { check: 'hard', crls: crls(limbo.crls) } : undefined,
    // Any trusted certificate of the suite may end a path.
    allowPartialTrustChain: true,
    limits:
      typeof limbo.max_chain_depth === 'number' ? { depth: limbo.max_chain_depth } : undefined,
  }
  for (const purpose of purposes(limbo))
    for (const one of names.length === 0 ? [undefined] : names) {
      const verdict = verifyChain({ ...question, purpose, name: one })
      if (!verdict.ok) {
        const where = [verdict.section, verdict.field ?? []].flat().join(', ')
        return `${verdict.code} at ${verdict.depth} (${where}): ${verdict.why}`
      }
      const unwanted = unwantedAlgorithm(verdict.path, limbo.signature_algorithms ?? [])
      if (unwanted !== undefined) return `signed with ${unwanted}, which is not asked for`
    }
  return undefined
}

/** A root that is no certificate for us believes nobody. */
function anchors(pems: readonly string[]): TrustStore {
  const blocks = pems.flatMap(pem => pemBlocks(pem)).map(({ bytes }) => bytes)
  return trustStore(blocks.filter(der => !isX509Failure(parseCertificate(der))))
}

/** One that is no CRL for us, a delta or one without a number, says nothing of anybody. */
function crls(pems: readonly string[]): CrlStore {
  const lists = pems.flatMap(pem => pemBlocks(pem)).map(({ bytes }) => bytes)
  return crlStore(lists.filter(der => !isX509Failure(parseCrl(der))))
}

function name({ kind, value }: LimboName): string {
  return kind === 'RFC822' ? `email:${value}` : value
}

function keyUsage(text: string): KeyUsage {
  const known = keyUsages.find(usage => usage === text)
  if (known) return known
  // X.509 renamed it.
  if (text === 'contentCommitment') return 'nonRepudiation'
  throw new TypeError(`no key usage: ${text}`)
}

const purposeIds: Readonly<Record<string, Purpose>> = {
  anyExtendedKeyUsage: 'any',
  serverAuth: 'serverAuth',
  clientAuth: 'clientAuth',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: 'OCSPSigning',
}

function purposes({ extended_key_usage = [], validation_kind }: LimboCase): readonly Purpose[] {
  if (extended_key_usage.length === 0)
    return [validation_kind === 'SERVER' ? 'serverAuth' : 'clientAuth']
  return extended_key_usage.map(text => purposeIds[text] ?? (text as Purpose))
}

/** The first signature of a path (its anchor's apart) that is none of those asked for, in the suite's words. */
function unwantedAlgorithm(
  path: readonly Certificate[],
  wanted: readonly string[],
): string | undefined {
  if (wanted.length === 0) return undefined
  const signed = path.length === 1 ? path : path.slice(0, -1)
  return signed.map(algorithmName).find(algorithm => !wanted.includes(algorithm))
}

function algorithmName({ signatureAlgorithm: algorithm }: Certificate): string {
  if (isX509Failure(algorithm)) return algorithm.why
  if (algorithm.kind === 'ed25519') return 'ED25519'
  if (algorithm.kind === 'ml-dsa') return algorithm.set
  if (algorithm.kind === 'rsa_pss') return 'RSASSA_PSS'
  const kind = algorithm.kind === 'ecdsa' ? 'ECDSA' : 'RSA'
  return `${kind}_WITH_${algorithm.hash.toUpperCase()}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { testcases } = JSON.parse(await text(process.stdin)) as { testcases: LimboCase[] }
  const now = Date.now()
  const results = testcases.map(limbo => judgeCase(limbo, now))
  process.stdout.write(`${JSON.stringify({ version: 1, harness: 'biopair', results }, null, 2)}\n`)
}
