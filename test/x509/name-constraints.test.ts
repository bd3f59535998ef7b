import { parseIp, trustStore, verifyChain } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import {
  ascii,
  commonName,
  context,
  implicit,
  join,
  oid,
  sequence,
  set,
  tlv,
} from '../support/der-writer.ts'
import { alternativeName, extension, freshKey, mint, nameConstraints } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { now } from './chains.ts'

const [rootKey, leafKey] = [freshKey('p256'), freshKey('p256')]

/** The verdict's code for a leaf with these names under a root with these constraints. */
function judge(
  names: readonly Uint8Array[],
  constraints: Uint8Array,
  subject: string | Uint8Array = '',
  limits = {},
): string {
  const root = mint({ subject: 'root', key: rootKey, ca: true, extensions: [constraints] })
  const san = extension('2.5.29.17', true, sequence(...names))
  const leaf = mint({
    subject,
    key: leafKey,
    issuer: root,
    names: [],
    extensions: names.length === 0 ? [] : [san],
  })
  const verdict = verifyChain({
    chain: [leaf.der],
    anchors: trustStore([root.der]),
    time: now,
    purpose: 'serverAuth',
    keyUsage: ['digitalSignature'],
    crypto: nodeVerify,
    limits,
  })
  return verdict.ok ? 'ok' : verdict.code
}

const permit = (base: Uint8Array) =>
  extension('2.5.29.30', true, sequence(context(0, sequence(base))))
const exclude = (base: Uint8Array) =>
  extension('2.5.29.30', true, sequence(context(1, sequence(base))))
const mail = (text: string) => implicit(1, ascii(text))
const uri = (text: string) => implicit(6, ascii(text))
const directory = (name: Uint8Array) => tlv(0xa4, name)

test('a name is inside a domain when labels were added on the left, and only then', t => {
  const label = fc.string({ unit: fc.constantFrom(...'abcd'), minLength: 1, maxLength: 3 })
  const labels = fc.array(label, { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(labels, labels, (name, base) => {
      const inside = base.every((part, i) => name[name.length - base.length + i] === part)
      const names = [alternativeName(name.join('.').toUpperCase())]
      t.is(judge(names, nameConstraints([base.join('.')])), inside ? 'ok' : 'PERMITTED_VIOLATION')
      t.is(
        judge(names, nameConstraints([], [base.join('.')])),
        inside ? 'EXCLUDED_VIOLATION' : 'ok',
      )
    }),
    { numRuns: 60 },
  )
})

test('an address is inside a network when the masked bits agree, and only then', t => {
  const address = fc.constantFrom(4, 16).chain(n => fc.uint8Array({ minLength: n, maxLength: n }))
  fc.assert(
    fc.property(address, fc.nat(128), fc.nat(128), (network, prefix, flip) => {
      const bits = prefix % (network.length * 8 + 1)
      const changed = flip % (network.length * 8)
      const mask = network.map((_, i) => (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))) & 0xff)
      const other = network.map((byte, i) =>
        i === changed >> 3 ? byte ^ (0x80 >> (changed & 7)) : byte,
      )
      const constraint = permit(implicit(7, join(network, mask)))
      t.is(judge([implicit(7, network)], constraint), 'ok')
      t.is(judge([implicit(7, other)], constraint), changed < bits ? 'PERMITTED_VIOLATION' : 'ok')
    }),
    { numRuns: 60 },
  )
  const v4 = nameConstraints(['10.0.0.0/255.0.0.0'])
  t.is(judge([alternativeName('::1')], v4), 'PERMITTED_VIOLATION', 'one form, two lengths')
  t.is(judge([implicit(7, parseIp('10.1.2.3') as Uint8Array)], v4), 'ok')
})

test('a wildcard is inside what all its names are inside of, and excluded with any of them', t => {
  const wildcard = [alternativeName('*.a.example')]
  t.is(judge(wildcard, nameConstraints(['a.example'])), 'ok')
  t.is(judge(wildcard, nameConstraints(['b.a.example'])), 'PERMITTED_VIOLATION')
  t.is(judge(wildcard, nameConstraints([], ['b.a.example'])), 'EXCLUDED_VIOLATION')
  t.is(judge(wildcard, nameConstraints([], ['c.b.a.example'])), 'ok')
})

test('constraints say nothing about other forms, and exclusion outweighs permission', t => {
  t.is(judge([alternativeName('a.example')], nameConstraints(['10.0.0.0/255.0.0.0'])), 'ok')
  const names = [alternativeName('a.example')]
  t.is(judge(names, nameConstraints(['example'], ['a.example'])), 'EXCLUDED_VIOLATION')
  t.is(
    judge([...names, alternativeName('a.test')], nameConstraints(['example'])),
    'PERMITTED_VIOLATION',
  )
})

test('mailboxes, hosts and domains of mail are told apart', t => {
  t.is(judge([mail('a@b.example')], permit(mail('a@B.example'))), 'ok')
  t.is(judge([mail('A@b.example')], permit(mail('a@b.example'))), 'PERMITTED_VIOLATION')
  t.is(judge([mail('a@b.example')], permit(mail('b.example'))), 'ok')
  t.is(judge([mail('a@c.b.example')], permit(mail('b.example'))), 'PERMITTED_VIOLATION')
  t.is(judge([mail('a@c.b.example')], permit(mail('.b.example'))), 'ok')
  t.is(judge([mail('a@b.example')], permit(mail('.b.example'))), 'PERMITTED_VIOLATION')
  t.is(judge([mail('a@b@c.example')], permit(mail('c.example'))), 'UNSUPPORTED_NAME_SYNTAX')
  const subject = sequence(
    set(sequence(oid('1.2.840.113549.1.9.1'), tlv(0x16, ascii('a@b.example')))),
  )
  t.is(judge([], exclude(mail('b.example')), subject), 'EXCLUDED_VIOLATION', 'an old emailAddress')
})

test('a URI is judged by its host', t => {
  t.is(judge([uri('https://a.example:443/x?y')], permit(uri('a.example'))), 'ok')
  t.is(judge([uri('https://u@b.a.example')], permit(uri('.a.example'))), 'ok')
  t.is(judge([uri('https://a.example/')], permit(uri('.a.example'))), 'PERMITTED_VIOLATION')
  t.is(judge([uri('urn:x:a.example')], permit(uri('a.example'))), 'UNSUPPORTED_NAME_SYNTAX')
  t.is(judge([uri('https://192.0.2.1/')], exclude(uri('a.example'))), 'UNSUPPORTED_NAME_SYNTAX')
})

test('a directory name is inside another when it starts with it', t => {
  const [country, unit] = [
    set(sequence(oid('2.5.4.6'), tlv(0x13, ascii('CH')))),
    set(sequence(oid('2.5.4.11'), tlv(0x0c, ascii('Unit')))),
  ]
  const lower = set(sequence(oid('2.5.4.6'), tlv(0x0c, ascii('ch'))))
  const base = permit(directory(sequence(country)))
  t.is(judge([alternativeName('a.example')], base, sequence(lower, unit)), 'ok')
  t.is(judge([alternativeName('a.example')], base, sequence(unit, country)), 'PERMITTED_VIOLATION')
  t.is(judge([directory(commonName('x'))], base), 'PERMITTED_VIOLATION')
  t.is(judge([alternativeName('a.example')], base), 'ok', 'an empty subject is no name')
})

test('a form that we do not process is refused where both sides have it', t => {
  const other = context(0, oid('1.2.3'), context(0, sequence()))
  t.is(judge([other], exclude(other)), 'UNSUPPORTED_CONSTRAINT_TYPE')
  t.is(judge([alternativeName('a.example')], exclude(other)), 'ok')
})

test('names times constraints are bounded', t => {
  const bases = Array.from({ length: 60 }, (_, i) => `n${i}.test`)
  const names = Array.from({ length: 60 }, (_, i) => alternativeName(`m${i}.example`))
  t.is(judge(names, nameConstraints([], bases)), 'ok')
  t.is(judge(names, nameConstraints([], bases), '', { comparisons: 3599 }), 'UNSPECIFIED')
})
