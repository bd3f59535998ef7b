/** What is seen from outside: key logs and exported keying material beside OpenSSL's, and captures that Wireshark opens. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type ContextOptions, PcapngWriter } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { Child } from './support/child.ts'
import { filesFor, scratch } from './support/files.ts'
import { connectTo, listen, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { certFile, keyFile, caFile, pem, keyPem, root } = filesFor('p256')
let files = 0

/** The lines of a key log that RFC 9850 knows, sorted; OpenSSL also has secrets behind KeyUpdates, as `..._N`. */
function lines(file: string): string[] {
  return readFileSync(file, 'latin1')
    .split('\n')
    .filter(line => /^[A-Z_]+(_0)? [0-9a-f]{64} [0-9a-f]+$/.test(line) && !/_N /.test(line))
    .sort()
}

/** A line there and back with `openssl s_client`. */
async function serve(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions = {},
): Promise<{ ours: Ours; client: Child }> {
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem, ...options })
  const client = new Child(t, 'openssl', [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', '-CAfile', caFile],
    ...['-servername', 'server.example', ...args],
  ])
  const ours = await accepted
  await ours.shake()
  await ours.write('olleh\n')
  await client.says(/olleh\n/)
  client.type('K\n')
  await client.says(/KEYUPDATE/)
  client.type('hello\n')
  t.is(await ours.line(), 'hello\n')
  return { ours, client }
}

for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'])
  peerTest(
    'openssl',
    `our server logs the secrets that openssl s_client logs: ${suite}`,
    async t => {
      const ticketKeys = new Uint8Array(48).fill(7)
      const session = scratch(`seen-session-${files++}`)
      for (const way of ['-sess_out', '-sess_in']) {
        const log = scratch(`seen-log-${files++}`)
        const args = ['-keylogfile', log, '-ciphersuites', suite, way, session]
        const { ours } = await serve(t, args, { ticketKeys })
        t.is(ours.ssl.resumed, way === '-sess_in')
        t.is((await ours.goodbye()).status, 'closed')
        t.is(ours.keylog.length, 5)
        t.deepEqual([...ours.keylog].sort(), lines(log))
      }
    },
  )

peerTest('openssl', 'our client logs the secrets that openssl s_server logs', async t => {
  const log = scratch(`seen-log-${files++}`)
  const server = new Child(t, 'openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '2', '-rev'],
    ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile, '-keylogfile', log],
  ])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const all: string[] = []
  let session: Ours['ssl']['session']
  for (const resumed of [false, true]) {
    const client = await connectTo(t, Number(port), { ca: root.pem }, undefined, session)
    await client.shake()
    t.is(client.ssl.resumed, resumed)
    client.ssl.keyUpdate(true)
    await client.write('hello\n')
    t.is(await client.line(), 'olleh\n')
    t.is((await client.goodbye()).status, 'closed')
    session = client.ssl.session
    all.push(...client.keylog)
  }
  t.is(all.length, 10)
  t.deepEqual(all.sort(), lines(log))
})

peerTest('openssl', 'openssl s_client -keymatexport prints what our server exports', async t => {
  const args = ['-keymatexport', 'EXPORTER-biopair', '-keymatexportlen', '40']
  const { ours, client } = await serve(t, args)
  const [, printed = ''] = await client.says(/Keying material: ([0-9A-F]+)\n/)
  const material = Buffer.from(ours.ssl.exportKeyingMaterial(40, 'EXPORTER-biopair'))
  t.is(printed, material.toString('hex').toUpperCase())
})

const request = 'GET /seen?by=wireshark HTTP/1.1\r\nHost: server.example\r\n\r\n'
const response = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const captures: Readonly<Record<string, ContextOptions>> = {
  plain: {},
  'after a HelloRetryRequest': { groups: 'P-256' },
  'with AES-256': { ciphers: 'TLS_AES_256_GCM_SHA384' },
}
for (const role of ['client', 'server'] as const)
  for (const [way, options] of Object.entries(captures))
    peerTest('tshark', `tshark reads what our ${role} captured, keys included: ${way}`, async t => {
      const file = await capture(t, role, options, true)
      const shown = await fields(t, file, ['http.request.uri', 'http.file_data', 'http.host'])
      t.regex(shown, /\/seen\?by=wireshark/)
      t.regex(shown, /server\.example/)
      t.is(
        await fields(
          t,
          file,
          ['frame.number'],
          'tcp.analysis.flags || _ws.malformed || tls.unexpected_message',
        ),
        '',
      )
      const sums = ['ip.checksum.status', 'tcp.checksum.status']
      const found = new Set((await fields(t, file, sums)).trim().split(/\s+/))
      t.deepEqual([...found], ['1'], 'all checksums are good')
    })

peerTest(
  'tshark',
  'a capture without secrets shows tshark a handshake and nothing of the data',
  async t => {
    const file = await capture(t, 'client', {}, false)
    t.is(await fields(t, file, ['frame.number'], 'http'), '')
    t.regex(await fields(t, file, ['tls.handshake.type']), /^1$/m)
  },
)

/** A request and a response between two ends of ours, captured by one of them. */
async function capture(
  t: ExecutionContext,
  role: 'client' | 'server',
  options: ContextOptions,
  traceSecrets: boolean,
): Promise<string> {
  const blocks: Uint8Array[] = []
  const pcapng = new PcapngWriter(block => blocks.push(block))
  const traced: ContextOptions = {
    trace: pcapng.trace,
    traceEvents: ['bio', 'secret'],
    traceSecrets,
  }
  const { port, accepted } = await listen(t, {
    ...{ cert: pem, key: keyPem, ...options },
    ...(role === 'server' ? traced : {}),
  })
  const client = await connectTo(t, port, {
    ...{ ca: root.pem, groups: 'x25519:P-256' },
    ...(role === 'client' ? traced : {}),
  })
  const server = await accepted
  await Promise.all([client.shake(), server.shake()])
  await client.write(request)
  t.is(String(await server.read(request.length)), request)
  server.ssl.keyUpdate(true)
  await server.write(response)
  t.is(String(await client.read(response.length)), response)
  await Promise.all([client.goodbye(), server.goodbye()])
  pcapng.end()
  const file = scratch(`seen-${files++}.pcapng`)
  writeFileSync(file, Buffer.concat(blocks))
  return file
}

/** Fields of the packets that a filter leaves, a line each. */
async function fields(
  t: ExecutionContext,
  file: string,
  names: readonly string[],
  filter = 'tcp',
): Promise<string> {
  const child = new Child(t, 'tshark', [
    ...['-r', file, '-Y', filter, '-T', 'fields', ...names.flatMap(name => ['-e', name])],
    ...['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'],
  ])
  t.is(await child.exit(), 0)
  return child.stdout
}
