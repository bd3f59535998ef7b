import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import type { PrivateKeyMaterial } from '@biopair/crypto'
import {
  certificateChainFrom,
  parsePublicKey,
  pemBlocks,
  privateKeyFrom,
  trustStore,
} from '@biopair/x509'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { integer, nothing, octetString, oid, pem, sequence, tlv } from '../support/der-writer.ts'
import { chainFor, freshKey, keyKinds } from '../support/mint.ts'
import { dataTest, dataText } from '../support/x509-data.ts'

const numbers = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const

/** What Node says is in a key, against what we read. */
function sameKey(t: ExecutionContext, material: PrivateKeyMaterial, key: KeyObject): void {
  if (material.kind === 'rsa') {
    // Node exports no JWK of an id-RSASSA-PSS key; its PKCS#1 inside is compared through another key object.
    const plain = key.asymmetricKeyType === 'rsa' ? key : plainRsa(key)
    const jwk = plain.export({ format: 'jwk' })
    for (const name of numbers)
      t.deepEqual(Buffer.from(material[name]), Buffer.from(jwk[name] as string, 'base64url'), name)
    return
  }
  if (material.kind === 'ml-dsa') throw new Error('Node 20 has no ML-DSA')
  const { d } = key.export({ format: 'jwk' })
  const secret = material.kind === 'ec' ? material.d : material.seed
  t.deepEqual(Buffer.from(secret), Buffer.from(d as string, 'base64url'))
}

function plainRsa(key: KeyObject): KeyObject {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const at = pkcs8.indexOf(Buffer.from([0x02, 0x01, 0x00, 0x02, 0x82]), 8)
  return createPrivateKey({ key: pkcs8.subarray(at - 4), format: 'der', type: 'pkcs1' })
}

function code(t: ExecutionContext, input: unknown, expected: string): string {
  const error = t.throws(() => privateKeyFrom(input as string), { instanceOf: TypeError })
  t.like(error, { code: expected })
  return error?.message ?? ''
}

for (const kind of keyKinds)
  test(`a ${kind} private key is read from PKCS#8, PEM and DER`, t => {
    const { leaf } = chainFor(kind)
    for (const input of [leaf.keyPem, leaf.keyDer, Buffer.from(leaf.keyPem)])
      sameKey(t, privateKeyFrom(input), leaf.key)
    const copy = new Uint8Array(leaf.keyDer)
    const material = privateKeyFrom(copy)
    copy.fill(0)
    sameKey(t, material, leaf.key)
  })

test('traditional EC and RSA files are read', t => {
  for (const kind of ['p256', 'p384', 'p521'] as const) {
    const key = freshKey(kind)
    sameKey(t, privateKeyFrom(key.export({ type: 'sec1', format: 'pem' }) as string), key)
    sameKey(t, privateKeyFrom(key.export({ type: 'sec1', format: 'der' })), key)
  }
  const { key } = chainFor('rsa').leaf
  sameKey(t, privateKeyFrom(key.export({ type: 'pkcs1', format: 'pem' }) as string), key)
  sameKey(t, privateKeyFrom(key.export({ type: 'pkcs1', format: 'der' })), key)
})

test('an EC key that lost its leading zeros gets them back', t => {
  const parameters = tlv(0xa0, oid('1.2.840.10045.3.1.7'))
  const key = (d: Uint8Array) => sequence(integer(1), octetString(d), parameters)
  const expected = { kind: 'ec', curve: 'P-256', d: Uint8Array.of(...new Array(31).fill(0), 5) }
  t.deepEqual(privateKeyFrom(key(Uint8Array.of(5))), expected as PrivateKeyMaterial)
  t.deepEqual(
    privateKeyFrom(key(Uint8Array.of(...new Array(32).fill(0), 5))),
    expected as PrivateKeyMaterial,
  )
  code(t, key(new Uint8Array(33).fill(1)), 'ERR_PRIVATE_KEY_INVALID')
  code(t, key(new Uint8Array(0)), 'ERR_PRIVATE_KEY_INVALID')
})

test('a key is found among other blocks and text', t => {
  const { leaf, pem: chain } = chainFor('p256')
  const text = `a comment\r\n${chain}\nanother\n${leaf.keyPem}`.replaceAll('\n', '\r\n')
  sameKey(t, privateKeyFrom(text), leaf.key)
  const withParameters =
    pem('EC PARAMETERS', oid('1.2.840.10045.3.1.7')) +
    (leaf.key.export({ type: 'sec1', format: 'pem' }) as string)
  sameKey(t, privateKeyFrom(withParameters), leaf.key)
})

test('encrypted keys are refused by name', t => {
  const options = { format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' } as const
  const { key } = chainFor('p256').leaf
  const pkcs8 = key.export({ type: 'pkcs8', ...options })
  const traditional = key.export({ type: 'sec1', ...options })
  code(t, pkcs8, 'ERR_PRIVATE_KEY_ENCRYPTED')
  t.regex(code(t, traditional, 'ERR_PRIVATE_KEY_UNSUPPORTED'), /4,ENCRYPTED with AES-128-CBC/)
  code(t, pemBlocks(pkcs8 as string)[0]?.bytes, 'ERR_PRIVATE_KEY_ENCRYPTED')
})

test('what is no private key is refused, each with its code', t => {
  const { leaf, pem: chain } = chainFor('p256')
  t.regex(code(t, chain, 'ERR_NO_PRIVATE_KEY'), /got CERTIFICATE, CERTIFICATE/)
  t.regex(code(t, '', 'ERR_NO_PRIVATE_KEY'), /no PEM block/)
  code(t, 'not a key', 'ERR_NO_PRIVATE_KEY')
  code(t, leaf.der, 'ERR_PRIVATE_KEY_INVALID')
  code(t, new Uint8Array(0), 'ERR_PRIVATE_KEY_INVALID')
  t.regex(code(t, undefined, 'ERR_PRIVATE_KEY_INVALID'), /got undefined/)
  t.regex(code(t, null, 'ERR_PRIVATE_KEY_INVALID'), /got null/)
  code(t, pem('DSA PRIVATE KEY', sequence()), 'ERR_PRIVATE_KEY_UNSUPPORTED')
  const ed448 = generateKeyPairSync('ed448').privateKey
  t.regex(
    code(t, ed448.export({ type: 'pkcs8', format: 'pem' }), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
    /1\.3\.101\.113/,
  )
  const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
  t.regex(
    code(t, secp256k1.export({ type: 'sec1', format: 'pem' }), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
    /secp256k1/,
  )
  code(t, sequence(integer(1), octetString(Uint8Array.of(1))), 'ERR_PRIVATE_KEY_UNSUPPORTED')
  code(t, sequence(integer(1), ...new Array(9).fill(integer(3))), 'ERR_PRIVATE_KEY_UNSUPPORTED')
  const algorithm = sequence(oid('1.2.840.113549.1.1.1'), nothing())
  code(t, sequence(integer(2), algorithm, octetString()), 'ERR_PRIVATE_KEY_UNSUPPORTED')
})

test('a damaged key never throws anything else, and no message shows what is in it', t => {
  const secrets = keyKinds.map(kind => chainFor(kind).leaf.keyDer)
  fc.assert(
    fc.property(
      fc.constantFrom(...secrets),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(),
      (der, changes, cut) => {
        const copy = new Uint8Array(der)
        for (const [at, byte] of changes) copy[at % Math.min(copy.length, 40)] = byte
        try {
          privateKeyFrom(cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy)
          return true
        } catch (error) {
          return error instanceof TypeError && /^ERR_/.test((error as { code?: string }).code ?? '')
        }
      },
    ),
    { numRuns: 600 },
  )
  const { leaf } = chainFor('p256')
  const lines = leaf.keyPem.split('\n')
  const secret = lines[1] as string
  for (const torn of [
    leaf.keyPem.replace(secret, `${secret.slice(0, 20)}!${secret.slice(21)}`),
    leaf.keyPem.replace(secret, secret.slice(1)),
    leaf.keyPem.replace('-----END', '-----FIN'),
  ]) {
    const message = code(t, torn, 'ERR_PEM_INVALID')
    t.false(message.includes(secret.slice(22, 30)))
  }
})

test('PEM is strict inside its boundaries and blind outside', t => {
  const block = (body: string) => `-----BEGIN X-----\n${body}\n-----END X-----`
  const bytes = (text: string) => Array.from(pemBlocks(text)[0]?.bytes ?? [])
  t.deepEqual(bytes(block('AQID')), [1, 2, 3])
  t.deepEqual(bytes(block('AQI=')), [1, 2])
  t.deepEqual(bytes(block('AQ==')), [1])
  t.deepEqual(bytes(block(' A Q\t'.replaceAll(/ |\t/g, '')).replace('AQ', 'AQ\r\n==')), [1])
  t.deepEqual(pemBlocks('nothing here'), [])
  t.deepEqual(pemBlocks('see -----BEGIN X----- inside a line'), [])
  for (const bad of [
    'AQI',
    'AR==',
    'AQJ=',
    'A===',
    'AQ=D',
    'AQ-_',
    'AQ ID',
    '',
    'AQID\n-----BEGIN Y-----',
  ])
    t.throws(() => pemBlocks(block(bad)), { instanceOf: TypeError, code: 'ERR_PEM_INVALID' }, bad)
})

test('what PEM wraps is what it gives back', t => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 4 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      (contents, newline) => {
        const text = contents.map(der => `between\n${pem('CERTIFICATE', der)}`).join('')
        const blocks = pemBlocks(text.replaceAll('\n', newline))
        t.deepEqual(
          blocks.map(({ bytes }) => Buffer.from(bytes)),
          contents.map(der => Buffer.from(der)),
        )
      },
    ),
  )
})

test('a trust store is made of bundles and DER, each certificate once', t => {
  const { root, intermediate } = chainFor('p256')
  const store = trustStore([root.pem + intermediate.pem, root.der, Buffer.from(root.pem)])
  t.is(store.certificates.length, 2)
  t.true(store.certificates.every(certificate => store.has(certificate)))
  t.is(trustStore([rootCertificates.join('\n')]).certificates.length, rootCertificates.length)
  t.is(trustStore([]).certificates.length, 0)
})

test('a trust store says what it was given instead of a certificate', t => {
  const { leaf, root } = chainFor('p256')
  const error = (input: unknown) =>
    t.throws(() => trustStore([root.pem, input as string]), { instanceOf: TypeError })?.message ??
    ''
  t.regex(error(leaf.keyPem), /anchor 1: expected a PEM block CERTIFICATE, got PRIVATE KEY/)
  t.regex(error('/etc/ssl/cert.pem'), /anchor 1: .* got no PEM block/)
  t.regex(error(root.der.subarray(1)), /anchor 1: expected Certificate/)
  t.regex(
    error(undefined),
    /anchor 1: expected PEM text, DER bytes or an X509Certificate, got undefined/,
  )
  t.regex(error(pem('CERTIFICATE', Uint8Array.of(0x30, 0))), /anchor 1, certificate 0/)
})

test('a chain to send comes from a PEM text, DER, or a list of both', t => {
  const { leaf, intermediate, pem: text, der } = chainFor('ed25519')
  for (const input of [text, [leaf.pem, intermediate.der], [text], Buffer.from(text)])
    t.deepEqual(certificateChainFrom(input), [...der])
  t.deepEqual(certificateChainFrom(leaf.der), [leaf.der])
  for (const bad of [[], '', 'x', leaf.keyPem, [undefined], undefined, 5])
    t.throws(() => certificateChainFrom(bad as string), { instanceOf: TypeError })
})

dataTest('rfc8448', 'the private keys of RFC 8448 are read', t => {
  for (const file of ['server_key', 'server_raw_public_keypair', 'client_raw_public_keypair']) {
    const text = dataText(`rfc8448/${file}.pem`)
    const key = createPrivateKey(text)
    sameKey(t, privateKeyFrom(text), key)
    const spki = createPublicKey(text).export({ type: 'spki', format: 'der' })
    t.true('kind' in parsePublicKey(spki))
  }
})
