/** Several reference names, of which one has to match; mailboxes; and wildcards that do not count. */

import { nodeCrypto } from '@biopair/crypto-node'
import {
  type GeneralName,
  isReferenceName,
  matchName,
  matchNames,
  trustStore,
  verifyChain,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { chainFor } from '../support/mint.ts'

const presented = {
  subjectAltName: [
    { kind: 'dNSName', text: 'One.example' },
    { kind: 'dNSName', text: '*.wild.example' },
    { kind: 'iPAddress', address: Uint8Array.of(192, 0, 2, 1) },
    { kind: 'rfc822Name', text: 'Some.Body@Mail.example' },
    { kind: 'uniformResourceIdentifier', text: 'https://uri.example/' },
  ] satisfies GeneralName[],
}
const good = [
  'one.example',
  'ONE.example.',
  'www.wild.example',
  '192.0.2.1',
  'email:Some.Body@mail.EXAMPLE',
]
const bad = [
  'two.example',
  'wild.example',
  'a.b.wild.example',
  '192.0.2.2',
  'email:some.body@mail.example',
  'email:Some.Body@mail.example.org',
  'email:mail.example',
  'email:one.example',
  'email:192.0.2.1',
  'mail.example',
  'Some.Body@mail.example',
  'uri.example',
  'https://uri.example/',
  '',
  '*.wild.example',
]

test('a list matches exactly where one of its names does, and says which certificate name it was', t => {
  const names = fc.array(fc.constantFrom(...good, ...bad), { maxLength: 6 })
  fc.assert(
    fc.property(names, list => {
      const match = matchNames(presented, list)
      const first = list.find(name => good.includes(name))
      if (first === undefined) return !match.ok
      const alone = matchName(presented, first)
      return match.ok && alone.ok && match.matched === alone.matched
    }),
  )
  for (const name of good) t.true(matchName(presented, name).ok, name)
  for (const name of bad) t.false(matchName(presented, name).ok, name)
})

test('a list that does not match says why its first name did not, and an empty one that there is none', t => {
  const match = matchNames(presented, ['two.example', 'three.example'])
  t.false(match.ok)
  if (!match.ok) t.regex(match.why, /two\.example.*DNS:One\.example.*email:Some.*1 other/)
  t.like(matchNames(presented, []), { ok: false })
})

test('without wildcards a certificate proves what it spells out alone', t => {
  const options = { allowWildcards: false }
  t.false(matchName(presented, 'www.wild.example', options).ok)
  t.true(matchName(presented, 'one.example', options).ok)
  t.true(matchName(presented, '192.0.2.1', options).ok)
  t.true(matchName(presented, 'www.wild.example', { allowWildcards: undefined }).ok)
})

test('an address in text is no address: in a dNSName or a mailbox it matches nothing', t => {
  const odd = {
    subjectAltName: [
      { kind: 'dNSName', text: '192.0.2.1' },
      { kind: 'rfc822Name', text: '192.0.2.1' },
      { kind: 'rfc822Name', text: 'one.example' },
    ] satisfies GeneralName[],
  }
  for (const name of ['192.0.2.1', 'one.example', 'email:192.0.2.1', 'email:one.example'])
    t.false(matchName(odd, name).ok, name)
})

test('what can be looked for is told from what cannot', t => {
  for (const name of [...good, '::1', '[::1]', 'localhost', 'xn--bcher-kva.example'])
    t.true(isReferenceName(name), name)
  for (const name of [
    '',
    '.',
    '*.example',
    'bücher.example',
    'a b',
    '1.2.3',
    'a@b.example',
    'email:x',
  ])
    t.false(isReferenceName(name), name)
})

test('a verdict names what matched, of whichever of several names', t => {
  const { der, root } = chainFor('p256')
  const verify = (name: string | readonly string[], allowWildcards?: boolean) =>
    verifyChain({
      chain: der,
      anchors: trustStore([root.pem]),
      time: Date.UTC(2026, 0),
      purpose: 'serverAuth',
      name,
      allowWildcards,
      crypto: nodeCrypto,
    })
  t.like(verify(['stranger.example', 'a.wild.example']), { ok: true, name: '*.wild.example' })
  t.like(verify(['stranger.example', 'a.wild.example'], false), {
    ok: false,
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    depth: 0,
  })
  t.like(verify(['127.0.0.1']), { ok: true, name: '127.0.0.1' })
  t.like(verify([]), { ok: false, code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})
