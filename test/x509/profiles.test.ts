import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import {
  type Profile,
  profiles,
  trustStore,
  type Verdict,
  type VerifyCode,
  verifyChain,
} from '@biopair/x509'
import test from 'ava'
import {
  ascii,
  boolean,
  commonName,
  context,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  tlv,
} from '../support/der-writer.ts'
import {
  alternativeName,
  extension,
  freshKey,
  type Minted,
  type MintOptions,
  mint,
  serverAuth,
} from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { hostName, now } from './chains.ts'

const keys = [freshKey('p256'), freshKey('p256'), freshKey('p256')] as const
const rsa = freshKey('rsa')
const odd2052 = generateKeyPairSync('rsa', { modulusLength: 2052 }).privateKey

const sound: readonly MintOptions[] = [
  { subject: hostName, key: keys[0], extKeyUsage: [serverAuth] },
  { subject: 'intermediate', key: keys[1], ca: 0 },
  { subject: 'root', key: keys[2], ca: true },
]

/** The chain, the peer's first, with one certificate changed; its root is the last. */
function chainWith(depth: number, change: MintOptions): readonly Minted[] {
  const made: Minted[] = []
  for (const [i, options] of [...sound.entries()].toReversed())
    made.unshift(mint({ ...options, ...(i === depth ? change : {}), issuer: made[0] }))
  return made
}

function verify(chain: readonly Minted[], profile: Profile | undefined): Verdict {
  return verifyChain({
    chain: chain.slice(0, -1).map(({ der }) => der),
    anchors: trustStore(chain.slice(-1).map(({ der }) => der)),
    time: now,
    purpose: 'serverAuth',
    crypto: nodeVerify,
    profile,
  })
}

const [leaf, intermediate, root] = [0, 1, 2] as const

interface Rule {
  readonly breaks: string
  readonly at: readonly number[]
  readonly change: MintOptions
  /** By which profiles it is refused. */
  readonly by: readonly Profile[]
  readonly code?: VerifyCode
  readonly section: string
  readonly field: string
}

const both = ['strict', 'webpki'] as const
const web = ['webpki'] as const
const rfc = (section: string) => `RFC 5280 ${section}`

/** An extension that mint writes otherwise; `bare` leaves what it would write out. */
const san = (critical: boolean, ...names: readonly string[]) =>
  extension('2.5.29.17', critical, sequence(...names.map(alternativeName)))
const bare: MintOptions = { names: [] }
/** The key identifier that mint gives the key at a depth. */
const keyIdentifier = (depth: 0 | 1 | 2) =>
  createHash('sha256')
    .update(createPublicKey(keys[depth]).export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)
const ski = (critical: boolean, depth: 0 | 1 | 2 = 2) =>
  extension('2.5.29.14', critical, octetString(keyIdentifier(depth)))
const aki = (critical: boolean, ...fields: readonly Uint8Array[]) =>
  extension('2.5.29.35', critical, sequence(...fields))
const ownKey = implicit(0, keyIdentifier(2))
const inOwnWords = (...extensions: readonly Uint8Array[]): MintOptions => ({
  keyIdentifiers: false,
  extensions,
})
const constraints = (critical: boolean) =>
  extension('2.5.29.30', critical, sequence(context(0, sequence(implicit(2, ascii('example'))))))
const someone = context(1, tlv(0xa4, commonName('somebody')))

const rules: readonly Rule[] = [
  {
    breaks: 'has the serial number zero',
    at: [leaf, intermediate],
    change: { serial: 0 },
    ...{ by: both, section: rfc('4.1.2.2'), field: 'serialNumber' },
  },
  {
    breaks: 'is a root with the serial number zero',
    at: [root],
    change: { serial: 0 },
    ...{ by: ['strict'], section: rfc('4.1.2.2'), field: 'serialNumber' },
  },
  {
    breaks: 'has no subject and names that are not critical',
    at: [leaf],
    change: { subject: '', ...bare, extensions: [san(false, hostName)] },
    ...{ by: both, code: 'EMPTY_SUBJECT_SAN_NOT_CRITICAL' },
    ...{ section: rfc('4.2.1.6'), field: 'subjectAltName' },
  },
  {
    breaks: 'has neither subject nor names',
    at: [leaf],
    change: { subject: '', ...bare },
    ...{ by: both, code: 'SUBJECT_NAME_EMPTY', section: rfc('4.1.2.6'), field: 'subject' },
  },
  {
    breaks: 'has a host name with an underscore',
    at: [leaf],
    change: { names: [hostName, 'foo_bar.example'] },
    ...{ by: both, section: rfc('4.2.1.6'), field: 'subjectAltName' },
  },
  ...([leaf, intermediate] as const).map(
    (depth): Rule => ({
      breaks: `has no authority key identifier (${depth})`,
      at: [depth],
      change: inOwnWords(ski(false, depth)),
      ...{ by: both, code: 'MISSING_AUTHORITY_KEY_IDENTIFIER', section: rfc('4.2.1.1') },
      field: 'authorityKeyIdentifier.keyIdentifier',
    }),
  ),
  {
    breaks: 'has a critical authority key identifier',
    at: [root],
    change: inOwnWords(ski(false), aki(true, ownKey)),
    ...{ by: both, code: 'AUTHORITY_KEY_IDENTIFIER_CRITICAL' },
    ...{ section: rfc('4.2.1.1'), field: 'authorityKeyIdentifier' },
  },
  {
    breaks: 'is an authority without a subject key identifier',
    at: [root],
    change: { keyIdentifiers: false },
    ...{ by: both, code: 'MISSING_SUBJECT_KEY_IDENTIFIER' },
    ...{ section: rfc('4.2.1.2'), field: 'subjectKeyIdentifier' },
  },
  {
    breaks: 'has a critical subject key identifier',
    at: [root],
    change: inOwnWords(ski(true), aki(false, ownKey)),
    ...{ by: both, code: 'SUBJECT_KEY_IDENTIFIER_CRITICAL' },
    ...{ section: rfc('4.2.1.2'), field: 'subjectKeyIdentifier' },
  },
  {
    breaks: 'is an authority without keyUsage',
    at: [root],
    change: { keyUsage: 'none' },
    ...{ by: both, code: 'CA_CERT_MISSING_KEY_USAGE', section: rfc('4.2.1.3'), field: 'keyUsage' },
  },
  {
    breaks: 'is an authority with non-critical basicConstraints',
    at: [intermediate, root],
    change: { ca: 'none', keyUsage: [5, 6], extKeyUsage: 'none', names: [] },
    ...{ by: both, code: 'CA_BCONS_NOT_CRITICAL' },
    ...{ section: rfc('4.2.1.9'), field: 'basicConstraints' },
  },
  {
    breaks: 'may sign certificates and is no authority',
    at: [leaf],
    change: { keyUsage: [0, 5] },
    ...{ by: both, code: 'KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA' },
    ...{ section: rfc('4.2.1.9'), field: 'keyUsage' },
  },
  {
    breaks: 'has non-critical nameConstraints',
    at: [intermediate, root],
    change: { extensions: [constraints(false)] },
    ...{ by: ['strict'], section: rfc('4.2.1.10'), field: 'nameConstraints' },
  },
  {
    breaks: 'has non-critical policyConstraints',
    at: [intermediate, root],
    change: {
      extensions: [extension('2.5.29.36', false, sequence(implicit(0, Uint8Array.of(3))))],
    },
    ...{ by: both, section: rfc('4.2.1.11'), field: 'policyConstraints' },
  },
  {
    breaks: 'has a non-critical inhibitAnyPolicy',
    at: [intermediate, root],
    change: { extensions: [extension('2.5.29.54', false, integer(1))] },
    ...{ by: both, section: rfc('4.2.1.14'), field: 'inhibitAnyPolicy' },
  },
  {
    breaks: 'has an Ed25519 key',
    at: [leaf],
    change: { key: freshKey('ed25519') },
    ...{ by: web, section: 'CABF 7.1.3.1', field: 'subjectPublicKeyInfo' },
  },
  {
    breaks: 'has a key for RSASSA-PSS alone',
    at: [leaf],
    change: { key: freshKey('rsa-pss') },
    ...{ by: web, section: 'CABF 7.1.3.1', field: 'subjectPublicKeyInfo' },
  },
  {
    breaks: 'is a root with extKeyUsage',
    at: [root],
    change: { extKeyUsage: [serverAuth] },
    ...{ by: web, section: 'CABF 7.1.2.1.2', field: 'extKeyUsage' },
  },
  ...(
    [
      ['no key identifier in its authority key identifier', []],
      ['an authorityCertIssuer', [ownKey, someone, implicit(2, Uint8Array.of(1))]],
      ['an authorityCertSerialNumber', [ownKey, implicit(2, Uint8Array.of(1))]],
    ] as const
  ).map(
    ([what, fields]): Rule => ({
      breaks: `is a root with ${what}`,
      at: [root],
      change: inOwnWords(ski(false), aki(false, ...fields)),
      ...{ by: web, section: 'CABF 7.1.2.1.3', field: 'authorityKeyIdentifier' },
    }),
  ),
  {
    breaks: 'has no extKeyUsage',
    at: [leaf],
    change: { extKeyUsage: 'none' },
    ...{ by: web, section: 'CABF 7.1.2.7.6', field: 'extKeyUsage' },
  },
  {
    breaks: 'has a critical extKeyUsage',
    at: [leaf],
    change: {
      extKeyUsage: 'none',
      extensions: [extension('2.5.29.37', true, sequence(oid(serverAuth)))],
    },
    ...{ by: web, section: 'CABF 7.1.2.7.6', field: 'extKeyUsage' },
  },
  ...[
    '2.5.29.37.0',
    '1.3.6.1.5.5.7.3.3',
    '1.3.6.1.5.5.7.3.4',
    '1.3.6.1.5.5.7.3.8',
    '1.3.6.1.5.5.7.3.9',
    '1.3.6.1.4.1.11129.2.4.4',
  ].map(
    (usage): Rule => ({
      breaks: `is also for ${usage}`,
      at: [leaf],
      change: { extKeyUsage: [serverAuth, usage] },
      ...{ by: web, section: 'CABF 7.1.2.7.10', field: 'extKeyUsage' },
    }),
  ),
  {
    breaks: 'is an authority’s in the place of a server’s',
    at: [leaf],
    change: { ca: true, names: [hostName], extKeyUsage: [serverAuth] },
    ...{ by: web, section: 'CABF 7.1.2.7.8', field: 'basicConstraints.cA' },
  },
  {
    breaks: 'has no names but its subject',
    at: [leaf],
    change: bare,
    ...{ by: web, section: 'CABF 7.1.2.7.12', field: 'subjectAltName' },
  },
  {
    breaks: 'has critical names beside its subject',
    at: [leaf],
    change: { ...bare, extensions: [san(true, hostName)] },
    ...{ by: web, section: 'CABF 7.1.2.7.12', field: 'subjectAltName' },
  },
  ...(
    [
      ['another host', 'notinsan.example.com', ['valid.example.com', 'another.example.com']],
      ['a host in other letters', 'Example.COM', ['example.com']],
      ['a host in Unicode', 'test-測試.com', ['xn--test--wg5h0h.com']],
      ['another A-label', 'xn--nxasmq6b.com', ['xn--n3h.com']],
      ['an address in hexadecimal', '0xC0A80101', ['192.168.1.1']],
      ['an address with leading zeros', '192.168.001.001', ['192.168.1.1']],
      ['an address in upper case', '2001:DB8::8A2E:370:7334', ['2001:db8::8a2e:370:7334']],
      ['an address at full length', '2001:0db8:0:0:0:0:0:0001', ['2001:db8::1']],
      ['an address compressed elsewhere', '2001:db8:0:0:1:0:0:1', ['2001:db8::1:0:0:1']],
    ] as const
  ).map(
    ([what, subject, names]): Rule => ({
      breaks: `has ${what} as its common name`,
      at: [leaf],
      change: { subject, names },
      ...{ by: web, section: 'CABF 7.1.4.3', field: 'subject' },
    }),
  ),
  {
    breaks: 'has two common names',
    at: [leaf],
    change: { subject: sequence(...[0, 1].map(() => set(attribute(hostName)))) },
    ...{ by: web, section: 'CABF 7.1.4.3', field: 'subject' },
  },
  ...[ascii('malformed'), sequence(), sequence(sequence(oid('1.3.6.1.5.5.7.48.1')))].map(
    (value, i): Rule => ({
      breaks: `has an authorityInfoAccess that is none (${i})`,
      at: [leaf, intermediate],
      change: { extensions: [extension('1.3.6.1.5.5.7.1.1', false, value)] },
      ...{ by: web, section: 'CABF 7.1.2.7.7', field: 'authorityInfoAccess' },
    }),
  ),
]

function attribute(text: string): Uint8Array {
  return sequence(oid('2.5.4.3'), tlv(0x0c, ascii(text)))
}

test('a sound chain is believed by every profile', t => {
  for (const profile of [undefined, ...profiles]) {
    const verdict = verify(chainWith(-1, {}), profile)
    t.true(verdict.ok, verdict.ok ? '' : `${profile}: ${verdict.code} ${verdict.why}`)
  }
})

for (const rule of rules)
  test(`a certificate that ${rule.breaks} is refused for that by ${rule.by.join(' and ')}`, t => {
    for (const depth of rule.at) {
      // Non-critical basicConstraints are nothing that mint writes by itself.
      const value = sequence(boolean(true), ...(depth === root ? [] : [integer(0)]))
      const change =
        rule.code === 'CA_BCONS_NOT_CRITICAL'
          ? { ...rule.change, extensions: [extension('2.5.29.19', false, value)] }
          : rule.change
      const chain = chainWith(depth, change)
      for (const profile of profiles) {
        const verdict = verify(chain, profile)
        const refused = rule.by.includes(profile)
        t.is(verdict.ok, !refused, `${profile} at ${depth} ${verdict.ok ? '' : verdict.why}`)
        if (verdict.ok) continue
        const { code, section, field, why } = verdict
        t.deepEqual(
          { code, section, field, depth: verdict.depth },
          {
            ...{ code: rule.code ?? 'ERR_X509_PROFILE' },
            section: rule.section,
            field: rule.field,
            depth,
          },
        )
        t.regex(why, /^expected .+, got .+/s)
      }
    }
  })

test('an RSA key whose length is no whole number of octets is refused by webpki', t => {
  // node:crypto makes keys of any length from 2048 on.
  const odd = mint({ subject: hostName, key: odd2052, extKeyUsage: [serverAuth] })
  const whole = mint({ subject: hostName, key: rsa, extKeyUsage: [serverAuth] })
  const judge = (own: Minted) => {
    const verdict = verify([own, own], 'webpki')
    return verdict.ok ? 'believed' : `${verdict.section} ${verdict.field}`
  }
  t.is(judge(odd), 'CABF 6.1.5 subjectPublicKeyInfo')
  t.is(judge(whole), 'believed')
})

test('names that are in use pass: wildcards, their own host as common name, and addresses', t => {
  for (const [subject, names] of [
    ['', ['*.example.com']],
    ['example.com', ['*.example.com']],
    ['*.example.com', ['*.example.com', 'example.com']],
    ['example.com', ['127.0.0.1']],
    ['127.0.0.1', ['127.0.0.1']],
    ['2001:db8::1', ['2001:db8::1']],
    ['2001:db8::1:0:0:1', ['2001:db8:0:0:1::1']],
    ['::', ['::']],
    ['1::', ['1::']],
    ['::1', ['::1']],
    ['1:0:2:0:3:0:4:0', ['1:0:2:0:3:0:4:0']],
  ] as const) {
    const change =
      subject === '' ? { subject, ...bare, extensions: [san(true, ...names)] } : { subject, names }
    const verdict = verify(chainWith(leaf, change), 'webpki')
    t.true(verdict.ok, `${subject} ${names}: ${verdict.ok ? '' : verdict.why}`)
  }
})

test('every root that Node trusts is one for us, and nearly all for the profiles', t => {
  const { certificates } = trustStore(rootCertificates)
  t.true(certificates.length > 100)
  const refused = (profile: Profile) =>
    certificates.filter(certificate => {
      const { notBefore, notAfter, publicKey } = certificate
      // A leaf that this root might have signed: refused for its signature, if the root itself is none to be refused.
      const kind = 'kind' in publicKey ? publicKey.kind : 'ec'
      const below = mint({
        subject: hostName,
        issuerName: certificate.subject.raw,
        key: kind === 'rsa' ? rsa : keys[0],
        keyIdentifiers: false,
        ...{ notBefore, notAfter },
      })
      const verdict = verifyChain({
        chain: [below.der],
        anchors: trustStore([certificate.raw]),
        time: (notBefore + notAfter) / 2,
        purpose: 'serverAuth',
        crypto: nodeVerify,
        profile,
      })
      return verdict.ok || verdict.code !== 'CERT_SIGNATURE_FAILURE'
    })
  t.deepEqual(
    refused('rfc5280').map(({ subject }) => subject.text),
    [],
  )
  for (const profile of ['strict', 'webpki'] as const) {
    const some = refused(profile)
    t.log(`${profile} refuses ${some.length} of ${certificates.length}`)
    t.true(some.length < certificates.length / 10)
  }
})
