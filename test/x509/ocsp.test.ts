/** OCSP responses, judged (RFC 6960): the minted ones against a model, and OpenSSL's opinion of them. */
import { createHash } from 'node:crypto'
import { sha1 } from '@biopair/crypto/sha1'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Certificate,
  checkOcsp,
  isX509Failure,
  type OcspQuestion,
  parseCertificate,
  parseOcspResponse,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { nothing, sequence, tlv } from '../support/der-writer.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor, extension, keyKinds, type Minted, mint } from '../support/mint.ts'
import {
  mintOcsp,
  mintResponder,
  mustStaple,
  type OcspMint,
  refusal,
  wrapped,
} from '../support/ocsp-mint.ts'

const { leaf, intermediate: issuer } = chainFor('p256')
const now = Date.UTC(2026, 5, 1)
const minute = 60_000
const hour = 60 * minute

function certificate({ der }: Minted): Certificate {
  const parsed = parseCertificate(der)
  if (isX509Failure(parsed)) throw new Error(parsed.why)
  return parsed
}

const base = { leaf: certificate(leaf), issuer: certificate(issuer), time: now, crypto: nodeCrypto }
const minted = (options: Partial<OcspMint> = {}) =>
  mintOcsp({ leaf, issuer, thisUpdate: now - hour, nextUpdate: now + hour, ...options })

/** `ok`, or the code. */
function verdict(response: Uint8Array, question: Partial<OcspQuestion> = {}): string {
  const result = checkOcsp({ ...base, response, ...question })
  return result.ok ? 'ok' : result.code
}

const delegates = {
  issuer,
  delegate: mintResponder(issuer),
  'delegate without nocheck': mintResponder(issuer, { extensions: [] }),
  'delegate with another key': mintResponder(issuer, { key: 'rsa' }),
  'for servers alone': mintResponder(issuer, { extKeyUsage: ['1.3.6.1.5.5.7.3.1'] }),
  'for anything': mintResponder(issuer, { extKeyUsage: ['2.5.29.37.0'] }),
  'without extKeyUsage': mintResponder(issuer, { extKeyUsage: 'none' }),
  expired: mintResponder(issuer, { notAfter: now - 24 * hour }),
  'not yet valid': mintResponder(issuer, { notBefore: now + 24 * hour }),
  "another authority's": mintResponder(chainFor('p256').root),
  'signed by itself': mintResponder(mint({ subject: issuer.subject, ca: true })),
  'for other uses': mintResponder(issuer, { keyUsage: [2] }),
  'critical, unknown': mintResponder(issuer, {
    extensions: [extension('1.2.3.4', true, nothing())],
  }),
  'nocheck is critical': mintResponder(issuer, {
    extensions: [extension('1.3.6.1.5.5.7.48.1.5', true, nothing())],
  }),
  'a small key': mintResponder(issuer, { key: 'rsa-1024' }),
  'SHA-1': mintResponder(issuer, { signing: { hash: 'sha1' } }),
} as const
const good: readonly string[] = [
  'issuer',
  'delegate',
  'delegate without nocheck',
  'delegate with another key',
  'nocheck is critical',
]

test('a response counts exactly where signer, subject, time and status are right', async t => {
  const names = Object.keys(delegates) as (keyof typeof delegates)[]
  const times = fc.integer({ min: -30, max: 30 }).map(minutes => minutes * minute)
  const kind = fc.record({
    signer: fc.oneof(fc.constantFrom('issuer', 'delegate'), fc.constantFrom(...names)),
    by: fc.constantFrom('name', 'key'),
    hash: fc.constantFrom('sha1', 'sha256', 'sha384', 'sha512'),
    status: fc.constantFrom('good', 'good', 'revoked', 'unknown'),
    since: fc.oneof(fc.constant(-hour), times),
    until: fc.oneof(fc.constant(hour), fc.constant(undefined), times),
    about: fc.constantFrom('leaf', 'leaf', 'leaf', 'another'),
    attached: fc.constantFrom(true, true, true, false),
  })
  const another = mint({ issuer })
  const counts = new Map<string, number>()
  const property = fc.property(kind, made => {
    const { since, until } = made
    fc.pre(until === undefined || until >= since)
    const signer = delegates[made.signer as keyof typeof delegates]
    const response = minted({
      ...(made.about === 'leaf' ? {} : { leaf: another }),
      signer,
      by: made.by as 'name' | 'key',
      hash: made.hash as 'sha1',
      status: made.status as 'good',
      thisUpdate: now + since,
      nextUpdate: until === undefined ? 'none' : now + until,
      certs: made.attached ? [signer] : [],
    })
    const trusted = good.includes(made.signer) && (made.attached || made.signer === 'issuer')
    const timely = since <= 5 * minute && (until === undefined || until + 1000 > -5 * minute)
    const expected =
      made.about === 'another' || !trusted
        ? 'OCSP_VERIFY_FAILED'
        : made.status === 'revoked'
          ? 'CERT_REVOKED'
          : !timely
            ? 'OCSP_VERIFY_FAILED'
            : made.status === 'unknown'
              ? 'OCSP_CERT_UNKNOWN'
              : 'ok'
    counts.set(expected, (counts.get(expected) ?? 0) + 1)
    return verdict(response) === expected
  })
  const codes = ['ok', 'CERT_REVOKED', 'OCSP_VERIFY_FAILED', 'OCSP_CERT_UNKNOWN']
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 400 }),
    () => shortOf(counts, codes, 6),
  )
  t.log(Object.fromEntries(counts))
  t.deepEqual(short, [])
})

for (const [name, signer] of Object.entries(delegates))
  test(`a responder: ${name}`, t => {
    const expected = good.includes(name) ? 'ok' : 'OCSP_VERIFY_FAILED'
    for (const by of ['name', 'key'] as const)
      t.is(verdict(minted({ signer, by, certs: [signer] })), expected, by)
  })

test('whatever is changed in a response, it is never believed to say something else', async t => {
  const response = minted({ signer: delegates.delegate, certs: [delegates.delegate] })
  const parsed = parseOcspResponse(response)
  if (isX509Failure(parsed)) throw new Error(parsed.why)
  const tbs = parsed.basic?.tbs as Uint8Array
  let refused = 0
  const property = fc.property(
    fc.nat(response.length - 1),
    fc.integer({ min: 1, max: 255 }),
    (at, mask) => {
      const changed = response.slice()
      changed[at] = (changed[at] as number) ^ mask
      const result = checkOcsp({ ...base, response: changed })
      if (!result.ok) {
        refused++
        return result.code === 'OCSP_VERIFY_FAILED'
      }
      const now = parseOcspResponse(changed)
      return !isX509Failure(now) && Buffer.compare(now.basic?.tbs ?? changed, tbs) === 0
    },
  )
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 600 }),
    () => shortOf({ refused }, ['refused'], 401),
  )
  t.log(`${refused} refused`)
  t.deepEqual(short, [])
})

test('no bytes make the reader throw', t => {
  const response = minted()
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc
          .tuple(fc.nat(response.length), fc.uint8Array({ maxLength: 9 }))
          .map(([cut, tail]) => Uint8Array.from([...response.subarray(0, cut), ...tail])),
      ),
      bytes => {
        const result = checkOcsp({ ...base, response: bytes })
        return result.ok ? bytes.length === response.length : result.code === 'OCSP_VERIFY_FAILED'
      },
    ),
    { numRuns: 500 },
  )
  t.pass()
})

test('sha1 is SHA-1', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes =>
      createHash('sha1').update(bytes).digest().equals(sha1(bytes)),
    ),
    { numRuns: 50 },
  )
  t.pass()
})

for (const kind of keyKinds)
  test(`a ${kind} issuer's response is believed`, t => {
    const chain = chainFor(kind)
    const response = minted({ leaf: chain.leaf, issuer: chain.intermediate })
    const question = { leaf: certificate(chain.leaf), issuer: certificate(chain.intermediate) }
    t.is(verdict(response, question), 'ok')
    if (kind !== 'p256') t.is(verdict(response), 'OCSP_VERIFY_FAILED')
  })

test('a response that was signed with SHA-1 is refused, a CertID made with it is not', t => {
  const rsa = chainFor('rsa')
  const about = { leaf: rsa.leaf, issuer: rsa.intermediate }
  const question = { leaf: certificate(rsa.leaf), issuer: certificate(rsa.intermediate) }
  t.is(verdict(minted({ ...about, hash: 'sha1' }), question), 'ok')
  for (const hash of ['sha1', 'md5'] as const) {
    const result = checkOcsp({
      ...base,
      ...question,
      response: minted({ ...about, signing: { hash } }),
    })
    t.true(!result.ok && result.code === 'OCSP_VERIFY_FAILED' && /SHA-256/.test(result.why))
  }
})

test('times count to the second, with the skew that is allowed', t => {
  const at = (thisUpdate: number, nextUpdate: number | 'none', question?: Partial<OcspQuestion>) =>
    verdict(minted({ thisUpdate, nextUpdate }), question)
  t.is(at(now + 5 * minute, now + hour), 'ok')
  t.is(at(now + 5 * minute + 1000, now + hour), 'OCSP_VERIFY_FAILED')
  t.is(at(now - hour, now - 5 * minute), 'ok')
  t.is(at(now - hour, now - 5 * minute - 1000), 'OCSP_VERIFY_FAILED')
  t.is(at(now + 1000, now + hour, { skew: 0 }), 'OCSP_VERIFY_FAILED')
  t.is(at(now - hour, now, { skew: 0, time: now + 999 }), 'ok')
  t.is(at(now - hour, now, { skew: 0, time: now + 1000 }), 'OCSP_VERIFY_FAILED')
  // Without nextUpdate, a day.
  t.is(at(now - 24 * hour, 'none'), 'ok')
  t.is(at(now - 25 * hour, 'none'), 'OCSP_VERIFY_FAILED')
  t.is(at(now - 25 * hour, 'none', { maxAge: 48 * hour }), 'ok')
  t.is(at(now + hour, now - hour), 'OCSP_VERIFY_FAILED')
})

test('of several answers about one certificate, revoked counts, else the newest', t => {
  const old = { leaf, issuer, thisUpdate: now - 9 * hour, nextUpdate: now + hour }
  t.is(verdict(minted({ others: [{ ...old, status: 'revoked' }] })), 'CERT_REVOKED')
  t.is(verdict(minted({ others: [{ ...old, status: 'unknown' }] })), 'ok')
  t.is(verdict(minted({ status: 'unknown', others: [old] })), 'OCSP_CERT_UNKNOWN')
  const another = { ...old, leaf: mint({ issuer }), status: 'revoked' as const }
  t.is(verdict(minted({ others: [another, another] })), 'ok')
  t.is(verdict(minted({ silent: true, others: [another] })), 'OCSP_VERIFY_FAILED')
  t.is(verdict(minted({ silent: true })), 'OCSP_VERIFY_FAILED')
})

test("the same serial number of another issuer is another certificate's", t => {
  const { root } = chainFor('p256')
  // Signed by the right issuer, about another one's certificate.
  t.is(verdict(minted({ issuer: root, signer: issuer })), 'OCSP_VERIFY_FAILED')
})

test('an error status is no good news', t => {
  for (const status of [1, 2, 3, 4, 5, 6, 7]) t.is(verdict(refusal(status)), 'OCSP_VERIFY_FAILED')
  t.is(verdict(refusal(0)), 'OCSP_VERIFY_FAILED')
  t.is(verdict(wrapped(sequence(), '1.2.3')), 'OCSP_VERIFY_FAILED')
  t.is(verdict(sequence(tlv(0x0a, Uint8Array.of(3)), tlv(0xa0, sequence()))), 'OCSP_VERIFY_FAILED')
})

test('critical extensions that nobody knows are refused, known ones and others are not', t => {
  const nonce = '1.3.6.1.5.5.7.48.1.2'
  for (const [oid, critical, expected] of [
    ['1.2.3.4', true, 'OCSP_VERIFY_FAILED'],
    ['1.2.3.4', false, 'ok'],
    [nonce, true, 'ok'],
  ] as const) {
    const list = [extension(oid, critical, nothing())]
    t.is(verdict(minted({ responseExtensions: list })), expected)
    t.is(verdict(minted({ extensions: list })), expected)
  }
  const twice = extension(nonce, false, nothing())
  t.is(verdict(minted({ responseExtensions: [twice, twice] })), 'OCSP_VERIFY_FAILED')
})

test('a response with many certificates costs two signatures at the most for each of the first eight', t => {
  let checked = 0
  const crypto = {
    ...nodeCrypto,
    publicKey: (material: Parameters<typeof nodeCrypto.publicKey>[0]) => {
      const key = nodeCrypto.publicKey(material)
      if ('failure' in key) return key
      const verify: typeof key.verify = (...args) => {
        checked++
        return key.verify(...args)
      }
      return { ...key, material, verify }
    },
  }
  const { delegate } = delegates
  const certs = Array.from({ length: 60 }, () => delegate)
  const response = minted({ signer: mint(), named: delegate, certs })
  t.is(verdict(response, { crypto }), 'OCSP_VERIFY_FAILED')
  t.is(checked, 16)
})

test('a certificate says that stapling is a must', t => {
  const features = (...extensions: Uint8Array[]) => {
    const { tlsFeatures, unknownCritical } = certificate(mint({ extensions }))
    return { tlsFeatures, unknownCritical }
  }
  t.deepEqual(features(), { tlsFeatures: undefined, unknownCritical: [] })
  t.deepEqual(features(mustStaple()), { tlsFeatures: [5], unknownCritical: [] })
  t.deepEqual(features(mustStaple(true, [17, 5])), { tlsFeatures: [17, 5], unknownCritical: [] })
  const wrong = mint({ extensions: [extension('1.3.6.1.5.5.7.1.24', false, nothing())] })
  const failure = parseCertificate(wrong.der)
  t.true(isX509Failure(failure) && failure.section === 'RFC 7633 4.1')
})
