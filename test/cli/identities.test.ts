/** What either end shows of itself: by name, by key type, later, without a certificate, compressed. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import {
  caFile,
  certFile,
  chain,
  client,
  identity,
  keyFile,
  scratch,
  server,
  written,
} from './support/pairs.ts'
import { Run } from './support/runs.ts'

const rsa = chainFor('rsa')
const rsaCert = written('rsa.pem', rsa.pem)
const rsaKey = written('rsa.key', rsa.keyPem)
const bothRoots = written('both.pem', `${chain.root.pem}\n${rsa.root.pem}`)
const bothCas = ['-CAfile', bothRoots]
const publicKey = written('key.pub', publicOf(chain.keyPem))
const rsaPublicKey = written('rsa.pub', publicOf(rsa.keyPem))

function publicOf(keyPem: string): string {
  return createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }).toString()
}

const kindOf = /a:PKEY: \d+ bit \((EC|RSA)/

test('-dcert is for clients that cannot verify -cert', async t => {
  const second = ['-dcert', rsaCert, '-dkey', rsaKey]
  const { port } = await server(t, [...identity, ...second, '-rev', '-naccept', '2'])
  for (const [sigalgs, kind] of [
    ['ECDSA+SHA256', 'EC'],
    ['RSA-PSS+SHA256:RSA+SHA256', 'RSA'],
  ] as const) {
    const near = client(t, port, [...bothCas, '-sigalgs', sigalgs, '-noverify'])
    near.type('x\nCLOSE\n')
    t.is(await near.exit, 0)
    t.is(kindOf.exec(near.stdout)?.[1], kind)
  }
})

test('-dcert_chain stands above -dcert', async t => {
  const leaf = written('rsa-leaf.pem', rsa.leaf.pem)
  const above = written('rsa-above.pem', rsa.intermediate.pem)
  const second = ['-dcert', leaf, '-dkey', rsaKey, '-dcert_chain', above]
  const { port } = await server(t, [...identity, ...second, '-rev', '-naccept', '1'])
  const near = client(t, port, [...bothCas, '-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256'])
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.regex(near.stdout, /Verification: OK/)
})

test('-pass says the passphrase of a key: in the command, the environment or a file', async t => {
  const encrypted = createPrivateKey(chain.keyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  })
  const key = written('encrypted.key', encrypted.toString())
  const file = written('passphrase', 'open sesame\nand another line\n')
  process.env.BIOPAIR_TEST_PASS = 'open sesame'
  for (const source of ['pass:open sesame', 'env:BIOPAIR_TEST_PASS', `file:${file}`]) {
    const own = ['-cert', certFile, '-key', key, '-pass', source]
    const { port } = await server(t, [...own, '-rev', '-naccept', '1'])
    const near = client(t, port, ['-CAfile', caFile])
    near.type('x\nCLOSE\n')
    t.is(await near.exit, 0, source)
  }
  for (const [source, message] of [
    ['pass:open sesam', /expected the passphrase of the file/],
    ['stdin', /-pass: expected pass:/],
    ['env:BIOPAIR_TEST_NO_PASS', /there is no BIOPAIR_TEST_NO_PASS/],
  ] as const) {
    const run = new Run(t, ['s_server', '-cert', certFile, '-key', key, '-pass', source])
    t.not(await run.exit, 0)
    t.regex(run.stderr, message)
    t.false(run.stderr.includes('open sesam'))
  }
})

test('-cert2 is for clients that ask for -servername, in any case', async t => {
  const second = ['-servername', 'Server.Example', '-cert2', rsaCert, '-key2', rsaKey]
  const { run, port } = await server(t, [...identity, ...second, '-rev', '-naccept', '2', '-msg'])
  for (const [name, kind] of [
    ['server.example', 'RSA'],
    ['other.example', 'EC'],
  ] as const) {
    const near = client(t, port, [...bothCas, '-servername', name, '-noverify'])
    near.type('x\nCLOSE\n')
    t.is(await near.exit, 0)
    t.is(kindOf.exec(near.stdout)?.[1], kind)
  }
  t.is(await run.exit, 0)
  t.regex(run.stdout, /^2: >>> TLS 1\.3, .*Certificate$/m)
})

test('-servername_fatal refuses clients that ask for another name', async t => {
  const fatal = ['-servername', 'server.example', '-servername_fatal']
  const { port } = await server(t, [...identity, ...fatal, '-rev', '-naccept', '2'])
  const right = client(t, port, ['-quiet'])
  right.type('x\nCLOSE\n')
  t.is(await right.exit, 0)
  const wrong = client(t, port, ['-quiet', '-servername', 'other.example'])
  t.is(await wrong.exit, 1)
  t.regex(wrong.stderr, /^biopair s_client: unrecognized_name received in WAIT_\w+ [^\n]+\n$/)
})

test('c asks a client with -enable_pha for its certificate, as often as it is typed', async t => {
  const { run, port } = await server(t, [...identity, '-naccept', '1', '-CAfile', caFile])
  const near = client(t, port, ['-enable_pha', ...identity])
  await run.says(/No client certificate/)
  for (let i = 1; i <= 2; i++) {
    run.type('cert\n')
    const later =
      /Client certificate after the handshake\nsubject=CN = server\.example\n.*\nVerification: OK/g
    await run.says(new RegExp(`(?:${later.source}[\\s\\S]*){${i}}`))
  }
  run.type('after\n')
  await near.says(/after\n/)
  near.type('Q\n')
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
})

test('c says where the client has no certificate, where a stranger shows one, and where it may not be asked', async t => {
  const bare = await server(t, [...identity, '-naccept', '1', '-CAfile', caFile])
  const without = client(t, bare.port, ['-enable_pha'])
  await bare.run.says(/No client certificate\n/)
  bare.run.type('c\n')
  await bare.run.says(/No client certificate after the handshake/)
  without.type('Q\n')
  t.is(await without.exit, 0)

  const strict = await server(t, [...identity, '-naccept', '1', '-CAfile', caFile])
  const stranger = client(t, strict.port, ['-enable_pha', '-cert', rsaCert, '-key', rsaKey])
  await strict.run.says(/No client certificate/)
  strict.run.type('c\n')
  t.is(await stranger.exit, 1)
  t.regex(stranger.stderr, /unknown_ca received in CONNECTED/)

  const deaf = await server(t, [...identity, '-naccept', '1', '-CAfile', caFile])
  const unasked = client(t, deaf.port, identity)
  await deaf.run.says(/No client certificate/)
  deaf.run.type('c\nstill there\n')
  await deaf.run.says(/Failed to initiate request: the client has not offered it \(-enable_pha\)/)
  await unasked.says(/still there/)
  unasked.type('Q\n')
  t.is(await unasked.exit, 0)
})

test('-client_sigalgs is what a server asks for, and what a client signs with', async t => {
  const asking = [...identity, '-rev', '-Verify', '3', '-CAfile', bothRoots]
  const pss = await server(t, [
    ...asking,
    '-client_sigalgs',
    'RSA-PSS+SHA384:RSA+SHA256',
    '-naccept',
    '2',
  ])
  const right = client(t, pss.port, ['-cert', rsaCert, '-key', rsaKey, '-brief'])
  right.type('x\nCLOSE\n')
  t.is(await right.exit, 0)
  const wrong = client(t, pss.port, [...identity, '-quiet'])
  wrong.type('x\n')
  t.is(await wrong.exit, 1)
  t.regex(wrong.stderr, /certificate_required received/)

  const any = await server(t, [...asking, '-naccept', '2', '-brief', '-msg'])
  const shows = ['-cert', rsaCert, '-key', rsaKey, '-quiet', '-client_sigalgs']
  const signed = client(t, any.port, [...shows, 'RSA-PSS+SHA512'])
  signed.type('x\nCLOSE\n')
  t.is(await signed.exit, 0)
  await any.run.says(/CertificateVerify\n.*rsa_pss_rsae_sha512/)
  const none = client(t, any.port, [...shows, 'ed25519'])
  none.type('x\n')
  t.is(await none.exit, 1)
  t.regex(none.stderr, /certificate_required received/)
})

test('-requestCAfile is whom a client, or a server, would believe; -no_ca_names says nobody', async t => {
  const names = /certificate_authorities/
  const asked = async (far: readonly string[], near: readonly string[]) => {
    const args = [...identity, '-rev', '-verify', '3', '-CAfile', caFile, '-naccept', '1', '-msg']
    const { run, port } = await server(t, [...args, ...far])
    const there = client(t, port, near)
    there.type('x\nCLOSE\n')
    t.is(await there.exit, 0)
    const { stdout } = run
    return {
      hello: /ClientHello\n([\s\S]*?)\n\d: [<>=]/.exec(stdout)?.[1] ?? '',
      request: /CertificateRequest\n([\s\S]*?)\n\d: [<>=]/.exec(stdout)?.[1] ?? '',
    }
  }
  const usual = await asked([], [])
  t.notRegex(usual.hello, names)
  t.regex(usual.request, names)
  const named = await asked(['-requestCAfile', bothRoots], ['-requestCAfile', caFile])
  t.regex(named.hello, names)
  t.true(named.request.length > usual.request.length)
  const silent = await asked(['-no_ca_names'], [])
  t.notRegex(silent.request, names)
})

test('-enable_server_rpk and -enable_client_rpk: keys without certificates, believed by -expected_rpk', async t => {
  const rpk = ['-enable_server_rpk', '-enable_client_rpk']
  const far = ['-key', keyFile, ...rpk, '-Verify', '1', '-expected_rpk', rsaPublicKey, '-rev']
  const { run, port } = await server(t, [...far, '-naccept', '2'])
  const near = client(t, port, [...rpk, '-expected_rpk', publicKey, '-key', rsaKey])
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.regex(near.stdout, /Server raw public key\n-----BEGIN PUBLIC KEY-----/)
  t.regex(near.stdout, /Verification: OK/)
  await run.says(/Client raw public key/)
  const fooled = client(t, port, [...rpk, '-expected_rpk', rsaPublicKey, '-key', rsaKey, '-quiet'])
  t.is(await fooled.exit, 1)
  t.regex(fooled.stderr, /RPK_UNTRUSTED/)
  t.is(await run.exit, 0)
})

test('-brief says that a raw public key was used', async t => {
  const { port } = await server(t, [...identity, '-enable_server_rpk', '-rev', '-naccept', '2'])
  const near = client(t, port, ['-enable_server_rpk', '-expected_rpk', publicKey, '-brief'])
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.regex(near.stderr, /^Peer used raw public key$/m)
  const usual = client(t, port, ['-brief'])
  usual.type('x\nCLOSE\n')
  t.is(await usual.exit, 0)
  t.regex(usual.stderr, /^Peer certificate: CN = server\.example$/m)
})

test('-cert_comp at both ends compresses certificates, at one end it changes nothing', async t => {
  for (const [far, near, compressed] of [
    [['-cert_comp'], ['-cert_comp'], true],
    [['-cert_comp'], [], false],
    [[], ['-cert_comp'], false],
  ] as const) {
    const { port } = await server(t, [...identity, '-rev', '-naccept', '1', ...far])
    const there = client(t, port, [...near, '-msg'])
    there.type('x\nCLOSE\n')
    t.is(await there.exit, 0)
    t.is(/<<< .*CompressedCertificate/.test(there.stdout), compressed)
    t.regex(there.stdout, /Verification: OK/)
  }
})

test('-stateless asks every client for a cookie', async t => {
  const { port } = await server(t, [...identity, '-stateless', '-rev', '-naccept', '1'])
  const near = client(t, port, ['-msg'])
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.regex(near.stdout, /<<< .*HelloRetryRequest\n[\s\S]*?cookie/)
  t.regex(near.stdout, /After a HelloRetryRequest/)
})

const refused: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
  '-dcert alone': [
    ['s_server', '-nocert', '-psk', 'aa', '-dcert', rsaCert, '-dkey', rsaKey],
    /-dcert without -cert/,
  ],
  '-dkey alone': [['s_server', ...identity, '-dkey', rsaKey], /-dkey without -dcert/],
  '-dcert_chain alone': [
    ['s_server', ...identity, '-dcert_chain', rsaCert],
    /-dcert_chain without -dcert/,
  ],
  '-key2 alone': [['s_server', ...identity, '-key2', rsaKey], /-key2 without -cert2/],
  '-cert2 for no name': [
    ['s_server', ...identity, '-cert2', rsaCert, '-key2', rsaKey],
    /-cert2 needs -servername/,
  ],
  'a name for nothing': [
    ['s_server', ...identity, '-servername', 'x'],
    /-servername needs -cert2 or/,
  ],
  'no name to be fatal about': [
    ['s_server', ...identity, '-servername_fatal'],
    /-servername_fatal needs -servername/,
  ],
  'two wishes about names of authorities': [
    ['s_server', ...identity, '-no_ca_names', '-requestCAfile', caFile],
    /-requestCAfile and -no_ca_names exclude each other/,
  ],
  'authorities that are none': [['s_client', '-requestCAfile', keyFile], /-requestCAfile: /],
  'authorities that are not there': [
    ['s_client', '-requestCAfile', scratch('none')],
    /-requestCAfile: ENOENT/,
  ],
  'a scheme to sign with that is none': [
    ['s_client', '-client_sigalgs', 'x'],
    /-client_sigalgs: expected some of .*, got x/,
  ],
  'a scheme to ask for that is none': [
    ['s_server', ...identity, '-client_sigalgs', 'x'],
    /sigalgs: .*got x/,
  ],
  '-expected_rpk alone': [
    ['s_client', '-expected_rpk', publicKey],
    /-expected_rpk without -enable/,
  ],
  'a key where no key goes alone': [['s_client', '-key', keyFile], /-key without -cert/],
  'a certificate as a raw key': [
    ['s_client', '-enable_server_rpk', '-expected_rpk', certFile],
    /expected a PEM block PUBLIC KEY, got CERTIFICATE/,
  ],
}

for (const [what, [argv, line]] of Object.entries(refused))
  test(`${what} is refused with one line`, async t => {
    const run = new Run(t, argv)
    t.is(await run.exit, 1)
    t.regex(run.stderr, line)
    t.regex(run.stderr, /^[^\n]+\n$/)
  })
