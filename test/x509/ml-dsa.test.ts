/** ML-DSA in certificates and key files: what RFC 9881 asks of each field, sent wrong and refused. */
import { type MlDsaName, mlDsaSets } from '@biopair/crypto'
import { verifyAlerts } from '@biopair/ssl'
import {
  isX509Failure,
  keyUsages,
  parseCertificate,
  parsePublicKey,
  privateKeyFrom,
  trustStore,
  type Verdict,
  verifyChain,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import {
  bitString,
  implicit,
  integer,
  join,
  nothing,
  octetString,
  oid,
  pem,
  sequence,
} from '../support/der-writer.ts'
import { type AnyKey, type AnyKind, chainFor, type Minted, mint } from '../support/mint.ts'
import { MlDsaKey, mlDsaForms, mlDsaKinds } from '../support/ml-dsa-key.ts'
import { providers } from '../support/providers.ts'
import { now } from './chains.ts'

const setOf = (kind: string): MlDsaName => `ML-DSA-${kind.slice(5)}` as MlDsaName
const other = (kind: (typeof mlDsaKinds)[number]) => (kind === 'mldsa44' ? 'mldsa65' : 'mldsa44')

function judged(
  chain: readonly Minted<AnyKey>[],
  root: Minted<AnyKey>,
  provider = providers[0],
): Verdict {
  return verifyChain({
    chain: chain.map(({ der }) => der),
    anchors: trustStore([root.der]),
    time: now,
    purpose: 'serverAuth',
    keyUsage: ['digitalSignature'],
    name: 'server.example',
    crypto: provider as (typeof providers)[number],
  })
}

const refusal = (verdict: Verdict): string =>
  verdict.ok ? 'believed' : `${verdict.code} ${verifyAlerts[verdict.code]} ${verdict.depth}`

test('any mixture of ML-DSA and older keys makes a chain that is believed', t => {
  const kinds: readonly AnyKind[] = [...mlDsaKinds, 'p256', 'ed25519']
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...kinds), { minLength: 2, maxLength: 4 }),
      fc.constantFrom(...providers),
      (plan, provider) => {
        const chain: Minted<AnyKey>[] = []
        for (const [i, kind] of plan.entries()) {
          const issuer = chain[0]
          const key = kind as 'p256'
          chain.unshift(
            i === plan.length - 1
              ? mint({ key, issuer })
              : mint({ key, issuer, subject: `${i} ${kind}`, ca: true }),
          )
        }
        const root = chain.at(-1) as Minted<AnyKey>
        t.is(refusal(judged(chain, root, provider)), 'believed')
      },
    ),
    { numRuns: 25 },
  )
})

for (const kind of mlDsaKinds) {
  const set = setOf(kind)
  const { root, intermediate, leaf } = chainFor(kind)

  test(`an ${kind} certificate is read as it was minted`, t => {
    const certificate = parseCertificate(leaf.der)
    if (isX509Failure(certificate)) return t.fail(certificate.why)
    t.deepEqual(certificate.publicKey, { kind: 'ml-dsa', set, key: leaf.key.publicKey })
    t.deepEqual(certificate.signatureAlgorithm, { kind: 'ml-dsa', set })
    t.is(certificate.signature.length, mlDsaSets[set].signature)
    t.deepEqual(parsePublicKey(leaf.spki), certificate.publicKey)
  })

  test(`RFC 9881 2: an ${kind} key with parameters, even NULL, is none`, t => {
    const algorithm = oid(`2.16.840.1.101.3.4.3.${{ mldsa44: 17, mldsa65: 18, mldsa87: 19 }[kind]}`)
    const key = bitString(leaf.key.publicKey)
    t.false('failure' in parsePublicKey(sequence(sequence(algorithm), key)))
    t.true('failure' in parsePublicKey(sequence(sequence(algorithm, nothing()), key)))
    const withNull = sequence(
      integer(0),
      sequence(algorithm, nothing()),
      octetString(implicit(0, leaf.key.seed)),
    )
    t.throws(() => privateKeyFrom(withNull), { code: 'ERR_PRIVATE_KEY_INVALID' })
  })

  test(`RFC 9881 2: an ${kind} signature whose algorithm has parameters makes no certificate`, t => {
    const { identifier } = leaf.key
    const spoilt = sequence(identifier.subarray(2), nothing())
    const at = Buffer.from(leaf.der).indexOf(identifier)
    t.true(at > 0)
    const tbs = parseCertificate(leaf.der)
    if (isX509Failure(tbs)) return t.fail(tbs.why)
    const body = Buffer.from(tbs.tbs)
    // The first of the two in tbsCertificate is `signature`, the second is the key's.
    const first = body.indexOf(identifier)
    const content = join(body.subarray(4, first), spoilt, body.subarray(first + identifier.length))
    const failure = parseCertificate(sequence(sequence(content), spoilt, bitString(tbs.signature)))
    t.true(isX509Failure(failure))
    if (isX509Failure(failure)) t.regex(failure.why, new RegExp(set))
  })

  test(`an ${kind} key has its length and no other`, t => {
    fc.assert(
      fc.property(fc.integer({ min: -40, max: 40 }), by => {
        const key = new Uint8Array(mlDsaSets[set].publicKey + by).fill(1)
        const read = parsePublicKey(sequence(leaf.key.identifier, bitString(key)))
        t.is('failure' in read, by !== 0)
      }),
      { numRuns: 30, examples: [[-1], [0], [1]] },
    )
  })

  test(`an ${kind} signature of another length, of another key or changed is refused`, t => {
    const spoils: readonly ((signature: Uint8Array) => Uint8Array)[] = [
      signature => signature.subarray(1),
      signature => signature.subarray(0, -1),
      signature => join(signature, Uint8Array.of(0)),
      () => new Uint8Array(0),
      signature => signature.map((byte, i) => (i === 100 ? byte ^ 1 : byte)),
      () => new MlDsaKey(kind, new Uint8Array(32)).sign(new Uint8Array(3)),
      () => new MlDsaKey(other(kind), new Uint8Array(32)).sign(new Uint8Array(3)),
    ]
    for (const provider of providers)
      for (const spoil of spoils) {
        const bad = mint({
          key: kind,
          issuer: intermediate,
          spoilSignature: signature => new Uint8Array(spoil(signature)),
        })
        t.is(
          refusal(judged([bad, intermediate], root, provider)),
          'CERT_SIGNATURE_FAILURE bad_certificate 0',
        )
      }
  })

  test(`what an ${other(kind)} key signed is not believed under an ${kind} issuer's name`, t => {
    const impostor = mint({
      key: other(kind),
      subject: intermediate.subject,
      issuer: root,
      ca: true,
      keyIdentifiers: false,
    })
    const bad = mint({ key: kind, issuer: impostor, keyIdentifiers: false })
    t.is(refusal(judged([bad, intermediate], root)), 'CERT_SIGNATURE_FAILURE bad_certificate 0')
  })

  test(`RFC 9881 5: keyUsage beside an ${kind} key is for signatures alone, in a leaf and in an authority`, t => {
    const wrong = [
      'keyEncipherment',
      'dataEncipherment',
      'keyAgreement',
      'encipherOnly',
      'decipherOnly',
    ]
    for (const [bit, usage] of keyUsages.entries()) {
      const expected = wrong.includes(usage)
      const bad = mint({ key: kind, issuer: intermediate, keyUsage: [0, bit] })
      t.is(
        refusal(judged([bad, intermediate], root)),
        expected ? 'INVALID_PURPOSE unsupported_certificate 0' : 'believed',
        usage,
      )
      const authority = mint({
        key: kind,
        issuer: root,
        subject: 'ca',
        ca: true,
        keyUsage: [5, bit],
      })
      const below = mint({ key: kind, issuer: authority })
      t.is(
        refusal(judged([below, authority], root)),
        expected ? 'INVALID_PURPOSE unsupported_certificate 1' : 'believed',
        usage,
      )
    }
    const none = mint({ key: kind, issuer: intermediate, keyUsage: 'none' })
    t.is(refusal(judged([none, intermediate], root)), 'believed')
    const signs = mint({ key: kind, issuer: intermediate, keyUsage: [5] })
    t.is(
      refusal(judged([signs, intermediate], root)),
      'INVALID_PURPOSE unsupported_certificate 0',
      'a leaf without digitalSignature',
    )
  })

  test(`RFC 9881 6: an ${kind} private key is read in each of its forms, PEM and DER`, t => {
    const { key } = leaf
    const expected = {
      seed: { kind: 'ml-dsa', set, seed: key.seed },
      expandedKey: { kind: 'ml-dsa', set, expanded: key.expanded },
      both: { kind: 'ml-dsa', set, seed: key.seed, expanded: key.expanded },
    } as const
    for (const form of mlDsaForms) {
      const der = key.pkcs8(form)
      t.deepEqual(privateKeyFrom(pem('PRIVATE KEY', der)), expected[form])
      const copy = new Uint8Array(der)
      const material = privateKeyFrom(copy)
      copy.fill(0)
      t.deepEqual(material, expected[form], 'what was given may be wiped')
    }
  })

  test(`an ${kind} private key of any other form or length is refused with its code, and shows no byte`, t => {
    const { key } = leaf
    const { seed, expanded } = key
    const octets = (by: number, bytes: Uint8Array) =>
      octetString(by < 0 ? bytes.subarray(0, by) : join(bytes, new Uint8Array(by)))
    const invalid = [
      ...[-1, 1, 32].flatMap(by => [
        implicit(0, by < 0 ? seed.subarray(0, by) : join(seed, new Uint8Array(by))),
        octets(by, expanded),
        sequence(octets(by, seed), octetString(expanded)),
        sequence(octetString(seed), octets(by, expanded)),
      ]),
      octetString(seed),
      sequence(octetString(seed)),
      sequence(octetString(expanded), octetString(seed)),
      sequence(octetString(seed), octetString(expanded), octetString(seed)),
      join(implicit(0, seed), nothing()),
      join(octetString(expanded), nothing()),
      join(sequence(octetString(seed), octetString(expanded)), nothing()),
    ]
    // What drafts and libraries wrote before the RFC: bare bytes, an explicit tag.
    const unsupported = [
      seed.map((_, i) => i),
      new Uint8Array(0),
      sequence(implicit(0, seed)).with(0, 0xa0),
    ]
    const secret = Buffer.from(seed).toString('hex')
    for (const [code, contents] of [
      ['ERR_PRIVATE_KEY_INVALID', invalid],
      ['ERR_PRIVATE_KEY_UNSUPPORTED', unsupported],
    ] as const)
      for (const [i, content] of contents.entries()) {
        const error = t.throws(
          () => privateKeyFrom(key.pkcs8({ content })),
          {
            instanceOf: TypeError,
            code,
          },
          `${code} ${i}`,
        )
        t.false(error?.message.includes(secret))
      }
    t.regex(
      t.throws(() => privateKeyFrom(key.pkcs8({ content: new Uint8Array(0) })))?.message ?? '',
      new RegExp(`${set}.*RFC 9881`),
    )
  })
}

test('a damaged ML-DSA key file never throws anything but an error with a code', t => {
  const files = mlDsaKinds.flatMap(kind =>
    mlDsaForms.map(form => chainFor(kind).leaf.key.pkcs8(form)),
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (der, changes, cut) => {
          const copy = new Uint8Array(der)
          for (const [at, byte] of changes) copy[at % copy.length] = byte
          try {
            privateKeyFrom(cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy)
            return true
          } catch (error) {
            return (
              error instanceof TypeError && /^ERR_/.test((error as { code?: string }).code ?? '')
            )
          }
        },
      ),
      { numRuns: 500 },
    ),
  )
})
