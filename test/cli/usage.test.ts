/** Command lines: what is refused, and how. */
import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { caFile, certFile, identity, keyFile, scratch, written } from './support/pairs.ts'
import { Run } from './support/runs.ts'

const refused: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
  'no command': [[], /^biopair: expected s_client or s_server/],
  'an unknown command': [['s_time'], /^biopair: there is no command "s_time"/],
  'an unknown flag': [['s_client', '-foo'], /^biopair s_client: there is no flag "-foo"/],
  'a word that is no flag': [['s_client', 'host'], /there is no flag "host"/],
  'the name of a method': [['s_client', '-constructor'], /there is no flag "-constructor"/],
  "the server's flag at the client": [['s_client', '-www'], /there is no flag "-www"/],
  'a flag without its value': [['s_client', '-connect'], /-connect needs a value: host:port/],
  'a value where none belongs': [['s_client', '-quiet=1'], /-quiet takes no value/],
  'a port that is none': [['s_client', '-connect', 'host:65536'], /-connect: expected host:port/],
  'a timeout that is none': [['s_client', '-timeout', '0'], /-timeout: expected a number from 1/],
  'no keying material': [
    ['s_client', '-keymatexportlen', '0'],
    /-keymatexportlen: expected a number/,
  ],
  'a label too long': [
    ['s_client', '-keymatexport', 'x'.repeat(250)],
    /-keymatexport: expected a label/,
  ],
  'a provider that is none': [['s_client', '-provider', 'x'], /-provider: expected noble or node/],
  'a group that is none': [['s_client', '-groups', 'x999'], /groups: expected one of .* got x999/],
  'a suite that is none': [['s_client', '-ciphersuites', 'NULL'], /ciphers: .* got NULL/],
  'a suite of TLS 1.2 that is none': [['s_client', '-cipher', 'NULL'], /ciphers: .* got NULL/],
  'two versions alone': [['s_client', '-tls1_2', '-tls1_3'], /-tls1_2 and -tls1_3 exclude/],
  'a version alone and a bound': [
    ['s_client', '-tls1_2', '-max_protocol', 'TLSv1.3'],
    /-tls1_2 and -tls1_3 say what/,
  ],
  'a version that is none': [
    ['s_client', '-min_protocol', 'TLSv1.1'],
    /-min_protocol: expected TLSv1.2 or TLSv1.3, got "TLSv1.1"/,
  ],
  'a file that is not there': [['s_client', '-CAfile', scratch('none')], /-CAfile: ENOENT/],
  'a file that is no PEM': [['s_client', '-CAfile', written('x', 'x')], /anchor 0: expected/],
  'a folder that is not there': [['s_client', '-CApath', scratch('none')], /-CApath: ENOENT/],
  'a key without a certificate': [['s_client', '-key', keyFile], /-key without -cert/],
  'both ends of stdin': [['s_client', '-ign_eof', '-no_ign_eof'], /exclude each other/],
  'a server without a certificate': [['s_server'], /s_server needs -cert/],
  'a server with another key': [
    ['s_server', '-cert', certFile, '-key', written('other.key', otherKey())],
    /KEY_VALUES_MISMATCH/,
  ],
  'two ways to answer': [['s_server', '-www', '-rev', ...identity], /-www and -rev exclude/],
  'a server that believes nobody': [['s_server', '-Verify', '1', ...identity], /need -CAfile/],
  'a place where nobody can listen': [
    ['s_server', '-accept', '192.0.2.1:0', ...identity],
    /^biopair s_server: listen: .*EADDRNOTAVAIL/,
  ],
}

for (const [what, [argv, line]] of Object.entries(refused))
  test(`${what} is refused with one line and exit code 1`, async t => {
    const run = new Run(t, argv)
    t.is(await run.exit, 1)
    t.regex(run.stderr, line)
    t.regex(run.stderr, /^[^\n]+\n$/)
    t.is(run.stdout, '')
  })

const both =
  words(`help CAfile CApath CRL crl_check crl_check_all cert key pass cert_chain client_sigalgs requestCAfile enable_server_rpk
  enable_client_rpk expected_rpk cert_comp psk psk_identity allow_no_dhe_kex no_ticket no_middlebox
  record_padding max_send_frag alpn groups ciphersuites cipher tls1_2 tls1_3 min_protocol max_protocol sigalgs verify verify_return_error verify_quiet noverify
  keylogfile pcapng keymatexport keymatexportlen msg trace quiet brief nocommands timeout provider servername status`)
const clients = words(
  `connect no-CAfile sess_in sess_out reconnect enable_pha ct noct early_data ign_eof no_ign_eof`,
)
const servers =
  words(`accept naccept Verify no_ca_names dcert dkey dcert_chain servername_fatal cert2 key2
  status_file status_verbose no_cache early_data max_early_data recv_max_early_data anti_replay no_anti_replay stateless num_tickets nocert www rev`)

function words(text: string): readonly string[] {
  return text.split(/\s+/)
}

for (const [program, theirs] of [
  ['s_client', clients],
  ['s_server', servers],
] as const)
  test(`biopair ${program} -help lists every flag, each in one line`, async t => {
    const run = new Run(t, [program, '-help'])
    t.is(await run.exit, 0)
    for (const flag of [...both, ...theirs])
      t.regex(run.stdout, new RegExp(`^  -${flag} .{9,}`, 'm'))
    t.is(run.stdout.match(/^ {2}-/gm)?.length, both.length + theirs.length)
    t.is(run.stderr, '')
  })

test('a connection that nobody takes is one line', async t => {
  const run = new Run(t, ['s_client', '-connect', '127.0.0.1:1', '-CAfile', caFile])
  t.is(await run.exit, 1)
  t.is(run.stderr, 'biopair s_client: connect to 127.0.0.1:1: ECONNREFUSED\n')
})

test('flags may have two dashes, and their value behind an equals sign', async t => {
  const run = new Run(t, ['s_client', '--connect=127.0.0.1:1', `--CAfile=${caFile}`])
  t.is(await run.exit, 1)
  t.regex(run.stderr, /ECONNREFUSED/)
})

function otherKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
}
