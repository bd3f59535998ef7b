/** Our s_client and our s_server, talking. */
import { readFileSync, statSync } from 'node:fs'
import test from 'ava'
import { mint } from '../support/mint.ts'
import { caFile, client, identity, scratch, server, written } from './support/pairs.ts'

for (const provider of ['node', 'noble'])
  test(`what one end types, the other end prints, over ${provider}`, async t => {
    const args = ['-provider', provider]
    const { run, port } = await server(t, [...identity, ...args, '-naccept', '1'])
    const near = client(t, port, args)
    await near.says(/Verify return code: OK/)
    near.type('from the client\n')
    await run.says(/from the client\n/)
    run.type('from the server\n')
    await near.says(/from the server\n/)
    near.end()
    t.is(await near.exit, 0)
    t.is(await run.exit, 0)
    t.regex(near.stdout, /closed\n$/)
    t.regex(run.stdout, /closed: connection 1 from/)
  })

test('-quiet prints data and nothing else, and the end of stdin does not end it', async t => {
  const { port } = await server(t, [...identity, '-rev', '-naccept', '1'])
  const near = client(t, port, ['-quiet'])
  near.type('Quite\nKind\n')
  near.end()
  await near.says(/dniK\n/)
  t.is(near.stdout, 'etiuQ\ndniK\n')
  t.is(near.stderr, '')
})

test('the end of stdin closes our side, and what the server still says is printed', async t => {
  const { port } = await server(t, [...identity, '-rev', '-naccept', '1'])
  const near = client(t, port, ['-quiet', '-no_ign_eof'])
  near.type('one\ntwo')
  near.end()
  t.is(await near.exit, 0)
  t.is(near.stdout, 'eno\nowt\n')
})

test('-brief prints the short form on stderr, and data on stdout', async t => {
  const { port } = await server(t, [...identity, '-rev', '-naccept', '1', '-alpn', 'echo'])
  const near = client(t, port, ['-brief', '-alpn', 'h2,echo', '-groups', 'P-384'])
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.is(near.stdout, 'x\n')
  t.deepEqual(near.stderr.split('\n'), [
    'CONNECTION ESTABLISHED',
    'Protocol version: TLSv1.3',
    'Ciphersuite: TLS_AES_128_GCM_SHA256',
    'Peer certificate: CN = server.example',
    'Signature scheme: ecdsa_secp256r1_sha256',
    'Verification: OK',
    'Temp Key: secp384r1',
    'ALPN protocol: echo',
    '',
  ])
})

test('a line that starts with Q ends the connection, and what follows it is not sent', async t => {
  const { run, port } = await server(t, [...identity, '-naccept', '1', '-quiet'])
  const near = client(t, port)
  near.type('data Q\nQuit\nmore\n')
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  t.is(run.stdout, 'data Q\n')
})

test('K and k change keys, and -msg shows the messages on both ends', async t => {
  const { run, port } = await server(t, [...identity, '-rev', '-naccept', '1', '-msg'])
  const near = client(t, port, ['-msg'])
  near.type('k\nKey\nhello\n')
  await near.says(/olleh\n/)
  near.type('Q\n')
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  t.is(count(near.stdout, />>> TLS 1\.3, Handshake \[length 0005\], KeyUpdate/g), 2)
  t.is(count(near.stdout, /<<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate/g), 1)
  t.is(count(run.stdout, /^1: <<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate/gm), 2)
  for (const message of ['ClientHello', 'ServerHello', 'EncryptedExtensions', 'Certificate'])
    t.regex(
      near.stdout,
      new RegExp(`TLS 1\\.3, Handshake \\[length [0-9a-f]{4}\\], ${message}$`, 'm'),
    )
  t.regex(near.stdout, /^ {2}.*supported_groups/m)
  t.regex(near.stdout, />>> TLS 1\.3, Alert \[length 0002\], close_notify/)
  t.notRegex(near.stdout, /=== state/)
})

test('-trace shows states, records and key changes beside the messages', async t => {
  const { port } = await server(t, [...identity, '-rev', '-naccept', '1'])
  const near = client(t, port, ['-trace'])
  near.type('Q\n')
  t.is(await near.exit, 0)
  t.regex(near.stdout, /=== state: WAIT_SH/)
  t.regex(near.stdout, /=== state: CONNECTED/)
  t.regex(near.stdout, /<<< record handshake, \d+ bytes, protected/)
  t.regex(near.stdout, /=== read key: handshake/)
})

test('-keylogfile has the lines of RFC 9850, the same on both ends, for our eyes alone', async t => {
  const [near, far] = [scratch('near.log'), scratch('far.log')]
  const { run, port } = await server(t, [...identity, '-rev', '-naccept', '1', '-keylogfile', far])
  const there = client(t, port, ['-keylogfile', near])
  there.type('Q\n')
  t.is(await there.exit, 0)
  t.is(await run.exit, 0)
  const lines = readFileSync(near, 'latin1').split('\n')
  t.is(lines.pop(), '')
  const labels = lines.map(line => {
    const [, label] = /^([A-Z_0-9]+) [0-9a-f]{64} (?:[0-9a-f]{64}|[0-9a-f]{96})$/.exec(line) ?? []
    return label
  })
  t.deepEqual(labels.sort(), [
    'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
    'CLIENT_TRAFFIC_SECRET_0',
    'EXPORTER_SECRET',
    'SERVER_HANDSHAKE_TRAFFIC_SECRET',
    'SERVER_TRAFFIC_SECRET_0',
  ])
  t.deepEqual(readFileSync(far, 'latin1').split('\n').sort(), ['', ...lines.sort()])
  t.is(statSync(near).mode & 0o077, 0)
})

test('-Verify insists on a certificate, -verify does not, and neither takes a stranger', async t => {
  const insisting = await server(t, [...identity, '-rev', '-Verify', '3', '-CAfile', caFile])
  const bare = client(t, insisting.port, ['-quiet'])
  bare.type('hello\n')
  t.is(await bare.exit, 1)
  t.regex(bare.stderr, /certificate_required received in CONNECTED .*RFC 9846 6\.2/)
  await insisting.run.says(/certificate_required sent in WAIT_/)

  const known = client(t, insisting.port, ['-quiet', ...identity])
  known.type('hello\nCLOSE\n')
  t.is(await known.exit, 0)
  t.is(known.stdout, 'olleh\n')
  await insisting.run.says(/Client certificate\nsubject=CN = server\.example/)

  const asking = await server(t, [...identity, '-rev', '-verify', '3', '-CAfile', caFile])
  const without = client(t, asking.port, ['-quiet'])
  without.type('hello\nCLOSE\n')
  t.is(await without.exit, 0)
  const { strangerCert, strangerKey } = stranger()
  const false_ = client(t, asking.port, ['-quiet', '-cert', strangerCert, '-key', strangerKey])
  false_.type('hello\n')
  t.is(await false_.exit, 1)
  t.regex(false_.stderr, /unknown_ca received/)
})

test('the keyboard of a server goes to the oldest connection', async t => {
  const { run, port } = await server(t, [...identity, '-naccept', '2'])
  const first = client(t, port, ['-quiet'])
  await run.says(/Connection 1 from/)
  const second = client(t, port, ['-quiet'])
  await run.says(/Connection 2 from/)
  run.type('to the first\n')
  await first.says(/to the first\n/)
  run.type('q\n')
  t.is(await first.exit, 0)
  run.type('to the second\n')
  await second.says(/to the second\n/)
  run.type('Q\n')
  t.is(await second.exit, 0)
  t.is(await run.exit, 0)
  t.is(first.stdout, 'to the first\n')
  t.is(second.stdout, 'to the second\n')
})

test('a MiB comes through, both ways, whole', async t => {
  const { run, port } = await server(t, [...identity, '-quiet', '-naccept', '1']).catch(() => {
    throw new Error('no server')
  })
  const near = client(t, port, ['-quiet', '-no_ign_eof'])
  const text = Array.from({ length: 2 ** 16 }, (_, i) => `${i}`.padStart(15))
    .join('\n')
    .concat('\n')
  near.type(text)
  run.type(text)
  near.end()
  run.end()
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  t.true(near.stdout === text)
  t.true(run.stdout === text)
})

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function stranger(): { strangerCert: string; strangerKey: string } {
  const { pem, keyPem } = mint()
  return {
    strangerCert: written('stranger.pem', pem),
    strangerKey: written('stranger.key', keyPem),
  }
}

test('a peer that says goodbye first still gets what stdin has, and nobody loses a byte', async t => {
  const bytes = 2_000_000
  const { run, port } = await server(t, [...identity, '-naccept', '1', '-quiet'])
  const near = client(t, port, ['-quiet', '-no_ign_eof'])
  run.type('short\n')
  run.end()
  await near.says(/short\n/)
  near.type('x'.repeat(bytes))
  near.end()
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  t.is(run.stdout.length, bytes)
  t.is(run.stderr.includes('truncated'), false)
})

test('-keymatexport prints the same on both sides, as many bytes as were asked for', async t => {
  const material = ['-keymatexport', 'EXPORTER-biopair', '-keymatexportlen', '40']
  const { run, port } = await server(t, [...identity, ...material, '-naccept', '1'])
  const near = client(t, port, material)
  const pattern =
    /Keying material exporter:\n {4}Label: 'EXPORTER-biopair'\n {4}Length: 40 bytes\n {4}Keying material: ([0-9A-F]{80})\n/
  const [, ours] = await near.says(pattern)
  const [, theirs] = await run.says(pattern)
  t.is(ours, theirs)
  near.end()
  t.is(await near.exit, 0)
})
