import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { chainFor, keyKinds, mint } from '../support/mint.ts'

const made = (options: ConstructorParameters<typeof SslContext>[0]) =>
  new SslContext({ crypto: nodeCrypto, ...options })
const shown = (context: SslContext) => context.credentials.map(({ chain }) => [...chain])

test('a bundle in any order, with comments, doubles and the key anywhere in it, is one chain from the leaf upward', t => {
  const any = fc.constantFrom(...keyKinds).chain(kind => {
    const { leaf, intermediate, root } = chainFor(kind)
    const parts = [leaf.pem, intermediate.pem, root.pem, leaf.keyPem, '# a comment\n', root.pem]
    const expected = [leaf.der, intermediate.der, root.der]
    return fc
      .shuffledSubarray(parts, { minLength: parts.length })
      .filter(order => order.find(part => part.includes('CERTIFICATE')) !== leaf.pem)
      .map(order => ({ order, expected }))
  })
  fc.assert(
    fc.property(any, ({ order, expected }) => {
      t.deepEqual(shown(made({ cert: order.join('') })), [expected])
    }),
    { numRuns: 40 },
  )
})

test('a bundle whose first certificate is that of the key stays as it is', t => {
  const { leaf, intermediate, root, keyPem } = chainFor('p256')
  const stranger = chainFor('p384').intermediate
  for (const order of [
    [leaf, root, intermediate],
    [leaf, stranger, intermediate],
    [leaf, intermediate, intermediate],
    [leaf],
  ]) {
    const cert = order.map(({ pem }) => pem).join('')
    t.deepEqual(shown(made({ cert, key: keyPem })), [order.map(({ der }) => der)])
  }
})

test('a bundle that could be read in two ways is refused, and the error says what was seen', t => {
  const { leaf, intermediate, root, keyPem } = chainFor('p256')
  const stranger = chainFor('p384').intermediate
  const renewed = mint({ key: leaf.key, issuer: intermediate, serial: 99 })
  const again = mint({
    subject: 'p256 intermediate',
    key: intermediate.key,
    ca: 0,
    issuer: root,
    serial: 9,
  })
  for (const [order, message] of [
    [[root, renewed, leaf], /one certificate of the key, got 2, none of them first/],
    [[stranger, leaf, intermediate], /got 3 certificates of which 2 are in such a line/],
    [[intermediate, again, leaf], /got 3 certificates of which 1 are in such a line/],
    [[root, leaf], /got 2 certificates of which 1 are in such a line/],
  ] as const)
    t.throws(() => made({ cert: order.map(({ pem }) => pem).join(''), key: keyPem }), {
      instanceOf: TypeError,
      code: 'ERR_X509_AMBIGUOUS_CHAIN',
      message,
    })
  t.throws(() => made({ cert: intermediate.pem + root.pem, key: keyPem }), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: /KEY_VALUES_MISMATCH/,
  })
})

test('authorities of one name are told apart by their key identifiers', t => {
  const { leaf, intermediate, root, keyPem } = chainFor('p256')
  const namesake = mint({ subject: 'p256 intermediate', ca: 0, issuer: root })
  // The namesake is in no line: had names decided, there would be two ways.
  t.throws(
    () =>
      made({
        cert: [namesake, intermediate, leaf, root].map(({ pem }) => pem).join(''),
        key: keyPem,
      }),
    {
      message: /got 4 certificates of which 3 are in such a line/,
    },
  )
  const cert = [root, intermediate, leaf].map(({ pem }) => pem).join('')
  t.deepEqual(shown(made({ cert, key: keyPem })), [[leaf.der, intermediate.der, root.der]])
})

test('several identities take their keys from their own bundles, encrypted with the passphrase', t => {
  const cert = keyKinds.map(kind => {
    const { leaf, intermediate } = chainFor(kind)
    const key = leaf.key.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase: 'p',
    })
    return key + intermediate.pem + leaf.pem
  })
  t.deepEqual(
    shown(made({ cert, passphrase: 'p' })),
    keyKinds.map(kind => [...chainFor(kind).der]),
  )
  t.throws(() => made({ cert }), { code: 'ERR_PRIVATE_KEY_ENCRYPTED' })
  t.throws(() => made({ cert, passphrase: 'q' }), { code: 'ERR_PRIVATE_KEY_PASSPHRASE' })
  t.throws(() => made({ cert: [cert[0] as string, chainFor('p256').pem], passphrase: 'p' }), {
    message: /go in pairs: got 2 of cert, 0 of key/,
  })
})

test('a key may have a passphrase of its own, which goes before that of the context', t => {
  const { leaf, pem, der } = chainFor('p256')
  const encrypted = (passphrase: string) =>
    leaf.key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string
  for (const key of [
    { pem: encrypted('own'), passphrase: 'own' },
    { pem: encrypted('shared') },
    { pem: leaf.keyPem },
    { pem: encrypted('own'), passphrase: Buffer.from('own') },
  ])
    t.deepEqual(shown(made({ cert: pem, key: [key], passphrase: 'shared' })), [[...der]])
  t.throws(() => made({ cert: pem, key: { pem: encrypted('own') }, passphrase: 'shared' }), {
    code: 'ERR_PRIVATE_KEY_PASSPHRASE',
  })
})

test('pfx is no option, and the error says where to go', t => {
  t.throws(() => made({ pfx: new Uint8Array(1) } as never), {
    code: 'ERR_UNKNOWN_OPTION',
    message: /there is no option pfx: await loadPfx\(pfx, passphrase\) of biopair\/pki/,
  })
})
