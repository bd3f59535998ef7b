/** The target `certificate`: certificates, CRLs, OCSP responses and keys of a stranger, and the verdicts on them. */
import { type Bytes, type CryptoProvider, concat } from '@biopair/crypto'
import {
  type Certificate,
  certificateScts,
  checkCrl,
  checkOcsp,
  delegationProblem,
  encodePublicKey,
  explainVerdict,
  extensionFilter,
  isX509Failure,
  legacyCertificate,
  ocspScts,
  oidToText,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  parsePublicKey,
  readSctList,
  trustStore,
  type Verdict,
  VerifyCache,
  type VerifyOptions,
  verifyChain,
  verifyRawKey,
  verifySteps,
  type X509Failure,
} from '@biopair/x509'
import { mutateDer } from '../der-mutator.ts'
import {
  anyPolicy,
  certificatePolicies,
  crlDistributionPoints,
  keyUsage,
  sctList,
} from '../extensions.ts'
import { keyKinds } from '../keys.ts'
import { Minter } from '../minter.ts'
import { seededRandom } from '../seeded.ts'
import { mutateBytes } from './byte-mutator.ts'
import { crlCorpus, leafCorpus, ocspCorpus, richAuthority, richLeaf } from './certificate-corpus.ts'
import { demandsOf, type Evidence } from './certificate-demands.ts'
import { law, onlyThrows } from './finding.ts'
import type { FuzzSubject } from './fuzz-target.ts'
import { nothingIsSecret, unsafeNullCrypto } from './null-crypto.ts'

const crypto = unsafeNullCrypto(nothingIsSecret)
const time = Date.UTC(2026, 6, 1)

/** Where the input stands, chosen by three bits of the first byte; one says whether more is done with it, four what is asked of it. */
const places = ['leaf', 'issuer', 'beside', 'crl', 'ocsp', 'key', 'values', 'above'] as const
type Place = (typeof places)[number]

type Asked = Omit<VerifyOptions, 'crypto' | 'cache'>

/** A provider that counts, and verifies all signatures or none. */
class Counting {
  signatures = 0
  readonly #verifies: boolean

  constructor(verifies: boolean) {
    this.#verifies = verifies
  }

  readonly publicKey: CryptoProvider['publicKey'] = material => {
    const key = crypto.publicKey(material)
    if ('failure' in key) return key
    return {
      material,
      verify: (...given) => {
        this.signatures++
        return this.#verifies && key.verify(...given)
      },
    }
  }
}

export function certificateSubject(): FuzzSubject {
  const minter = new Minter({ time, random: seededRandom('certificates') })
  const root = minter.root({ key: 'ed25519' })
  const issuer = minter.intermediate(root, {
    key: 'ed25519',
    extensions: [certificatePolicies(['1.2.3.4', anyPolicy])],
  })
  const leaf = minter.leaf(issuer, {
    key: 'ed25519',
    extensions: [crlDistributionPoints(['http://server.example/crl'])],
  })
  // The same name and another key: who signs CRLs for the issuer.
  const signer = minter.intermediate(root, { key: 'p256' })
  const anchors = trustStore([root.der])
  const parsed = [leaf, issuer].map(({ der }) => parseCertificate(der)) as Certificate[]
  const [goodLeaf, goodIssuer] = parsed as [Certificate, Certificate]

  const demands = demandsOf({ minter, root, issuer, leaf })
  const named = richLeaf(minter, minter.intermediate(issuer, { key: 'ed25519', subject: 'above' }))

  const chainWith = (place: Place, der: Bytes): readonly Bytes[] => {
    if (place === 'leaf') return [der, issuer.der]
    if (place === 'issuer') return [leaf.der, der]
    if (place === 'above') return [named.der, der, issuer.der]
    if (place === 'beside') return [leaf.der, der, issuer.der]
    return [leaf.der, issuer.der, signer.der]
  }

  const judge = (asked: Asked, counting: Counting, cache?: VerifyCache): Verdict => {
    const verdict = verifyChain({ ...asked, crypto: counting, cache })
    law(
      'a verdict costs no more than it may',
      counting.signatures <= 20,
      () => `${counting.signatures} signatures`,
    )
    return verdict
  }

  /** A chain under what is asked. */
  const judged = (place: Place, der: Bytes, first: number, evidence: Evidence): string => {
    const demand = demands[first >> 4]?.(evidence) ?? {}
    const asked: Asked = {
      ...{ chain: chainWith(place, der), anchors, time, purpose: 'serverAuth' },
      ...{ name: 'server.example', keyUsage: ['digitalSignature'] },
      ...demand,
    }
    const verdict = neverThrows('verifyChain', () => judge(asked, new Counting(true)))
    if (place === 'beside' && first >> 4 === 0)
      law('what stands beside a chain is not in its way', verdict.ok, () => said(verdict))
    const { forgiven, anchors: believed } = asked
    const fresh = !verdict.ok || forgiven !== undefined || verdict.path.every(valid)
    law('who is believed is valid now', fresh, () => said(verdict))
    if (verdict.ok && verdict.path.length > 1 && !forgiven && believed) {
      const doubted = judge(asked, new Counting(false))
      law('nothing is believed without a signature', !doubted.ok, () => said(doubted))
    }
    const words = neverThrows('explainVerdict', () => explainVerdict(verdict))
    law(
      'words hold no controls',
      !/[\p{Cc}\u2028\u2029]/u.test(words.replaceAll('\n', '')),
      () => words,
    )
    if ((first & 8) !== 0) deeper(asked, verdict)
    return said(verdict)
  }

  const deeper = (asked: Asked, verdict: Verdict): void => {
    const steps = neverThrows('verifySteps', () =>
      verifySteps({ ...asked, crypto: new Counting(true) }, verdict),
    )
    const wrong = steps.filter(({ ok, forgiven }) => !ok && !forgiven)
    law('steps say what a verdict says', verdict.ok === (wrong.length === 0), () => said(verdict))
    const cache = new VerifyCache()
    for (const again of [1, 2]) {
      const cached = judge(asked, new Counting(true), cache)
      law(
        'a cache changes no verdict',
        said(cached) === said(verdict),
        () => `${again}: ${said(cached)}, ${said(verdict)}`,
      )
    }
  }

  const certificate = (place: Place, der: Bytes, first: number): string => {
    const made = neverThrows('parseCertificate', () => parseCertificate(der))
    if (isX509Failure(made)) return failed(made, der)
    law('a time is one', Number.isFinite(made.notBefore + made.notAfter), () => `${made.notAfter}`)
    const verdict = judged(place, der, first, {})
    keyLaws(made.publicKey)
    if ((first & 8) !== 0) {
      neverThrows('legacyCertificate', () => legacyOf(made))
      neverThrows('certificateScts', () => certificateScts(made))
      neverThrows('delegationProblem', () => delegationProblem(made))
    }
    return `${place} ${first >> 4} ${verdict} ${kindOf(made.publicKey)} ${Math.min(made.extensions.length, 12)}`
  }

  const target = (data: Uint8Array): string => {
    const [first = 0] = data
    const place = places[first & 7] as Place
    const der = new Uint8Array(data.subarray(1))
    if (place === 'crl') {
      const crl = neverThrows('parseCrl', () => parseCrl(der))
      if (isX509Failure(crl)) return `crl ${failed(crl, der)}`
      const counting = new Counting(true)
      const verdict = neverThrows('checkCrl', () =>
        checkCrl({ crl, certificate: goodLeaf, issuer: goodIssuer, time, crypto: counting }),
      )
      law('a CRL costs a signature', counting.signatures <= 1, () => `${counting.signatures}`)
      const among = first >> 4 === 0 ? '' : judged(place, der, first, { crl: der })
      return `crl ${verdict.ok || verdict.code} ${first >> 4} ${among}`
    }
    if (place === 'ocsp') {
      const counting = new Counting(true)
      const verdict = neverThrows('checkOcsp', () =>
        checkOcsp({ response: der, leaf: goodLeaf, issuer: goodIssuer, time, crypto: counting }),
      )
      law(
        'a response costs few signatures',
        counting.signatures <= 8,
        () => `${counting.signatures}`,
      )
      if ((first & 8) !== 0) neverThrows('ocspScts', () => sctsIn(der))
      const among = first >> 4 === 0 ? '' : judged(place, der, first, { ocsp: [der] })
      return `ocsp ${verdict.ok || `${verdict.code} ${plain(verdict.why)}`} ${first >> 4} ${among}`
    }
    if (place === 'values')
      return `values ${neverThrows('values', () => values(der, goodLeaf, first))}`
    if (place === 'key') {
      const key = neverThrows('parsePublicKey', () => parsePublicKey(der))
      if (isX509Failure(key)) return `key ${failed(key, der)}`
      keyLaws(key)
      return `key ${key.kind}`
    }
    return certificate(place, der, first)
  }

  let made: readonly Bytes[] | undefined
  const corpus = (): readonly Bytes[] => {
    made ??= makeCorpus()
    return made
  }

  const makeCorpus = (): readonly Bytes[] => {
    const grounds = { minter, root, issuer, leaf, signer }
    const at = (place: Place, der: Uint8Array, ...bits: readonly number[]) =>
      bits.map(bit => concat(Uint8Array.of(places.indexOf(place) | bit), der))
    const every = demands.map((_, i) => i << 4)
    return [
      ...at('leaf', leaf.der, 0, ...every),
      ...at('leaf', minter.leaf(issuer, { notAfter: time - 1000 }).der, 0, ...every),
      ...at('issuer', issuer.der, 0, ...every),
      ...at('beside', leaf.der, 0, 8),
      ...at('above', richAuthority(minter, issuer).der, 0, ...every),
      ...leafCorpus(grounds).flatMap(der => at('leaf', der, 8, 0x10, 0x20)),
      ...crlCorpus(grounds).flatMap(der => at('crl', der, 0, 0x60, 0x88, 0xd8)),
      ...ocspCorpus(grounds).flatMap(der => at('ocsp', der, 8, 0x70, 0x88)),
      ...keyKinds.flatMap(kind => at('key', minter.key(kind).spki, 0)),
      ...keyKinds.flatMap(kind => at('values', minter.key(kind).spki, 0)),
      ...at('values', keyUsage(['digitalSignature']).subarray(9), 0),
      ...at('values', sctList(Uint8Array.of(1, 2), Uint8Array.of(3)), 0),
    ]
  }

  return {
    name: 'certificate',
    target,
    mutator(data, dice, corpus) {
      const first = dice.one(12) ? Uint8Array.of(dice.below(256)) : data.subarray(0, 1)
      const donors = dice.one(4) ? [(dice.of(corpus) ?? data).subarray(1)] : []
      let der: Bytes = new Uint8Array(data.subarray(1))
      if (dice.one(2)) return concat(first, mutateBytes(der, dice, donors[0]))
      for (let times = dice.one(4) ? 3 : 1; times > 0; times--)
        der = mutateDer(der, count => dice.below(count), undefined, donors)
      return concat(first, der)
    },
    corpus,
  }
}

/** A value that a peer says by itself: a raw key, the filter of a CertificateRequest, a list of SCTs. */
function values(bytes: Bytes, goodLeaf: Certificate, first: number): string {
  const raw = verifyRawKey({ spki: bytes, expected: [goodLeaf.spki, bytes] })
  const oids = ['2.5.29.15', '2.5.29.37', '2.5.29.17'] as const
  const filter = extensionFilter(oids[(first >> 4) % oids.length] as string, bytes)
  const fits = isX509Failure(filter) ? filter.failure : filter(goodLeaf)
  return `${said(raw)} ${fits} ${oidToText(bytes) !== undefined} ${readSctList(bytes)?.length}`
}

function sctsIn(der: Uint8Array): unknown {
  const response = parseOcspResponse(der)
  return isX509Failure(response) ? undefined : ocspScts(response)
}

function legacyOf(certificate: Certificate): unknown {
  return legacyCertificate(certificate, crypto.hashes)
}

function valid({ notBefore, notAfter }: Certificate): boolean {
  return notBefore <= time && time < notAfter + 1000
}

function keyLaws(key: Certificate['publicKey']): void {
  if (isX509Failure(key)) return
  const der = neverThrows('encodePublicKey', () => encodePublicKey(key))
  const again = parsePublicKey(der)
  law('a key that is read can be written', !isX509Failure(again), () => key.kind)
  if (isX509Failure(again)) return
  const twice = encodePublicKey(again)
  law(
    'a key stays what it is',
    twice.length === der.length && twice.every((byte, i) => byte === der[i]),
    () => key.kind,
  )
}

function failed({ failure, why, section, offset = 0 }: X509Failure, der: Uint8Array): string {
  law('a failure says what was expected', /^expected .+, got .+/s.test(why), () => why)
  law(
    'a failure is in the bytes',
    offset >= 0 && offset <= der.length,
    () => `${offset} of ${der.length}`,
  )
  return `${failure} ${section} ${plain(why)}`
}

function said(verdict: Verdict): string {
  return verdict.ok ? 'believed' : `${verdict.code} ${verdict.depth} ${verdict.field ?? ''}`
}

function plain(why: string): string {
  return why
    .replace(/, got .*/s, '')
    .replace(/\d+/g, '')
    .slice(0, 60)
}

function kindOf(key: Certificate['publicKey']): string {
  return isX509Failure(key) ? key.failure : key.kind
}

function neverThrows<T>(name: string, work: () => T): T {
  const done = onlyThrows(`${name} does not throw`, () => false, work)
  return (done as { readonly value: T }).value
}
