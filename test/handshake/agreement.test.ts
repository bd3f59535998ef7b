/** When both ends of a handshake have come to its end they hold the same, each from its side; and each asks its application for what the peer has said (RFC 9846 §1, §4.3.3, §4.5.1.2, appendix F.1). */
import { failed, signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientConfig,
  type Connected,
  certificates,
  type EncryptedExtensions,
  extensionTypes,
  type Fact,
  is12,
  type Level,
  type RawExtension,
  readExtension,
  type ServerConfig,
  type Shown,
  type WantCertificate,
} from '@biopair/handshake'
import test from 'ava'
import { conversations } from '../support/conversations.ts'
import { type ConverseOptions, converse, type End } from '../support/converse.ts'
import { identityOf } from '../support/peer-identity.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text))

/** Levels that keys came into use at, by direction, in order. */
const keys = ({ lines }: End, direction: 'read' | 'write'): Level[] =>
  lines.flatMap(line =>
    line.startsWith(`key ${direction} `) ? [line.slice(5 + direction.length) as Level] : [],
  )
const facts = <F extends Fact['fact']>({ facts }: End, name: F) =>
  facts.filter((one): one is Extract<Fact, { fact: F }> => one.fact === name)

/** Facts as text, in no order. */
const told = (end: End, name: Fact['fact']) =>
  facts(end, name)
    .map(one => JSON.stringify(one))
    .toSorted()

function connectedOf({ connected }: End): Connected {
  if (!connected || is12(connected)) throw new Error('expected a connection of TLS 1.3')
  return connected
}

for (const [title, options] of Object.entries(conversations)) {
  if (title.startsWith('TLS 1.2')) continue
  test(`F.1: both ends hold the same: ${title}`, t => {
    const { client, server } = converse(options)
    const [near, far] = [connectedOf(client), connectedOf(server)]
    t.deepEqual([near.role, far.role], ['client', 'server'])
    t.deepEqual(near.readSecret, far.writeSecret)
    t.deepEqual(near.writeSecret, far.readSecret)
    const secrets = [near.readSecret, near.writeSecret, near.exporterSecret, near.resumptionSecret]
    t.is(new Set(secrets.map(String)).size, 4)
    for (const name of [
      ...(['suite', 'group', 'alpn', 'serverName', 'exporterSecret', 'resumptionSecret'] as const),
      ...(['resumed', 'authenticatedBy', 'tickets', 'awaitingUpdate', 'owesUpdate'] as const),
    ])
      t.deepEqual(near[name], far[name], name)
    t.deepEqual([near.tickets, near.awaitingUpdate, near.owesUpdate], [0, false, false])
    // What one end reads under, the other writes under; early data may be refused.
    const later = (levels: Level[]) => levels.filter(level => level !== 'early')
    t.deepEqual(later(keys(client, 'write')), ['handshake', 'application'])
    t.deepEqual(later(keys(server, 'read')), ['handshake', 'application'])
    t.true(keys(client, 'write').includes('early') || !keys(server, 'read').includes('early'))
    t.deepEqual(keys(client, 'read'), keys(server, 'write'))
    t.deepEqual(keys(client, 'read'), ['handshake', 'application'])
    for (const name of ['suite', 'group', 'alpn', 'certificate_type'] as const)
      t.deepEqual(told(client, name), told(server, name), name)
    const states = (end: End) => facts(end, 'state').map(({ state }) => state)
    t.is(states(client).at(-1), 'CONNECTED')
    t.is(states(server).at(-1), 'CONNECTED')
    // RFC 9850: the same labels in both key logs, and a line for each once.
    const labels = (end: End) => facts(end, 'keylog').map(({ label }) => label)
    const logged = labels(client).filter(
      label => label !== 'CLIENT_EARLY_TRAFFIC_SECRET' || labels(server).includes(label),
    )
    t.deepEqual(logged, labels(server))
    t.is(new Set(logged).size, logged.length)
    for (const of of ['client', 'server'] as const) {
      const shown = (end: End) =>
        facts(end, 'certificate').flatMap(one => (one.of === of ? [one.chain] : []))
      t.deepEqual(shown(client), shown(server))
      const signed = (end: End) =>
        facts(end, 'signature').flatMap(one => (one.of === of ? [one.scheme] : []))
      t.deepEqual(signed(client), signed(server))
      if (near.authenticatedBy === 'certificate' && !near.resumed)
        t.deepEqual((of === 'server' ? near : far).peerChain, shown(client)[0] ?? [])
    }
    if (facts(client, 'psk').length > 0)
      t.deepEqual(
        facts(client, 'psk').map(({ kind, mode, identity }) => [kind, mode, identity]),
        facts(server, 'psk').map(({ kind, mode, identity }) => [kind, mode, identity]),
      )
    if (far.peerChain.length === 0) t.deepEqual(far.peerShown, certificates)
  })
}

/** What an end is asked when it is to show a certificate. */
function wanted(role: 'client' | 'server', options: ConverseOptions): WantCertificate[] {
  const wants: WantCertificate[] = []
  const answers = role === 'client' ? 'clientAnswers' : 'serverAnswers'
  const known = options[answers]?.certificate
  const keeping: ConverseOptions = {
    ...options,
    [answers]: {
      ...options[answers],
      certificate: (want: WantCertificate) => {
        wants.push(want)
        return known?.(want)
      },
    },
  }
  try {
    converse(keeping)
  } catch (error) {
    // Without a certificate a server has nothing to say: what it was asked for is known by then.
    if (role === 'client') throw error
  }
  return wants
}

const {
  ecdsa_secp256r1_sha256: p256,
  rsa_pss_rsae_sha256: pss,
  rsa_pkcs1_sha256: pkcs1,
  ed25519,
} = signatureSchemes

type Said = Partial<ClientConfig & ServerConfig>
for (const role of ['client', 'server'] as const) {
  /** The peer says so; the other end, whose wants they are, has this. */
  const options = (said: Said, own: Said = {}): ConverseOptions =>
    role === 'client'
      ? { server: { clientCertificate: 'request', ...said }, client: own }
      : { client: said, server: own }

  test(`4.3.3: a ${role} is asked for what the peer verifies, in its order, in handshakes and in certificates`, t => {
    for (const [said, schemes, certificateSchemes] of [
      [{ schemes: [p256] }, [p256], [p256]],
      [{ schemes: [ed25519, pss, p256] }, [ed25519, pss, p256], [ed25519, pss, p256]],
      [{ schemes: [p256], certificateSchemes: [pkcs1, p256] }, [p256], [pkcs1, p256]],
    ] as const) {
      const [want, ...more] = wanted(role, options(said))
      t.deepEqual(more, [])
      t.like(want, { role, version: undefined, request: undefined })
      t.deepEqual(
        [want?.schemes, want?.certificateSchemes],
        [schemes as unknown as WantCertificate['schemes'], certificateSchemes as never],
      )
    }
  })

  test(`9345 4: a ${role} is asked for delegated credentials with schemes that may stand in one, where the peer takes them`, t => {
    t.deepEqual(wanted(role, options({}))[0]?.delegatedSchemes, [])
    t.deepEqual(
      wanted(role, options({ delegatedSchemes: [pss, p256, ed25519] }))[0]?.delegatedSchemes,
      [p256, ed25519],
    )
  })

  test(`4.3.4: a ${role} is told the authorities that the peer trusts, or none`, t => {
    t.deepEqual(wanted(role, options({ authorities: [] }))[0]?.authorities, [])
    const authorities = [bytes('one'), bytes('another')]
    t.deepEqual(wanted(role, options({ authorities }))[0]?.authorities, authorities)
  })

  test(`7250 4: a ${role} is asked for types that the peer takes and it has, X.509 where nobody says anything`, t => {
    const types = role === 'client' ? 'clientTypes' : 'serverTypes'
    const of = (said: Said, own: Said) => wanted(role, options(said, own))[0]?.types
    t.deepEqual(of({}, {}), ['x509'])
    t.deepEqual(of({ [types]: ['x509'] }, { [types]: ['rpk', 'x509'] }), ['x509'])
    t.deepEqual(of({ [types]: ['rpk', 'x509'] }, { [types]: ['x509'] }), ['x509'])
    t.deepEqual(of({ [types]: ['rpk'] }, { [types]: ['x509', 'rpk'] }), ['rpk'])
    // Of two in common, a server's preference is what both go by; it is asked for either.
    t.deepEqual(
      of({ [types]: ['x509', 'rpk'] }, { [types]: ['rpk', 'x509'] }),
      role === 'client' ? ['x509'] : ['rpk', 'x509'],
    )
  })
}

test('4.3.5: a client is told the filters of oid_filters, each with its OID and values; a server is told whom the client asked for', t => {
  const filters = [
    { oid: Uint8Array.of(6, 1, 42), values: bytes('values') },
    { oid: Uint8Array.of(6, 1, 43), values: new Uint8Array(0) },
  ]
  const asks = { clientCertificate: 'request' } as const
  t.deepEqual(wanted('client', { server: { ...asks, filters } })[0]?.filters, filters)
  t.deepEqual(wanted('client', { server: asks })[0]?.filters, [])
  t.is(wanted('client', { server: asks })[0]?.serverName, undefined)
  t.is(wanted('server', {})[0]?.serverName, 'server.example')
  t.is(wanted('server', { client: { serverName: undefined } })[0]?.serverName, undefined)
})

test('4.3.5: an OID that stands in oid_filters twice is illegal_parameter', t => {
  const filter = { oid: Uint8Array.of(6, 1, 42), values: new Uint8Array(0) }
  for (const filters of [
    [filter, filter],
    [filter, { ...filter, values: bytes('other') }],
    [filter, { ...filter, oid: Uint8Array.of(6, 1, 43) }, filter],
  ])
    t.throws(() => converse({ server: { clientCertificate: 'request', filters } }), {
      message: /^illegal_parameter \(BAD_EXTENSION, RFC 9846 4\.3\.5\)/,
    })
})

test('4.5.1.2: a client whose key signs nothing that the server verifies shows nothing; a scheme for certificates alone is none', t => {
  for (const schemes of [[], [ed25519], [pkcs1]])
    for (const clientCertificate of ['request', 'require'] as const) {
      const run = () =>
        converse({
          server: { clientCertificate, schemes: [p256, pkcs1] },
          clientAnswers: { certificate: () => ({ chain: [bytes('leaf')], schemes }) },
        })
      if (clientCertificate === 'request') t.deepEqual(connectedOf(run().server).peerChain, [])
      else
        t.throws(run, {
          message:
            /^certificate_required \(PEER_DID_NOT_RETURN_A_CERTIFICATE, RFC 9846 4\.5\.1\.3\)/,
        })
    }
})

const raw = (extension_type: number): RawExtension => ({
  extension_type,
  extension_data: new Uint8Array(0),
})

/** The extensions of EncryptedExtensions, and who said them. */
function parametersOf(options: ConverseOptions) {
  const extensions: RawExtension[] = []
  const edit: ServerConfig['edit'] = (name, message) => {
    if (name === 'EncryptedExtensions')
      extensions.push(...(message as EncryptedExtensions).extensions)
    return message
  }
  const { server } = converse({ ...options, server: { ...options.server, edit } })
  return { extensions, server }
}

test('6066 3: the name is acknowledged in EncryptedExtensions where it was used, and only where there was one', t => {
  for (const [serverName, acknowledge, there] of [
    ['server.example', undefined, true],
    ['server.example', true, true],
    ['server.example', false, false],
    [undefined, undefined, false],
    [undefined, true, false],
  ] as const) {
    const { extensions, server } = parametersOf({
      client: { serverName },
      serverAnswers: { server_name: () => (acknowledge === undefined ? {} : { acknowledge }) },
    })
    t.deepEqual(extensions, there ? [raw(extensionTypes.server_name)] : [])
    t.is(connectedOf(server).serverName, serverName)
  }
})

test('4.3.7: EncryptedExtensions name the groups of a server that would have liked another better, all of them in its order', t => {
  const { x25519, secp256r1 } = nodeCrypto.groups
  for (const [groups, named] of [
    [
      [secp256r1, x25519],
      [0x17, 0x1d],
    ],
    [[x25519, secp256r1], undefined],
    [[x25519], undefined],
  ] as const) {
    const { extensions, server } = parametersOf({ server: { groups } })
    const said = readExtension('EncryptedExtensions', 'supported_groups', extensions)
    t.deepEqual(said?.named_group_list, named && [...named])
    t.is(connectedOf(server).group, 'x25519')
  }
  const alone = conversations['a key that stands alone']
  t.deepEqual(parametersOf(alone ?? {}).extensions, [raw(extensionTypes.server_name)])
})

test('6066 8: what was made of an OCSP response stands with what the peer has shown, and nothing where nothing was', t => {
  const { key: own } = identityOf('p256')
  const key = nodeCrypto.publicKey(own.publicMaterial)
  if (failed(key)) return t.fail(key.why)
  const found = { status: 'good' } as unknown as NonNullable<Shown['status']>
  for (const status of [found, undefined]) {
    const verification = () => ({ trusted: true, key, ...(status ? { status } : {}) }) as const
    const { client, server } = converse({
      server: { clientCertificate: 'require' },
      clientAnswers: { verification },
      serverAnswers: { verification },
    })
    for (const end of [client, server])
      t.deepEqual(connectedOf(end).peerShown, status ? { ...certificates, status } : certificates)
  }
})

for (const client of ['x509', 'rpk'] as const)
  for (const server of ['x509', 'rpk'] as const)
    test(`7250 4: each end shows what was agreed on for it: a client ${client}, a server ${server}`, t => {
      const types = { clientTypes: [client], serverTypes: [server] } as const
      const shows = (type: 'x509' | 'rpk') => () => ({
        chain: [bytes(type)],
        schemes: [p256],
        type,
      })
      const ends = converse({
        client: types,
        server: { ...types, clientCertificate: 'require' },
        clientAnswers: { certificate: shows(client) },
        serverAnswers: { certificate: shows(server) },
      })
      t.is(connectedOf(ends.client).peerShown.type, server)
      t.is(connectedOf(ends.server).peerShown.type, client)
      t.deepEqual(connectedOf(ends.client).peerChain, [bytes(server)])
      t.deepEqual(connectedOf(ends.server).peerChain, [bytes(client)])
    })

test('a random source is told what each draw is for, and for nothing twice', t => {
  const drawn: Record<'client' | 'server', string[]> = { client: [], server: [] }
  const noting =
    (role: 'client' | 'server'): NonNullable<ServerConfig['random']> =>
    (purpose, length) => {
      drawn[role].push(purpose)
      return nodeCrypto.randomBytes(length)
    }
  converse({
    client: { random: noting('client'), look: { grease: true, order: 'shuffled' } },
    server: { random: noting('server'), cookie: 'always' },
  })
  for (const purposes of Object.values(drawn)) {
    t.true(purposes.length > 2 && purposes.every(purpose => /^\w[\w ]+$/.test(purpose)))
    t.is(new Set(purposes).size, purposes.length)
  }
})
