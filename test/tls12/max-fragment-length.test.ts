/** max_fragment_length in both versions (RFC 6066 section 4): asked for, granted, kept to in both directions, and refused where it is wrong. */
import { bioPair } from '@biopair/bio'
import {
  type ContextOptions,
  MemorySessionCache,
  type Session,
  Ssl,
  SslContext,
} from '@biopair/ssl'
import test from 'ava'
import { Child } from '../interop/support/child.ts'
import { filesFor } from '../interop/support/files.ts'
import { connectTo, listen } from '../interop/support/ours.ts'
import { peerTest } from '../interop/support/peers.ts'
import {
  clientOptions,
  connectedEnds,
  type Ends,
  type EndsOptions,
  ends,
  readAll,
  serverOptions,
  shake,
} from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const versions = ['TLSv1.2', 'TLSv1.3'] as const
const lengths = [512, 1024, 2048, 4096] as const
type Version = (typeof versions)[number]
/** A server that has never heard of record_size_limit. */
const plain = { recordSizeLimit: 0 } as const

/** Content lengths of the records that an end of each role wrote. */
function watched(
  version: Version,
  client: ContextOptions,
  server: ContextOptions = plain,
): EndsOptions & { readonly wrote: { readonly client: number[]; readonly server: number[] } } {
  const wrote = { client: [] as number[], server: [] as number[] }
  const watch = (role: 'client' | 'server'): ContextOptions => ({
    maxVersion: version,
    trace: event => {
      if (event.event === 'record' && event.direction === 'write') wrote[role].push(event.length)
    },
  })
  return {
    wrote,
    client: { ...watch('client'), ...client },
    server: { ...watch('server'), ...server },
    rings: [100_000, 100_000],
  }
}

/** Sends as much as two of the longest records have, each way. */
function talk({ client, server }: Ends): void {
  const data = new Uint8Array(10_000).fill(120)
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    let at = 0
    let got = 0
    while (got < data.length) {
      if (at < data.length) {
        const outcome = from.write(data.subarray(at))
        if (outcome.status === 'done') at += outcome.bytes
      }
      got += readAll(to).text.length
    }
  }
}

for (const version of versions)
  for (const length of lengths)
    test(`${version}: ${length} is granted, and both ends keep to it`, t => {
      const options = watched(version, { maxFragmentLength: length })
      const made = connectedEnds(options)
      options.wrote.client.splice(0)
      talk(made)
      t.is(made.client.version, version)
      t.is(Math.max(...options.wrote.client), length)
      // The server knows before it says anything: its flight is held to it too.
      t.is(Math.max(...options.wrote.server), length)
    })

for (const version of versions)
  test(`${version}: beside record_size_limit it is ignored, which then says the same`, t => {
    const options = watched(version, { maxFragmentLength: 512 }, {})
    talk(connectedEnds(options))
    t.is(Math.max(...options.wrote.server), version === 'TLSv1.2' ? 512 : 511)
    t.true(Math.max(...options.wrote.client) > 512)
  })

/** What a client that asks for 512 comes to where the server answers otherwise. */
function answered(version: Version, data: readonly number[], asks = true) {
  const name = version === 'TLSv1.2' ? 'ServerHello' : 'EncryptedExtensions'
  const made = ends({
    client: { maxVersion: version, ...(asks ? { maxFragmentLength: 512 } : {}) },
    server: {
      maxVersion: version,
      ...plain,
      edit: (message, value) => {
        if (message !== name) return value
        const { extensions } = value as unknown as { extensions: { extension_type: number }[] }
        const others = extensions.filter(({ extension_type }) => extension_type !== 1)
        const answer = { extension_type: 1, extension_data: Uint8Array.from(data) }
        return { ...value, extensions: [...others, answer] }
      },
    },
  })
  made.client.doHandshake()
  made.server.doHandshake()
  return made.client.doHandshake()
}

for (const version of versions)
  test(`${version}: a server that grants another length: illegal_parameter; what was not asked for: unsupported_extension`, t => {
    for (const code of [0, 2, 4, 5, 255])
      t.like(answered(version, [code]), {
        status: 'failed',
        error: { alert: 'illegal_parameter', reason: 'SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH' },
      })
    t.like(answered(version, []), { error: { alert: 'decode_error' } })
    t.like(answered(version, [1, 1]), { error: { alert: 'decode_error' } })
    t.like(answered(version, [1], false), { error: { alert: 'unsupported_extension' } })
  })

for (const version of versions)
  test(`${version}: a client that asks for a length that there is none of: illegal_parameter`, t => {
    for (const code of [0, 5, 255]) {
      const made = ends({
        client: {
          maxVersion: version,
          maxFragmentLength: 512,
          edit: (name, value) => (name === 'ClientHello' ? saying(code)(value) : value),
        },
        server: { maxVersion: version, ...plain },
      })
      made.client.doHandshake()
      t.like(made.server.doHandshake(), {
        error: { alert: 'illegal_parameter', reason: 'SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH' },
      })
    }
  })

/** Makes the extension say another length on the wire than its sender goes by. */
function saying(code: number): <T>(value: T) => T {
  return value => {
    const { extensions } = value as unknown as {
      extensions: { extension_type: number; extension_data: Uint8Array }[]
    }
    const said = extensions.map(one =>
      one.extension_type === 1 ? { ...one, extension_data: Uint8Array.of(code) } : one,
    )
    return { ...value, extensions: said }
  }
}

/** The client asks for one length and the server grants another, and neither hears of it. */
function astray(version: Version, asked: 512 | 4096): Ends {
  // The record that the answer itself came in is over by then: the next one is judged.
  const [client, server] = asked === 512 ? [1, 2] : [4, 1]
  const { pem, keyPem, root } = chainFor('rsa')
  const answer = version === 'TLSv1.2' ? 'ServerHello' : 'EncryptedExtensions'
  return ends({
    client: {
      maxVersion: version,
      maxFragmentLength: asked,
      ca: root.pem,
      edit: (name, value) => (name === 'ClientHello' ? saying(server)(value) : value),
    },
    server: {
      maxVersion: version,
      ...plain,
      cert: pem,
      key: keyPem,
      edit: (name, value) => (name === answer ? saying(client)(value) : value),
    },
    rings: [100_000, 100_000],
  })
}

for (const version of versions) {
  test(`${version}: a server whose flight goes beyond it, in the clear or not: record_overflow`, t => {
    const { client, server } = astray(version, 512)
    client.doHandshake()
    server.doHandshake()
    t.like(client.doHandshake(), { error: { alert: 'record_overflow', origin: 'sent' } })
    server.doHandshake()
    t.like(server.doHandshake(), { error: { alert: 'record_overflow', origin: 'received' } })
  })

  test(`${version}: a client whose data goes beyond it: record_overflow`, t => {
    const { client, server } = astray(version, 4096)
    for (let i = 0; i < 4; i++) {
      client.doHandshake()
      server.doHandshake()
    }
    t.is(client.write(new Uint8Array(512)).status, 'done')
    t.is(readAll(server).text.length, 512)
    t.is(client.write(new Uint8Array(513)).status, 'done')
    t.like(server.read(new Uint8Array(1)), { error: { alert: 'record_overflow', origin: 'sent' } })
  })
}

test('a length is one of four', t => {
  for (const wrong of [0, 1, 500, 513, 8192, 16_384])
    t.throws(() => new SslContext({ maxFragmentLength: wrong as 512 }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /maxFragmentLength: expected one of 512, 1024, 2048, 4096/,
    })
})

for (const length of lengths)
  peerTest('openssl', `openssl s_client asks our server for ${length}`, async t => {
    const { pem, keyPem, caFile } = filesFor('rsa')
    for (const [minVersion, flag] of [
      ['TLSv1.2', '-tls1_2'],
      ['TLSv1.3', '-tls1_3'],
    ] as const) {
      const { port, accepted } = await listen(t, { cert: pem, key: keyPem, minVersion })
      const client = new Child(t, 'openssl', [
        ...['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', caFile, flag],
        ...['-maxfraglen', String(length)],
      ])
      const server = await (await accepted).shake()
      await server.write(`${'x'.repeat(9999)}\n`)
      await client.says(/x{9999}\n/)
      client.type(`${'y'.repeat(9999)}\n`)
      await server.read(10_000)
      const longest = (direction: 'read' | 'write') =>
        Math.max(
          ...server.events.flatMap(event =>
            event.event === 'record' && event.direction === direction ? [event.length] : [],
          ),
        )
      t.is(longest('write'), length)
      t.true(longest('read') <= length)
      t.is(server.ssl.version, minVersion)
    }
  })

peerTest('openssl', 'openssl s_server grants our client what it asks for', async t => {
  const { certFile, keyFile, root } = filesFor('rsa')
  const server = new Child(t, 'openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-naccept', '1', '-rev'],
    ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
  ])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const client = await connectTo(t, Number(port), {
    ca: root.pem,
    maxVersion: 'TLSv1.2',
    maxFragmentLength: 512,
  })
  await client.shake()
  await client.write(`${'ab'.repeat(1000)}\n`)
  t.is(await client.line(), `${'ba'.repeat(1000)}\n`)
  const read = client.events.flatMap(event =>
    event.event === 'record' && event.direction === 'read' ? [event.length] : [],
  )
  t.is(Math.max(...read), 512)
})

for (const [way, kept] of [
  ['a ticket', () => ({})],
  ['an id', () => ({ sessionCache: new MemorySessionCache() })],
] as const)
  test(`a resumption by ${way} agrees on it anew: the same, another, or none`, t => {
    const server = new SslContext({
      ...{ ...serverOptions, ...plain, ...kept(), numTickets: 2, maxVersion: 'TLSv1.2' },
      trace: event => {
        if (event.event === 'record' && event.direction === 'write') wrote.push(event.length)
      },
    })
    const wrote: number[] = []
    const meet = (length: (typeof lengths)[number] | undefined, session?: Session) => {
      const context = new SslContext({
        ...{ ...clientOptions, maxVersion: 'TLSv1.2' },
        ...(length ? { maxFragmentLength: length } : {}),
      })
      const [near, far] = bioPair(100_000, 100_000)
      const client = new Ssl(context, { servername: 'server.example', session })
      const made = {
        ...{ client: client.setBio(near).setConnectState(), near, far },
        server: new Ssl(server).setBio(far).setAcceptState(),
      }
      shake(made)
      wrote.splice(0)
      talk(made)
      return { client, longest: Math.max(...wrote) }
    }
    const first = meet(512)
    t.is(first.longest, 512)
    let { session } = first.client
    for (const [length, longest] of [
      [512, 512],
      [1024, 1024],
      [undefined, 10_000],
      [512, 512],
    ] as const) {
      const next = meet(length, session)
      t.true(next.client.resumed)
      t.is(next.longest, longest)
      session = next.client.session
    }
  })
