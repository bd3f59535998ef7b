/** Sessions and keys on the command line: what -sess_out writes, -sess_in resumes; -psk needs no certificate. */
import { readFileSync, statSync } from 'node:fs'
import { sessionFromBytes } from '@biopair/ssl'
import test from 'ava'
import { chain, client, identity, keyFile, scratch, server, written } from './support/pairs.ts'
import { Run } from './support/runs.ts'

test('-sess_in resumes what -sess_out has written, and both ends say Reused', async t => {
  const file = scratch('session.bin')
  const { run, port } = await server(t, [...identity, '-naccept', '3'])
  const first = client(t, port, ['-sess_out', file])
  await first.says(/New Session Ticket arrived[\s\S]*New Session Ticket arrived/)
  first.type('Q\n')
  t.is(await first.exit, 0)
  t.regex(first.stdout, /^New, TLSv1\.3, Cipher is TLS_AES_128_GCM_SHA256$/m)
  const session = sessionFromBytes(readFileSync(file))
  t.like(session, { lifetime: 7200, serverName: 'server.example' })
  t.is(statSync(file).mode & 0o077, 0)

  const second = client(t, port, ['-sess_in', file, '-sess_out', file])
  await second.says(/New Session Ticket arrived/)
  second.type('Q\n')
  t.is(await second.exit, 0)
  t.regex(second.stdout, /^Reused, TLSv1\.3, Cipher is TLS_AES_128_GCM_SHA256$/m)
  t.regex(second.stdout, /Verification: OK/)

  const refusing = client(t, port, ['-sess_in', file, '-no_ticket'])
  await refusing.says(/^New, TLSv1\.3/m)
  refusing.type('Q\n')
  t.is(await refusing.exit, 0)
  t.is(await run.exit, 0)
  t.deepEqual(run.stdout.match(/^(?:New|Reused)(?=, TLSv1\.3)/gm), ['New', 'Reused', 'New'])
})

test('-tls1_2 speaks TLS 1.2 alone, with sessions, and -min_protocol the newer of both', async t => {
  const file = scratch('session12.bin')
  const { run, port } = await server(t, [...identity, '-naccept', '4', '-tls1_2', '-rev'])
  for (const [args, first] of [
    [['-tls1_2', '-sess_out', file], /^New, TLSv1\.2, /m],
    [['-tls1_2', '-sess_in', file], /^Reused, TLSv1\.2, /m],
    [['-min_protocol', 'TLSv1.2'], /^New, TLSv1\.2, /m],
  ] as const) {
    const near = client(t, port, args)
    await near.says(first)
    near.type('Q\n')
    t.is(await near.exit, 0)
  }
  const newer = client(t, port)
  t.is(await newer.exit, 1)
  t.regex(newer.stderr, /protocol_version received .*minVersion/)
  await run.exit
})

test('-num_tickets is how many come, and a server with -no_ticket gives none', async t => {
  const file = scratch('never.bin')
  for (const [args, count] of [
    [['-num_tickets', '3'], 3],
    [['-num_tickets', '0'], 0],
    [['-no_ticket'], 0],
  ] as const) {
    const { port } = await server(t, [...identity, '-rev', '-naccept', '1', ...args])
    const near = client(t, port, ['-sess_out', file])
    near.type('x\n')
    await near.says(/^x$/m)
    near.type('Q\n')
    t.is(await near.exit, 0)
    t.is(near.stdout.split('New Session Ticket arrived').length - 1, count, args.join(' '))
  }
})

test('-psk takes the place of certificates at both ends', async t => {
  const psk = ['-psk', '00112233445566778899aabbccddeeff', '-psk_identity', 'lathe 7']
  const { run, port } = await server(t, ['-nocert', ...psk, '-rev', '-naccept', '1'])
  const near = client(t, port, psk)
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  for (const { stdout } of [near, run]) t.regex(stdout, /^PSK identity: lathe 7$/m)
  t.regex(near.stdout, /^Verification: none, a pre-shared key$/m)
})

test('-allow_no_dhe_kex at both ends: a key alone', async t => {
  const psk = ['-psk', 'aa'.repeat(32), '-allow_no_dhe_kex']
  const { port } = await server(t, ['-nocert', ...psk, '-rev', '-naccept', '1'])
  const near = client(t, port, psk)
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.regex(near.stdout, /^PSK identity: Client_identity$/m)
})

test('another key is refused with decrypt_error, and one line', async t => {
  const { run, port } = await server(t, ['-nocert', '-psk', '01'.repeat(32), '-rev'])
  const near = client(t, port, ['-psk', '02'.repeat(32)])
  near.type('x\n')
  t.is(await near.exit, 1)
  t.regex(near.stderr, /^biopair s_client: .*decrypt_error received.*\n$/)
  await run.says(/decrypt_error sent in START/)
})

test('-cert_chain shows what stands in another file', async t => {
  const leaf = written('leaf.pem', chain.leaf.pem)
  const above = written('above.pem', chain.intermediate.pem)
  const args = ['-cert', leaf, '-key', keyFile, '-rev', '-naccept', '1', '-cert_chain', above]
  const { port } = await server(t, args)
  const near = client(t, port)
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.regex(near.stdout, /Verification: OK/)
})

test('-max_send_frag bounds our records, -record_padding makes them longer, -no_middlebox sends no change_cipher_spec', async t => {
  const read = async (padding: string) => {
    const args = [...identity, '-naccept', '1', '-rev', '-max_send_frag', '600']
    const { port } = await server(t, [...args, '-record_padding', padding])
    const near = client(t, port, ['-no_middlebox', '-trace'])
    near.type(`${'x'.repeat(900)}\nCLOSE\n`)
    t.is(await near.exit, 0)
    t.notRegex(near.stdout, /change_cipher_spec/)
    const data = [...near.stdout.matchAll(/<<< record application_data, (\d+) bytes/g)]
    t.deepEqual(data.map(([, bytes]) => bytes).slice(0, 2), ['600', '301'])
    return Number(/handshake has read (\d+) bytes/.exec(near.stdout)?.[1])
  }
  const [bare, padded] = [await read('0'), await read('512')]
  t.true(padded > bare + 256, `${bare}, ${padded}`)
})

const refused: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
  'a key in other digits': [['s_client', '-psk', 'xyz'], /-psk: expected bytes in hexadecimal/],
  'a name without its key': [['s_client', '-psk_identity', 'me'], /-psk_identity without -psk/],
  'a chain without its leaf': [['s_client', '-cert_chain', keyFile], /-cert_chain without -cert/],
  'a session that is none': [
    ['s_client', '-sess_in', written('none.bin', 'x')],
    /-sess_in: expected what -sess_out writes/,
  ],
  'no certificate and no key': [['s_server', '-nocert'], /s_server needs -cert/],
  'too many tickets': [['s_server', ...identity, '-num_tickets', '33'], /-num_tickets: .* 0 to 32/],
}
for (const [what, [argv, line]] of Object.entries(refused))
  test(`${what} is refused with one line, without what was given as a key`, async t => {
    const run = new Run(t, argv)
    t.is(await run.exit, 1)
    t.regex(run.stderr, line)
    t.regex(run.stderr, /^[^\n]+\n$/)
    t.notRegex(run.stderr, /xyz/)
  })
