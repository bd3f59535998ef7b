/** The object of a certificate, field by field beside Node's. */
import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { noble } from '@biopair/crypto/noble'
import { isX509Failure, legacyCertificate, parseCertificate } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { ascii, context, implicit, join, oid, sequence, set, tlv } from '../support/der-writer.ts'
import { extension, freshKey, keyKinds, mint } from '../support/mint.ts'

/** Ours, with Buffers where Node has them. */
function ours(der: Uint8Array): Record<string, unknown> {
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate)) throw new Error(certificate.why)
  return Object.fromEntries(
    Object.entries(legacyCertificate(certificate, noble.hashes)).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value) : value,
    ]),
  )
}

function nodes(der: Uint8Array): Record<string, unknown> {
  return new X509Certificate(der).toLegacyObject() as unknown as Record<string, unknown>
}

const utf8 = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'))
const keys = keyKinds.map(kind => freshKey(kind))

/** A character that somebody may have a reason to put into a name. */
const unit = fc.constantFrom(...'abz09.*-_ ,"\'\\:;<=>#+/?&@~\n\0\x7f'.split(''))
const ia5 = fc.string({ unit, maxLength: 12 })
const wide = fc.string({
  unit: fc.oneof(unit, fc.constantFrom('é', 'ß', '\x85', '€', '日', '😀')),
  maxLength: 8,
})

const types = [
  ...['2.5.4.3', '2.5.4.4', '2.5.4.5', '2.5.4.6', '2.5.4.7', '2.5.4.8', '2.5.4.9', '2.5.4.10'],
  ...['2.5.4.11', '2.5.4.12', '2.5.4.13', '2.5.4.15', '2.5.4.16', '2.5.4.17', '2.5.4.20'],
  ...[
    '2.5.4.41',
    '2.5.4.42',
    '2.5.4.43',
    '2.5.4.44',
    '2.5.4.46',
    '2.5.4.51',
    '2.5.4.65',
    '2.5.4.97',
  ],
  ...['0.9.2342.19200300.100.1.1', '0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1'],
  ...['1.2.840.113549.1.9.2', '1.2.840.113549.1.9.8', '1.3.6.1.4.1.311.60.2.1.1'],
  ...['1.3.6.1.4.1.311.60.2.1.2', '1.3.6.1.4.1.311.60.2.1.3', '1.2.3.4.5'],
]

const value = fc.oneof(
  wide.map(text => tlv(0x0c, utf8(text))),
  fc.stringMatching(/^[a-z .]{0,8}$/).map(text => tlv(0x13, ascii(text))),
  wide
    .filter(text => !/[^\0-\uffff]|[\ud800-\udfff]/.test(text))
    .map(text => tlv(0x1e, new Uint8Array(Buffer.from(text, 'utf16le').swap16()))),
)
const attribute = fc
  .tuple(fc.constantFrom(...types), value)
  .map(([type, der]) => sequence(oid(type), der))
const dn = fc
  .array(fc.oneof({ weight: 4, arbitrary: attribute.map(one => set(one)) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map(rdns => sequence(...rdns))

const text = (type: string, tag: number, value: Uint8Array) =>
  context(0, oid(type), context(0, tlv(tag, value)))
const generalName = fc.oneof(
  ia5.map(text => implicit(1, ascii(text))),
  ia5.map(text => implicit(2, ascii(text))),
  ia5.map(text => implicit(6, ascii(text))),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map(bytes => implicit(7, bytes)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => implicit(7, bytes)),
  dn.map(name => context(4, name)),
  fc.constantFrom('1.2.3.4.5').map(id => implicit(8, oid(id).subarray(2))),
  wide.map(value => text('1.3.6.1.4.1.311.20.2.3', 0x0c, utf8(value))),
  wide.map(value => text('1.3.6.1.5.5.7.8.9', 0x0c, utf8(value))),
  ia5.map(value => text('1.3.6.1.5.5.7.8.7', 0x16, ascii(value))),
  wide.map(value => text('1.2.3.4', 0x0c, utf8(value))),
)
const methods = ['1.3.6.1.5.5.7.48.1', '1.3.6.1.5.5.7.48.2', '1.3.6.1.5.5.7.48.5', '1.2.3.4']
const access = fc
  .array(fc.tuple(fc.constantFrom(...methods), generalName), { minLength: 1, maxLength: 3 })
  .map(list => sequence(...list.map(([method, name]) => sequence(oid(method), name))))

test('every field of a minted certificate is what Node says', t => {
  const certificate = fc.record({
    subject: dn,
    names: fc.array(generalName, { maxLength: 4 }),
    access: fc.option(access),
    key: fc.constantFrom(...keys),
    serial: fc.uint8Array({ minLength: 1, maxLength: 20 }),
    ca: fc.constantFrom<(boolean | number | 'none')[]>(true, false, 0, 'none'),
    keyUsage: fc.constantFrom<(readonly number[] | 'none')[]>('none', [0], [5], [0, 5, 6]),
    extKeyUsage: fc.constantFrom<(readonly string[] | 'none')[]>(
      'none',
      ['1.3.6.1.5.5.7.3.1'],
      ['2.5.29.37.0', '1.2.3.4'],
    ),
    // In seconds: 1950 to 2199.
    notBefore: fc.integer({ min: -631_152_000, max: 7_226_582_400 }),
    years: fc.nat(20),
  })
  fc.assert(
    fc.property(certificate, ({ names, access, notBefore, years, ...options }) => {
      const { der } = mint({
        ...options,
        names: [],
        notBefore: notBefore * 1000,
        notAfter: Date.UTC(new Date(notBefore * 1000).getUTCFullYear() + years, 11, 31),
        extensions: [
          ...(names.length > 0 ? [extension('2.5.29.17', false, sequence(...names))] : []),
          ...(access ? [extension('1.3.6.1.5.5.7.1.1', false, access)] : []),
        ],
      })
      t.deepEqual(ours(der), nodes(der))
    }),
    { numRuns: 300 },
  )
})

test('every field of each root that Node brings along is what Node says', t => {
  for (const pem of rootCertificates) {
    const der = new X509Certificate(pem).raw
    t.deepEqual(ours(der), nodes(der))
  }
})

test('CVE-2021-44532: a name with a comma in it is one name, in quotes', t => {
  const sneaky = implicit(2, ascii('a.example, DNS:b.example'))
  const { der } = mint({ names: [], extensions: [extension('2.5.29.17', false, sequence(sneaky))] })
  t.is(ours(der).subjectaltname, 'DNS:"a.example\\u002c DNS:b.example"')
})

test('names have no prototype to meddle with', t => {
  const { der } = mint({
    subject: sequence(set(join(sequence(oid('2.5.4.3'), tlv(0x0c, utf8('x')))))),
  })
  t.is(Object.getPrototypeOf(ours(der).subject), null)
})
