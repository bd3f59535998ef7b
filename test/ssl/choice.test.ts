/** Which of several certificates is shown: what a connection does against a plain restatement of the rule (RFC 9846 §4.5.1.2). */
import { bioPair } from '@biopair/bio'
import type { SignatureSchemeName } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { connectedEnds } from '../support/ends.ts'
import { chainFor, clientAuth, type Minted, type MintOptions, mint } from '../support/mint.ts'

/** A certificate, and what is true of it by the way it was made. */
interface Known {
  readonly name: string
  readonly minted: Minted
  readonly pem: string
  readonly signs: readonly SignatureSchemeName[]
  /** For each certificate of the chain that is not self-signed: schemes of which one has to be known. */
  readonly chain: readonly (readonly SignatureSchemeName[])[]
  /** Who issued its certificates. */
  readonly issuers: readonly Minted[]
  readonly host: string
  readonly forSignatures: boolean
  readonly sha1: boolean
  readonly purposes: readonly string[]
}

const p256Root = mint({ subject: 'p256 authority', key: 'p256', ca: true })
const rsaRoot = mint({ subject: 'rsa authority', key: 'rsa', ca: true })
const edRoot = mint({ subject: 'ed25519 authority', key: 'ed25519', ca: true })
const between = mint({ subject: 'p256 under rsa', key: 'p256', ca: 0, issuer: rsaRoot })

const ecdsa: readonly SignatureSchemeName[] = ['ecdsa_secp256r1_sha256']
const ed25519: readonly SignatureSchemeName[] = ['ed25519']
const rsaPss: readonly SignatureSchemeName[] = [
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
]
const pkcs1: readonly SignatureSchemeName[] = ['rsa_pkcs1_sha256']

function known(
  name: string,
  host: string,
  options: MintOptions & { readonly issuer: Minted },
  facts: Pick<Known, 'signs' | 'chain' | 'issuers'> & Partial<Known>,
  others: readonly Minted[] = [],
): Known {
  const minted = mint({ names: [host], subject: name, ...options })
  const pem = [minted, ...others].map(one => one.pem).join('')
  return {
    ...{ name, minted, pem, host, forSignatures: true, sha1: false },
    purposes: [clientAuth],
    ...facts,
  }
}

const all: readonly Known[] = [
  known(
    'p256 by p256, its root beside it',
    'a.example',
    { key: 'p256', issuer: p256Root },
    { signs: ecdsa, chain: [ecdsa], issuers: [p256Root, p256Root] },
    [p256Root],
  ),
  known(
    'rsa by rsa',
    'a.example',
    { key: 'rsa', issuer: rsaRoot },
    { signs: rsaPss, chain: [pkcs1], issuers: [rsaRoot] },
  ),
  known(
    'ed25519 by p256 by rsa',
    'b.example',
    { key: 'ed25519', issuer: between },
    { signs: ed25519, chain: [ecdsa, pkcs1], issuers: [between, rsaRoot] },
    [between],
  ),
  known(
    'p256 by ed25519, for nothing but serverAuth',
    'b.example',
    { key: 'p256', issuer: edRoot, extKeyUsage: ['1.3.6.1.5.5.7.3.1'] },
    { signs: ecdsa, chain: [ed25519], issuers: [edRoot], purposes: [] },
  ),
  known(
    'p256 by p256 with SHA-1',
    'a.example',
    { key: 'p256', issuer: p256Root, signing: { hash: 'sha1' } },
    { signs: ecdsa, chain: [[]], issuers: [p256Root], sha1: true },
  ),
  known(
    'p256 that is not for signatures',
    'a.example',
    { key: 'p256', issuer: p256Root, keyUsage: [4] },
    { signs: ecdsa, chain: [ecdsa], issuers: [p256Root], forSignatures: false },
  ),
]

interface Peer {
  readonly schemes: readonly SignatureSchemeName[]
  readonly certificateSchemes: readonly SignatureSchemeName[] | undefined
  readonly authorities: readonly Minted[]
  readonly host: string | undefined
  readonly clientAuth: boolean
}

/** The rule in other words: drop what must not be shown; of the rest, keep what is best at each step, unless nothing is. */
function chosen(from: readonly Known[], peer: Peer): Known | undefined {
  const verifies = peer.certificateSchemes ?? peer.schemes
  let left = from
    .filter(({ signs }) => signs.some(scheme => peer.schemes.includes(scheme)))
    .filter(({ forSignatures, sha1 }) => forSignatures && !sha1)
    .filter(({ purposes }) => !peer.clientAuth || purposes.includes(clientAuth))
  const steps: readonly ((one: Known) => boolean)[] = [
    ({ host }) => host === peer.host,
    ({ chain }) => chain.every(any => any.some(scheme => verifies.includes(scheme))),
    ({ issuers }) => issuers.some(issuer => peer.authorities.includes(issuer)),
  ]
  for (const step of steps) if (left.some(step)) left = left.filter(step)
  return left[0]
}

const schemes: readonly SignatureSchemeName[] = [
  ...ecdsa,
  ...ed25519,
  'rsa_pss_rsae_sha256',
  ...pkcs1,
]
const someOf = <T>(list: readonly T[], minLength = 0) =>
  fc.shuffledSubarray([...list], { minLength })
const peers = fc.record({
  schemes: someOf(schemes, 1),
  certificateSchemes: fc.option(someOf(schemes, 1), { nil: undefined }),
  authorities: someOf([p256Root, rsaRoot, edRoot, between]),
  host: fc.constantFrom('a.example', 'b.example', undefined),
  clientAuth: fc.constant(false),
})

const shownBy = (from: readonly Known[]): ContextOptions => ({
  cert: from.map(({ pem }) => pem),
  key: from.map(({ minted }) => minted.keyPem),
  crypto: nodeCrypto,
})
const says = (peer: Peer): ContextOptions => ({
  crypto: nodeCrypto,
  groups: 'x25519',
  rejectUnauthorized: false,
  sigalgs: peer.schemes,
  ...(peer.certificateSchemes ? { certificateSigalgs: peer.certificateSchemes } : {}),
  requestAuthorities: peer.authorities.map(({ subject }) => subject),
})

test('rule 19: a server shows the certificate that the client can make most of', t => {
  fc.assert(
    fc.property(someOf(all, 1), peers, (from, peer) => {
      const [near, far] = bioPair()
      const name = peer.host === undefined ? {} : { servername: peer.host }
      const client = new Ssl(new SslContext(says(peer)), name).setBio(near).setConnectState()
      const server = new Ssl(new SslContext(shownBy(from))).setBio(far).setAcceptState()
      for (let i = 0; i < 4; i++) {
        client.doHandshake()
        server.doHandshake()
      }
      const expected = chosen(from, peer)
      t.deepEqual(client.peerCertificates[0], expected?.minted.der, expected?.name)
      const outcome = server.doHandshake()
      if (expected) return
      t.is(
        outcome.status === 'failed' && 'alert' in outcome.error && outcome.error.alert,
        'handshake_failure',
      )
    }),
    { numRuns: 120 },
  )
})

test('a client shows the certificate that the server can make most of, or none', t => {
  const clientPeers = fc
    .record({ peer: peers, clientAuth: fc.boolean() })
    .map(({ peer, clientAuth }) => ({ ...peer, host: undefined, clientAuth }))
  // ExtKeyUsageSyntax with clientAuth.
  const values = Uint8Array.of(0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2)
  fc.assert(
    fc.property(someOf(all), clientPeers, fc.boolean(), (from, peer, later) => {
      const { groups: _, ...asks } = says(peer)
      const { client, server } = connectedEnds({
        client: { ...shownBy(from), postHandshakeAuth: true },
        server: {
          ...asks,
          requestCert: !later,
          ...(peer.clientAuth ? { oidFilters: [{ oid: '2.5.29.37', values }] } : {}),
        },
      })
      if (later) server.requestCertificate()
      for (const end of [client, server]) end.read(new Uint8Array(1))
      const expected = chosen(from, peer)
      t.deepEqual(server.peerCertificates[0], expected?.minted.der, expected?.name)
    }),
    { numRuns: 120 },
  )
})

test('4.3.4: a client names its authorities where requestAuthorities says so, and only then', t => {
  for (const authorities of [undefined, [], [rsaRoot.subject, p256Root.subject]]) {
    let told: readonly Uint8Array[] | undefined
    connectedEnds({
      client: authorities === undefined ? {} : { requestAuthorities: authorities },
      server: {
        cert: [],
        key: [],
        certificateCallback: want => {
          told = want.authorities
          return new SslContext({
            crypto: nodeCrypto,
            cert: chainFor('p256').pem,
            key: chainFor('p256').keyPem,
          }).credentials[0]
        },
      },
    })
    t.deepEqual(told, authorities ?? [])
  }
})

test('rule 19: signature_algorithms_cert is sent where certificateSigalgs says so, else signature_algorithms counts for both', t => {
  for (const certificateSigalgs of [undefined, 'rsa_pkcs1_sha256:ed25519']) {
    const told: (readonly string[])[] = []
    connectedEnds({
      client: {
        sigalgs: 'ecdsa_secp256r1_sha256:ed25519',
        ...(certificateSigalgs ? { certificateSigalgs } : {}),
      },
      server: {
        certificateCallback: want => {
          told.push(want.schemes.map(({ name }) => name))
          told.push(want.certificateSchemes.map(({ name }) => name))
          return new SslContext({
            crypto: nodeCrypto,
            cert: chainFor('p256').pem,
            key: chainFor('p256').keyPem,
          }).credentials[0]
        },
      },
    })
    const own = ['ecdsa_secp256r1_sha256', 'ed25519']
    t.deepEqual(told, [own, certificateSigalgs?.split(':') ?? own])
  }
})
