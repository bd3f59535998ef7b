/** pkijs reads the same certificates: serial numbers, names, validity, keys and extensions are what it says they are. */
import {
  attributeTypes,
  chainNames,
  distinguishedName,
  type Minted,
  mintPlan,
  nameConstraints,
  policyMappings,
  soundPlan,
} from '@biopair/testkit/mint'
import { type Certificate, isX509Failure, parseCertificate } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { type PkijsCertificate, pkijs } from '../support/pkijs.ts'
import { now } from './judge.ts'
import { minter, shapes } from './shapes.ts'

const theirs = await pkijs()

function ours({ der }: Minted): Certificate {
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate)) throw new Error(certificate.why)
  return certificate
}

const hex = (bytes: Uint8Array | ArrayBuffer) => Buffer.from(bytes as Uint8Array).toString('hex')

/** What both can say of a certificate, in our words. */
function ourView(certificate: Certificate) {
  return {
    version: certificate.version,
    serial: hex(certificate.serialNumber),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    subject: names(type => certificate.subject.values(type)),
    issuer: names(type => certificate.issuer.values(type)),
    spki: hex(certificate.spki),
    extensions: certificate.extensions.map(({ oid, critical, value }) => [
      oid,
      critical,
      hex(value),
    ]),
  }
}

function names(values: (type: string) => readonly string[]): readonly string[] {
  return Object.values(attributeTypes)
    .flatMap(type => values(type).map(value => `${type}=${value}`))
    .sort()
}

function theirView(certificate: PkijsCertificate) {
  const name = (which: 'subject' | 'issuer') =>
    names(type =>
      certificate[which].typesAndValues
        .filter(one => one.type === type)
        .map(one => String(one.value.valueBlock.value)),
    )
  return {
    version: certificate.version + 1,
    serial: hex(certificate.serialNumber.valueBlock.valueHexView),
    notBefore: certificate.notBefore.value.getTime(),
    notAfter: certificate.notAfter.value.getTime(),
    subject: name('subject'),
    issuer: name('issuer'),
    spki: hex(certificate.subjectPublicKeyInfo.toSchema().toBER()),
    extensions: (certificate.extensions ?? []).map(({ extnID, critical, extnValue }) => [
      extnID,
      critical,
      hex(extnValue.valueBlock.valueHexView),
    ]),
  }
}

if (typeof theirs === 'string')
  test('pkijs reads what we read (skipped: pkijs is not installed)', t => {
    t.log(`skipped: ${theirs}`)
    t.pass()
  })
else {
  const agree = (minted: Minted) => [
    ourView(ours(minted)),
    theirView(theirs.Certificate.fromBER(minted.der)),
  ]

  test('pkijs reads of minted certificates what we read', t => {
    fc.assert(
      fc.property(shapes(3), shape => {
        for (const minted of mintPlan(minter, soundPlan(minter, shape))) {
          const [mine, its] = agree(minted)
          t.deepEqual(mine, its)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('pkijs reads names of every kind and many values as we read them', t => {
    const attributes = fc.array(
      fc.tuple(
        fc.constantFrom('O', 'OU', 'L', 'ST', 'CN'),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      ),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(attributes, list => {
        const subject = distinguishedName([...list, ['C', 'DE'], ['DC', 'example']])
        const [mine, its] = agree(minter.root({ subject }))
        t.deepEqual(mine, its)
      }),
      { numRuns: 60 },
    )
  })

  test('pkijs takes apart the extensions that we take apart', t => {
    const root = minter.root({
      extensions: [
        nameConstraints(['example'], ['10.0.0.0/255.0.0.0']),
        policyMappings([['1.2.3', '1.2.4']]),
      ],
    })
    const intermediate = minter.intermediate(root, { ca: 3 })
    const leaf = minter.leaf(intermediate, { names: chainNames })
    const known = (minted: Minted, oid: string): Record<string, unknown> => {
      const { extensions = [] } = theirs.Certificate.fromBER(minted.der)
      return (extensions.find(({ extnID }) => extnID === oid)?.parsedValue ?? {}) as Record<
        string,
        unknown
      >
    }
    const basic = known(intermediate, '2.5.29.19')
    t.deepEqual(ours(intermediate).basicConstraints, {
      cA: basic.cA as boolean,
      pathLenConstraint: basic.pathLenConstraint as number,
    })
    t.deepEqual(ours(leaf).extKeyUsage, known(leaf, '2.5.29.37').keyPurposes as string[])
    const alternatives = known(leaf, '2.5.29.17').altNames as readonly { readonly type: number }[]
    const forms = {
      rfc822Name: 1,
      dNSName: 2,
      directoryName: 4,
      uniformResourceIdentifier: 6,
      iPAddress: 7,
    }
    t.deepEqual(
      ours(leaf).subjectAltName?.map(({ kind }) => (forms as Record<string, number>)[kind]),
      alternatives.map(({ type }) => type),
    )
    const constraints = known(root, '2.5.29.30')
    t.is((constraints.permittedSubtrees as unknown[]).length, 1)
    t.is((constraints.excludedSubtrees as unknown[]).length, 1)
  })

  test('pkijs believes the sound chains of EC and RSA keys that we believe', async t => {
    for (const kind of ['p256', 'p384', 'rsa'] as const) {
      const chain = mintPlan(minter, soundPlan(minter, { keys: [kind] }))
      const [leaf, intermediate, root] = chain.map(({ der }) =>
        theirs.Certificate.fromBER(der),
      ) as [PkijsCertificate, PkijsCertificate, PkijsCertificate]
      const engine = new theirs.CertificateChainValidationEngine({
        trustedCerts: [root],
        certs: [root, intermediate, leaf],
        checkDate: new Date(now),
      })
      const { result, resultMessage } = await engine.verify()
      t.true(result, `${kind}: ${resultMessage}`)
    }
  })
}
