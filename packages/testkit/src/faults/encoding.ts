/** Faults of encoding: what X.690 calls BER and RFC 5280 does not allow; each is signed as it stands, so that nothing else is wrong. */
import type { Bytes } from '@biopair/crypto'
import type { PlannedCertificate } from '../chain.ts'
import { type DerNode, derEdit } from '../der-tree.ts'
import { ascii, bitString, join, nothing, oid, sequence, tlv } from '../der-writer.ts'
import { basicConstraints, extension, extensionOids, subjectAltName } from '../extensions.ts'
import { extended, type Fault, table } from './fault.ts'

/** What is no certificate is blamed where it was needed: the first of a chain, or the next to it. */
const malformed = (says: string, change: Fault['change'], at: Fault['at'] = 'signed'): Fault => ({
  says,
  at,
  change,
  code: 'ERR_X509_MALFORMED',
  blames: depth => Math.min(depth, 1),
})

/** The element of tbsCertificate at a path, changed before it is signed. */
const tbs = (
  says: string,
  path: readonly number[],
  change: (node: DerNode) => DerNode | readonly DerNode[],
): Fault =>
  malformed(says, plain => ({ ...plain, spoilTbs: bytes => derEdit(bytes, path, change) }))

const whole = (says: string, spoil: (der: Bytes) => Bytes): Fault =>
  malformed(says, plain => ({ ...plain, spoil }))

// Indices of what the minter writes.
const [serial, validity, subject, extensions] = [1, 4, 5, 7]

const long = (node: DerNode): DerNode => ({ ...node, length: 'long' })
const twice = (node: DerNode): readonly DerNode[] => [node, node]
const first = (content: DerNode['content'], bytes: (content: Uint8Array) => Uint8Array) =>
  content instanceof Uint8Array ? bytes(content) : content

export const encodingFaults = table({
  longLength: tbs('has a length in more bytes than it takes', [serial], long),
  longLengthOutside: whole('has a length of the whole in more bytes than it takes', der =>
    derEdit(der, [], long),
  ),
  longLengthOfAlgorithm: whole('has a length of the signature in more bytes than it takes', der =>
    derEdit(der, [2], long),
  ),
  indefiniteLength: tbs('has an indefinite length', [validity], node => ({
    ...node,
    length: 'indefinite',
  })),
  paddedSerial: tbs('has a serial number with a zero too many', [serial], node => ({
    ...node,
    content: first(node.content, bytes => join(Uint8Array.of(0), bytes)),
  })),
  emptySerial: tbs('has a serial number without content', [serial], node => ({
    ...node,
    content: new Uint8Array(0),
  })),
  looseBoolean: tbs('has a BOOLEAN that is neither 00 nor FF', [extensions, 0, 0, 1], node => ({
    ...node,
    content: Uint8Array.of(1),
  })),
  unusedBits: tbs('has unused bits that are not zero', [extensions, 0, 1, 2, 0], node => ({
    ...node,
    content: first(node.content, bytes => bytes.with(-1, (bytes.at(-1) ?? 0) | 1)),
  })),
  trailingBytes: whole('has a byte behind it', der => join(der, new Uint8Array(1))),
  trailingInside: whole('has something behind its signature', der =>
    derEdit(der, [2], node => [node, { tag: 5, content: new Uint8Array(0) }]),
  ),
  trailingInTbs: tbs('has something behind its extensions', [extensions], node => [
    node,
    { tag: 5, content: new Uint8Array(0) },
  ]),
  truncated: whole('has lost its last byte', der => der.slice(0, -1)),
  oddSignature: whole('has a signature of bits that are no bytes', der =>
    derEdit(der, [2], node => ({
      ...node,
      content: first(node.content, bytes => bytes.with(0, 1).with(-1, (bytes.at(-1) ?? 0) & 0xfe)),
    })),
  ),
  duplicateExtension: tbs('has an extension twice', [extensions, 0, 0], twice),
  noExtensions: tbs('has an empty list of extensions', [extensions, 0], node => ({
    ...node,
    content: [],
  })),
  extensionsInVersion1: tbs('has extensions in version 1', [0], () => []),
  version4: malformed('is of version 4', plain => ({ ...plain, version: 4 })),
  twoNames: tbs('has two subjects', [subject], twice),
  emptyIssuer: {
    ...malformed('has an empty issuer', plain => ({ ...plain, issuerName: '' })),
  },
  mismatchedAlgorithm: malformed('names two signature algorithms', plain => ({
    ...plain,
    outerAlgorithm: sequence(oid('1.2.840.113549.1.1.13'), nothing()),
  })),
  timeWithoutSeconds: malformed('has a time without seconds', plain => ({
    ...plain,
    notBefore: tlv(0x17, ascii('2001010000Z')),
  })),
  timeWithOffset: malformed('has a time that is not UTC', plain => ({
    ...plain,
    notBefore: tlv(0x17, ascii('200101000000+0000')),
  })),
  timeWithFraction: malformed('has a time with a fraction', plain => ({
    ...plain,
    notBefore: tlv(0x18, ascii('20200101000000.5Z')),
  })),
  impossibleTime: malformed('has the 30th of February', plain => ({
    ...plain,
    notBefore: tlv(0x17, ascii('200230000000Z')),
  })),
  emptyKeyUsage: malformed('has a keyUsage without a bit', plain =>
    extended(
      { ...plain, keyUsage: 'none' },
      extension(extensionOids.keyUsage, true, bitString(new Uint8Array(0))),
    ),
  ),
  pathLengthOfLeaf: malformed(
    'has a pathLenConstraint and cA FALSE',
    plain => extended({ ...plain, ca: 'none' }, basicConstraints(false, 0)),
    'leaf',
  ),
  emptyAltName: malformed('has no name in its subjectAltName', plain => named(plain, [])),
  shortAddress: malformed('has an IP address of five octets', plain =>
    named(plain, [Uint8Array.of(0x87, 5, 192, 0, 2, 1, 0)]),
  ),
  compressedPoint: malformed(
    'has a compressed point',
    (plain, _, minter) => {
      const { publicMaterial } = minter.key('p256')
      if (publicMaterial.kind !== 'ec') throw new TypeError('expected an EC key')
      const point = publicMaterial.point
        .slice(0, 33)
        .with(0, 2 + ((publicMaterial.point[64] ?? 0) & 1))
      const curve = oid('1.2.840.10045.3.1.7')
      return {
        ...plain,
        spki: sequence(sequence(oid('1.2.840.10045.2.1'), curve), bitString(point)),
      }
    },
    'leaf',
  ),
  constraintWithMinimum: malformed(
    'has a name constraint with a minimum',
    plain => extended(plain, constraint(Uint8Array.of(0x82, 0), Uint8Array.of(0x80, 1, 1))),
    'intermediate',
  ),
  gapInMask: malformed(
    'has a name constraint whose mask has a gap',
    plain => extended(plain, constraint(Uint8Array.of(0x87, 8, 10, 0, 0, 0, 255, 0, 255, 0))),
    'intermediate',
  ),
})

function named(plain: PlannedCertificate, names: readonly Uint8Array[]): PlannedCertificate {
  return extended({ ...plain, names: [] }, subjectAltName(names))
}

/** nameConstraints that permit one subtree. */
function constraint(...subtree: readonly Uint8Array[]): Bytes {
  return extension(extensionOids.nameConstraints, true, sequence(tlv(0xa0, sequence(...subtree))))
}
