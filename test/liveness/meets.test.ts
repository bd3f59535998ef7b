/** Property 5, *client meets server*: either both stay connected and agree on every fact, or neither does. */
import { type GroupName, type SignatureSchemeName, signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, pump, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { countingPair } from '../support/counting-pair.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { type AnyKind, chainFor, chainNames, keyKinds } from '../support/mint.ts'
import {
  curveNames,
  factsOf,
  groupNames,
  suiteNames,
  suiteNames12,
  suitesFor,
} from '../support/session.ts'

/** What an end is configured with. */
interface Config {
  readonly versions: readonly ('TLSv1.2' | 'TLSv1.3')[]
  readonly ciphers: readonly string[]
  readonly groups: readonly string[]
  readonly sigalgs: readonly string[]
  readonly alpn: readonly string[]
  readonly certificate: AnyKind | undefined
  /** Whose certificates it believes. */
  readonly believes: AnyKind
  readonly rejectUnauthorized: boolean
}

interface Meeting {
  readonly client: Config & { readonly servername: string; readonly shares: number }
  readonly server: Config & {
    readonly requestCert: boolean
    readonly cookie: 'never' | 'with_retry' | 'always'
  }
  readonly ring: number
}

/** Most of a list as a rule, so that meetings often end well. */
function some<T>(all: readonly T[]): fc.Arbitrary<T[]> {
  return fc.oneof(
    {
      weight: 2,
      arbitrary: fc.shuffledSubarray([...all], { minLength: Math.ceil(all.length / 2) }),
    },
    { weight: 1, arbitrary: fc.shuffledSubarray([...all], { minLength: 1 }) },
  )
}

const schemeNames = Object.keys(signatureSchemes) as SignatureSchemeName[]
const kinds: readonly AnyKind[] = [...keyKinds, 'mldsa44']

/** Some of each version's: an end that speaks a version needs a suite of it. */
const anySuites = fc.tuple(some(suiteNames), some(suiteNames12)).map(all => all.flat())
const anyVersions = fc.constantFrom<Config['versions']>(
  ['TLSv1.3'],
  ['TLSv1.2'],
  ['TLSv1.2', 'TLSv1.3'],
  ['TLSv1.2', 'TLSv1.3'],
)

/** TLS 1.2 alone is not to be had without a curve: no context is made of that. */
function withCurve(versions: Config['versions'], groups: readonly string[]): readonly string[] {
  const has = versions.includes('TLSv1.3') || curveNames.some(name => groups.includes(name))
  return has ? groups : [...groups, 'x25519']
}

/** Nor without a scheme, and ML-DSA is none of it. */
function withScheme(
  versions: Config['versions'],
  schemes: readonly SignatureSchemeName[],
): readonly SignatureSchemeName[] {
  return versions.includes('TLSv1.3') || schemes.some(older) ? schemes : [...schemes, 'ed25519']
}

function older(scheme: string): boolean {
  return !scheme.startsWith('mldsa')
}

const anyMeeting: fc.Arbitrary<Meeting> = fc
  .record({
    versions: fc.tuple(anyVersions, anyVersions),
    certificate: fc.constantFrom(...kinds),
    own: fc.option(fc.constantFrom(...kinds), { nil: undefined }),
    odd: fc.constantFrom(...kinds),
    /** Which ends believe in the right authority. */
    right: fc.tuple(fc.nat(5), fc.nat(5)),
    lists: fc.tuple(anySuites, anySuites, some(groupNames), some(groupNames)),
    schemes: fc.tuple(some(schemeNames), some(schemeNames)),
    alpn: fc.tuple(fc.shuffledSubarray(['a', 'b', 'c']), fc.shuffledSubarray(['a', 'b', 'c'])),
    reject: fc.tuple(fc.boolean(), fc.boolean()),
    requestCert: fc.boolean(),
    cookie: fc.constantFrom('never', 'with_retry', 'always'),
    servername: fc.constantFrom(
      'server.example',
      'server.example',
      'localhost',
      '127.0.0.1',
      'other.example',
    ),
    shares: fc.nat(2),
    ring: fc.constantFrom(7, 100, 17_408),
  })
  .map(
    ({
      versions,
      certificate,
      own,
      odd,
      right,
      lists,
      schemes,
      alpn,
      reject,
      requestCert,
      cookie,
      servername,
      shares,
      ring,
    }) => ({
      ring,
      client: {
        versions: versions[0],
        ciphers: lists[0],
        groups: withCurve(versions[0], lists[2]),
        sigalgs: withScheme(versions[0], schemes[0]),
        alpn: alpn[0],
        certificate: own,
        believes: right[0] > 0 ? certificate : odd,
        rejectUnauthorized: reject[0],
        servername,
        shares,
      },
      server: {
        versions: versions[1],
        ciphers: lists[1],
        groups: withCurve(versions[1], lists[3]),
        sigalgs: withScheme(versions[1], schemes[1]),
        alpn: alpn[1],
        certificate,
        believes: right[1] > 0 && own ? own : odd,
        rejectUnauthorized: reject[1],
        requestCert,
        cookie,
      },
    }),
  )

/** What the handshake schemes of each kind of key are. */
const schemesOf: Readonly<Record<string, readonly SignatureSchemeName[]>> = {
  p256: ['ecdsa_secp256r1_sha256'],
  p384: ['ecdsa_secp384r1_sha384'],
  p521: ['ecdsa_secp521r1_sha512'],
  ed25519: ['ed25519'],
  rsa: ['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512'],
  'rsa-pss': ['rsa_pss_pss_sha256'],
  mldsa44: ['mldsa44'],
}

/** The same for TLS 1.2, which has rsa_pkcs1 and no ML-DSA. */
const schemesOf12: typeof schemesOf = {
  ...schemesOf,
  rsa: [
    ...(schemesOf.rsa ?? []),
    ...(['rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512'] as const),
  ],
  mldsa44: [],
}

/** The version at which two ends have to meet: the highest of both. Neither falls back from there. */
function meetAt({ client, server }: Meeting): Config['versions'][number] | undefined {
  return (['TLSv1.3', 'TLSv1.2'] as const).find(name =>
    [client, server].every(
      ({ versions, sigalgs }) =>
        versions.includes(name) && (name === 'TLSv1.3' || sigalgs.some(older)),
    ),
  )
}

/** Whether these two can come together; said apart from the code that decides it. */
function canMeet(meeting: Meeting): boolean {
  const { client, server } = meeting
  const version = meetAt(meeting)
  if (!version) return false
  const older = version === 'TLSv1.2'
  const shared = (a: readonly string[], b: readonly string[]) => a.some(name => b.includes(name))
  const signs = older ? schemesOf12 : schemesOf
  const verifies = (who: Config, kind: AnyKind | undefined) =>
    kind !== undefined && shared(who.sigalgs, signs[kind] ?? [])
  const mine: readonly string[] = server.certificate ? suitesFor(version, server.certificate) : []
  const theirs = client.ciphers.filter(name => mine.includes(name))
  const groups = client.groups.filter(name => !older || curveNames.includes(name as GroupName))
  if (!shared(theirs, server.ciphers) || !shared(groups, server.groups)) return false
  if (!verifies(client, server.certificate)) return false
  if (client.alpn.length > 0 && server.alpn.length > 0 && !shared(client.alpn, server.alpn))
    return false
  if (client.rejectUnauthorized && client.believes !== server.certificate) return false
  if (client.rejectUnauthorized && !chainNames.includes(client.servername)) return false
  if (!server.requestCert || !server.rejectUnauthorized) return true
  return verifies(server, client.certificate) && server.believes === client.certificate
}

function options(config: Config): ContextOptions {
  const own = config.certificate && chainFor(config.certificate)
  return {
    crypto: nodeCrypto,
    minVersion: config.versions[0] as 'TLSv1.2',
    maxVersion: config.versions.at(-1) as 'TLSv1.2',
    ciphers: config.ciphers,
    groups: config.groups,
    sigalgs: config.sigalgs,
    ALPNProtocols: config.alpn,
    ca: chainFor(config.believes).root.pem,
    rejectUnauthorized: config.rejectUnauthorized,
    ...(own ? { cert: own.pem, key: own.keyPem } : {}),
  }
}

/** Lets them meet, and read for a while. Answers whether they stayed connected; throws where they do not agree about it. */
function meet(meeting: Meeting): boolean {
  const { client: c, server: s, ring } = meeting
  const [near, far] = countingPair(ring, ring)
  const client = new Ssl(
    new SslContext({ ...options(c), keyShares: c.groups.slice(0, c.shares) }),
    { servername: c.servername },
  )
  const server = new Ssl(
    new SslContext({ ...options(s), requestCert: s.requestCert, cookie: s.cookie }),
  )
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  const into = new Uint8Array(10)
  const ends = [client, server]
  const report = pump(
    ends.map((ssl, i) => ({
      name: i === 0 ? 'client' : 'server',
      ssl,
      step: () => ssl.read(into),
    })),
  )
  // Ends that live wait for each other's data; ends that do not have said why.
  const alive = report.parties.map(
    ({ outcome, queued }) => outcome.status === 'want_read' && queued === 0,
  )
  const dead = report.parties.map(({ outcome }) => outcome.status === 'failed')
  const words = 'report' in report ? report.report.text : ''
  if (alive.every(Boolean) && client.connected && server.connected) {
    const [mine, theirs] = [
      factsOf(client, server.peerCertificates),
      factsOf(server, client.peerCertificates),
    ]
    // A client asks for an address without saying so.
    const named = c.servername === '127.0.0.1' ? undefined : c.servername
    if (theirs.servername !== named) throw new Error(`servername: ${theirs.servername}`)
    const [a, b] = [mine, theirs].map(facts => JSON.stringify({ ...facts, servername: '' }))
    if (a !== b) throw new Error(`the ends do not agree: ${a} ${b}`)
    if (mine.version !== meetAt(meeting)) throw new Error(`they met at ${mine.version}`)
    return true
  }
  if (dead.every(Boolean)) return false
  throw new Error(`one end lives, the other does not: ${JSON.stringify(report.parties)} ${words}`)
}

test('random configurations come together where they can, agreeing on every fact, and else neither end stays', async t => {
  const count = { together: 0, apart: 0, older: 0 }
  const property = fc.property(anyMeeting, meeting => {
    const together = meet(meeting)
    count[together ? 'together' : 'apart']++
    if (together && meetAt(meeting) === 'TLSv1.2') count.older++
    if (together !== canMeet(meeting))
      throw new Error(
        together ? 'they came together against the rules' : 'they did not come together',
      )
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 400 }),
    () => [...shortOf(count, ['together', 'apart'], 26), ...shortOf(count, ['older'], 11)],
  )
  t.log(count)
  t.deepEqual(short, [])
})

test('a client that is done before its certificate is judged learns it from its next read', t => {
  const [near, far] = countingPair(17_408, 17_408)
  const { root, pem, keyPem } = chainFor('p256')
  const client = new Ssl(new SslContext({ crypto: nodeCrypto, ca: root.pem }), {
    servername: 'localhost',
  })
  const server = new Ssl(
    new SslContext({ crypto: nodeCrypto, ca: root.pem, cert: pem, key: keyPem, requestCert: true }),
  )
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  client.doHandshake()
  server.doHandshake()
  t.is(client.doHandshake().status, 'done')
  t.is(server.doHandshake().status, 'failed')
  const read = client.read(new Uint8Array(1))
  if (read.status !== 'failed') return t.fail(read.status)
  t.is(read.error.message.includes('certificate_required'), true, read.error.message)
})
