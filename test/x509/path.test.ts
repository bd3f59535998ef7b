import { verifyAlerts } from '@biopair/ssl'
import {
  type Certificate,
  parseCertificate,
  trustStore,
  type Verdict,
  type VerifyOptions,
  verifyChain,
} from '@biopair/x509'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { implicit, sequence } from '../support/der-writer.ts'
import {
  chainFor,
  extension,
  freshKey,
  keyKinds,
  type Minted,
  mint,
  nameConstraints,
} from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { faults, faultyPlan, hostName, mintPlan, now, placesOf, soundPlan } from './chains.ts'

const unrelated = [
  mint({ subject: 'stranger' }),
  mint({ subject: 'strange root', ca: true }),
  chainFor('p384').intermediate,
]

type Rest = Partial<VerifyOptions>

function verify(chain: readonly Minted[], roots: readonly Minted[], rest: Rest = {}): Verdict {
  return verifyChain({
    chain: chain.map(({ der }) => der),
    anchors: trustStore(roots.map(({ der }) => der)),
    time: now,
    purpose: 'serverAuth',
    keyUsage: ['digitalSignature'],
    name: hostName,
    crypto: nodeVerify,
    ...rest,
  })
}

function refusal(verdict: Verdict): string {
  return verdict.ok ? 'believed' : `${verdict.code} ${verifyAlerts[verdict.code]} ${verdict.depth}`
}

function believed(
  t: ExecutionContext,
  verdict: Verdict,
): asserts verdict is Verdict & { ok: true } {
  t.true(verdict.ok, verdict.ok ? '' : `${verdict.code}: ${verdict.why}`)
}

test('a sound chain is believed in any order, with unrelated certificates mixed in', t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4 }),
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      (intermediates, withRoot, order) => {
        const chain = mintPlan(soundPlan(intermediates))
        const [leaf, root] = [chain[0] as Minted, chain.at(-1) as Minted]
        const extras = [...chain.slice(1, withRoot ? undefined : -1), ...unrelated]
          .map(certificate => ({ certificate, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ certificate }) => certificate)
        const verdict = verify([leaf, ...extras], [unrelated[1] as Minted, root])
        believed(t, verdict)
        t.is(verdict.name, hostName)
        t.deepEqual(
          verdict.path.map(({ raw }) => Buffer.from(raw).toString('base64')),
          chain.map(({ der }) => Buffer.from(der).toString('base64')),
        )
      },
    ),
    { numRuns: 40 },
  )
})

for (const fault of faults)
  test(`a chain with a certificate that ${fault.name} is refused for that, wherever it stands`, t => {
    for (const intermediates of [0, 1, 3])
      for (const depth of placesOf(fault, intermediates)) {
        const chain = mintPlan(faultyPlan(fault, depth, intermediates))
        const code = typeof fault.code === 'string' ? fault.code : fault.code(depth)
        const blamed = fault.blames === 'below' ? Math.max(0, depth - 1) : fault.blames
        const expected = `${code} ${fault.alert} ${blamed ?? depth}`
        const root = chain.at(-1) as Minted
        const verdict = verify([...chain.slice(0, -1), ...unrelated], [root])
        t.is(refusal(verdict), expected, `${intermediates} intermediates, depth ${depth}`)
        t.false(verdict.ok)
        if (!verdict.ok) t.regex(verdict.why, /^expected .+, got .+/s)
      }
  })

for (const kind of keyKinds)
  test(`a chain of ${kind} keys is believed, for both purposes`, t => {
    const { der, root } = chainFor(kind)
    for (const purpose of ['serverAuth', 'clientAuth'] as const)
      for (const name of ['server.example', 'a.wild.example', '127.0.0.1', '::1', undefined])
        believed(
          t,
          verifyChain({
            chain: der,
            anchors: trustStore([root.pem]),
            time: now,
            purpose,
            name,
            crypto: nodeVerify,
          }),
        )
  })

test('a self-signed certificate is believed as its own anchor, and else by nobody', t => {
  const self = mint({ subject: hostName })
  believed(t, verify([self], [self]))
  t.is(
    refusal(verify([self], [unrelated[1] as Minted])),
    'DEPTH_ZERO_SELF_SIGNED_CERT unknown_ca 0',
  )
  t.is(
    refusal(verify([mint({ subject: hostName })], [self])),
    'DEPTH_ZERO_SELF_SIGNED_CERT unknown_ca 0',
    'the same name does not make it an issuer',
  )
})

test('a self-signed leaf that is an anchor is still held to time, purpose and name', t => {
  const self = mint({ subject: hostName, extKeyUsage: ['1.3.6.1.5.5.7.3.2'] })
  t.is(refusal(verify([self], [self])), 'INVALID_PURPOSE unsupported_certificate 0')
  believed(t, verify([self], [self], { purpose: 'clientAuth' }))
  const old = mint({ subject: hostName, notAfter: now - 86_400_000 })
  t.is(refusal(verify([old], [old])), 'CERT_HAS_EXPIRED certificate_expired 0')
})

test('without the root, the end of the chain says what is missing', t => {
  const chain = mintPlan(soundPlan(1))
  const [leaf, intermediate, root] = chain as [Minted, Minted, Minted]
  const others = [unrelated[1] as Minted]
  t.is(refusal(verify([leaf], others)), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE unknown_ca 0')
  t.is(
    refusal(verify([leaf, intermediate], others)),
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY unknown_ca 1',
  )
  t.is(
    refusal(verify([leaf, intermediate, root], others)),
    'SELF_SIGNED_CERT_IN_CHAIN unknown_ca 2',
  )
  t.is(refusal(verify([leaf, intermediate, root], [])), 'SELF_SIGNED_CERT_IN_CHAIN unknown_ca 2')
})

test('an anchor that is not self-signed ends a path only where that is allowed', t => {
  const [leaf, intermediate, root] = mintPlan(soundPlan(1)) as [Minted, Minted, Minted]
  t.is(refusal(verify([leaf], [intermediate])), 'UNABLE_TO_GET_ISSUER_CERT unknown_ca 1')
  believed(t, verify([leaf], [intermediate], { allowPartialTrustChain: true }))
  believed(t, verify([leaf], [leaf], { allowPartialTrustChain: true }))
  believed(t, verify([leaf], [intermediate, root]))
})

test('another path is found where the first one fails', t => {
  const key = freshKey('p256')
  const [oldRoot, newRoot] = [
    mint({ subject: 'old root', ca: true }),
    mint({ subject: 'new root', ca: true }),
  ]
  const ca = { subject: 'crossed', key, ca: true } as const
  const expired = mint({ ...ca, issuer: oldRoot, notAfter: now - 1000 })
  const untrusted = mint({ ...ca, issuer: unrelated[1] })
  const good = mint({ ...ca, issuer: newRoot })
  const leaf = mint({ subject: hostName, issuer: good })
  believed(t, verify([leaf, expired, untrusted, good], [oldRoot, newRoot]))
  believed(t, verify([leaf, good, untrusted, expired], [oldRoot, newRoot]))
  t.is(
    refusal(verify([leaf, untrusted, expired], [oldRoot, newRoot])),
    'CERT_HAS_EXPIRED certificate_expired 1',
    'that an issuer is unknown is the less telling of the two',
  )
})

test('a rolled-over root of the same name and another key does not mislead', t => {
  const [first, second] = [mint({ subject: 'root', ca: true }), mint({ subject: 'root', ca: true })]
  const leaf = mint({ subject: hostName, issuer: second })
  believed(t, verify([leaf], [first, second]))
  t.is(refusal(verify([leaf], [first])), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE unknown_ca 0')
  const bare = mint({ subject: hostName, issuer: second, keyIdentifiers: false })
  believed(t, verify([bare], [first, second]))
  t.is(refusal(verify([bare], [first])), 'CERT_SIGNATURE_FAILURE bad_certificate 0')
})

test('a self-issued intermediate does not count against pathLenConstraint', t => {
  const root = mint({ subject: 'root', ca: 0 })
  const renewed = mint({ subject: 'root', ca: 0, issuer: root })
  believed(t, verify([mint({ subject: hostName, issuer: renewed }), renewed], [root]))
  const below = mint({ subject: 'below', ca: true, issuer: renewed })
  t.is(
    refusal(verify([mint({ subject: hostName, issuer: below }), below, renewed], [root])),
    'PATH_LENGTH_EXCEEDED unknown_ca 2',
  )
})

test('the first and the last second of its validity belong to a certificate', t => {
  const [notBefore, notAfter] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 11, 31, 23, 59, 59)]
  const root = mint({ subject: 'root', ca: true })
  const leaf = mint({ subject: hostName, issuer: root, notBefore, notAfter })
  for (const time of [notBefore, notAfter, notAfter + 999])
    believed(t, verify([leaf], [root], { time }))
  t.is(
    refusal(verify([leaf], [root], { time: notBefore - 1 })),
    'CERT_NOT_YET_VALID certificate_expired 0',
  )
  t.is(
    refusal(verify([leaf], [root], { time: notAfter + 1000 })),
    'CERT_HAS_EXPIRED certificate_expired 0',
  )
})

test('MD5 is refused as RFC 9846 4.5.1.3 demands, but not on an anchor', t => {
  const key = freshKey('rsa')
  const root = mint({ subject: 'root', ca: true, key, signing: { hash: 'md5' } })
  believed(t, verify([mint({ subject: hostName, issuer: root })], [root]))
  const leaf = mint({ subject: hostName, issuer: root, signing: { hash: 'md5' } })
  t.is(refusal(verify([leaf], [root])), 'CA_MD_TOO_WEAK bad_certificate 0')
})

test('minimumRsaBits lets an older key pass', t => {
  const root = mint({ subject: 'root', ca: true, key: 'rsa-1024' })
  const leaf = mint({ subject: hostName, issuer: root, key: root.key })
  t.is(refusal(verify([leaf], [root])), 'CA_KEY_TOO_SMALL bad_certificate 1')
  believed(t, verify([leaf], [root], { minimumRsaBits: 1024 }))
})

test('RSASSA-PSS is verified under rsaEncryption and under id-RSASSA-PSS keys', t => {
  const plain = mint({
    subject: 'root',
    ca: true,
    key: 'rsa',
    signing: { hash: 'sha384', pss: true },
  })
  believed(
    t,
    verify(
      [mint({ subject: hostName, issuer: plain, signing: { hash: 'sha512', pss: true } })],
      [plain],
    ),
  )
  const bound = chainFor('rsa-pss').root
  const other = mint({
    subject: hostName,
    issuer: { ...bound, key: plain.key },
    signing: { hash: 'sha256' },
  })
  t.is(
    refusal(verify([other], [bound])),
    'CERT_SIGNATURE_FAILURE bad_certificate 0',
    'PKCS#1 v1.5 by a PSS key',
  )
})

test('a name constraint holds for intermediates too, unless they are self-issued', t => {
  const root = mint({ subject: 'root', ca: true, extensions: [nameConstraints(['example'])] })
  const outside = mint({ subject: 'outside', ca: true, issuer: root, names: ['elsewhere.test'] })
  t.is(
    refusal(verify([mint({ subject: hostName, issuer: outside }), outside], [root])),
    'PERMITTED_VIOLATION certificate_unknown 1',
  )
  const self = mint({ subject: 'root', ca: true, issuer: root, names: ['elsewhere.test'] })
  believed(t, verify([mint({ subject: hostName, issuer: self }), self], [root]))
})

test('policies that require nothing are no obstacle', t => {
  const policies = extension('2.5.29.32', true, sequence(sequence(sequenceOid())))
  const inhibit = extension('2.5.29.36', true, sequence(implicit(1, Uint8Array.of(0))))
  const root = mint({ subject: 'root', ca: true, extensions: [inhibit] })
  believed(t, verify([mint({ subject: hostName, issuer: root, extensions: [policies] })], [root]))
})

test('a hundred certificates of one name cost no more than the budget', t => {
  let signatures = 0
  const counting: VerifyOptions['crypto'] = {
    publicKey(material) {
      const key = nodeVerify.publicKey(material)
      if ('failure' in key) return key
      return {
        ...key,
        verify: (...parts) => {
          signatures++
          return key.verify(...parts)
        },
      }
    },
  }
  const keys = Array.from({ length: 4 }, () => freshKey('p256'))
  const knot = Array.from({ length: 100 }, (_, i) => {
    const issuer = mint({ subject: 'knot', ca: true, key: keys[i % 4] as (typeof keys)[number] })
    return mint({
      subject: 'knot',
      ca: true,
      key: keys[(i >> 2) % 4] as (typeof keys)[number],
      issuer,
      keyIdentifiers: false,
      serial: i + 1,
    })
  })
  const leaf = mint({ subject: hostName, issuer: knot[0], keyIdentifiers: false })
  const verdict = verify([leaf, ...knot], [unrelated[1] as Minted], { crypto: counting })
  t.false(verdict.ok)
  t.true(signatures <= 20, `${signatures} signatures`)
  t.log(`${signatures} signatures, ${refusal(verdict)}`)
})

test('a self-issued intermediate does not count against the limit on depth', t => {
  const root = mint({ subject: 'root', ca: true })
  const ca = mint({ subject: 'ca', ca: true, issuer: root })
  const renewed = mint({ subject: 'ca', ca: true, issuer: ca })
  const leaf = mint({ subject: hostName, issuer: renewed })
  believed(t, verify([leaf, renewed, ca], [root], { limits: { depth: 1 } }))
  t.is(
    refusal(verify([leaf, renewed, ca], [root], { limits: { depth: 0 } })),
    'CERT_CHAIN_TOO_LONG unknown_ca 2',
  )
})

test('depth and bytes are limited', t => {
  const chain = mintPlan(soundPlan(3))
  const root = chain.at(-1) as Minted
  believed(t, verify(chain, [root], { limits: { depth: 3 } }))
  t.is(refusal(verify(chain, [root], { limits: { depth: 2 } })), 'CERT_CHAIN_TOO_LONG unknown_ca 3')
  t.is(
    refusal(verify(chain, [root], { limits: { chainBytes: 100 } })),
    'CERT_CHAIN_TOO_LONG unknown_ca 0',
  )
  t.is(
    refusal(verify(chain, [root], { limits: { signatures: 1 } })),
    'CERT_CHAIN_TOO_LONG unknown_ca 1',
  )
})

test('numbers that are none open nothing', t => {
  const chain = mintPlan(soundPlan(1))
  const root = chain.at(-1) as Minted
  t.throws(() => verify(chain, [root], { time: Number.NaN }), {
    instanceOf: TypeError,
    code: 'ERR_X509_INVALID_TIME',
  })
  for (const limit of ['depth', 'signatures', 'chainBytes'])
    t.is(
      refusal(verify(chain, [root], { limits: { [limit]: Number.NaN } })).split(' ')[0],
      'CERT_CHAIN_TOO_LONG',
      limit,
    )
  const { der, root: rsa } = chainFor('rsa')
  t.false(
    verify(
      [
        { ...rsa, der: der[0] },
        { ...rsa, der: der[1] },
      ],
      [rsa],
      {
        minimumRsaBits: Number.NaN,
      },
    ).ok,
  )
})

test('an extra that cannot be read is ignored where it is not needed, and blamed where it may be', t => {
  const [leaf, intermediate, root] = mintPlan(soundPlan(1)) as [Minted, Minted, Minted]
  const torn = { ...intermediate, der: intermediate.der.slice(0, -1) }
  believed(t, verify([leaf, torn, intermediate], [root]))
  t.is(refusal(verify([leaf, torn], [root])), 'ERR_X509_MALFORMED bad_certificate 1')
})

test('a chain of nothing, or of no certificate, is refused', t => {
  const root = unrelated[1] as Minted
  t.is(refusal(verify([], [root])), 'UNSPECIFIED certificate_unknown 0')
  t.is(
    refusal(verify([{ ...root, der: new Uint8Array(0) }], [root])),
    'ERR_X509_MALFORMED bad_certificate 0',
  )
})

test('no flipped bit of a leaf is believed, and none throws', t => {
  const { der, root } = chainFor('p256')
  const anchors = trustStore([root.der])
  const base = { anchors, time: now, purpose: 'serverAuth', crypto: nodeVerify } as const
  for (let bit = 0; bit < der[0].length * 8; bit++) {
    const flipped = new Uint8Array(der[0])
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
    const verdict = verifyChain({ ...base, chain: [flipped, der[1]] })
    if (verdict.ok) t.fail(`bit ${bit} flipped is believed`)
  }
  believed(t, verifyChain({ ...base, chain: der }))
})

test('what is random in the chain never throws', t => {
  const { der, root } = chainFor('p256')
  const anchors = trustStore([root.der])
  const spoilt = fc
    .tuple(fc.constantFrom(...der), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }))
    .map(([certificate, changes]) => {
      const copy = new Uint8Array(certificate)
      for (const [at, byte] of changes) copy[at % copy.length] = byte
      return copy
    })
  fc.assert(
    fc.property(
      fc.array(fc.oneof(spoilt, fc.uint8Array({ maxLength: 60 })), { maxLength: 4 }),
      fc.option(fc.string(), { nil: undefined }),
      (chain, name) => {
        const verdict = verifyChain({
          chain,
          anchors,
          time: now,
          purpose: 'serverAuth',
          keyUsage: ['digitalSignature'],
          name,
          crypto: nodeVerify,
        })
        return typeof verdict.ok === 'boolean'
      },
    ),
    { numRuns: 400 },
  )
  t.pass()
})

test('a verdict depends on nothing but its arguments', t => {
  const { der, root } = chainFor('p256')
  const once = verify([], [])
  t.deepEqual(once, verify([], []))
  const parsed = parseCertificate(der[0]) as Certificate
  const twice = [0, 1].map(() =>
    verifyChain({
      chain: der,
      anchors: trustStore([root.der]),
      time: now,
      purpose: 'serverAuth',
      keyUsage: ['digitalSignature'],
      crypto: nodeVerify,
    }),
  )
  for (const verdict of twice) {
    believed(t, verdict)
    t.deepEqual(verdict.path[0]?.raw, parsed.raw)
  }
})

/** PolicyInformation's anyPolicy. */
function sequenceOid(): Uint8Array {
  return Uint8Array.of(0x06, 0x04, 0x55, 0x1d, 0x20, 0x00)
}
