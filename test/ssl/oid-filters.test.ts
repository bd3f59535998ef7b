/** oid_filters on the server's side: what it asks for is looked at when the certificate comes (RFC 9846 §4.3.5). */
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type OidFilterOption, SslContext } from '@biopair/ssl'
import {
  type Certificate,
  extensionFilter,
  oidFromText,
  oidToText,
  parseCertificate,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { bitString, octetString, oid, sequence } from '../support/der-writer.ts'
import { connectedEnds } from '../support/ends.ts'
import { chainFor, clientAuth, extension, mint, serverAuth } from '../support/mint.ts'

const { root, intermediate } = chainFor('p256')
const policy = '1.3.6.1.4.1.99999.1'
const own = octetString(Uint8Array.of(1, 2, 3))
const leaf = mint({
  key: 'p256',
  issuer: intermediate,
  extKeyUsage: [serverAuth, clientAuth],
  keyUsage: [0, 2],
  extensions: [extension(policy, false, own)],
})

const [shown] = new SslContext({
  crypto: nodeCrypto,
  cert: leaf.pem + intermediate.pem,
  key: leaf.keyPem,
}).credentials

/** A client that shows its certificate whatever is asked for, and a server that asks for this. */
function meet(oidFilters: readonly OidFilterOption[], options: ContextOptions = {}, later = false) {
  const { client, server } = connectedEnds({
    client: {
      cert: leaf.pem + intermediate.pem,
      key: leaf.keyPem,
      postHandshakeAuth: true,
      certificateCallback: () => shown,
    },
    server: { ca: root.pem, requestCert: later ? 'later' : true, oidFilters, ...options },
  })
  if (later) server.requestCertificate()
  client.read(new Uint8Array(1))
  return { server, read: server.read(new Uint8Array(1)) }
}

const bits = (byte: number, unused: number) => bitString(Uint8Array.of(byte), unused)
const filters: readonly (readonly [string, OidFilterOption, boolean])[] = [
  ['keyUsage, any', { oid: '2.5.29.15' }, true],
  ['keyUsage with a bit that is there', { oid: '2.5.29.15', values: bits(0x80, 7) }, true],
  ['keyUsage with both', { oid: '2.5.29.15', values: bits(0xa0, 5) }, true],
  ['keyUsage with one that is not', { oid: '2.5.29.15', values: bits(0xc0, 6) }, false],
  ['extKeyUsage with one', { oid: '2.5.29.37', values: sequence(oid(clientAuth)) }, true],
  [
    'extKeyUsage with both, turned round',
    { oid: '2.5.29.37', values: sequence(oid(clientAuth), oid(serverAuth)) },
    true,
  ],
  [
    'extKeyUsage with another',
    { oid: '2.5.29.37', values: sequence(oid('1.3.6.1.5.5.7.3.3')) },
    false,
  ],
  ['an extension of its own, any', { oid: policy }, true],
  ['an extension of its own, the same', { oid: policy, values: own }, true],
  ['an extension of its own, another', { oid: policy, values: octetString(own) }, false],
  ['an extension that is not there', { oid: '1.2.3.4' }, false],
]
for (const [what, filter, fits] of filters)
  test(`a server that asks for ${what} ${fits ? 'takes' : 'refuses'} the certificate`, t => {
    for (const later of [false, true]) {
      if (!fits && !later) {
        t.throws(() => meet([filter]), { message: /failed/ })
        continue
      }
      const { server, read } = meet([filter], {}, later)
      if (fits) {
        t.is(read.status, 'want_read')
        t.true(server.authorized)
        continue
      }
      t.is(
        read.status === 'failed' && 'alert' in read.error && read.error.alert,
        'unsupported_certificate',
      )
    }
  })

test('where clients may be strangers, one that does not match goes on without being authorized', t => {
  for (const later of [false, true]) {
    const { server, read } = meet([{ oid: '1.2.3.4' }], { rejectUnauthorized: false }, later)
    t.is(read.status, 'want_read')
    t.false(server.authorized)
    const { verdict } = server
    t.deepEqual(verdict && !verdict.ok && [verdict.code, verdict.section], [
      'INVALID_PURPOSE',
      '4.3.5',
    ])
  }
})

test('verifyCallback has the last word about filters, and verdictExcept knows them', t => {
  const { server } = meet([{ oid: '1.2.3.4' }], {
    verifyCallback: (verdict, _chain, { verdictExcept }) =>
      !verdict.ok && !verdictExcept([]).ok && verdictExcept([verdict]).ok,
  })
  t.true(server.connected)
})

test('an OID is read and written alike, and what is none is refused', t => {
  const arc = fc.nat({ max: 2 ** 40 })
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 2),
      fc.nat({ max: 39 }),
      fc.array(arc, { maxLength: 6 }),
      (...arcs) => {
        const text = arcs.flat().join('.')
        const der = oidFromText(text)
        t.is(der && oidToText(der), text)
        t.deepEqual(der, oid(text))
      },
    ),
  )
  for (const text of ['', '1', '3.1', '1.40', '1..2', '1.2.', '01.2', '1.02', '1.2.x', '-1.2'])
    t.is(oidFromText(text), undefined, text)
  t.is(oidToText(Uint8Array.of(6, 1, 0x80)), undefined)
  t.is(oidToText(Uint8Array.of(6, 1, 1, 0)), undefined)
})

test('key usages match where all bits asked for are there, whatever else is', t => {
  const usages = fc.uniqueArray(fc.nat({ max: 8 }), { minLength: 1, maxLength: 9 })
  const key = leaf.key
  fc.assert(
    fc.property(usages, usages, (has, wants) => {
      const certificate = parseCertificate(mint({ key, keyUsage: has }).der) as Certificate
      const asked = mint({ key, keyUsage: wants }).der
      const { extensions } = parseCertificate(asked) as Certificate
      const value = extensions.find(one => one.oid === '2.5.29.15')?.value ?? new Uint8Array(0)
      const filter = extensionFilter('2.5.29.15', value)
      t.is(
        'failure' in filter ? undefined : filter(certificate),
        wants.every(bit => has.includes(bit)),
      )
    }),
    { numRuns: 60 },
  )
})
