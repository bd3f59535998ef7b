/** What rides with a certificate, on the command line: OCSP responses and signed certificate timestamps. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { SocketBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { drive, Ssl, SslContext } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import { mintOcsp, type OcspMint } from '../support/ocsp-mint.ts'
import { caFile, chain, client, identity, scratch, server, written } from './support/pairs.ts'
import { Run } from './support/runs.ts'

function response(name: string, options: Partial<OcspMint> = {}): string {
  const file = scratch(`${name}.der`)
  writeFileSync(file, mintOcsp({ leaf: chain.leaf, issuer: chain.intermediate, ...options }))
  return file
}

const good = response('good')
const revoked = response('revoked', { status: 'revoked' })
const block =
  /^OCSP response:\n=+\nOCSP Response Data:\n {4}OCSP Response Status: successful \(0x0\)\n {4}Responder Id: .*\n {4}Produced At: .* GMT\n {4}Serial Number: [0-9A-F]+\n {4}Cert Status: good\n {4}This Update: .* GMT\n {4}Next Update: .* GMT\n=+$/m

async function talk(t: ExecutionContext, far: readonly string[], near: readonly string[]) {
  const { run, port } = await server(t, [...identity, '-rev', '-naccept', '1', ...far])
  const there = client(t, port, near)
  there.type('x\nCLOSE\n')
  const code = await there.exit
  await run.exit
  return { code, there, run }
}

test('-status prints what -status_file has, and a server with -status_verbose says that it went', async t => {
  const { code, there, run } = await talk(t, ['-status_file', good, '-status_verbose'], ['-status'])
  t.is(code, 0)
  t.regex(there.stdout, block)
  t.regex(there.stdout, /Verification: OK/)
  t.regex(
    run.stdout,
    /cert_status: callback called\ncert_status: ocsp response sent:\n=+\nOCSP Response Data:/,
  )
})

test('a server with -status and -status_file says nothing about it, nor is it sent unasked', async t => {
  const asked = await talk(t, ['-status', '-status_file', good], ['-status'])
  t.regex(asked.there.stdout, block)
  t.notRegex(asked.run.stdout, /cert_status/)
  const unasked = await talk(t, ['-status_file', good, '-status_verbose'], [])
  t.notRegex(unasked.there.stdout, /OCSP/)
  t.notRegex(unasked.run.stdout, /cert_status/)
})

test('-status says where no response came', async t => {
  const { code, there } = await talk(t, [], ['-status'])
  t.is(code, 0)
  t.regex(there.stdout, /^OCSP response: no response sent$/m)
})

test('-status refuses a certificate that is revoked; with -noverify it only says so', async t => {
  const strict = await talk(t, ['-status_file', revoked], ['-status', '-quiet'])
  t.is(strict.code, 1)
  t.regex(strict.there.stderr, /^biopair s_client: certificate_revoked sent in [^\n]+\n$/)
  const lax = await talk(t, ['-status_file', revoked], ['-status', '-noverify'])
  t.is(lax.code, 0)
  t.regex(lax.there.stdout, /Cert Status: revoked\n {4}Revocation Time: .* GMT/)
})

test('-status_verbose says where the response is of another certificate than the one that is shown', async t => {
  const rsa = chainFor('rsa')
  const second = [
    '-dcert',
    written('dcert.pem', rsa.pem),
    '-dkey',
    written('dcert.key', rsa.keyPem),
  ]
  const { code, run, there } = await talk(
    t,
    ['-status_file', good, '-status_verbose', ...second],
    [
      '-status',
      '-CAfile',
      written('rsa-ca.pem', rsa.root.pem),
      '-sigalgs',
      'RSA-PSS+SHA256:RSA+SHA256',
    ],
  )
  t.is(code, 0)
  t.regex(there.stdout, /no response sent/)
  t.regex(run.stdout, /callback called\ncert_status: no response for this certificate\n/)
})

test('the certificate of -servername has no response', async t => {
  const second = [
    '-servername',
    'server.example',
    '-cert2',
    ...identity.slice(1, 2),
    '-key2',
    ...identity.slice(3),
  ]
  const { code, there } = await talk(t, ['-status_file', good, ...second], ['-status'])
  t.is(code, 0)
  t.regex(there.stdout, /no response sent/)
})

test('-ct prints what is known of each timestamp', async t => {
  const known = Uint8Array.from([
    0,
    ...new Uint8Array(32).fill(0xab),
    0,
    0,
    1,
    0x8b,
    0,
    0,
    0,
    0,
    0,
    0,
    4,
    3,
    0,
    1,
    7,
  ])
  const { pem: cert, keyPem: key } = chain
  const context = new SslContext({
    cert,
    key,
    crypto: nodeCrypto,
    scts: [known, Uint8Array.of(9, 7)],
  })
  const far = net.createServer(async socket => {
    const ssl = new Ssl(context).setBio(new SocketBio(socket.on('error', () => {})))
    await drive(ssl, () => ssl.accept())
    await drive(ssl, () => ssl.shutdown())
    t.teardown(() => socket.destroy())
  })
  far.listen(0, '127.0.0.1')
  await once(far, 'listening')
  t.teardown(() => far.close())
  const near = client(t, String((far.address() as AddressInfo).port), ['-ct'])
  t.is(await near.exit, 0)
  t.true(
    near.stdout.includes(`SCTs present (2), not validated
Signed Certificate Timestamp:
    Source    : TLS extension
    Version   : v1 (0x0)
    Log ID    : ${'AB'.repeat(32)}
    Timestamp : Thu, 05 Oct 2023 13:21:21 GMT
Signed Certificate Timestamp:
    Source    : TLS extension
    Version   : unknown (0x9)
    Bytes     : 0907
---
`),
    near.stdout,
  )
})

test('-ct asks for timestamps, and says how many there are; -noct does not', async t => {
  const { there } = await talk(t, [], ['-ct', '-msg'])
  t.regex(there.stdout, /^SCTs present \(0\), not validated$/m)
  t.regex(there.stdout, /signed_certificate_timestamp/)
  t.regex(there.stdout, /status_request/)
  const without = await talk(t, [], ['-noct', '-msg'])
  t.notRegex(without.there.stdout, /SCTs|signed_certificate_timestamp/)
})

const refused: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
  '-status without a response': [
    ['s_server', ...identity, '-status'],
    /-status needs -status_file: no responder is asked/,
  ],
  '-status_verbose without a response': [
    ['s_server', ...identity, '-status_verbose'],
    /-status_verbose needs -status_file/,
  ],
  'a response that is none': [['s_server', ...identity, '-status_file', caFile], /ocspResponse: /],
  'a response that is not there': [
    ['s_server', ...identity, '-status_file', scratch('none')],
    /-status_file: ENOENT/,
  ],
  'a response for no certificate': [
    ['s_server', '-nocert', '-psk', 'aa'.repeat(16), '-status_file', good],
    /-status_file without -cert/,
  ],
  '-ct and -noct': [['s_client', '-ct', '-noct'], /-ct and -noct exclude each other/],
}

for (const [what, [argv, line]] of Object.entries(refused))
  test(`${what} is refused with one line`, async t => {
    const run = new Run(t, argv)
    t.is(await run.exit, 1)
    t.regex(run.stderr, line)
    t.regex(run.stderr, /^[^\n]+\n$/)
  })
