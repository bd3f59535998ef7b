/** What a CRL says of a certificate: the minted ones against a model, the edges by example. */
import {
  type Certificate,
  type CrlQuestion,
  checkCrl,
  isX509Failure,
  parseCertificate,
  parseCrl,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import {
  type CrlMint,
  type DistributionMint,
  distribution,
  distributionPointsOf,
  mintCrl,
  unknownExtension,
} from '../support/crl-mint.ts'
import { commonName, context, oid, sequence, set, tlv } from '../support/der-writer.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor, keyKinds, type Minted, mint } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'

const { root, intermediate: issuer, leaf } = chainFor('p256')
const now = Date.UTC(2026, 5, 1)
const minute = 60_000
const hour = 60 * minute

function certificate({ der }: Minted): Certificate {
  const parsed = parseCertificate(der)
  if (isX509Failure(parsed)) throw new Error(parsed.why)
  return parsed
}

const base = { issuer, thisUpdate: now - hour, nextUpdate: now + hour }
const about = { certificate: certificate(leaf), issuer: certificate(issuer), time: now }

/** `ok`, or the code. */
function verdict(options: Partial<CrlMint> = {}, question: Partial<CrlQuestion> = {}): string {
  const crl = parseCrl(mintCrl({ ...base, ...options }).der)
  if (isX509Failure(crl)) throw new Error(crl.why)
  const result = checkCrl({ ...about, crypto: nodeVerify, crl, ...question })
  return result.ok ? 'ok' : result.code
}

const point = 'http://crl.example/1'
const scopes: Readonly<Record<string, DistributionMint | undefined>> = {
  all: undefined,
  users: { only: 'user' },
  authorities: { only: 'ca' },
  attributes: { only: 'attribute' },
  'its point': { names: ['http://crl.example/0', point] },
  'another point': { names: ['http://crl.example/2'] },
  'some reasons': { reasons: [1, 2] },
  'its point, for users': { names: [point], only: 'user' },
}
const forLeaf: readonly string[] = [
  'all',
  'users',
  'its point',
  'some reasons',
  'its point, for users',
]
const forAuthority: readonly string[] = ['all', 'authorities', 'its point', 'some reasons']
const subjects = {
  leaf: mint({ issuer, extensions: [distributionPointsOf({ names: [point] })] }),
  authority: mint({
    subject: 'below',
    issuer,
    ca: true,
    extensions: [distributionPointsOf({ names: ['http://crl.example/9'] }, { names: [point] })],
  }),
}
const stranger = mint({ subject: issuer.subject, ca: true })

test('a CRL counts exactly where signer, scope, time and its extensions are right', async t => {
  const times = fc.integer({ min: -30, max: 30 }).map(minutes => minutes * minute)
  const space = fc.record({
    subject: fc.constantFrom<'leaf' | 'authority'>('leaf', 'authority'),
    scope: fc.constantFrom(...Object.keys(scopes), 'all', 'its point'),
    signer: fc.constantFrom('issuer', 'issuer', 'issuer', 'stranger'),
    keyIdentifier: fc.boolean(),
    listed: fc.constantFrom(undefined, undefined, 'for good', 'on hold'),
    others: fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 20 }),
    since: fc.oneof(fc.constant(-hour), times),
    until: fc.oneof(fc.constant(hour), times),
    unknown: fc.constantFrom(false, false, false, true),
  })
  const seen = new Map<string, number>()
  const property = fc.property(space, one => {
    const { since, until, listed } = one
    fc.pre(until >= since)
    const subject = subjects[one.subject]
    const scope = scopes[one.scope]
    const got = verdict(
      {
        revoked: [
          ...one.others.map(serial => ({ serial })),
          ...(listed ? [{ serial: subject, reason: listed === 'on hold' ? 6 : 1 }] : []),
        ],
        ...(one.signer === 'stranger' ? { signer: stranger } : {}),
        keyIdentifier: one.keyIdentifier,
        thisUpdate: now + since,
        nextUpdate: now + until,
        ...(scope ? { distribution: distribution(scope) } : {}),
        extensions: [unknownExtension(one.unknown)],
      },
      { certificate: certificate(subject) },
    )
    const fits = (one.subject === 'leaf' ? forLeaf : forAuthority).includes(one.scope)
    const early = since > 5 * minute
    const late = until + 1000 <= -5 * minute
    const expected = !fits
      ? 'DIFFERENT_CRL_SCOPE'
      : one.unknown
        ? 'UNHANDLED_CRITICAL_CRL_EXTENSION'
        : one.signer === 'stranger'
          ? 'CRL_SIGNATURE_FAILURE'
          : listed === 'for good' || (listed && !early && !late)
            ? 'CERT_REVOKED'
            : early
              ? 'CRL_NOT_YET_VALID'
              : late
                ? 'CRL_HAS_EXPIRED'
                : 'ok'
    seen.set(expected, (seen.get(expected) ?? 0) + 1)
    return got === expected
  })
  const codes = [
    ...['ok', 'CERT_REVOKED', 'CRL_NOT_YET_VALID', 'CRL_HAS_EXPIRED', 'CRL_SIGNATURE_FAILURE'],
    ...['DIFFERENT_CRL_SCOPE', 'UNHANDLED_CRITICAL_CRL_EXTENSION'],
  ]
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 300 }),
    () => shortOf(seen, codes, 1),
  )
  t.log(Object.fromEntries(seen))
  t.deepEqual(short, [])
})

test('whatever is changed in a CRL, it is never believed to say something else', async t => {
  const crls = [
    { der: mintCrl({ ...base, revoked: [{ serial: leaf }] }).der, said: 'CERT_REVOKED' },
    { der: mintCrl({ ...base, revoked: [{ serial: 5 }] }).der, said: 'ok' },
  ]
  let read = 0
  const properties = crls.map(({ der, said }) => {
    const original = parseCrl(der)
    if (isX509Failure(original)) throw new Error(original.why)
    return fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = der.slice()
      changed[at] = (changed[at] as number) ^ mask
      const crl = parseCrl(changed)
      if (isX509Failure(crl)) return true
      read++
      const result = checkCrl({ ...about, crypto: nodeVerify, crl })
      const got = result.ok ? 'ok' : result.code
      // An ECDSA signature has one encoding; what is signed has to be as it was.
      if (got === 'ok' || got === 'CERT_REVOKED')
        return got === said && Buffer.compare(crl.tbs, original.tbs) === 0
      return true
    })
  })
  const short = await untilMet(
    () => {
      for (const property of properties) fc.assert(property, { numRuns: 400 })
    },
    () => shortOf({ read }, ['read'], 41),
  )
  t.log(`${read} read`)
  t.deepEqual(short, [])
})

for (const kind of keyKinds)
  test(`a ${kind} issuer's CRL is believed`, t => {
    const chain = chainFor(kind)
    const question = {
      certificate: certificate(chain.leaf),
      issuer: certificate(chain.intermediate),
    }
    t.is(verdict({ issuer: chain.intermediate }, question), 'ok')
    t.is(
      verdict({ issuer: chain.intermediate, revoked: [{ serial: chain.leaf }] }, question),
      'CERT_REVOKED',
    )
  })

test('a CRL that was signed with SHA-1 or MD5 is not', t => {
  const rsa = chainFor('rsa')
  const question = { certificate: certificate(rsa.leaf), issuer: certificate(rsa.intermediate) }
  for (const hash of ['sha1', 'md5'] as const)
    t.is(
      verdict({ issuer: rsa.intermediate, signing: { hash } }, question),
      'CRL_SIGNATURE_FAILURE',
    )
})

test('an issuer whose keyUsage has no cRLSign signs none, and one without keyUsage does', t => {
  for (const [keyUsage, expected] of [
    [[5], 'KEYUSAGE_NO_CRL_SIGN'],
    [[5, 6], 'ok'],
    ['none', 'ok'],
  ] as const) {
    const authority = mint({ subject: 'authority', issuer: root, ca: true, keyUsage })
    const question = {
      certificate: certificate(mint({ issuer: authority })),
      issuer: certificate(authority),
    }
    t.is(verdict({ issuer: authority }, question), expected)
  }
})

test("another issuer's CRL says nothing", t => {
  t.is(verdict({ issuer: root }), 'UNABLE_TO_GET_CRL')
  t.is(verdict({ issuerName: 'somebody' }), 'UNABLE_TO_GET_CRL')
  // Signed by the right key under another name: not even that.
  t.is(verdict({ issuer: root, signer: issuer }), 'UNABLE_TO_GET_CRL')
})

test('times count to the second, with the skew that is allowed', t => {
  const at = (since: number, until: number, question: Partial<CrlQuestion> = {}) =>
    verdict({ thisUpdate: now + since, nextUpdate: now + until }, question)
  t.is(at(5 * minute, hour), 'ok')
  t.is(at(5 * minute + 1000, hour), 'CRL_NOT_YET_VALID')
  t.is(at(-hour, -5 * minute), 'ok')
  t.is(at(-hour, -5 * minute - 1000), 'CRL_HAS_EXPIRED')
  t.is(at(1000, hour, { skew: 0 }), 'CRL_NOT_YET_VALID')
  t.is(at(0, hour, { skew: 0 }), 'ok')
  t.is(at(-hour, 0, { skew: 0, time: now + 999 }), 'ok')
  t.is(at(-hour, 0, { skew: 0, time: now + 1000 }), 'CRL_HAS_EXPIRED')
})

test('a revocation that is still to come, and one of an old CRL, is one', t => {
  t.is(verdict({ revoked: [{ serial: leaf, at: now + 24 * hour }] }), 'CERT_REVOKED')
  const old = { thisUpdate: now - 48 * hour, nextUpdate: now - 24 * hour }
  t.is(verdict({ ...old, revoked: [{ serial: leaf, reason: 4 }] }), 'CERT_REVOKED')
  t.is(verdict({ ...old, revoked: [{ serial: leaf, reason: 6 }] }), 'CRL_HAS_EXPIRED')
  t.is(verdict({ revoked: [{ serial: leaf, reason: 6 }] }), 'CERT_REVOKED')
})

test('distribution points match by any of their names, and relative to the issuer', t => {
  const rdn = sequence(oid('2.5.4.3'), tlv(0x0c, new Uint8Array(Buffer.from('crl one'))))
  const name = sequence(issuer.subject.subarray(2), set(rdn))
  const directory = context(4, name)
  // A relative name is one more RDN below the issuer's.
  const relative = mint({ issuer, extensions: [distributionPointsOf({ relative: rdn })] })
  const question = { certificate: certificate(relative) }
  const idp = (content: Uint8Array) => ({ distribution: sequence(context(0, content)) })
  t.is(verdict(idp(context(1, rdn)), question), 'ok')
  t.is(verdict(idp(context(0, directory)), question), 'ok')
  t.is(verdict(idp(context(0, context(4, commonName('crl one')))), question), 'DIFFERENT_CRL_SCOPE')
  // Without any distribution point, the issuer's name is the one there is.
  t.is(verdict(idp(context(0, context(4, issuer.subject)))), 'ok')
  t.is(verdict(idp(context(0, directory))), 'DIFFERENT_CRL_SCOPE')
  // A point whose CRL somebody else signs is none of the issuer's.
  const indirect = mint({
    issuer,
    extensions: [distributionPointsOf({ names: [point], crlIssuer: [context(4, root.subject)] })],
  })
  t.is(
    verdict(
      { distribution: distribution({ names: [point] }) },
      { certificate: certificate(indirect) },
    ),
    'DIFFERENT_CRL_SCOPE',
  )
})

test('distribution points that cannot be read match nothing', t => {
  const broken = mint({ issuer, extensions: [distributionPointsOf({ reasons: [1] })] })
  const question = { certificate: certificate(broken) }
  t.is(verdict({ distribution: distribution({ names: [point] }) }, question), 'DIFFERENT_CRL_SCOPE')
})

test('a CRL says for which reasons it speaks', t => {
  const some = mint({
    issuer,
    extensions: [distributionPointsOf({ names: [point], reasons: [1, 4] })],
  })
  const crl = (options: DistributionMint) => {
    const parsed = parseCrl(mintCrl({ ...base, distribution: distribution(options) }).der)
    if (isX509Failure(parsed)) throw new Error(parsed.why)
    return checkCrl({ ...about, certificate: certificate(some), crypto: nodeVerify, crl: parsed })
  }
  const reasons = (options: DistributionMint) => {
    const result = crl(options)
    return result.ok && result.reasons
  }
  t.is(reasons({ names: [point] }), 0b1_0010)
  t.is(reasons({ names: [point], reasons: [1, 2] }), 0b10)
  t.is(reasons({ reasons: [1, 2] }), 0b110)
  t.is(reasons({ only: 'user' }), 0b1_1111_1110)
})
