/** What rides with a certificate, with programs of others: OCSP responses and timestamps, both ways. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { nodeCrypto } from '@biopair/crypto-node'
import type { ContextOptions } from '@biopair/ssl'
import { type Certificate, checkOcsp, isX509Failure, parseCertificate } from '@biopair/x509'
import type { ExecutionContext } from 'ava'
import { mint } from '../support/mint.ts'
import { mintOcsp, mintResponder, type OcspMint } from '../support/ocsp-mint.ts'
import { Child } from './support/child.ts'
import { filesFor, scratch, written } from './support/files.ts'
import { program } from './support/go.ts'
import { connectOnce, connectTo, freePort, listen, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const {
  certFile,
  keyFile,
  caFile,
  pem,
  keyPem,
  root,
  intermediate: issuer,
  leaf,
} = filesFor('p256')
const issuerFile = written('issuer.pem', issuer.pem)
const responder = mintResponder(issuer)
const delegated = { signer: responder, certs: [responder] }

function filed(name: string, bytes: Uint8Array): string {
  const path = scratch(name)
  writeFileSync(path, bytes)
  return path
}

const stapled = (options: Partial<OcspMint> = {}) => mintOcsp({ leaf, issuer, ...options })
const responses = {
  good: stapled(),
  'good, by a delegate': stapled(delegated),
  'good, SHA-256, by key': stapled({ hash: 'sha256', by: 'key' }),
  revoked: stapled({ status: 'revoked' }),
  unknown: stapled({ status: 'unknown' }),
  'signed by another': stapled({ signer: mint({ subject: issuer.subject, ca: true }) }),
  "another's": mintOcsp({ leaf: mint({ issuer }), issuer }),
  'by a delegate for servers': stapled({
    signer: mintResponder(issuer, { extKeyUsage: ['1.3.6.1.5.5.7.3.1'] }),
  }),
  old: stapled({ thisUpdate: Date.now() - 9e7, nextUpdate: Date.now() - 8e7 }),
}

function parsed({ der }: { readonly der: Uint8Array }): Certificate {
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate)) throw new Error(certificate.why)
  return certificate
}

const verdict = (response: Uint8Array) => {
  const question = { leaf: parsed(leaf), issuer: parsed(issuer), time: Date.now() }
  const result = checkOcsp({ response, ...question, crypto: nodeCrypto })
  return result.ok ? 'good' : result.code
}

for (const [name, response] of Object.entries(responses))
  peerTest('openssl', `openssl ocsp finds about a response what we find: ${name}`, async t => {
    const { stdout, stderr } = spawnSync(
      'openssl',
      [
        ...['ocsp', '-respin', filed('response.der', response), '-no_nonce'],
        ...['-issuer', issuerFile, '-CAfile', caFile, '-verify_other', issuerFile],
        ...(name.includes('SHA-256') ? ['-sha256'] : []),
        ...['-cert', written('leaf.pem', leaf.pem)],
      ],
      { encoding: 'utf8' },
    )
    const said = `${stdout}\n${stderr}`
    const status = /leaf\.pem: (good|revoked|unknown)/.exec(said)?.[1]
    const trusted = /Response verify OK/.test(said) && !/Status times invalid/.test(said)
    const theirs = trusted
      ? status && { good: 'good', revoked: 'CERT_REVOKED', unknown: 'OCSP_CERT_UNKNOWN' }[status]
      : 'OCSP_VERIFY_FAILED'
    t.is(verdict(response), theirs ?? 'OCSP_VERIFY_FAILED', said)
  })

for (const [status, expected] of [
  ['V', 'good'],
  ['R', 'CERT_REVOKED'],
] as const)
  for (const signer of [issuer, responder])
    peerTest(
      'openssl',
      `a response that openssl ocsp made says what its index says: ${expected}${signer === issuer ? '' : ', by a delegate'}`,
      async t => {
        const serial = Buffer.from(parsed(leaf).serialNumber).toString('hex').toUpperCase()
        const bare = serial.replace(/^(00)+/, '')
        const revoked = status === 'R' ? '240101000000Z,keyCompromise' : ''
        const index = written(
          'index.txt',
          `${status}\t491231235959Z\t${revoked}\t${bare}\tunknown\t/CN=x\n`,
        )
        const request = scratch('request.der')
        const response = scratch('made.der')
        const run = (...args: string[]) => {
          const { status: code, stderr } = spawnSync('openssl', ['ocsp', ...args], {
            encoding: 'utf8',
          })
          t.is(code, 0, stderr)
        }
        run(
          '-issuer',
          issuerFile,
          '-cert',
          written('leaf.pem', leaf.pem),
          '-no_nonce',
          '-reqout',
          request,
        )
        run(
          ...['-index', index, '-CA', issuerFile, '-reqin', request, '-respout', response],
          ...[
            '-rsigner',
            written('signer.pem', signer.pem),
            '-rkey',
            written('signer.key', signer.keyPem),
          ],
          ...['-ndays', '1', '-noverify'],
        )
        t.is(verdict(new Uint8Array(readFileSync(response))), expected)
      },
    )

/** Our client, with a server of OpenSSL's that staples a response. */
async function toStapling(
  t: ExecutionContext,
  response: Uint8Array | undefined,
  options: ContextOptions,
) {
  const server = new Child(t, 'openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '1', '-rev'],
    ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
    ...(response ? ['-status_file', filed('stapled.der', response)] : []),
  ])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const client = await connectTo(t, Number(port), { ca: root.pem, ...options })
  return { client, server }
}

peerTest(
  'openssl',
  'our client has, checks and requires what openssl s_server staples',
  async t => {
    const { good, revoked } = responses
    for (const ocsp of ['ignore', 'check', 'require'] as const) {
      const { client } = await toStapling(t, good, { requestOCSP: true, ocsp })
      await client.shake()
      t.deepEqual(client.ssl.ocspResponse, good)
      t.true(client.ssl.authorized)
      await client.goodbye()
    }
    const spoilt = await toStapling(t, revoked, { ocsp: 'check' })
    await t.throwsAsync(spoilt.client.shake(), { message: /certificate_revoked/ })
    await spoilt.server.says(/certificate revoked/)
    const bare = await toStapling(t, undefined, { ocsp: 'require' })
    await t.throwsAsync(bare.client.shake(), { message: /bad_certificate_status_response/ })
    await bare.server.says(/bad certificate status response/)
  },
)

peerTest('openssl', 'openssl s_client has what our server staples, and the timestamps', async t => {
  // Of a version that nobody knows, so that it is carried and shown as it is.
  const sct = Uint8Array.from([9, ...new Uint8Array(46).fill(7)])
  const options = { cert: pem, key: keyPem, ocspResponse: responses.good, scts: [sct] }
  const { port, accepted } = await listen(t, options)
  const client = new Child(t, 'openssl', [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', '-status', '-ct'],
    ...['-ctlogfile', written('logs.cnf', 'enabled_logs =\n')],
    ...['-CAfile', caFile, '-servername', 'server.example'],
  ])
  const server = await (await accepted).shake()
  await client.says(/OCSP Response Status: successful/)
  await client.says(/Cert Status: good/)
  await client.says(/SCTs present \(1\)/)
  client.end()
  t.is((await server.goodbye()).status, 'closed')
})

const only13 = 'NORMAL:-VERS-ALL:+VERS-TLS1.3'

async function toGnutls(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions,
): Promise<Ours> {
  const port = await freePort()
  const server = new Child(t, 'gnutls-serv', [
    ...['--echo', '--port', String(port), '--x509certfile', certFile, '--x509keyfile', keyFile],
    ...['--priority', only13, ...args],
  ])
  await server.says(/listening on IPv4/)
  return (await connectOnce(t, port, { ca: root.pem, ...options })).shake()
}

async function fromGnutls(t: ExecutionContext, args: readonly string[], options: ContextOptions) {
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem, ...options })
  const client = new Child(t, 'gnutls-cli', [
    ...['--port', String(port), '--x509cafile', caFile, '--sni-hostname', 'server.example'],
    ...['--verify-hostname', 'server.example', '--priority', only13, ...args, '127.0.0.1'],
  ])
  return { client, server: await (await accepted).shake() }
}

peerTest('gnutls-cli', 'gnutls-cli believes what our server staples', async t => {
  const save = scratch('saved.der')
  const options = { ocspResponse: responses.good }
  const { client, server } = await fromGnutls(t, ['--ocsp', '--save-ocsp', save], options)
  client.type('there\n')
  t.is(await server.line(), 'there\n')
  t.deepEqual(new Uint8Array(readFileSync(save)), responses.good)
})

peerTest('gnutls-serv', 'our client requires what gnutls-serv staples', async t => {
  const file = filed('gnutls.der', responses.good)
  const client = await toGnutls(t, ['--ocsp-response', file], { ocsp: 'require' })
  t.deepEqual(client.ssl.ocspResponse, responses.good)
  t.true(client.ssl.authorized)
})

peerTest('go', 'our client has what Go staples, timestamps too', async t => {
  t.timeout(150_000, 'go build may take long, once')
  const STAPLE = filed('go.der', responses.good)
  const server = new Child(t, program(t), ['server', certFile, keyFile], { STAPLE })
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const options = {
    ca: root.pem,
    ALPNProtocols: ['echo'],
    ocsp: 'require',
    requestSCT: true,
  } as const
  const client = await (await connectTo(t, Number(port), options)).shake()
  t.deepEqual(client.ssl.ocspResponse, responses.good)
  t.deepEqual(client.ssl.scts, [{ source: 'tls_extension', bytes: Uint8Array.of(1, 2, 3) }])
  t.is((await client.goodbye()).status, 'closed')
  t.is(await server.exit(), 0, server.stderr)
})

peerTest('go', 'Go has what our server staples, timestamps too', async t => {
  t.timeout(150_000, 'go build may take long, once')
  const rides = { ocspResponse: responses.good, scts: [Uint8Array.of(4, 5), Uint8Array.of(6)] }
  const options = { cert: pem, key: keyPem, ALPNProtocols: ['echo'], ...rides }
  const { port, accepted } = await listen(t, options)
  const client = new Child(t, program(t), ['client', String(port), caFile])
  const server = await (await accepted).shake()
  await server.write(await server.line())
  t.is((await server.goodbye()).status, 'closed')
  t.is(await client.exit(), 0, client.stderr)
  const [, response, scts] = /STAPLED (\w+) \[(.*)\]/.exec(client.stderr) ?? []
  t.is(response, Buffer.from(responses.good).toString('hex'))
  t.is(scts, '0405 06')
})
