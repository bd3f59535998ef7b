/** Versions on the command line: which is spoken, with which suites, and sessions of TLS 1.2. */
import test from 'ava'
import { client, identity, scratch, server } from './support/pairs.ts'

test('-tls1_2 and -cipher: a session of TLS 1.2 is kept by -sess_out and resumed by -sess_in, and K changes nothing', async t => {
  const file = scratch('older.bin')
  const older = ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384']
  const { run, port } = await server(t, [...identity, ...older, '-naccept', '2', '-rev'])
  for (const begun of ['New', 'Reused']) {
    const near = client(t, port, [
      ...older,
      ...(begun === 'New' ? [] : ['-sess_in', file]),
      '-sess_out',
      file,
    ])
    near.type('K\nabc\n')
    await near.says(/^cba$/m)
    near.type('Q\n')
    t.is(await near.exit, 0)
    t.regex(
      near.stdout,
      new RegExp(`^${begun}, TLSv1\\.2, Cipher is TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384$`, 'm'),
    )
    t.regex(near.stdout, /^New Session arrived:$/m)
    t.regex(near.stdout, /Verification: OK/)
  }
  t.is(await run.exit, 0)
})

test('-min_protocol and -max_protocol: the newest version that both have, and protocol_version where there is none', async t => {
  const { run, port } = await server(t, [
    ...identity,
    '-min_protocol',
    'TLSv1.2',
    '-naccept',
    '4',
    '-rev',
  ])
  for (const [args, spoken] of [
    [['-min_protocol', 'TLSv1.2'], 'TLSv1.3'],
    [['-tls1_3'], 'TLSv1.3'],
    [['-max_protocol', 'TLSv1.2'], 'TLSv1.2'],
    [
      [
        '-min_protocol',
        'TLSv1.2',
        '-max_protocol',
        'TLSv1.2',
        '-ciphersuites',
        'TLS_AES_128_GCM_SHA256',
      ],
      'TLSv1.2',
    ],
  ] as const) {
    const near = client(t, port, args)
    near.type('x\n')
    await near.says(/^x$/m)
    near.type('Q\n')
    t.is(await near.exit, 0)
    t.regex(near.stdout, new RegExp(`^New, ${spoken}, Cipher is `, 'm'), args.join(' '))
  }
  t.is(await run.exit, 0)
  const { port: younger } = await server(t, [...identity, '-rev'])
  const refused = client(t, younger, ['-tls1_2'])
  refused.type('x\n')
  t.is(await refused.exit, 1)
  t.regex(refused.stderr, /protocol_version received/)
})
