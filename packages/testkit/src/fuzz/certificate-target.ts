/** The target `certificate`: certificates, CRLs, OCSP responses and keys of a stranger, and the verdicts on them. */
import { type Bytes, type CryptoProvider, concat } from '@biopair/crypto'
import {
  type Certificate,
  checkCrl,
  checkOcsp,
  encodePublicKey,
  explainVerdict,
  isX509Failure,
  legacyCertificate,
  parseCertificate,
  parseCrl,
  parsePublicKey,
  trustStore,
  type Verdict,
  VerifyCache,
  verifyChain,
  type X509Failure,
} from '@biopair/x509'
import { mutateDer } from '../der-mutator.ts'
import { type FaultName, faultNames, faultyChain, placesOf } from '../faults.ts'
import { Minter } from '../minter.ts'
import { seededRandom } from '../seeded.ts'
import { mutateBytes } from './byte-mutator.ts'
import { law, onlyThrows } from './finding.ts'
import type { FuzzSubject } from './fuzz-target.ts'
import { nothingIsSecret, unsafeNullCrypto } from './null-crypto.ts'

const crypto = unsafeNullCrypto(nothingIsSecret)
const time = Date.UTC(2026, 6, 1)

/** Where the input stands, chosen by the first byte. */
const places = ['leaf', 'issuer', 'beside', 'crl', 'ocsp', 'key'] as const

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
  const issuer = minter.intermediate(root, { key: 'ed25519' })
  const leaf = minter.leaf(issuer, { key: 'ed25519' })
  const anchors = trustStore([root.der])
  const parsed = [leaf, issuer].map(({ der }) => parseCertificate(der)) as Certificate[]
  const [goodLeaf, goodIssuer] = parsed as [Certificate, Certificate]

  const chainWith = (place: string, der: Bytes): readonly Bytes[] => {
    if (place === 'leaf') return [der, issuer.der]
    if (place === 'issuer') return [leaf.der, der]
    return [leaf.der, der, issuer.der]
  }

  const judge = (chain: readonly Bytes[], counting: Counting, cache?: VerifyCache): Verdict => {
    const verdict = verifyChain({
      ...{ chain, anchors, time, purpose: 'serverAuth', name: 'server.example' },
      ...{ keyUsage: ['digitalSignature'], crypto: counting, cache },
    })
    law(
      'a verdict costs no more than it may',
      counting.signatures <= 20,
      () => `${counting.signatures} signatures`,
    )
    return verdict
  }

  const certificate = (place: string, der: Bytes, deep: boolean): string => {
    const made = neverThrows('parseCertificate', () => parseCertificate(der))
    if (isX509Failure(made)) return failed(made, der)
    law('a time is one', Number.isFinite(made.notBefore + made.notAfter), () => `${made.notAfter}`)
    const chain = chainWith(place, der)
    const verdict = neverThrows('verifyChain', () => judge(chain, new Counting(true)))
    if (place === 'beside')
      law('what stands beside a chain is not in its way', verdict.ok, () => said(verdict))
    law('who is believed is valid now', !verdict.ok || verdict.path.every(valid), () =>
      said(verdict),
    )
    const doubted = verdict.ok ? judge(chain, new Counting(false)) : verdict
    law('nothing is believed without a signature', !doubted.ok, () => said(doubted))
    const words = neverThrows('explainVerdict', () => explainVerdict(verdict))
    law(
      'words hold no controls',
      !/[\p{Cc}\u2028\u2029]/u.test(words.replaceAll('\n', '')),
      () => words,
    )
    keyLaws(made.publicKey)
    if (deep) {
      neverThrows('legacyCertificate', () => legacyOf(made))
      const cache = new VerifyCache()
      for (const again of [1, 2]) {
        const cached = judge(chain, new Counting(true), cache)
        law(
          'a cache changes no verdict',
          said(cached) === said(verdict),
          () => `${again}: ${said(cached)}, ${said(verdict)}`,
        )
      }
    }
    return `${place} ${said(verdict)} ${kindOf(made.publicKey)} ${Math.min(made.extensions.length, 12)}`
  }

  const target = (data: Uint8Array): string => {
    const [first = 0] = data
    const place = places[(first & 7) % places.length] as (typeof places)[number]
    const der = new Uint8Array(data.subarray(1))
    if (place === 'crl') {
      const crl = neverThrows('parseCrl', () => parseCrl(der))
      if (isX509Failure(crl)) return `crl ${failed(crl, der)}`
      const counting = new Counting(true)
      const verdict = neverThrows('checkCrl', () =>
        checkCrl({ crl, certificate: goodLeaf, issuer: goodIssuer, time, crypto: counting }),
      )
      law('a CRL costs a signature', counting.signatures <= 1, () => `${counting.signatures}`)
      return `crl ${verdict.ok || verdict.code}`
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
      return `ocsp ${verdict.ok || `${verdict.code} ${plain(verdict.why)}`}`
    }
    if (place === 'key') {
      const key = neverThrows('parsePublicKey', () => parsePublicKey(der))
      if (isX509Failure(key)) return `key ${failed(key, der)}`
      keyLaws(key)
      return `key ${key.kind}`
    }
    return certificate(place, der, (first & 8) !== 0)
  }

  const corpus = (): readonly Bytes[] => {
    const at = (place: (typeof places)[number], der: Uint8Array) => [
      concat(Uint8Array.of(places.indexOf(place)), der),
      concat(Uint8Array.of(places.indexOf(place) | 8), der),
    ]
    const kinds = ['p256', 'rsa', 'rsa-pss', 'mldsa44'] as const
    return [
      ...at('leaf', leaf.der),
      ...at('leaf', minter.leaf(issuer, { notAfter: time - 1000 }).der),
      ...at('issuer', issuer.der),
      ...at('beside', leaf.der),
      ...at('crl', minter.crl(issuer, { revoked: [{ certificate: 5 }] }).der),
      ...at('ocsp', minter.ocsp(leaf, issuer)),
      ...kinds.flatMap(kind => at('leaf', minter.leaf(issuer, { key: kind }).der)),
      ...kinds.flatMap(kind => at('key', minter.key(kind).spki)),
      ...faultNames.flatMap(fault => at('leaf', faultyLeaf(minter, fault))),
    ]
  }

  return {
    name: 'certificate',
    target,
    mutator(data, dice, corpus) {
      const first = dice.one(12) ? Uint8Array.of(dice.below(16)) : data.subarray(0, 1)
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

function faultyLeaf(minter: Minter, fault: FaultName): Bytes {
  const [depth = 0] = placesOf(fault, 1)
  const { faulty } = faultyChain(minter, fault, { intermediates: 1, depth, keys: ['ed25519'] })
  return faulty[depth]?.der ?? new Uint8Array(0)
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
