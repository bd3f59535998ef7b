/** Handshakes with ML-DSA certificates: both providers, both roles, the smallest ring, long chains, and who is shown which certificate. */
import { type PrivateKeyMaterial, signatureSchemes } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import test from 'ava'
import { octetString, sequence } from '../support/der-writer.ts'
import { type Ends, ends, shake } from '../support/ends.ts'
import { type AnyKind, chainFor, type Minted, mint } from '../support/mint.ts'
import { type MlDsaKey, mlDsaForms, mlDsaKinds } from '../support/ml-dsa-key.ts'

const providers = [noble, nodeCrypto]

/** A client and a server that both show a certificate of a kind. */
function mutual(kind: AnyKind, crypto = nodeCrypto, options: { ring?: number } = {}): Ends {
  const { root, pem, keyPem } = chainFor(kind)
  const shared: ContextOptions = { ca: root.pem, cert: pem, key: keyPem, crypto }
  return ends({
    client: shared,
    server: { ...shared, requestCert: true },
    ...(options.ring ? { rings: [options.ring, options.ring] } : {}),
  })
}

const schemes = ({ client, server }: Ends) => [
  client.peerSignatureScheme,
  server.peerSignatureScheme,
]

for (const crypto of providers)
  for (const kind of mlDsaKinds)
    test(`both ends of ${crypto.name} show ${kind} certificates, over rings of 1 and of 17,408 bytes`, t => {
      for (const ring of [1, 17_408]) {
        const made = mutual(kind, crypto, { ring })
        shake(made)
        t.deepEqual(schemes(made), [kind, kind])
        t.true(made.client.authorized && made.server.authorized)
      }
    })

test('the providers meet: what one signs with ML-DSA, the other believes', t => {
  for (const [one, other] of [providers, [...providers].reverse()] as const) {
    const { root, pem, keyPem } = chainFor('mldsa65')
    const made = ends({
      client: { ca: root.pem, crypto: one as typeof noble },
      server: { cert: pem, key: keyPem, crypto: other as typeof noble },
    })
    shake(made)
    t.is(made.client.peerSignatureScheme, 'mldsa65')
  }
})

test('a chain of ML-DSA-87 as deep as is believed fits the limits, root included', t => {
  const root = mint({ key: 'mldsa87', subject: 'root', ca: true })
  const chain: Minted<MlDsaKey>[] = [root]
  for (let i = 0; i < 10; i++)
    chain.unshift(
      mint({ key: 'mldsa87', subject: `${i}`, issuer: chain[0] as Minted<MlDsaKey>, ca: true }),
    )
  const leaf = mint({ key: 'mldsa87', issuer: chain[0] as Minted<MlDsaKey> })
  const shown = [leaf, ...chain]
  const bytes = shown.reduce((sum, { der }) => sum + der.length, 0)
  t.true(bytes > 85_000, `${bytes}`)
  const made = ends({
    client: { ca: root.pem },
    server: { cert: shown.map(({ pem }) => pem).join(''), key: leaf.keyPem },
    rings: [1000, 1000],
  })
  shake(made)
  t.is(made.client.peerCertificates.length, 12)
  t.true(made.client.authorized)
})

test('an ML-DSA certificate is shown to a client that lists its scheme, the classical one to others', t => {
  const [ml, classical] = [chainFor('mldsa44'), chainFor('p256')]
  const shownTo = (sigalgs: readonly string[] | undefined, first: 'ml' | 'classical') => {
    const order = first === 'ml' ? [ml, classical] : [classical, ml]
    const made = ends({
      client: { ca: [ml.root.pem, classical.root.pem], ...(sigalgs ? { sigalgs } : {}) },
      server: { cert: order.map(({ pem }) => pem), key: order.map(({ keyPem }) => keyPem) },
    })
    shake(made)
    return made.client.peerSignatureScheme
  }
  const old = Object.keys(signatureSchemes).filter(name => !name.startsWith('mldsa'))
  for (const first of ['ml', 'classical'] as const) {
    t.is(shownTo(old, first), 'ecdsa_secp256r1_sha256')
    t.is(shownTo(['mldsa65', 'ecdsa_secp256r1_sha256'], first), 'ecdsa_secp256r1_sha256')
    t.is(shownTo(['mldsa44'], first), 'mldsa44')
    // Who can verify either is shown the first that the server has.
    t.is(shownTo(undefined, first), first === 'ml' ? 'mldsa44' : 'ecdsa_secp256r1_sha256')
  }
})

test('every ML-DSA scheme is offered by default, behind the classical ones that sign handshakes', t => {
  const names = new SslContext({ crypto: nodeCrypto }).schemes.map(({ name }) => name)
  const first = names.indexOf('mldsa44')
  t.deepEqual(names.slice(first, first + 3), [...mlDsaKinds])
  const handshake = names.filter(name => signatureSchemes[name].handshake)
  t.deepEqual(handshake.slice(-3), [...mlDsaKinds])
  t.deepEqual(
    mlDsaKinds.map(name => signatureSchemes[name].id),
    [0x0904, 0x0905, 0x0906],
  )
})

test('a client that lists no ML-DSA ends a server that has nothing else: handshake_failure', t => {
  const { root, pem, keyPem } = chainFor('mldsa44')
  const made = ends({
    client: { ca: root.pem, sigalgs: ['ed25519', 'mldsa65'] },
    server: { cert: pem, key: keyPem },
  })
  made.client.doHandshake()
  t.like(made.server.doHandshake(), {
    status: 'failed',
    error: { alert: 'handshake_failure', reason: 'NO_SUITABLE_SIGNATURE_ALGORITHM' },
  })
  t.like(made.client.doHandshake(), { status: 'failed', error: { alert: 'handshake_failure' } })
})

test('a key file in each form of RFC 9881 serves, and one whose halves do not agree is refused', t => {
  const { root, pem, leaf } = chainFor('mldsa44')
  const stranger = mint({ key: 'mldsa44' }).key
  for (const crypto of providers) {
    for (const form of mlDsaForms) {
      const made = ends({
        client: { ca: root.pem, crypto },
        server: { cert: pem, key: leaf.key.pkcs8(form), crypto },
      })
      shake(made)
      t.is(made.client.peerSignatureScheme, 'mldsa44', form)
    }
    const content = sequence(octetString(leaf.key.seed), octetString(stranger.expanded))
    t.throws(() => new SslContext({ cert: pem, key: leaf.key.pkcs8({ content }), crypto }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /key\[0\].*does not expand/,
    })
    t.throws(() => new SslContext({ cert: pem, key: stranger.pkcs8(), crypto }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /KEY_VALUES_MISMATCH/,
    })
  }
})

test('what was read of a private key is zero once the provider has taken it in, and the file is left alone', t => {
  for (const kind of ['p256', 'ed25519', 'rsa', 'mldsa44'] as const) {
    const taken: PrivateKeyMaterial[] = []
    const { pem, leaf, root } = chainFor(kind)
    const file = new Uint8Array(leaf.keyDer)
    for (const provider of providers) {
      const crypto = {
        ...provider,
        privateKey(material: PrivateKeyMaterial) {
          taken.push(material)
          return provider.privateKey(material)
        },
      }
      const server = { cert: pem, key: file, crypto }
      t.notThrows(() => shake(ends({ client: { ca: root.pem }, server })))
    }
    t.is(taken.length, 2)
    for (const { kind: _, ...fields } of taken)
      for (const [name, value] of Object.entries(fields))
        if (value instanceof Uint8Array && name !== 'n' && name !== 'e')
          t.true(
            value.every(byte => byte === 0),
            `${kind} ${name}`,
          )
    t.deepEqual(file, leaf.keyDer)
  }
})
