/** Revocation of whole paths: CRLs and OCSP responses together, soft and hard, against a model; other paths, other signers, the budget. */

import { nodeCrypto } from '@biopair/crypto-node'
import {
  crlStore,
  type Forgiven,
  type RevocationOptions,
  trustStore,
  type Verdict,
  verifyChain,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { type CrlMint, distribution, mintCrl } from '../support/crl-mint.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor, type Minted, mint } from '../support/mint.ts'
import { mintOcsp, mintResponder, type OcspMint } from '../support/ocsp-mint.ts'

const { root, intermediate, leaf } = chainFor('p256')
const now = Date.UTC(2026, 5, 1)
const minute = 60_000
const hour = 60 * minute
const hashes = nodeCrypto.hashes

interface Asked extends Partial<RevocationOptions> {
  readonly chain?: readonly Minted[]
  readonly anchors?: readonly Minted[]
  readonly forgiven?: readonly Forgiven[]
  readonly signatures?: number
  readonly crypto?: Pick<typeof nodeCrypto, 'publicKey'>
}

function verify(asked: Asked): Verdict {
  const { chain = [leaf, intermediate], anchors = [root], forgiven, signatures, crypto } = asked
  return verifyChain({
    chain: chain.map(({ der }) => der),
    anchors: trustStore(anchors.map(({ der }) => der)),
    time: now,
    purpose: 'serverAuth',
    crypto: crypto ?? nodeCrypto,
    revocation: { check: 'hard', hashes, ...asked },
    limits: signatures === undefined ? undefined : { signatures },
    forgiven,
  })
}

/** `ok`, or the code and its depth. */
function said(asked: Asked): string {
  const verdict = verify(asked)
  return verdict.ok ? 'ok' : `${verdict.code} ${verdict.depth}`
}

const crl = (issuer: Minted, options: Partial<CrlMint> = {}) =>
  mintCrl({ issuer, thisUpdate: now - hour, nextUpdate: now + hour, ...options }).der
const ocsp = (subject: Minted, issuer: Minted, options: Partial<OcspMint> = {}) =>
  mintOcsp({ leaf: subject, issuer, thisUpdate: now - hour, nextUpdate: now + hour, ...options })
const ofRoot = crl(root)
const ofIntermediate = crl(intermediate)
const both = crlStore([ofRoot, ofIntermediate])

/** Somebody who would like to be believed: the names are right, the keys are not. */
const impostor = {
  [root.pem]: mint({ subject: root.subject, ca: true }),
  [intermediate.pem]: mint({ subject: intermediate.subject, ca: true }),
}

interface Statement {
  readonly by: 'crl' | 'ocsp' | 'stapled'
  readonly about: 0 | 1
  readonly says: 'good' | 'revoked' | 'on hold' | 'nothing'
  readonly fault: 'none' | 'forged' | 'old'
  /** Minutes ago, another for each. */
  readonly since: number
}

const statement = fc.record({
  by: fc.constantFrom<Statement['by']>('crl', 'crl', 'ocsp', 'stapled'),
  about: fc.constantFrom<0 | 1>(0, 0, 1),
  says: fc.constantFrom<Statement['says']>('good', 'good', 'revoked', 'on hold', 'nothing'),
  fault: fc.constantFrom<Statement['fault']>('none', 'none', 'none', 'forged', 'old'),
})
/** Some of them with two behind that are good and old. */
const statements = fc
  .tuple(fc.boolean(), fc.array(statement, { maxLength: 4 }))
  .map(([sound, list]) => (sound ? [...list, soundFor(0), soundFor(1)] : list))
  .map(list => list.map((one, i) => ({ ...one, since: 10 + i }) as Statement))

function soundFor(about: 0 | 1): Omit<Statement, 'since'> {
  return { by: 'crl', about, says: 'good', fault: 'none' }
}

const subjects = [leaf, intermediate] as const
const issuers = [intermediate, root] as const

function made({ by, about, says, fault, since }: Statement): Uint8Array {
  const subject = subjects[about]
  const issuer = issuers[about]
  const signer = fault === 'forged' ? (impostor[issuer.pem] as Minted) : issuer
  const thisUpdate = now - (fault === 'old' ? 48 * hour : since * minute)
  const nextUpdate = now + (fault === 'old' ? -24 * hour : hour)
  if (by !== 'crl') {
    const status = says === 'good' ? 'good' : says === 'nothing' ? 'unknown' : 'revoked'
    return ocsp(subject, issuer, { signer, named: issuer, thisUpdate, nextUpdate, status })
  }
  const listed = says === 'revoked' || says === 'on hold'
  return crl(issuer, {
    ...{ signer, thisUpdate, nextUpdate },
    revoked: listed ? [{ serial: subject, ...(says === 'on hold' ? { reason: 6 } : {}) }] : [],
    // One that speaks of others.
    ...(says === 'nothing'
      ? { distribution: distribution({ names: ['http://other.example'] }) }
      : {}),
  })
}

/** What they come to, by the words of the policy. */
function standing(list: readonly Statement[], about: 0 | 1): 'revoked' | 'good' | 'unknown' {
  const heard = list.filter(one => one.about === about && one.fault !== 'forged')
  const current = heard.filter(({ fault }) => fault === 'none')
  const good = current.filter(({ says }) => says === 'good')
  const revoked = heard.some(one => {
    if (one.by !== 'crl') return one.says === 'revoked' || one.says === 'on hold'
    if (one.says === 'revoked') return true
    // A hold is over with its CRL, or with a newer one.
    const newer = good.some(({ by, since }) => by === 'crl' && since < one.since)
    return one.says === 'on hold' && one.fault === 'none' && !newer
  })
  return revoked ? 'revoked' : good.length > 0 ? 'good' : 'unknown'
}

/** Only the last that is stapled to a certificate is. */
function onlyOneStapled(list: readonly Statement[]): readonly Statement[] {
  return list.filter(
    (one, i) =>
      one.by !== 'stapled' ||
      !list.slice(i + 1).some(({ by, about }) => by === 'stapled' && about === one.about),
  )
}

function asked(list: readonly Statement[], check: 'soft' | 'hard'): Asked {
  const of = (by: Statement['by']) => list.filter(one => one.by === by)
  const stapled = subjects.map((_, about) => {
    const one = of('stapled').find(other => other.about === about)
    return one && made(one)
  })
  return { check, crls: crlStore(of('crl').map(made)), ocsp: of('ocsp').map(made), stapled }
}

test('soft refuses what is known to be revoked, hard what is not known to be good, and nothing else does', async t => {
  const seen = new Map<string, number>()
  const property = fc.property(
    statements.map(onlyOneStapled),
    fc.constantFrom<'soft' | 'hard'>('soft', 'hard'),
    (list, check) => {
      const found = [standing(list, 0), standing(list, 1)] as const
      const bad = found.findIndex(
        status => status === 'revoked' || (check === 'hard' && status === 'unknown'),
      )
      const verdict = verify(asked(list, check))
      const expected = bad < 0 ? 'ok' : found[bad] === 'revoked' ? 'CERT_REVOKED' : 'unknown'
      seen.set(`${check} ${expected}`, (seen.get(`${check} ${expected}`) ?? 0) + 1)
      if (verdict.ok) {
        const report = verdict.revocation?.map(({ status }) => status)
        return expected === 'ok' && report?.join() === [...found, 'not_checked'].join()
      }
      if (verdict.depth !== bad) return false
      return expected === 'unknown' ? verdict.code !== 'CERT_REVOKED' : verdict.code === expected
    },
  )
  const kinds = ['soft ok', 'soft CERT_REVOKED', 'hard ok', 'hard CERT_REVOKED', 'hard unknown']
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 300 }),
    () => shortOf(seen, kinds, 4),
  )
  t.log(Object.fromEntries(seen))
  t.deepEqual(short, [])
})

test('what others have forged changes nothing about who is believed', t => {
  const forged = fc
    .array(statement, { minLength: 1, maxLength: 4 })
    .map(list => list.map((one, i) => ({ ...one, fault: 'forged', since: 1 + i }) as Statement))
  const property = fc.property(
    statements.map(onlyOneStapled),
    forged,
    fc.constantFrom<'soft' | 'hard'>('soft', 'hard'),
    (list, lies, check) => {
      const given = lies.filter(({ by }) => by !== 'stapled')
      const [honest, misled] = [said(asked(list, check)), said(asked([...given, ...list], check))]
      const kind = (text: string) => (/^(ok|CERT_REVOKED)/.test(text) ? text : 'unknown')
      return kind(honest) === kind(misled)
    },
  )
  fc.assert(property, { numRuns: 100 })
  t.pass()
})

test('the verdict says what is known of each certificate, and what was not believed', t => {
  const forged = crl(intermediate, { signer: impostor[intermediate.pem] as Minted })
  const response = ocsp(intermediate, root)
  const verdict = verify({
    crls: crlStore([forged, ofIntermediate]),
    ocsp: [response],
    stapled: [Uint8Array.of(0x30, 0)],
  })
  if (!verdict.ok) return t.fail(verdict.why)
  const [first, second, third] = verdict.revocation ?? []
  t.like(first, {
    ...{ depth: 0, status: 'good', by: 'crl' },
    ...{ thisUpdate: now - hour, nextUpdate: now + hour },
  })
  t.deepEqual(
    first?.doubts.map(({ by, code, section }) => [by, code, section]),
    [
      ['stapled', 'OCSP_VERIFY_FAILED', 'RFC 6960 4.2.1'],
      ['crl', 'CRL_SIGNATURE_FAILURE', 'RFC 5280 6.3.3'],
    ],
  )
  t.like(second, { depth: 1, status: 'good', by: 'ocsp', doubts: [] })
  t.deepEqual(third, { depth: 2, status: 'not_checked', doubts: [] })
  return undefined
})

test('where nobody asks nothing is said', t => {
  const verdict = verify({
    check: 'off',
    crls: crlStore([crl(intermediate, { revoked: [{ serial: leaf }] })]),
  })
  t.true(verdict.ok && verdict.revocation === undefined)
})

test('hard says the most telling reason why nothing shows a certificate good', t => {
  const old = { thisUpdate: now - 48 * hour, nextUpdate: now - 24 * hour }
  const later = { thisUpdate: now + 24 * hour, nextUpdate: now + 48 * hour }
  const forged = { signer: impostor[intermediate.pem] as Minted }
  const other = { distribution: distribution({ only: 'ca' }) }
  const some = { distribution: distribution({ reasons: [1, 2] }) }
  const cases: readonly (readonly [string, readonly Partial<CrlMint>[]])[] = [
    ['CRL_HAS_EXPIRED 0', [old]],
    ['CRL_NOT_YET_VALID 0', [later]],
    ['CRL_SIGNATURE_FAILURE 0', [forged]],
    ['DIFFERENT_CRL_SCOPE 0', [other]],
    ['UNABLE_TO_GET_CRL 0', [some]],
    ['UNABLE_TO_GET_CRL 0', []],
    ['CRL_HAS_EXPIRED 0', [forged, other, old, later]],
    ['CRL_SIGNATURE_FAILURE 0', [some, forged, other]],
    ['ok', [forged, other, old, later, {}]],
  ]
  for (const [expected, list] of cases) {
    const crls = crlStore([ofRoot, ...list.map(options => crl(intermediate, options))])
    t.is(said({ crls }), expected)
    t.is(said({ crls, check: 'soft' }), 'ok')
  }
  t.is(said({}), 'UNABLE_TO_GET_CRL 0')
  t.is(said({ stapled: [] }), 'OCSP_VERIFY_NEEDED 0')
  t.is(said({ crls: crlStore([ofIntermediate]) }), 'UNABLE_TO_GET_CRL 1')
  const unknown = [ocsp(leaf, intermediate, { status: 'unknown' })]
  t.is(
    said({ crls: crlStore([ofRoot, crl(intermediate, old)]), ocsp: unknown }),
    'OCSP_CERT_UNKNOWN 0',
  )
})

test("scope leaf asks about the peer's certificate alone", t => {
  const revoking = crl(root, { revoked: [{ serial: intermediate }] })
  t.is(said({ crls: crlStore([ofIntermediate]), scope: 'leaf' }), 'ok')
  t.is(said({ crls: crlStore([ofIntermediate, revoking]), scope: 'leaf' }), 'ok')
  t.is(said({ crls: crlStore([ofIntermediate, revoking]) }), 'CERT_REVOKED 1')
})

test('an anchor is believed whatever is said of it, and a leaf that is one', t => {
  const revoking = crl(root, { revoked: [{ serial: root }] })
  t.is(said({ crls: crlStore([revoking, ofIntermediate]) }), 'ok')
  const alone = mint({ subject: 'alone' })
  const verdict = verify({ chain: [alone], anchors: [alone] })
  t.deepEqual(verdict.ok && verdict.revocation, [{ depth: 0, status: 'not_checked', doubts: [] }])
})

test('CRLs for some reasons make a whole where they name every reason together', t => {
  const parts = [
    [1, 2],
    [3, 4, 5],
    [6, 7, 8],
  ].map(reasons => crl(intermediate, { distribution: distribution({ reasons }) }))
  t.is(said({ crls: crlStore([ofRoot, ...parts]) }), 'ok')
  t.is(said({ crls: crlStore([ofRoot, ...parts.slice(1)]) }), 'UNABLE_TO_GET_CRL 0')
  const partly = verify({ crls: crlStore([ofRoot, ...parts.slice(1)]) })
  t.regex(partly.ok ? '' : partly.why, /none for keyCompromise, cACompromise$/)
})

test('a problem can be put up with, and others still show', t => {
  const revoked = crlStore([ofRoot, crl(intermediate, { revoked: [{ serial: leaf }] })])
  const one = (code: Forgiven['code'], depth: number) => [{ code, depth }]
  t.is(said({ crls: revoked }), 'CERT_REVOKED 0')
  t.is(said({ crls: revoked, forgiven: one('CERT_REVOKED', 1) }), 'CERT_REVOKED 0')
  const verdict = verify({ crls: revoked, forgiven: one('CERT_REVOKED', 0) })
  t.is(verdict.ok && verdict.revocation?.[0]?.status, 'revoked')
  const crls = crlStore([crl(intermediate, { revoked: [{ serial: leaf }] })])
  t.is(said({ crls, forgiven: one('CERT_REVOKED', 0) }), 'UNABLE_TO_GET_CRL 1')
  t.is(said({ crls, forgiven: [...one('CERT_REVOKED', 0), ...one('UNABLE_TO_GET_CRL', 1)] }), 'ok')
})

test('what is wrong with a certificate itself is told before what is known of its standing', t => {
  const expired = mint({ issuer: intermediate, notAfter: now - hour })
  const crls = crlStore([ofRoot, crl(intermediate, { revoked: [{ serial: expired }] })])
  t.is(said({ chain: [expired, intermediate], crls }), 'CERT_HAS_EXPIRED 0')
})

test('another path is taken where an authority is revoked in one, but not where the leaf is', t => {
  const other = mint({ subject: 'another root', ca: true })
  const cross = mint({
    subject: intermediate.subject,
    key: intermediate.key,
    issuer: other,
    ca: true,
  })
  const revoking = crl(root, { revoked: [{ serial: intermediate }] })
  const ofOther = crl(other)
  const chain = [leaf, intermediate, cross]
  const anchors = [root, other]
  t.is(said({ chain, anchors, crls: crlStore([revoking, ofIntermediate, ofOther]) }), 'ok')
  const stapled = [ocsp(leaf, intermediate)]
  t.is(said({ chain, anchors, crls: crlStore([revoking, ofOther]), stapled }), 'ok')
  const all = crlStore([revoking, ofIntermediate, crl(other, { revoked: [{ serial: cross }] })])
  t.is(said({ chain, anchors, crls: all }), 'CERT_REVOKED 1')
  const leafless = crl(intermediate, { revoked: [{ serial: leaf }] })
  t.is(said({ chain, anchors, crls: crlStore([ofRoot, ofOther, leafless]) }), 'CERT_REVOKED 0')
})

test('a CRL may be signed by another key of the issuer that the path vouches for', t => {
  const signs = {
    subject: intermediate.subject,
    keyUsage: [6],
    extKeyUsage: 'none',
    names: [],
  } as const
  const signer = mint({ ...signs, issuer: root })
  const selfIssued = mint({ ...signs, issuer: intermediate })
  const strays = {
    "another root's": mint({ ...signs, issuer: mint({ subject: root.subject, ca: true }) }),
    'not for CRLs': mint({ ...signs, issuer: root, keyUsage: [0] }),
    'not said to be': mint({ ...signs, issuer: root, keyUsage: 'none' }),
    expired: mint({ ...signs, issuer: root, notAfter: now - hour }),
    'a small key': mint({ ...signs, issuer: root, key: 'rsa-1024' }),
  }
  const asked = (beside: Minted, lists: readonly Uint8Array[] = [ofRoot, ofIntermediate]) =>
    said({
      chain: [leaf, intermediate, beside],
      crls: crlStore([...lists, crl(intermediate, { signer: beside, thisUpdate: now })]),
    })
  const without = (beside: Minted) => asked(beside, [ofRoot])
  t.is(without(signer), 'ok')
  // Where nobody sends it along, the application has it.
  const crls = crlStore([ofRoot, crl(intermediate, { signer, thisUpdate: now })])
  t.is(said({ crls }), 'CRL_SIGNATURE_FAILURE 0')
  t.is(said({ crls, anchors: [root, signer] }), 'ok')
  const crowd = Array.from({ length: 9 }, () => mint({ ...signs, issuer: root }))
  t.is(said({ crls, anchors: [root, signer], chain: [leaf, intermediate, ...crowd] }), 'ok')
  // One that the issuer itself has made needs a CRL of the issuer, which then counts as well.
  t.is(asked(selfIssued), 'ok')
  t.is(without(selfIssued), 'CRL_PATH_VALIDATION_ERROR 0')
  for (const [name, stray] of Object.entries(strays)) {
    t.regex(without(stray), /^CRL_(PATH_VALIDATION_ERROR|SIGNATURE_FAILURE) 0$/, name)
    t.is(asked(stray), 'ok', name)
  }
  // It may say who is revoked, too, unless it is itself.
  const revoking = crl(intermediate, { signer, thisUpdate: now, revoked: [{ serial: leaf }] })
  const lists = (list: readonly Uint8Array[], check: 'soft' | 'hard') =>
    said({ check, chain: [leaf, intermediate, signer], crls: crlStore([...list, revoking]) })
  t.is(lists([ofRoot, ofIntermediate], 'hard'), 'CERT_REVOKED 0')
  t.is(lists([], 'soft'), 'CERT_REVOKED 0')
  const fallen = crl(root, { revoked: [{ serial: signer }] })
  t.is(lists([fallen, ofIntermediate], 'hard'), 'ok')
  t.is(lists([fallen], 'soft'), 'ok')
  t.is(without(signer), 'ok')
})

test('what a session began with shows its certificate good, unless something newer says otherwise', t => {
  t.is(said({ knownGood: true, scope: 'leaf' }), 'ok')
  t.is(said({ knownGood: true, crls: crlStore([ofRoot]) }), 'ok')
  t.is(said({ knownGood: true }), 'UNABLE_TO_GET_CRL 1')
  const crls = crlStore([ofRoot, crl(intermediate, { revoked: [{ serial: leaf }] })])
  t.is(said({ knownGood: true, crls }), 'CERT_REVOKED 0')
})

test('OCSP: responses that were given count for whom they are about, delegates and SHA-256 included', t => {
  const delegate = mintResponder(root)
  const given = [
    ocsp(intermediate, root, { signer: delegate, certs: [delegate], hash: 'sha256' }),
    ocsp(mint({ issuer: intermediate }), intermediate, { status: 'revoked' }),
    ocsp(leaf, intermediate, { by: 'key' }),
  ]
  t.is(said({ ocsp: given }), 'ok')
  t.is(said({ ocsp: given.slice(0, 2) }), 'OCSP_VERIFY_NEEDED 0')
  // Without the hashes of a provider only SHA-1 is known.
  t.is(said({ ocsp: given, hashes: undefined }), 'OCSP_VERIFY_NEEDED 1')
})

function counting() {
  const counted = { signatures: 0 }
  const crypto = {
    publicKey: (material: Parameters<typeof nodeCrypto.publicKey>[0]) => {
      const key = nodeCrypto.publicKey(material)
      if ('failure' in key) return key
      const verify: typeof key.verify = (...args) => {
        counted.signatures++
        return key.verify(...args)
      }
      return { material, verify }
    },
  }
  return { counted, crypto }
}

test('signatures of CRLs and responses count against the budget, and those that are seen once are not checked again', t => {
  const { counted, crypto } = counting()
  const crls = crlStore([ofRoot, ofIntermediate])
  t.is(said({ crls, crypto }), 'ok')
  t.is(counted.signatures, 4)
  t.is(said({ crls, crypto }), 'ok')
  t.is(counted.signatures, 6)
  t.is(said({ crls: crlStore([ofRoot, ofIntermediate]), signatures: 3 }), 'CERT_CHAIN_TOO_LONG 1')
  t.is(said({ crls: both, signatures: 4 }), 'ok')
  // A hundred CRLs of one issuer that list nobody cost one signature.
  const many = Array.from({ length: 100 }, (_, i) => crl(intermediate, { number: i + 1 }))
  counted.signatures = 0
  t.is(said({ crls: crlStore([ofRoot, ...many]), crypto }), 'ok')
  t.is(counted.signatures, 4)
})

test('nobody spends the budget so that a revocation goes unheard', t => {
  const revoking = crlStore([crl(intermediate, { revoked: [{ serial: leaf }] })])
  // Many of the issuer's name, none of them the issuer.
  const crowd = Array.from({ length: 40 }, () =>
    mint({ subject: intermediate.subject, issuer: root, ca: true, keyIdentifiers: false }),
  )
  for (const signatures of [1, 2, 3, 5, 20]) {
    const { counted, crypto } = counting()
    const chain = [leaf, ...crowd, intermediate]
    t.not(said({ chain, check: 'soft', crls: revoking, signatures, crypto }), 'ok')
    t.true(counted.signatures <= signatures)
  }
  const lists = crlStore(
    Array.from({ length: 40 }, (_, i) =>
      crl(intermediate, {
        number: i,
        revoked: [{ serial: leaf }],
        signer: impostor[intermediate.pem] as Minted,
      }),
    ),
  )
  t.is(said({ check: 'soft', crls: lists }), 'CERT_CHAIN_TOO_LONG 0')
})
