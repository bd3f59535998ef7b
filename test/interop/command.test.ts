/** The command itself against openssl's programs. */
import { writeFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import { mintOcsp } from '../support/ocsp-mint.ts'
import { Child } from './support/child.ts'
import { biopair } from './support/command.ts'
import { filesFor, scratch, written } from './support/files.ts'
import { peerTest } from './support/peers.ts'

const p256 = filesFor('p256')
const { certFile, keyFile, caFile } = p256
const shown = ['-cert', certFile, '-cert_chain', certFile, '-key', keyFile]
const identity = ['-cert', certFile, '-key', keyFile]
const servername = ['-servername', 'server.example']

for (const provider of ['node', 'noble'])
  peerTest('openssl', `biopair s_client over ${provider} meets openssl s_server -rev`, async t => {
    const { certFile, keyFile, caFile } = filesFor('p256')
    const server = new Child(t, 'openssl', [
      ...['s_server', '-accept', '127.0.0.1:0', '-rev', '-naccept', '1'],
      ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const to = ['-connect', `127.0.0.1:${port}`, '-CAfile', caFile, ...servername]
    const client = biopair(t, ['s_client', ...to, '-provider', provider])
    await client.says(/Verify return code: OK/)
    client.type('hello\n')
    await client.says(/olleh\n/)
    client.type('K\n')
    client.type('again\n')
    await client.says(/niaga\n/)
    client.type('Q\n')
    t.is(await client.exit(), 0)
    t.regex(client.stdout, /closed\n$/)
  })

for (const provider of ['node', 'noble'])
  peerTest('openssl', `openssl s_client meets biopair s_server -rev over ${provider}`, async t => {
    const { certFile, keyFile, caFile } = filesFor('p256')
    const server = biopair(t, [
      ...['s_server', '-accept', '127.0.0.1:0', '-rev', '-naccept', '1', '-provider', provider],
      ...['-cert', certFile, '-key', keyFile],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const client = new Child(t, 'openssl', [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', caFile],
      ...['-verify_return_error', '-quiet', ...servername],
    ])
    client.type('hello\n')
    await client.says(/olleh\n/)
    client.type('CLOSE\n')
    t.is(await client.exit(), 0)
    t.is(await server.exit(), 0)
  })

peerTest('openssl', 'biopair s_client gets a page from openssl s_server -www', async t => {
  const { certFile, keyFile, caFile } = filesFor('rsa')
  const server = new Child(t, 'openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-www'],
    ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
  ])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const to = ['-connect', `127.0.0.1:${port}`, '-CAfile', caFile, ...servername]
  const client = biopair(t, ['s_client', '-quiet', ...to])
  client.type('GET / HTTP/1.0\r\n\r\n')
  const status = await client.exit()
  t.regex(client.stdout, /HTTP\/1\.0 200 ok[\s\S]*TLS_AES/)
  t.is(status, 0, client.stderr)
})

/** An s_server of theirs, and what our s_client needs to meet it. */
async function theirs(t: ExecutionContext, args: readonly string[]) {
  const server = new Child(t, 'openssl', ['s_server', '-accept', '127.0.0.1:0', ...shown, ...args])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const to = ['-connect', `127.0.0.1:${port}`, '-CAfile', caFile, ...servername]
  return { server, client: (more: readonly string[]) => biopair(t, ['s_client', ...to, ...more]) }
}

/** An s_server of ours, and their s_client. */
async function ours(t: ExecutionContext, args: readonly string[]) {
  const server = biopair(t, ['s_server', '-accept', '127.0.0.1:0', ...identity, ...args])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const to = ['-connect', `127.0.0.1:${port}`, '-CAfile', caFile, ...servername]
  const client = (more: readonly string[]) =>
    new Child(t, 'openssl', ['s_client', ...to, '-tls1_3', '-verify_return_error', ...more])
  return { server, client }
}

const staple = scratch('command-staple.der')
writeFileSync(staple, mintOcsp({ leaf: p256.leaf, issuer: p256.intermediate }))

peerTest('openssl', '-status of our s_client prints what openssl s_server staples', async t => {
  const { client } = await theirs(t, ['-rev', '-status_file', staple])
  const near = client(['-status'])
  await near.says(/OCSP Response Status: successful[\s\S]*Cert Status: good[\s\S]*Verification: OK/)
  near.type('Q\n')
  t.is(await near.exit(), 0)
  const bare = await theirs(t, ['-rev'])
  const without = bare.client(['-status'])
  await without.says(/OCSP response: no response sent/)
  without.type('Q\n')
  t.is(await without.exit(), 0)
})

peerTest('openssl', '-status of openssl s_client prints what our s_server staples', async t => {
  const { server, client } = await ours(t, ['-rev', '-status_file', staple, '-status_verbose'])
  const near = client(['-status'])
  await near.says(/OCSP Response Status: successful[\s\S]*Cert Status: good/)
  await server.says(/cert_status: ocsp response sent:/)
  near.type('Q\n')
  t.is(await near.exit(), 0)
})

peerTest('openssl', 'our s_client with -enable_pha answers c of openssl s_server', async t => {
  const { server, client } = await theirs(t, ['-CAfile', caFile, '-naccept', '1'])
  const near = client(['-enable_pha', '-msg', ...identity])
  await near.says(/Verify return code: OK/)
  near.type('hello\n')
  await server.says(/hello/)
  server.type('c\n')
  await near.says(/<<< .*CertificateRequest/)
  await near.says(/>>> .*Certificate\n[\s\S]*>>> .*CertificateVerify\n/)
  await server.says(/depth=0 CN = server\.example/)
  server.type('after\n')
  await near.says(/after\n/)
  near.type('Q\n')
  t.is(await near.exit(), 0)
})

peerTest('openssl', 'openssl s_client with -enable_pha answers c of our s_server', async t => {
  const { server, client } = await ours(t, ['-CAfile', caFile, '-naccept', '1'])
  const near = client(['-enable_pha', ...shown])
  await server.says(/No client certificate/)
  server.type('c\n')
  await server.says(/Client certificate after the handshake\nsubject=CN = server\.example/)
  server.type('after\n')
  await near.says(/after\n/)
  near.type('Q\n')
  t.is(await near.exit(), 0)
  t.is(await server.exit(), 0)
})

peerTest('openssl', '-sess_in of our s_client resumes at openssl s_server', async t => {
  const file = scratch('command-ours.session')
  const { server, client } = await theirs(t, ['-naccept', '2'])
  const first = client(['-sess_out', file])
  await first.says(/(?:New Session Ticket arrived[\s\S]*){2}/)
  t.regex(first.stdout, /^New, TLSv1\.3/m)
  first.type('Q\n')
  t.is(await first.exit(), 0)
  const second = client(['-sess_in', file])
  await second.says(/^Reused, TLSv1\.3/m)
  await server.says(/Reused, TLSv1\.3|Reused session-id/)
  second.type('Q\n')
  t.is(await second.exit(), 0)
})

peerTest('openssl', '-sess_in of openssl s_client resumes at our s_server', async t => {
  const file = scratch('command-theirs.session')
  const { server, client } = await ours(t, ['-naccept', '2'])
  const first = client(['-sess_out', file])
  // It prints tickets late; data comes behind them.
  server.type('data\n')
  await first.says(/data\n/)
  first.type('Q\n')
  t.is(await first.exit(), 0)
  const second = client(['-sess_in', file])
  await second.says(/^Reused, TLSv1\.3/m)
  second.type('Q\n')
  t.is(await second.exit(), 0)
  t.is(await server.exit(), 0)
  t.deepEqual(server.stdout.match(/^(?:New|Reused)(?=, TLSv1\.3)/gm), ['New', 'Reused'])
})

peerTest('openssl', '-reconnect of our s_client resumes 5 times at openssl s_server', async t => {
  const { client } = await theirs(t, [])
  const near = client(['-reconnect'])
  await near.says(/(?:Reused, TLSv1\.3[\s\S]*){5}/)
  near.type('Q\n')
  t.is(await near.exit(), 0)
})

const earlyFile = written('command-early', 'early from afar\n')

peerTest('openssl', '-early_data of our s_client comes to openssl s_server', async t => {
  const file = scratch('command-early-ours.session')
  const { server, client } = await theirs(t, ['-naccept', '2', '-early_data'])
  const first = client(['-sess_out', file])
  await first.says(/New Session Ticket arrived[\s\S]*Max Early Data: 16384/)
  first.type('Q\n')
  t.is(await first.exit(), 0)
  const second = client(['-sess_in', file, '-early_data', earlyFile])
  await second.says(/^Early data was accepted$/m)
  // Its headings are buffered, its data is not.
  await server.says(/early from afar\n/)
  await server.says(/Early data received:\n[\s\S]*End of early data/)
  second.type('late\n')
  await server.says(/late\n/)
  second.type('Q\n')
  t.is(await second.exit(), 0)
})

peerTest(
  'openssl',
  'openssl s_server refuses -early_data of our s_client, which says so',
  async t => {
    const file = scratch('command-refused.session')
    const { server, client } = await theirs(t, ['-naccept', '2', '-max_early_data', '1000'])
    const first = client(['-sess_out', file])
    await first.says(/New Session Ticket arrived[\s\S]*Max Early Data: 1000/)
    first.type('Q\n')
    t.is(await first.exit(), 0)
    const second = client(['-sess_in', file, '-early_data', earlyFile])
    await second.says(/^Early data was rejected$/m)
    await second.says(/none of 16 bytes: type them again/)
    second.type('typed again\n')
    await server.says(/typed again\n/)
    t.notRegex(server.stdout, /from afar/)
    second.type('Q\n')
    t.is(await second.exit(), 0)
  },
)

peerTest('openssl', '-early_data of openssl s_client comes to our s_server', async t => {
  const file = scratch('command-early-theirs.session')
  const { server, client } = await ours(t, ['-naccept', '2', '-early_data'])
  const first = client(['-sess_out', file])
  await server.says(/No early data received/)
  server.type('data\n')
  await first.says(/data\n/)
  first.type('Q\n')
  t.is(await first.exit(), 0)
  const second = client(['-sess_in', file, '-early_data', earlyFile])
  await server.says(/Early data received:\nearly from afar\n\nEnd of early data/)
  await second.says(/^Early data was accepted$/m)
  second.type('Q\n')
  t.is(await second.exit(), 0)
  t.is(await server.exit(), 0)
})
