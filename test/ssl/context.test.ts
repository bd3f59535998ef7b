/** Options are read and checked when a context is made: a mistake shows there, with a stable code. */
import { nodeCrypto } from '@biopair/crypto-node'
import { brotliCertificates } from '@biopair/node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { clientOptions, ends, serverOptions, shake } from '../support/ends.ts'
import { chainFor, mint } from '../support/mint.ts'
import { refusal } from '../support/ocsp-mint.ts'

const { pem, keyPem, root } = chainFor('p256')
const leaf = { cert: pem, key: keyPem }
const context = (options: object) => new SslContext({ crypto: nodeCrypto, ...options })

test('an option that there is none of is refused by its name', t => {
  for (const name of ['ciphres', 'toString', 'constructor', '__proto__x', 'CA'])
    t.throws(() => context({ [name]: 'x' }), {
      code: 'ERR_UNKNOWN_OPTION',
      message: new RegExp(name),
    })
  t.throws(() => context({ limits: { maxSomething: 1 } }), { code: 'ERR_UNKNOWN_OPTION' })
  t.throws(() => context({ limits: { toString: 1 } }), { code: 'ERR_UNKNOWN_OPTION' })
  t.throws(() => new Ssl(context({}), { serverName: 'x' } as object), {
    code: 'ERR_UNKNOWN_OPTION',
  })
})

test('an option of another type is refused, and its value is not shown', t => {
  const wrong: Record<keyof ContextOptions, unknown> = {
    ca: 5,
    pins: 'sha256/',
    cert: [5],
    key: 12345,
    passphrase: 12345,
    rawKey: 5,
    serverCertTypes: 'rpk',
    clientCertTypes: [2],
    rawPublicKeys: true,
    delegatedSigalgs: 5,
    delegatedCredentials: [1],
    ciphers: 5,
    groups: [5],
    ecdhCurve: true,
    keyShares: {},
    sigalgs: [null],
    certificateSigalgs: 5,
    minVersion: 3,
    maxVersion: [],
    requireExtendedMasterSecret: 'yes',
    ALPNProtocols: 'h2',
    clientHello: 1,
    clientHelloCallback: true,
    SNICallback: 'server.example',
    ALPNCallback: 'h2',
    requestCert: 1,
    requestAuthorities: [1],
    oidFilters: '2.5.29.37',
    postHandshakeAuth: 'yes',
    rejectUnauthorized: 'false',
    certificateCallback: {},
    signCallback: 'sign',
    requestOCSP: 1,
    ocsp: true,
    ocspResponse: [12345],
    ocspRequestCallback: 'none',
    ocspResponseCallback: true,
    crl: 1,
    revocation: true,
    revocationScope: 1,
    peerOcspResponses: 'x',
    requestSCT: 'yes',
    scts: [12345],
    certificateCompression: ['zlib'],
    verifyCallback: true,
    checkServerIdentity: 'server.example',
    allowPartialTrustChain: 'yes',
    minimumRsaBits: '2048',
    verifyLimits: 5,
    verifyCache: 'all',
    verifyProfile: 1,
    verifyPolicies: 1,
    verifyTime: 'now',
    crypto: 'node',
    random: 4,
    now: 0,
    numTickets: -1,
    ticketLifetime: 0.5,
    ticketKeys: [1, 2],
    ticketPolicy: 1,
    sessionCache: true,
    ticketSealer: true,
    singleUseTickets: 'yes',
    maxEarlyData: 0.5,
    earlyDataWindow: '10s',
    replayStore: () => true,
    earlyDataCallback: true,
    sessionIdContext: 5,
    ticketRequest: 2,
    pskModes: 'psk_ke',
    psks: {},
    pskCallback: {},
    pskIdentityHint: 1,
    fallbackScsv: 1,
    maxFragmentLength: '512',
    tickets: 2,
    onSession: [],
    middleboxCompat: 'true',
    cookie: true,
    cookieKeys: '32 bytes',
    cookieLifetime: 0.5,
    keylog: './keys',
    trace: true,
    traceEvents: 'message',
    traceSecrets: 1,
    edit: {},
    limits: 5,
    recordSizeLimit: 64.5,
    padding: '512',
    recordSizing: true,
  }
  for (const [name, value] of Object.entries(wrong)) {
    const error = t.throws(() => context({ [name]: value }), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_TYPE',
    })
    t.true(error?.message.startsWith(`${name}: expected `), error?.message)
    t.false(error?.message.includes('12345'))
    t.throws(() => context({ [name]: null }), { code: 'ERR_INVALID_ARG_TYPE' }, `${name}: null`)
    t.notThrows(() => context({ [name]: undefined }), name)
  }
  t.throws(() => new SslContext(null as never), { code: 'ERR_INVALID_ARG_TYPE' })
  t.throws(() => new Ssl(context({}), { servername: 5 } as never), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('a value that an option does not have is refused', t => {
  for (const wrong of [
    { ciphers: 'TLS_SM4_GCM_SM3' },
    { ocsp: 'always' },
    { ocsp: 'require', requestOCSP: false },
    { certificateCompression: [{}] },
    { certificateCompression: [brotliCertificates, brotliCertificates] },
    { certificateCompression: [{ ...brotliCertificates, id: 0 }] },
    {
      certificateCompression: Array.from({ length: 128 }, (_, id) => ({
        ...brotliCertificates,
        id: id + 1,
      })),
    },
    { ...leaf, ocspResponse: new Uint8Array(9) },
    { ocspResponse: refusal(3) },
    { ...leaf, scts: [new Uint8Array(0)] },
    { ...leaf, scts: [new Uint8Array(40_000), new Uint8Array(40_000)] },
    { ...leaf, scts: [[new Uint8Array(9)], [new Uint8Array(9)]] },
    { ciphers: '' },
    { ciphers: [] },
    { groups: 'ffdhe4096' },
    { groups: 'toString' },
    { groups: 'x25519:constructor' },
    { groups: ':' },
    { keyShares: 'P-521', groups: 'x25519' },
    { keyShares: 'nothing' },
    { sigalgs: 'rsa_pkcs1_md5' },
    { minVersion: 'TLSv1.1' },
    { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' },
    { maxVersion: 'TLSv1.2', ciphers: 'TLS_AES_128_GCM_SHA256' },
    { maxVersion: 'TLSv1.1' },
    { ALPNProtocols: [''] },
    { ALPNProtocols: ['x'.repeat(256)] },
    { ALPNProtocols: ['ħ2'] },
    { cookie: 'sometimes' },
    { cookieKeys: new Uint8Array(31) },
    { cookieKeys: [] },
    { cookieKeys: new Uint8Array(32), cookie: 'never' },
    { cookieLifetime: 0 },
    { cookieLifetime: 3601 },
    { ticketKeys: new Uint8Array(47) },
    { ticketLifetime: 604_801 },
    { maxEarlyData: 2 ** 20 + 1 },
    { maxEarlyData: 2 ** 32, limits: { earlyData: 2 ** 33 } },
  ])
    t.throws(() => context(wrong), { code: 'ERR_INVALID_ARG_VALUE' }, JSON.stringify(wrong))
})

test('names of groups and suites come as lists or with colons, in our order, aliases included', t => {
  const names = (groups: string | string[]) => context({ groups }).groups.map(group => group.name)
  t.deepEqual(names('P-256:X25519:prime256v1:secp256r1'), ['secp256r1', 'x25519'])
  t.deepEqual(names(['P-521', 'P-384']), ['secp521r1', 'secp384r1'])
  t.deepEqual(
    context({ ecdhCurve: 'P-384' }).groups.map(({ name }) => name),
    ['secp384r1'],
  )
  t.deepEqual(
    context({ groups: 'x25519', ecdhCurve: 'P-384' }).groups.map(({ name }) => name),
    ['x25519'],
  )
  t.deepEqual(
    context({ ciphers: 'TLS_CHACHA20_POLY1305_SHA256::TLS_AES_128_GCM_SHA256' }).suites.map(
      ({ name }) => name,
    ),
    ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  )
})

test('a client shares the first group, and a classical one beside a hybrid', t => {
  const shares = (options: ContextOptions) => context(options).shares.map(({ name }) => name)
  t.deepEqual(shares({}), ['X25519MLKEM768', 'x25519'])
  t.deepEqual(shares({ groups: 'P-256:x25519' }), ['secp256r1'])
  t.deepEqual(shares({ groups: 'X25519MLKEM768' }), ['X25519MLKEM768'])
  t.deepEqual(shares({ groups: 'x25519:P-256:P-384', keyShares: 'P-384:x25519' }), [
    'x25519',
    'secp384r1',
  ])
  t.deepEqual(shares({ groups: 'x25519', keyShares: [] }), [])
})

test('a certificate and a key go in pairs, and belong together', t => {
  const other = mint({})
  for (const wrong of [
    { cert: pem },
    { key: keyPem },
    { cert: [pem, other.pem], key: keyPem },
    { cert: pem, key: other.keyPem },
    { cert: chainFor('ed25519').pem, key: keyPem },
  ])
    t.throws(() => context(wrong), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => context({ cert: pem, key: other.keyPem }), { message: /KEY_VALUES_MISMATCH/ })
  const both = context({ cert: [pem, other.pem], key: [keyPem, other.keyPem] })
  t.is(both.credentials.length, 2)
  t.is(both.credentials[0]?.chain.length, 2)
})

test('what is no certificate or no key is refused with a code, and no byte of it is shown', t => {
  for (const wrong of [
    { cert: 'no PEM', key: keyPem },
    { cert: pem, key: 'secret words' },
    { cert: pem, key: pem },
    { cert: new Uint8Array(10), key: keyPem },
    { ca: 'no PEM' },
    { ca: new Uint8Array([1, 2, 3]) },
  ]) {
    const error = t.throws(() => context(wrong), { any: true } as never) as Error & {
      code?: string
    }
    t.regex(error?.code ?? '', /^ERR_/, JSON.stringify(wrong).slice(0, 60))
    t.false(error.message.includes('secret words'))
  }
})

test('limits are whole numbers in their bounds', t => {
  for (const limits of [
    { maxQueue: 0 },
    { maxQueue: -1 },
    { recordsPerCall: 1.5 },
    { sideRecords: Number.NaN },
    { maxHandshakeMessage: '5' },
    { maxCertificateMessage: Number.POSITIVE_INFINITY },
    { maxFragment: 511 },
    { maxFragment: 16_385 },
    { recordsPerKey: null },
  ])
    t.throws(() => context({ limits }), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
  t.like(context({ limits: { maxQueue: 1000, maxFragment: 512 } }).limits, {
    maxQueue: 1000,
    maxFragment: 512,
    recordsPerCall: 1024,
  })
  t.is(context({ limits: { recordsPerCall: undefined } }).limits.recordsPerCall, 1024)
})

test('a client that verifies needs a name and somebody to believe; opting out is explicit', t => {
  const client = (options: ContextOptions, servername?: string) => {
    const { near } = ends()
    const ssl = servername === undefined ? {} : { servername }
    return () => new Ssl(context(options), ssl).setBio(near).connect()
  }
  t.throws(client({ ca: root.pem }), { code: 'ERR_NO_SERVERNAME' })
  t.throws(client({}, 'server.example'), { code: 'ERR_NO_TRUST_ANCHORS' })
  t.throws(client({}), { code: 'ERR_NO_SERVERNAME' })
  t.throws(client({ ca: root.pem }, 'bad name'), { code: 'ERR_INVALID_ARG_VALUE' })
  t.notThrows(client({ ca: root.pem }, 'server.example'))
  t.notThrows(client({ rejectUnauthorized: false }))
  t.throws(client({ verifyCallback: () => true }), { code: 'ERR_NO_SERVERNAME' })
  t.notThrows(client({ verifyCallback: () => true }, 'server.example'))
  t.notThrows(client({ verifyCallback: () => true, rejectUnauthorized: false }))
})

test('a server needs a certificate and its key, or a callback that has them', t => {
  const { far } = ends()
  const server = (options: ContextOptions) => () => new Ssl(context(options)).setBio(far).accept()
  t.throws(server({}), { code: 'ERR_NO_CERTIFICATE' })
  t.throws(server({ ca: root.pem }), { code: 'ERR_NO_CERTIFICATE' })
  t.notThrows(server({ certificateCallback: () => undefined }))
  t.notThrows(server({ cert: pem, key: keyPem }))
})

test('opting out of verification is told by authorized and verdict', t => {
  const made = ends({
    client: { ca: chainFor('ed25519').root.pem, rejectUnauthorized: false },
  })
  shake(made)
  t.false(made.client.authorized)
  t.like(made.client.verdict, { ok: false })
  const believed = ends()
  shake(believed)
  t.true(believed.client.authorized)
  t.false(believed.server.authorized)
})

test('a server that asks for a certificate has it, goes without, or insists', t => {
  const ask: ContextOptions = { requestCert: true, ca: root.pem }
  const shown = ends({ client: { cert: pem, key: keyPem }, server: ask })
  shake(shown)
  t.true(shown.server.authorized)
  t.is(shown.server.peerCertificates.length, 2)
  const lenient = ends({ server: { ...ask, rejectUnauthorized: false } })
  shake(lenient)
  t.false(lenient.server.authorized)
  t.deepEqual(lenient.server.peerCertificates, [])
  const strict = ends({ server: ask })
  t.throws(() => shake(strict), { message: /failed/ })
  t.like(strict.server.doHandshake(), { error: { alert: 'certificate_required' } })
  t.like(strict.client.read(new Uint8Array(1)), {
    error: { alert: 'certificate_required', origin: 'received' },
  })
})

test('the name is proved: another one, or an address that is not there, is refused', t => {
  for (const [servername, accepted] of [
    ['server.example', true],
    ['SERVER.example.', true],
    ['a.wild.example', true],
    ['127.0.0.1', true],
    ['::1', true],
    ['other.example', false],
    ['127.0.0.2', false],
  ] as const) {
    const { near, server } = ends()
    const client = new Ssl(new SslContext(clientOptions), { servername })
      .setBio(near)
      .setConnectState()
    if (accepted) {
      t.notThrows(() => shake({ client, server }), servername)
      t.is(client.servername, servername)
      continue
    }
    t.throws(() => shake({ client, server }), { message: /failed/ }, servername)
    t.like(client.doHandshake(), { error: { alert: 'bad_certificate' } }, servername)
  }
})

test('a role is taken by connect and accept, and kept where it is set', t => {
  const { near, far } = ends()
  const client = new Ssl(new SslContext(clientOptions), { servername: 'server.example' }).setBio(
    near,
  )
  const server = new Ssl(new SslContext(serverOptions)).setBio(far)
  t.is(client.role, undefined)
  client.connect()
  server.accept()
  t.deepEqual([client.role, server.role], ['client', 'server'])
  shake({ client, server })
  t.is(client.version, 'TLSv1.3')
})
