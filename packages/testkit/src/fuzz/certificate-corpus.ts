/** What the target `certificate` begins with: certificates, CRLs and responses in which every field is that a parser knows. */
import type { Bytes } from '@biopair/crypto'
import type { Minted } from '../certificate.ts'
import { deltaCrlIndicator, issuingDistributionPoint } from '../crl.ts'
import { context, octetString, sequence } from '../der-writer.ts'
import {
  anyPolicy,
  authorityInfoAccess,
  certificatePolicies,
  crlDistributionPoints,
  extension,
  extensionOids,
  inhibitAnyPolicy,
  mustStaple,
  nameConstraints,
  policyConstraints,
  policyMappings,
  sctList,
} from '../extensions.ts'
import { type FaultName, faultNames, faultyChain, placesOf } from '../faults.ts'
import { keyKinds } from '../keys.ts'
import type { Minter } from '../minter.ts'
import { generalName } from '../names.ts'
import { ocspRefusal, ocspWrapped } from '../ocsp.ts'
import type { Grounds } from './certificate-demands.ts'

const policy = '1.2.3.4'
const names = [
  ...['server.example', '*.server.example', '192.0.2.1', '2001:db8::1'],
  ...['email:someone@server.example', 'uri:https://server.example/a', 'rid:1.2.3'],
] as const

/** A certificate with everything that a peer's may have. */
export function richLeaf(minter: Minter, issuer: Minted): Minted {
  const scts = octetString(sctList(Uint8Array.of(0, 1, 2), Uint8Array.of(3)))
  return minter.leaf(issuer, {
    key: 'p256',
    subject: [
      ['C', 'XX'],
      ['O', 'Server + Example, "Inc."'],
      ['CN', 'server.example'],
    ],
    names: [
      ...names,
      [
        ['C', 'XX'],
        ['CN', 'server.example'],
      ],
    ],
    extensions: [
      certificatePolicies([policy, '1.2.3.5']),
      crlDistributionPoints(['http://server.example/crl', 'http://server.example/other']),
      authorityInfoAccess({
        ocsp: 'http://server.example/ocsp',
        caIssuers: 'http://server.example',
      }),
      mustStaple(),
      extension('1.3.6.1.4.1.11129.2.4.2', false, scts),
    ],
  })
}

/** An authority with everything that one may have. */
export function richAuthority(minter: Minter, issuer: Minted): Minted {
  return minter.intermediate(issuer, {
    key: 'ed25519',
    subject: 'above',
    ca: 3,
    extensions: [
      nameConstraints(
        [
          ...['server.example', '192.0.2.0/255.255.255.0', 'email:server.example'],
          ...['2001:db8::/ffff:ffff::', 'uri:.example', [['C', 'XX']] as const],
        ],
        [
          'bad.example',
          '198.51.100.0/255.255.255.0',
          'email:bad@server.example',
          'uri:bad.example',
        ],
      ),
      certificatePolicies([policy, anyPolicy]),
      policyMappings([[policy, '1.2.3.5']]),
      policyConstraints({ requireExplicitPolicy: 1, inhibitPolicyMapping: 2 }),
      inhibitAnyPolicy(1),
    ],
  })
}

/** CRLs of every shape, of the issuer. */
export function crlCorpus({
  minter,
  issuer,
  leaf,
  signer,
}: Grounds & { readonly signer: Minted }): readonly Bytes[] {
  const certificateIssuer = extension('2.5.29.29', true, sequence(context(4, issuer.subject)))
  const point = extension(
    extensionOids.issuingDistributionPoint,
    true,
    sequence(context(0, context(0, generalName('uri:http://server.example/crl')))),
  )
  return [
    minter.crl(issuer, { revoked: [{ certificate: 5 }] }),
    minter.crl(signer, { extensions: [point] }),
    minter.crl(issuer, { revoked: [{ certificate: leaf, reason: 'keyCompromise' }] }),
    minter.crl(issuer, { revoked: [{ certificate: leaf, reason: 'certificateHold' }] }),
    minter.crl(issuer, { extensions: [deltaCrlIndicator(1)] }),
    minter.crl(issuer, { extensions: [issuingDistributionPoint('onlyContainsUserCerts')] }),
    minter.crl(issuer, { extensions: [issuingDistributionPoint('onlyContainsCACerts')] }),
    minter.crl(issuer, { extensions: [point] }),
    minter.crl(issuer, {
      extensions: [issuingDistributionPoint('indirectCRL')],
      revoked: [{ certificate: 7, extensions: [certificateIssuer] }, { certificate: leaf }],
    }),
    minter.crl(issuer, { nextUpdate: 'none', number: 'none', keyIdentifiers: false }),
    minter.crl(issuer, { version: 1, revoked: [{ certificate: 5 }] }),
    minter.crl(issuer, {
      thisUpdate: minter.time - 40 * 86_400_000,
      nextUpdate: minter.time - 1e9,
    }),
  ].map(({ der }) => der)
}

/** OCSP responses of every shape, about the leaf. */
export function ocspCorpus({ minter, issuer, leaf }: Grounds): readonly Bytes[] {
  const signer = minter.responder(issuer, { key: 'p256' })
  const scts = extension('1.3.6.1.4.1.11129.2.4.5', false, octetString(sctList(Uint8Array.of(9))))
  const other = minter.leaf(issuer, { key: 'ed25519', subject: 'other' })
  const about = { thisUpdate: minter.time, nextUpdate: minter.time + 1e9 } as const
  return [
    minter.ocsp(leaf, issuer),
    minter.ocsp(leaf, issuer, { status: 'revoked' }),
    minter.ocsp(leaf, issuer, { status: 'unknown' }),
    minter.ocsp(leaf, issuer, { signer, certs: [signer] }),
    minter.ocsp(leaf, issuer, { signer, certs: [other, signer], by: 'key' }),
    minter.ocsp(leaf, issuer, { by: 'key', hash: 'sha256' }),
    minter.ocsp(leaf, issuer, { hash: 'sha384', nextUpdate: 'none', extensions: [scts] }),
    minter.ocsp(leaf, issuer, { others: [{ leaf: other, issuer, ...about }] }),
    minter.ocsp(other, issuer),
    ocspRefusal(6),
    ocspWrapped(sequence(), '1.2.3'),
  ]
}

/** Certificates for the place of the leaf. */
export function leafCorpus({ minter, issuer, leaf }: Grounds): readonly Bytes[] {
  const kinds = keyKinds.map(kind => minter.leaf(issuer, { key: kind }).der)
  const faulty = faultNames.map(fault => faultyLeaf(minter, fault))
  return [leaf.der, richLeaf(minter, issuer).der, ...kinds, ...faulty]
}

function faultyLeaf(minter: Minter, fault: FaultName): Bytes {
  const [depth = 0] = placesOf(fault, 1)
  const { faulty } = faultyChain(minter, fault, { intermediates: 1, depth, keys: ['ed25519'] })
  return faulty[depth]?.der ?? new Uint8Array(0)
}
