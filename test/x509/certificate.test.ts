import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import {
  type Certificate,
  isX509Failure,
  parseCertificate,
  parsePublicKey,
  pemBlocks,
  type X509Failure,
} from '@biopair/x509'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import {
  ascii,
  bitString,
  boolean,
  context,
  implicit,
  integer,
  join,
  nothing,
  oid,
  sequence,
  set,
  tlv,
} from '../support/der-writer.ts'
import { chainFor, extension, keyKinds, type MintOptions, mint } from '../support/mint.ts'
import { dataTest, dataText } from '../support/x509-data.ts'

function parsed(t: ExecutionContext, der: Uint8Array): Certificate {
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate)) throw t.fail(certificate.why)
  return certificate
}

function refused(t: ExecutionContext, der: Uint8Array, why: RegExp, section?: string): X509Failure {
  const failure = parseCertificate(der)
  if (!isX509Failure(failure)) throw t.fail(`parsed, though ${why}`)
  t.regex(failure.why, why)
  if (section !== undefined) t.is(failure.section, section)
  return failure
}

test('every root that Node ships is parsed, and read as Node reads it', t => {
  for (const pem of rootCertificates) {
    const node = new X509Certificate(pem)
    const ours = parsed(t, (pemBlocks(pem)[0] as { bytes: Uint8Array }).bytes)
    t.deepEqual(Buffer.from(ours.raw), Buffer.from(node.raw))
    t.is(ours.subject.text, node.subject.replaceAll('=', ' = ').split('\n').join(', '))
    t.is(ours.notBefore, Date.parse(node.validFrom))
    t.is(ours.notAfter, Date.parse(node.validTo))
    t.is(hex(ours.serialNumber), BigInt(`0x${node.serialNumber}`))
    t.is(ours.basicConstraints?.cA, node.ca)
    t.false(isX509Failure(ours.publicKey))
    t.deepEqual(Buffer.from(ours.spki), node.publicKey.export({ type: 'spki', format: 'der' }))
    t.true(ours.selfIssued)
    t.deepEqual(ours.unknownCritical, [])
  }
  t.log(`${rootCertificates.length} roots`)
})

for (const kind of keyKinds)
  test(`a minted ${kind} certificate is read back, field by field`, t => {
    const { root, intermediate, leaf } = chainFor(kind)
    const certificate = parsed(t, leaf.der)
    t.is(certificate.version, 3)
    t.is(certificate.subject.text, 'CN = server.example')
    t.is(certificate.issuer.text, `CN = ${kind} intermediate`)
    t.false(certificate.selfIssued)
    t.deepEqual(Buffer.from(certificate.spki), Buffer.from(leaf.spki))
    t.deepEqual(certificate.basicConstraints, { cA: false, pathLenConstraint: undefined })
    t.deepEqual(certificate.keyUsage, ['digitalSignature'])
    t.is(certificate.extKeyUsage?.length, 2)
    t.deepEqual(
      certificate.subjectAltName?.map(name =>
        name.kind === 'dNSName' ? name.text : name.kind === 'iPAddress' ? name.address.length : '?',
      ),
      ['server.example', '*.wild.example', 'localhost', 4, 16],
    )
    t.deepEqual(
      certificate.authorityKeyIdentifier?.keyIdentifier,
      parsed(t, intermediate.der).subjectKeyIdentifier,
    )
    t.deepEqual(parsed(t, intermediate.der).basicConstraints, { cA: true, pathLenConstraint: 0 })
    t.deepEqual(parsed(t, root.der).keyUsage, ['keyCertSign', 'cRLSign'])
    t.true(parsed(t, root.der).selfIssued)
    t.false(isX509Failure(certificate.publicKey))
    t.false(isX509Failure(certificate.signatureAlgorithm))
    t.deepEqual(parsePublicKey(leaf.spki), certificate.publicKey)
  })

test('what a certificate says of its algorithms is what its key says', t => {
  const algorithm = (kind: (typeof keyKinds)[number]) =>
    parsed(t, chainFor(kind).leaf.der).signatureAlgorithm
  t.deepEqual(algorithm('p256'), { kind: 'ecdsa', hash: 'sha256' })
  t.deepEqual(algorithm('p384'), { kind: 'ecdsa', hash: 'sha384' })
  t.deepEqual(algorithm('p521'), { kind: 'ecdsa', hash: 'sha512' })
  t.deepEqual(algorithm('ed25519'), { kind: 'ed25519' })
  t.deepEqual(algorithm('rsa'), { kind: 'rsa_pkcs1', hash: 'sha256' })
  t.deepEqual(algorithm('rsa-pss'), { kind: 'rsa_pss', hash: 'sha256', saltLength: 32 })
  const pss = parsed(t, chainFor('rsa-pss').leaf.der).publicKey
  t.deepEqual('kind' in pss && pss.kind === 'rsa' ? pss.pss : undefined, {
    hash: 'sha256',
    saltLength: 32,
  })
})

test('no truncated certificate is parsed, and none throws', t => {
  for (const kind of keyKinds) {
    const { der } = chainFor(kind).leaf
    for (let length = 0; length < der.length; length++)
      if (!isX509Failure(parseCertificate(der.subarray(0, length)))) t.fail(`${length} bytes`)
    refused(t, join(der, Uint8Array.of(0)), /the end of Certificate, got 1 more bytes/)
  }
})

test('random bytes are no certificate, and none throws', t => {
  const structure = fc.letrec<{ der: Uint8Array }>(tie => ({
    der: fc.oneof(
      { maxDepth: 5 },
      fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 12 })).map(([tag, body]) => tlv(tag, body)),
      fc
        .tuple(fc.constantFrom(0x30, 0x31, 0xa0, 0xa3), fc.array(tie('der'), { maxLength: 6 }))
        .map(([tag, parts]) => tlv(tag, ...parts)),
    ),
  })).der
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), structure), bytes => {
      const failure = parseCertificate(bytes)
      return isX509Failure(failure) && failure.failure === 'malformed' && failure.section !== ''
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

test('a deep nest is refused', t => {
  let nest = nothing()
  for (let i = 0; i < 2000; i++) nest = tlv(0x30, nest)
  refused(t, nest, /^expected/)
})

// Each edit keeps tbsCertificate well-signed, so that nothing but its form is at fault.
const edits: readonly [string, MintOptions, RegExp, string][] = [
  ['the same extension twice', twice(), /one subjectAltName extension, got two/, 'RFC 5280 4.2'],
  ['an empty SubjectAltName', san(sequence()), /something in SubjectAltName/, 'RFC 5280 4.2.1.6'],
  [
    'a dNSName beyond ASCII',
    san(sequence(implicit(2, Uint8Array.of(0xc3, 0xa4)))),
    /IA5String/,
    'RFC 5280 4.2.1.6',
  ],
  [
    'an iPAddress of 5 bytes',
    san(sequence(implicit(7, new Uint8Array(5)))),
    /4 or 16 bytes, got 5 bytes/,
    'RFC 5280 4.2.1.6',
  ],
  [
    'a SubjectAltName that is no DER',
    san(ascii('server.example')),
    /^expected/,
    'RFC 5280 4.2.1.6',
  ],
  ['an unknown GeneralName', san(sequence(tlv(0x89))), /a GeneralName/, 'RFC 5280 4.2.1.6'],
  [
    'bytes after an extension',
    san(join(sequence(implicit(2, ascii('a'))), Uint8Array.of(0))),
    /the end of subjectAltName/,
    'RFC 5280 4.2.1.6',
  ],
  [
    'an empty extKeyUsage',
    { extKeyUsage: [] },
    /something in ExtKeyUsageSyntax/,
    'RFC 5280 4.2.1.12',
  ],
  [
    'a keyUsage without a bit',
    {
      keyUsage: 'none',
      extensions: [extension('2.5.29.15', true, bitString(Uint8Array.of(0), 7))],
    },
    /a bit set, got none/,
    'RFC 5280 4.2.1.3',
  ],
  [
    'a keyUsage with set padding',
    {
      keyUsage: 'none',
      extensions: [extension('2.5.29.15', true, bitString(Uint8Array.of(0x81), 7))],
    },
    /zero padding/,
    'RFC 5280 4.2.1.3',
  ],
  ['a BOOLEAN of 01', basic(sequence(tlv(1, Uint8Array.of(1)))), /00 or FF/, 'RFC 5280 4.2.1.9'],
  [
    'a pathLenConstraint without cA',
    basic(sequence(integer(1))),
    /no pathLenConstraint where cA is FALSE/,
    'RFC 5280 4.2.1.9',
  ],
  [
    'a negative pathLenConstraint',
    basic(sequence(boolean(true), tlv(2, Uint8Array.of(0xff)))),
    /from 0 to/,
    'RFC 5280 4.2.1.9',
  ],
  [
    'a padded pathLenConstraint',
    basic(sequence(boolean(true), tlv(2, Uint8Array.of(0, 1)))),
    /minimal/,
    'RFC 5280 4.2.1.9',
  ],
  [
    'an indefinite length',
    basic(Uint8Array.of(0x30, 0x80, 0, 0)),
    /definite length/,
    'RFC 5280 4.2.1.9',
  ],
  [
    'a padded length',
    basic(Uint8Array.of(0x30, 0x81, 0x03, 1, 1, 0xff)),
    /minimal length/,
    'RFC 5280 4.2.1.9',
  ],
  [
    'an empty NameConstraints',
    constraints(sequence()),
    /subtrees in NameConstraints, got none/,
    'RFC 5280 4.2.1.10',
  ],
  [
    'a name constraint with a wildcard',
    constraints(sequence(context(0, sequence(implicit(2, ascii('*.example')))))),
    /dNSName constraint/,
    'RFC 5280 4.2.1.10',
  ],
  [
    'a name constraint with a hole in its mask',
    constraints(
      sequence(context(0, sequence(implicit(7, Uint8Array.of(10, 0, 0, 0, 255, 0, 255, 0))))),
    ),
    /mask of leading ones/,
    'RFC 5280 4.2.1.10',
  ],
  [
    'a name constraint with a minimum',
    constraints(
      sequence(context(0, sequence(implicit(2, ascii('example')), implicit(0, Uint8Array.of(1))))),
    ),
    /without minimum and maximum/,
    'RFC 5280 4.2.1.10',
  ],
  ['an empty issuer', { subject: '' }, /a non-empty issuer/, 'RFC 5280 4.1.2.4'],
  ['extensions in version 2', { spoilTbs: asVersion(1) }, /version 3 where/, 'RFC 5280 4.1.2.9'],
  ['a written-out version 1', { spoilTbs: asVersion(0) }, /version 2 .* got 0/, 'RFC 5280 4.1.2.1'],
  ['version 4', { spoilTbs: asVersion(3) }, /version 2 .* got 3/, 'RFC 5280 4.1.2.1'],
  [
    'a 13th month',
    { spoilTbs: replaced('200101', '201301') },
    /notBefore as YYMMDD/,
    'RFC 5280 4.1.2.5',
  ],
  [
    'a 30th of February',
    { spoilTbs: replaced('200101', '200230') },
    /notBefore/,
    'RFC 5280 4.1.2.5',
  ],
  [
    'a time without its Z',
    { spoilTbs: replaced('000000Z', '0000000') },
    /notBefore/,
    'RFC 5280 4.1.2.5',
  ],
  ['a 60th second', { spoilTbs: replaced('000000Z', '000060Z') }, /notBefore/, 'RFC 5280 4.1.2.5'],
]

for (const [name, options, why, section] of edits)
  test(`a certificate with ${name} is refused`, t => {
    refused(t, mint(options).der, why, section)
  })

test('two signature algorithms in one certificate are refused', t => {
  const { der } = mint({
    key: 'p256',
    spoilTbs: replaced('\x2a\x86\x48\xce\x3d\x04\x03\x02', '\x2a\x86\x48\xce\x3d\x04\x03\x03'),
  })
  refused(t, der, /the signatureAlgorithm that tbsCertificate names/, 'RFC 5280 4.1.1.2')
})

test('a leap day is a day, and GeneralizedTime reaches beyond 2049', t => {
  const notBefore = Date.UTC(2024, 1, 29)
  const notAfter = Date.UTC(9999, 11, 31, 23, 59, 59)
  const certificate = parsed(t, mint({ notBefore, notAfter }).der)
  t.is(certificate.notBefore, notBefore)
  t.is(certificate.notAfter, notAfter)
  t.is(parsed(t, mint({ notBefore: Date.UTC(1950, 0, 1) }).der).notBefore, Date.UTC(1950, 0, 1))
})

test('an unknown extension is kept as it came, and listed where it is critical', t => {
  const value = sequence(integer(7))
  const soft = extension('1.2.3.4', false, value)
  const hard = extension('1.2.3.5', true, value)
  const certificate = parsed(t, mint({ extensions: [soft, hard] }).der)
  t.deepEqual(certificate.unknownCritical, ['1.2.3.5'])
  t.deepEqual(
    certificate.extensions
      .filter(({ oid }) => oid.startsWith('1.2.3'))
      .map(({ oid, critical, value }) => [oid, critical, Buffer.from(value)]),
    [
      ['1.2.3.4', false, Buffer.from(value)],
      ['1.2.3.5', true, Buffer.from(value)],
    ],
  )
})

test('weak and unknown algorithms are told apart by name, and do not hide the rest', t => {
  const sha1 = parsed(t, mint({ signing: { hash: 'sha1' } }).der).signatureAlgorithm
  t.like(sha1, {
    failure: 'weak',
    why: 'expected a signature with SHA-256 or better, got ecdsa-with-SHA1',
  })
  const md5 = parsed(t, mint({ key: 'rsa', signing: { hash: 'md5' } }).der).signatureAlgorithm
  t.like(md5, { failure: 'weak' })
  const dsa = parsePublicKey(
    sequence(sequence(oid('1.2.840.10040.4.1')), bitString(Uint8Array.of(0))),
  )
  t.like(dsa, {
    failure: 'unsupported',
    why: 'expected an EC, Ed25519, ML-DSA or RSA key, got DSA',
  })
})

test('keys that are badly written are refused', t => {
  const ec = (curve: Uint8Array, point: Uint8Array) =>
    parsePublicKey(sequence(sequence(oid('1.2.840.10045.2.1'), curve), bitString(point)))
  const p256 = oid('1.2.840.10045.3.1.7')
  t.like(ec(p256, Uint8Array.of(2, ...new Uint8Array(32))), { failure: 'malformed' })
  t.like(ec(p256, Uint8Array.of(4, ...new Uint8Array(63))), { failure: 'malformed' })
  t.like(ec(oid('1.3.132.0.10'), Uint8Array.of(4)), { failure: 'unsupported' })
  t.like(ec(sequence(integer(1)), Uint8Array.of(4)), { failure: 'unsupported' })
  const rsa = (n: Uint8Array, e: Uint8Array, parameters = nothing()) =>
    parsePublicKey(
      sequence(
        sequence(oid('1.2.840.113549.1.1.1'), parameters),
        bitString(sequence(tlv(2, n), tlv(2, e))),
      ),
    )
  const [n, e] = [Uint8Array.of(0x0f), Uint8Array.of(3)]
  t.like(rsa(n, e), { kind: 'rsa' })
  t.like(rsa(n, e, new Uint8Array(0)), { failure: 'malformed' })
  t.like(rsa(Uint8Array.of(0x80 | 1), e), { failure: 'malformed' })
  t.like(rsa(n, Uint8Array.of(1)), { failure: 'malformed' })
  t.like(rsa(n, Uint8Array.of(2)), { failure: 'malformed' })
  t.like(rsa(Uint8Array.of(), e), { failure: 'malformed' })
  t.like(rsa(Uint8Array.of(0, 0x0f), e), { failure: 'malformed' })
})

test('names are equal by RFC 5280 7.1, and readable without surprises', t => {
  const name = (tag: number, text: string) =>
    sequence(set(sequence(oid('2.5.4.3'), tlv(tag, ascii(text)))))
  const subjectOf = (subject: Uint8Array) => parsed(t, mint({ subject }).der).subject
  t.true(subjectOf(name(0x13, 'Example  Root')).equals(subjectOf(name(0x0c, ' example root '))))
  t.false(subjectOf(name(0x13, 'Example Root')).equals(subjectOf(name(0x13, 'ExampleRoot'))))
  t.true(
    subjectOf(name(0x1e, '\0E\0x')).equals(subjectOf(name(0x0c, 'ex'))),
    'BMPString is text too',
  )
  t.is(subjectOf(name(0x0c, 'a, b\n')).text, 'CN = a\\, b\\0a')
  t.is(subjectOf(name(0x0c, '\xff')).text, 'CN = #0c01ff')
  t.false(subjectOf(name(0x0c, '\xff')).equals(subjectOf(name(0x0c, '\xfe'))))
})

dataTest('rfc8448', 'the certificates of RFC 8448 are parsed', t => {
  const read = (file: string) =>
    (pemBlocks(dataText(`rfc8448/${file}`))[0] as { bytes: Uint8Array }).bytes
  t.is(parsed(t, read('client_certificate.pem')).subject.text, 'CN = client')
  t.is(parsed(t, read('server_certificate_client_auth.pem')).subject.text, 'CN = ecdsa256')
  // This file ends with two bytes that are not part of the certificate, the empty extensions of its CertificateEntry.
  const server = read('server_certificate.pem')
  refused(t, server, /the end of Certificate, got 2 more bytes/)
  t.is(parsed(t, server.subarray(0, -2)).subject.text, 'CN = rsa')
})

function hex(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function twice(): MintOptions {
  return { extensions: [extension('2.5.29.17', false, sequence(implicit(2, ascii('b.example'))))] }
}

function san(value: Uint8Array): MintOptions {
  return { names: [], extensions: [extension('2.5.29.17', false, value)] }
}

function basic(value: Uint8Array): MintOptions {
  return { ca: 'none', extensions: [extension('2.5.29.19', true, value)] }
}

function constraints(value: Uint8Array): MintOptions {
  return { ca: true, extensions: [extension('2.5.29.30', true, value)] }
}

/** The version field is the first thing inside: 30 82 .. .. a0 03 02 01 02. */
function asVersion(version: number): (tbs: Uint8Array) => Uint8Array<ArrayBuffer> {
  return tbs => {
    const copy = new Uint8Array(tbs)
    copy[4 + 4] = version
    return copy
  }
}

/** Replaces the first occurrence, byte for byte. */
function replaced(from: string, to: string): (tbs: Uint8Array) => Uint8Array<ArrayBuffer> {
  return tbs => {
    const copy = Buffer.from(tbs)
    copy.write(to, copy.indexOf(from, 0, 'latin1'), 'latin1')
    return new Uint8Array(copy)
  }
}
