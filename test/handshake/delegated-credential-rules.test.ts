/** Delegated credentials that are right and wrong, at either end (RFC 9345; rule 63 of field.md). */
import { signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  type CertificateEntry,
  CertificateRequest,
  extensionTypes,
  readExtension,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { ClientPeer } from '../support/client-peer.ts'
import {
  type Crafted,
  chainOf,
  craft,
  delegatingLeaf,
  privateKeyOf,
  schemeFor,
  usage,
} from '../support/delegation.ts'
import { boolean, nothing } from '../support/der-writer.ts'
import { chainFor, extension, type KeyKind, type Minted, mint } from '../support/mint.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const day = 86_400
const notBefore = Date.UTC(2026, 0, 1)
const notAfter = Date.UTC(2026, 2, 1)
const leaf = delegatingLeaf({ notBefore, notAfter })
const now = Date.UTC(2026, 0, 10)
/** Seconds from notBefore to a time so many seconds from now. */
const until = (seconds: number) => (now - notBefore) / 1000 + seconds
const shortLived = mint({ key: 'ed25519' })
const ed25519 = signatureSchemes.ed25519.id
const good: Crafted = { leaf, spki: shortLived.spki, scheme: ed25519, validTime: until(day) }
const base: ContextOptions = {
  crypto: nodeCrypto,
  groups: 'x25519',
  ca: chainFor('p256').root.pem,
  now: () => now,
  delegatedSigalgs: ['ed25519', 'ecdsa_secp384r1_sha384'],
}

/** Certificate with a delegated credential in one of its entries. */
const showing =
  (delegated: Uint8Array, at = 0) =>
  (message: Certificate): Certificate => ({
    ...message,
    certificate_list: message.certificate_list.map(
      (entry, i): CertificateEntry => ({
        ...entry,
        extensions:
          i === at
            ? [
                {
                  extension_type: extensionTypes.delegated_credential,
                  extension_data: new Uint8Array(delegated),
                },
              ]
            : [],
      }),
    ),
  })

interface Shown {
  readonly credential?: Partial<Crafted>
  readonly options?: ContextOptions
  /** Whose key signs CertificateVerify, and with what. */
  readonly signer?: Minted
  readonly kind?: KeyKind
  readonly at?: number
  readonly time?: number
}

/** A server that shows a delegated credential to our client. */
function server({
  credential,
  options,
  signer = shortLived,
  kind = 'ed25519',
  at,
}: Shown): ServerPeer {
  const of = { ...good, ...credential }
  const peer = new ServerPeer(new SslContext({ ...base, ...options }), {
    chain: chainOf(of.leaf).der,
    key: privateKeyOf(signer),
    scheme: signatureSchemes[schemeFor[kind]],
  })
  peer.step()
  peer.sendServerHello()
  peer.sendFlight({ certificate: showing(craft(of), at) })
  return peer
}

/** A client that shows one to our server, which asks. */
function client({
  credential,
  options,
  signer = shortLived,
  kind = 'ed25519',
  at,
}: Shown): ClientPeer {
  const of: Crafted = { ...good, role: 'client', ...credential }
  const own = chainFor('p256')
  const context = { ...base, cert: own.pem, key: own.keyPem, requestCert: true, ...options }
  const peer = new ClientPeer(new SslContext(context), {
    chain: chainOf(of.leaf).der,
    key: privateKeyOf(signer),
    scheme: signatureSchemes[schemeFor[kind]],
  })
  peer.sendHello()
  peer.step()
  peer.sendAuthentication({ certificate: showing(craft(of), at) })
  return peer
}

const ends = [
  ['our client', server, 'handshake'],
  ['our server', client, 'application'],
] as const

const wrongly = { spoil: (signature: Uint8Array) => Uint8Array.of(...signature).reverse() }
const critical = delegatingLeaf({ extensions: [extension(usage, true, nothing())] })
const mine = { notBefore, notAfter }
const wrong: [title: string, why: RegExp, alert: AlertName, shown: Shown][] = [
  ['expired', /expired at/, 'illegal_parameter', { credential: { validTime: until(-1) } }],
  [
    'valid for more than 7 days',
    /more than 7 days/,
    'illegal_parameter',
    { credential: { validTime: until(7 * day + 1) } },
  ],
  [
    'as long as its certificate',
    /longer than its certificate/,
    'illegal_parameter',
    {
      credential: { validTime: (notAfter - notBefore) / 1000 },
      options: { now: () => notAfter - day * 1000 },
    },
  ],
  ['not signed by the leaf', /has not signed it/, 'illegal_parameter', { credential: wrongly }],
  [
    'with a key that signs what was not asked for',
    /its key signs with ed25519/,
    'illegal_parameter',
    { options: { delegatedSigalgs: 'ecdsa_secp384r1_sha384' } },
  ],
  [
    'signed with an algorithm that was not offered',
    /signed with 0x0403/,
    'illegal_parameter',
    { options: { sigalgs: 'ed25519:rsa_pss_rsae_sha256' } },
  ],
  [
    'signed with an algorithm of another key',
    /scheme is not one of the certificate's key/,
    'illegal_parameter',
    { credential: { algorithm: 0x0804 } },
  ],
  [
    'signed with PKCS#1, which is for certificates',
    /signed with 0x0401/,
    'illegal_parameter',
    { credential: { algorithm: 0x0401 } },
  ],
  [
    'with an RSA key of rsaEncryption',
    /signs with rsa_pss_rsae_sha256/,
    'illegal_parameter',
    { credential: { scheme: 0x0804 } },
  ],
  [
    'with a scheme that nobody knows',
    /signs with 0x7777/,
    'illegal_parameter',
    { credential: { scheme: 0x7777 } },
  ],
  [
    'with a key that is not of its scheme',
    /ed25519 is for a ed25519 key/,
    'illegal_parameter',
    { credential: { spki: chainFor('p384').leaf.spki } },
  ],
  [
    'with a key that is none',
    /SubjectPublicKeyInfo/,
    'illegal_parameter',
    { credential: { spki: shortLived.spki.slice(1) } },
  ],
  [
    'of a certificate without DelegationUsage',
    /has no DelegationUsage/,
    'illegal_parameter',
    { credential: { leaf: delegatingLeaf({ ...mine, extensions: [] }) } },
  ],
  [
    'of a certificate whose DelegationUsage is not NULL',
    /is not NULL/,
    'illegal_parameter',
    {
      credential: {
        leaf: delegatingLeaf({ ...mine, extensions: [extension(usage, false, boolean(true))] }),
      },
    },
  ],
  [
    'of a certificate whose DelegationUsage is critical',
    /critical/,
    'unsupported_certificate',
    { credential: { leaf: critical } },
  ],
  [
    'of a certificate whose DelegationUsage is critical, which the application puts up with',
    /is critical/,
    'illegal_parameter',
    {
      credential: {
        leaf: delegatingLeaf({ ...mine, extensions: [extension(usage, true, nothing())] }),
      },
      options: { verifyCallback: () => true },
    },
  ],
  [
    'of a certificate without keyUsage',
    /no keyUsage/,
    'illegal_parameter',
    { credential: { leaf: delegatingLeaf({ ...mine, keyUsage: 'none' }) } },
  ],
  [
    'of a certificate that is not believed',
    /UNABLE_TO_GET_ISSUER/,
    'unknown_ca',
    { options: { ca: chainFor('p384').root.pem } },
  ],
  [
    'and CertificateVerify by the certificate',
    /expected one of ed25519/,
    'illegal_parameter',
    { signer: leaf, kind: 'p256' },
  ],
  [
    'and CertificateVerify by another key of its kind',
    /does not match the transcript/,
    'decrypt_error',
    { signer: mint({ key: 'ed25519' }) },
  ],
]

for (const [name, shows, under] of ends) {
  test(`rule 63: ${name} takes a delegated credential that it has asked for`, t => {
    const peer = shows({})
    if (peer instanceof ClientPeer) peer.sendFinished()
    peer.step()
    t.true(peer.ssl.authorized)
    const role = name === 'our client' ? 'server' : 'client'
    const parsed = peer.ssl.peerDelegatedCredential
    // valid_time, scheme and key; signatures differ from time to time.
    t.deepEqual(parsed?.slice(0, 53), craft({ ...good, role }).slice(0, 53))
    t.is(peer.ssl.peerSignatureScheme, 'ed25519')
    connected(t, peer)
  })

  for (const [title, why, alert, shown] of wrong)
    test(`rule 63: ${name} is shown a delegated credential ${title}: ${alert}`, t => {
      t.regex(refused(t, shows(shown), alert, under)?.message ?? '', why)
    })

  test(`rule 63: ${name} is shown one for the other end: illegal_parameter`, t => {
    const role = name === 'our client' ? 'client' : 'server'
    refused(t, shows({ credential: { role } }), 'illegal_parameter', under)
  })

  test(`rule 63: ${name} has not asked for a delegated credential: unexpected_message`, t => {
    refused(t, shows({ options: { delegatedSigalgs: [] } }), 'unexpected_message', under)
  })

  test(`rule 63: ${name} passes over one that is not the leaf's`, t => {
    const peer = shows({ at: 1, signer: leaf, kind: 'p256' })
    if (peer instanceof ClientPeer) peer.sendFinished()
    peer.step()
    t.is(peer.ssl.peerDelegatedCredential, undefined)
    t.true(peer.ssl.authorized)
    connected(t, peer)
  })

  test(`rule 63: ${name} does not put up with one that is not valid, whoever is believed`, t => {
    for (const options of [{ rejectUnauthorized: false }, { verifyCallback: () => true }])
      refused(
        t,
        shows({ options, credential: { validTime: until(-1) } }),
        'illegal_parameter',
        under,
      )
  })
}

test('rule 63: a delegated credential is taken while it, its certificate and the 7 days last, and at no other time', t => {
  const length = (notAfter - notBefore) / 1000
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: length + 10 * day }),
      fc.oneof(
        fc.integer({ min: 0, max: length }),
        fc.constantFrom(0, 7 * day, length - 7 * day, length),
      ),
      fc.constantFrom(-1, 0, 1, 7 * day - 1, 7 * day, 7 * day + 1, undefined),
      (validTime, at, away) => {
        // Near the edges as often as anywhere.
        const ends = away === undefined ? validTime : Math.max(0, at + away)
        const peer = server({
          credential: { validTime: ends },
          options: { now: () => notBefore + at * 1000 },
        })
        const { status } = peer.step()
        const valid = at <= ends && ends <= at + 7 * day && ends < length
        t.is(status, valid ? 'want_read' : 'failed', `at ${at}, until ${ends}`)
        t.is(peer.ssl.connected, valid)
      },
    ),
    { numRuns: 60 },
  )
})

test('our ends say which schemes they take delegated credentials with, and nothing where they take none', t => {
  const offered = [ed25519, signatureSchemes.ecdsa_secp384r1_sha384.id]
  const near = server({})
  t.deepEqual(readExtension('ClientHello', 'delegated_credential', near.hello?.extensions ?? []), {
    supported_signature_algorithms: offered,
  })
  const [request] = client({}).said(CertificateRequest)
  t.deepEqual(
    readExtension('CertificateRequest', 'delegated_credential', request?.extensions ?? []),
    { supported_signature_algorithms: offered },
  )
  const silent = new ServerPeer(new SslContext({ ...base, delegatedSigalgs: [] }), {
    chain: [],
    key: privateKeyOf(leaf),
    scheme: signatureSchemes.ed25519,
  })
  silent.step()
  const { extensions = [] } = silent.hello ?? {}
  t.is(readExtension('ClientHello', 'delegated_credential', extensions), undefined)
})

test('our client shows no delegated credential to a server that asks for none', t => {
  const { pem } = chainOf(leaf)
  const context = new SslContext({
    ...base,
    cert: pem,
    key: leaf.keyPem,
    delegatedCredentials: [
      { credential: craft({ ...good, role: 'client' }), key: shortLived.keyPem },
    ],
  })
  const own = delegatingLeaf()
  const peer = new ServerPeer(context, {
    chain: chainOf(own).der,
    key: privateKeyOf(own),
    scheme: signatureSchemes.ecdsa_secp256r1_sha256,
  })
  peer.connect({ certificateRequest: message => message })
  const [shown] = peer.said(Certificate)
  t.deepEqual(
    shown?.certificate_list.map(({ extensions }) => extensions),
    [[], []],
  )
  t.false(peer.ssl.delegatedCredentialUsed)
  connected(t, peer)
})
