/** More of the scenarios: whatever else a context can be told that a peer's bytes reach. */
import type { CryptoProvider } from '@biopair/crypto'
import {
  type ContextOptions,
  checkServerIdentity,
  PcapngWriter,
  SslContext,
  type TraceEvent,
  traceLines,
} from '@biopair/ssl'
import type { Minted } from '../certificate.ts'
import { certificatePolicies, keyUsage, mustStaple } from '../extensions.ts'
import type { Minter } from '../minter.ts'
import { firstOf } from './first-session.ts'
import type { Terms } from './scenarios.ts'

interface Ground {
  readonly minter: Minter
  readonly root: Minted
  readonly leaf: Minted
  readonly crypto: CryptoProvider
  /** Terms of both ends, the second those of the server; who is believed, and who has a certificate, is there already. */
  readonly both: (
    client: ContextOptions,
    server?: ContextOptions,
  ) => Required<Pick<Terms, 'client' | 'server'>>
}

const older = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const

export function moreTerms(ground: Ground): Readonly<Record<string, Terms>> {
  return { ...shapes(ground), ...asked(ground), ...believed(ground), ...keys(ground) }
}

/** Records, hellos and calls of another shape. */
function shapes({ root, leaf, both }: Ground): Readonly<Record<string, Terms>> {
  const own = { cert: leaf.pem, key: leaf.key.pem() }
  const asks = { requestCert: true, ca: root.pem }
  return {
    sized: both(
      { maxFragmentLength: 512, padding: 64 },
      { recordSizeLimit: 0, padding: () => 100 },
    ),
    'older, sized': both({ ...older, maxFragmentLength: 1024, ...own }, { ...older, ...asks }),
    'sized by both': both({ maxFragmentLength: 2048, recordSizeLimit: 700 }),
    renewing: both({ limits: { recordsPerKey: 2, sideRecords: 3, recordsPerCall: 2 } }),
    shuffled: both({
      clientHello: {
        order: 'shuffled',
        grease: ['cipher_suites', 'signature_algorithms', 'psk_key_exchange_modes'],
        padding: length => length + 300,
      },
      ticketRequest: { newSessions: 3, resumptions: 1 },
      certificateSigalgs: 'ed25519:rsa_pkcs1_sha256',
      keyShares: 'x25519:secp256r1:X25519MLKEM768',
    }),
    'without compatibility': both({ middleboxCompat: false, tickets: false }),
    'another hash': both({ ciphers: 'TLS_AES_256_GCM_SHA384' }),
    'a short tag': both({ ciphers: 'TLS_AES_128_CCM_8_SHA256' }),
    'older, another hash': both({ ...older, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }),
    'older, without nonces': both({ ...older, ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }),
    'older, with a plain secret': {
      ...both({ ...older, requireExtendedMasterSecret: false, ...own }),
      resumes: true,
    },
    'older, fallen back': both({ ...older, fallbackScsv: true }, older),
    'resumed with a certificate': { ...both(own, asks), resumes: true },
    'older, resumed with a certificate': {
      ...both({ ...older, ...own }, { ...older, ...asks }),
      resumes: true,
    },
    'later, resumed': {
      ...both({ postHandshakeAuth: true, ...own }, { ...asks, requestCert: 'later' }),
      resumes: true,
    },
    'early, retried': {
      ...both(
        { groups: ['x25519', 'secp256r1'] },
        { groups: ['secp256r1'], maxEarlyData: 4096, replayStore: { claim: () => true } },
      ),
      ...{ resumes: true, early: true },
    },
    peeked: { ...both(either, either), habits: ['peeks'] },
    'older, peeked': { ...both({ ...older, ...own }, { ...older, ...asks }), habits: ['peeks'] },
    moved: { ...both(own, asks), habits: ['moves'] },
    'older, moved': { ...both({ ...older, ...own }, { ...older, ...asks }), habits: ['moves'] },
    'nothing kept': {
      ...both(
        { groups: ['x25519', 'secp256r1'] },
        { groups: ['secp256r1'], cookieKeys: new Uint8Array(32).fill(3), cookie: 'with_retry' },
      ),
      habits: ['stateless'],
    },
  }
}

/** Those who look: traces, captures and callbacks. */
function asked({ root, leaf, minter, crypto, both }: Ground): Readonly<Record<string, Terms>> {
  const own = { cert: leaf.pem, key: leaf.key.pem() }
  const now = () => minter.time
  const other = new SslContext({ ...own, ca: root.pem, crypto, now, ALPNProtocols: ['http/1.1'] })
  const callbacks: ContextOptions = {
    SNICallback: name => (name === undefined ? null : { context: other, acknowledge: true }),
    ALPNCallback: ({ protocols }) => protocols[0] ?? null,
    certificateCallback: ({ schemes, types }) =>
      types.includes('x509') && schemes.some(({ name }) => name === 'ed25519')
        ? { chain: leaf.pem, schemes: ['ed25519'] }
        : undefined,
    signCallback: () => new Uint8Array(64).fill(0x53),
    clientHelloCallback(hello) {
      // What its getters read is a stranger's.
      for (const name of viewed) void hello[name]
      for (const [type] of hello.extensions) hello.extension(type)
    },
    verifyCallback: verdict => verdict.ok,
    requestOCSP: true,
    ocspRequestCallback: () => minted,
    ocspResponseCallback: () => true,
    requestCert: true,
    ca: root.pem,
  }
  const minted = minter.ocsp(leaf, root)
  const client: ContextOptions = {
    ...callbacks,
    checkServerIdentity: (name, certificate) => checkServerIdentity(name, certificate),
  }
  const server: ContextOptions = {
    ...callbacks,
    oidFilters: [
      { oid: '2.5.29.15', values: keyUsage(['digitalSignature']).subarray(-4) },
      { oid: '2.5.29.37' },
    ],
  }
  const key = new Uint8Array(32).fill(9)
  return {
    watched: both({ ...watches(), ...own }, { ...watches(), requestCert: true, ca: root.pem }),
    'older, watched': both({ ...older, ...watches() }),
    asked: both(client, server),
    'older, asked': both({ ...client, ...older }, { ...server, ...older, oidFilters: [] }),
    'asked for a key': both(
      { pskCallback: () => ({ psk: key, identity: 'someone' }) },
      { pskCallback: identity => (identity === 'someone' ? key : null) },
    ),
    'older, asked for a key': both(
      { ...older, pskCallback: () => ({ psk: key, identity: 'someone' }) },
      {
        ...older,
        pskIdentityHint: 'a hint',
        pskCallback: name => (name === 'someone' ? key : null),
      },
    ),
  }
}

const viewed = [
  ...['legacyVersion', 'random', 'sessionId', 'cipherSuites', 'compressionMethods'],
  ...['servername', 'ALPNProtocols', 'versions', 'groups', 'signatureSchemes'],
] as readonly 'versions'[]

/** Everything is written down: lines, a capture, a key log. */
function watches(): ContextOptions {
  let connection = 0
  let capture = new PcapngWriter(() => {})
  return {
    traceSecrets: true,
    keylog: () => {},
    trace(event: TraceEvent) {
      // Of one connection; what a run leaves behind is not kept.
      if (event.connection !== connection) capture = new PcapngWriter(() => {})
      connection = event.connection
      traceLines(event)
      capture.trace(event)
    },
  }
}

/** Whom one believes, and what is asked of them. */
function believed({ root, minter, both }: Ground): Readonly<Record<string, Terms>> {
  const policy = '1.2.3.4'
  const extensions = [certificatePolicies([policy])]
  const issuer = minter.intermediate(root, { key: 'ed25519', extensions })
  const leaf = minter.leaf(issuer, {
    key: 'ed25519',
    extensions: [mustStaple(), ...extensions],
    names: ['server.example', '*.server.example', '192.0.2.1'],
  })
  const own: ContextOptions = {
    cert: `${leaf.pem}${issuer.pem}`,
    key: leaf.key.pem(),
    ocspResponse: minter.ocsp(leaf, issuer),
  }
  const crl = [minter.crl(root).der, minter.crl(issuer).der]
  const strict: ContextOptions = {
    ...{ ca: root.pem, verifyProfile: 'strict', revocation: 'hard', crl, ocsp: 'require' },
    ...{ peerOcspResponses: [minter.ocsp(issuer, root)], requestOCSP: true },
    verifyPolicies: { initial: [policy], requireExplicit: true },
  }
  const digest = new Uint8Array(32)
  return {
    strict: both({ ...strict, ...own }, { ...own, ...strict, requestCert: true }),
    'older, strict': both(
      { ...older, ...strict, verifyProfile: 'webpki', rejectUnauthorized: false },
      { ...older, ...own, requestCert: true, rejectUnauthorized: false },
    ),
    soft: {
      ...both(
        { ca: root.pem, revocation: 'soft', verifyProfile: 'strict', minimumRsaBits: 3072 },
        own,
      ),
      servername: 'a.server.example',
    },
    pinned: both({ pins: [digest], rejectUnauthorized: false }, own),
  }
}

/** Keys and sessions of every kind. */
function keys({ root, minter, both }: Ground): Readonly<Record<string, Terms>> {
  const some = (kind: 'p384' | 'p521' | 'rsa-pss' | 'mldsa44' | 'p256') => {
    const one = minter.leaf(root, { key: kind })
    return { cert: one.pem, key: one.key.pem() }
  }
  const groups = ['secp384r1', 'secp521r1', 'secp256r1'] as const
  const sigalgs =
    'mldsa44:ecdsa_secp521r1_sha512:ecdsa_secp384r1_sha384:ecdsa_secp256r1_sha256:rsa_pss_pss_sha256:ed25519'
  const imported = [
    { identity: 'imported', key: new Uint8Array(32).fill(8), kind: 'imported' as const },
    { identity: 'other', key: new Uint8Array(48).fill(7), hash: 'sha384' as const },
  ]
  const sealer = {
    seal: (state: Uint8Array) => Uint8Array.from(state),
    open: (ticket: Uint8Array) => Uint8Array.from(ticket),
  }
  return {
    'p384 and rsa-pss': both(
      { groups, sigalgs, ...some('p384') },
      { groups, ...some('rsa-pss'), requestCert: true, ca: root.pem },
    ),
    'p521 and mldsa': both(
      { groups, sigalgs, ...some('p521') },
      { groups, sigalgs, ...some('mldsa44'), requestCert: true, ca: root.pem },
    ),
    'older, p256': both(
      { ...older, ...some('p384') },
      { ...older, ...some('p256'), requestCert: true, ca: root.pem },
    ),
    'imported keys': both({ psks: imported }, { psks: imported.toReversed() }),
    'resumed once': {
      ...both({}, { sessionCache: firstOf(), sessionIdContext: 'here' }),
      resumes: true,
    },
    'sealed by others': { ...both({}, { ticketSealer: sealer }), resumes: true },
    'older, sealed by others': {
      ...both(older, { ...older, ticketSealer: sealer }),
      resumes: true,
    },
  }
}
