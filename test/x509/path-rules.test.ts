/** The rules of the field on paths and names that implementations have broken before. */
import { trustStore, type Verdict, type VerifyOptions, verifyChain } from '@biopair/x509'
import test from 'ava'
import { ascii, commonName, context, implicit, sequence, tlv } from '../support/der-writer.ts'
import { alternativeName, clientAuth, extension, type Minted, mint } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { hostName, now } from './chains.ts'

function verify(
  chain: readonly Minted[],
  roots: readonly Minted[],
  rest: Partial<VerifyOptions> = {},
): string {
  const verdict: Verdict = verifyChain({
    chain: chain.map(({ der }) => der),
    anchors: trustStore(roots.map(({ der }) => der)),
    time: now,
    purpose: 'serverAuth',
    crypto: nodeVerify,
    ...rest,
  })
  return verdict.ok ? 'believed' : `${verdict.code} at ${verdict.depth}`
}

const directory = (text: string) => tlv(0xa4, commonName(text))
const uri = (text: string) => implicit(6, ascii(text))
const mail = (text: string) => implicit(1, ascii(text))

/** Of each form: a base, a name inside it, a name outside. */
const forms: Readonly<Record<string, readonly [Uint8Array, Uint8Array, Uint8Array]>> = {
  dNSName: [
    implicit(2, ascii('good.example')),
    implicit(2, ascii('a.good.example')),
    implicit(2, ascii('bad.example')),
  ],
  iPAddress: [
    implicit(7, Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0)),
    alternativeName('192.0.2.7'),
    alternativeName('192.0.3.7'),
  ],
  rfc822Name: [mail('good.example'), mail('me@good.example'), mail('me@bad.example')],
  uniformResourceIdentifier: [
    uri('.good.example'),
    uri('https://a.good.example/x'),
    uri('https://bad.example/'),
  ],
  directoryName: [directory('good'), directory('good'), directory('bad')],
}

const constrained = (list: 0 | 1, base: Uint8Array) =>
  extension('2.5.29.30', true, sequence(context(list, sequence(base))))
const named = (...names: readonly Uint8Array[]) => extension('2.5.29.17', true, sequence(...names))

for (const [form, [base, inside, outside]] of Object.entries(forms))
  test(`rule 73: a constraint on ${form} holds for every name of it, of the peer and of authorities below`, t => {
    const path = (list: 0 | 1, at: 'ca' | 'leaf', ...names: readonly Uint8Array[]) => {
      const own = (place: 'ca' | 'leaf') => (at === place ? [named(...names)] : [])
      const subject = form === 'directoryName' && list === 0 ? 'good' : 'subject'
      const root = mint({ subject: 'root', ca: true, extensions: [constrained(list, base)] })
      const top = mint({ subject, ca: true, issuer: root, extensions: own('ca') })
      const leaf = mint({ subject: '', issuer: top, names: [], extensions: own('leaf') })
      return verify([leaf, top], [root])
    }
    for (const at of ['ca', 'leaf'] as const) {
      const depth = at === 'ca' ? 1 : 0
      t.is(path(0, at, inside), 'believed')
      t.is(path(0, at, inside, outside), `PERMITTED_VIOLATION at ${depth}`)
      t.is(path(1, at, outside), 'believed')
      t.is(path(1, at, outside, inside), `EXCLUDED_VIOLATION at ${depth}`)
    }
  })

test('rule 73: unknown critical extensions reject, wherever they stand', t => {
  const unknown = extension('1.3.6.1.4.1.55738.666.1', true, sequence())
  for (const depth of [0, 1, 2]) {
    const at = (place: number) => (place === depth ? { extensions: [unknown] } : {})
    const root = mint({ subject: 'root', ca: true, ...at(2) })
    const ca = mint({ subject: 'ca', ca: true, issuer: root, ...at(1) })
    const leaf = mint({ subject: hostName, issuer: ca, ...at(0) })
    t.is(verify([leaf, ca], [root]), `UNHANDLED_CRITICAL_EXTENSION at ${depth}`)
  }
})

test('rule 73: pathLen ignores self-issued certificates, and the last certificate', t => {
  const root = mint({ subject: 'root', ca: true })
  const ca = mint({ subject: 'ca', ca: 0, issuer: root })
  const renewed = mint({ subject: 'ca', ca: 0, issuer: ca })
  t.is(verify([mint({ subject: hostName, issuer: renewed }), renewed, ca], [root]), 'believed')
  const below = mint({ subject: 'below', ca: 0, issuer: ca, names: [hostName] })
  t.is(verify([below, ca], [root]), 'believed', 'an authority as the last one is no intermediate')
  t.is(
    verify([mint({ subject: hostName, issuer: below }), below, ca], [root]),
    'PATH_LENGTH_EXCEEDED at 2',
  )
})

test('rule 73: the cA bit must be present, whatever keyUsage says (CVE-2026-33896)', t => {
  const root = mint({ subject: 'root', ca: true })
  for (const ca of [false, 'none'] as const)
    for (const keyUsage of ['none', [5]] as const) {
      const issuer = mint({
        subject: 'no authority',
        ca,
        keyUsage,
        issuer: root,
        extKeyUsage: 'none',
      })
      const leaf = mint({ subject: hostName, issuer })
      t.is(verify([leaf, issuer], [root]), 'INVALID_CA at 1')
    }
})

test('rule 73: an issuer’s extKeyUsage limits those below it', t => {
  const root = mint({ subject: 'root', ca: true })
  for (const [usages, expected] of [
    [[clientAuth], 'INVALID_PURPOSE at 1'],
    [['2.5.29.37.0'], 'believed'],
    ['none', 'believed'],
  ] as const) {
    const ca = mint({ subject: 'ca', ca: true, issuer: root, extKeyUsage: usages })
    t.is(verify([mint({ subject: hostName, issuer: ca }), ca], [root]), expected)
  }
})

test('rule 74: no common name, and a wildcard is the whole left-most label of a host name', t => {
  const root = mint({ subject: 'root', ca: true })
  const judge = (presented: Uint8Array, name: string, subject = '') =>
    verify([mint({ subject, issuer: root, names: [], extensions: [named(presented)] })], [root], {
      name,
    })
  const refused = 'ERR_TLS_CERT_ALTNAME_INVALID at 0'
  const dns = (text: string) => implicit(2, ascii(text))
  t.is(judge(dns('other.example'), hostName, hostName), refused, 'the common name is not read')
  t.is(judge(dns('*.server.example'), 'a.server.example'), 'believed')
  for (const [presented, name] of [
    ['*.server.example', 'server.example'],
    ['*.server.example', 'a.b.server.example'],
    ['a*.server.example', 'ab.server.example'],
    ['*b.server.example', 'ab.server.example'],
    ['a.*.example', 'a.server.example'],
    ['*.com', 'example.com'],
    ['*', 'localhost'],
    ['*.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
  ] as const)
    t.is(judge(dns(presented), name), refused, `${presented} for ${name}`)
})

test('a wildcard may not reach a host that an issuer excludes or does not permit (CVE-2025-61727)', t => {
  const judge = (list: 0 | 1, base: string) => {
    const root = mint({ subject: 'root', ca: true })
    const ca = mint({
      ...{ subject: 'ca', ca: true, issuer: root },
      extensions: [constrained(list, implicit(2, ascii(base)))],
    })
    const leaf = mint({ subject: '', issuer: ca, names: ['*.example.com'] })
    return verify([leaf, ca], [root], { name: 'bar.example.com' })
  }
  t.is(judge(1, 'bar.example.com'), 'EXCLUDED_VIOLATION at 0')
  t.is(judge(0, 'bar.example.com'), 'PERMITTED_VIOLATION at 0')
  t.is(judge(0, 'example.com'), 'believed')
})
