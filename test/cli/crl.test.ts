/** -CRL, -crl_check and -crl_check_all, on the command line. */

import { writeFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { deltaIndicator, mintCrl } from '../support/crl-mint.ts'
import { chain, client, identity, scratch, server, written } from './support/pairs.ts'
import { Run } from './support/runs.ts'

const { root, intermediate, leaf } = chain
const ofLeaf = mintCrl({ issuer: intermediate })
const ofIntermediate = mintCrl({ issuer: root })
const good = written('good.crl', ofLeaf.pem + ofIntermediate.pem)
const partly = written('partly.crl', ofLeaf.pem)
const revoked = written(
  'revoked.crl',
  mintCrl({ issuer: intermediate, revoked: [{ serial: leaf }] }).pem + ofIntermediate.pem,
)
const der = scratch('good.der')
writeFileSync(der, ofLeaf.der)

async function talk(t: ExecutionContext, near: readonly string[]) {
  const { run, port } = await server(t, [...identity, '-rev', '-naccept', '1'])
  const there = client(t, port, near)
  there.type('x\nCLOSE\n')
  const code = await there.exit
  await run.exit
  return { code, there }
}

test('-crl_check_all wants every certificate shown good, -crl_check that of the peer', async t => {
  for (const args of [
    ['-crl_check_all', '-CRL', good],
    ['-crl_check', '-CRL', good],
    ['-crl_check', '-CRL', partly],
    ['-crl_check', '-CRL', der],
  ]) {
    const { code, there } = await talk(t, args)
    t.is(code, 0, args.join(' '))
    t.regex(there.stdout, /Verification: OK/)
  }
  const { code, there } = await talk(t, ['-crl_check_all', '-CRL', partly, '-quiet'])
  t.is(code, 1)
  t.regex(there.stderr, /certificate_unknown sent in [^\n]*UNABLE_TO_GET_CRL at depth 1/)
})

test('-crl_check refuses what is revoked; with -noverify it says so and goes on', async t => {
  const strict = await talk(t, ['-crl_check', '-CRL', revoked, '-quiet'])
  t.is(strict.code, 1)
  t.regex(strict.there.stderr, /certificate_revoked sent in /)
  const lax = await talk(t, ['-crl_check', '-CRL', revoked, '-noverify'])
  t.is(lax.code, 0)
  t.regex(lax.there.stdout, /Verification: error: CERT_REVOKED/)
})

test('a server holds its clients to it', async t => {
  const ca = ['-CAfile', written('clients.pem', root.pem), '-Verify', '3']
  const args = [...identity, ...ca, '-crl_check_all', '-CRL', revoked, '-rev', '-naccept', '1']
  const { run, port } = await server(t, args)
  const there = client(t, port, identity)
  there.type('x\nCLOSE\n')
  t.is(await there.exit, 1)
  await run.exit
  t.regex(run.stdout + run.stderr, /certificate_revoked/)
})

test('flags that make no sense alone, and files that hold no CRL, are told', async t => {
  const delta = mintCrl({ issuer: root, extensions: [deltaIndicator(1)] })
  for (const [args, expected] of [
    [['-CRL', good], /-CRL needs -crl_check or -crl_check_all/],
    [['-crl_check'], /-crl_check needs -CRL/],
    [['-crl_check_all'], /-crl_check_all needs -CRL/],
    [['-crl_check', '-CRL', written('no.crl', root.pem)], /expected a PEM block X509 CRL/],
    [['-crl_check', '-CRL', written('delta.crl', delta.pem)], /delta CRL/],
    [['-crl_check', '-CRL', scratch('missing.crl')], /missing\.crl/],
  ] as const) {
    const run = new Run(t, ['s_client', '-connect', '127.0.0.1:1', ...args])
    t.not(await run.exit, 0)
    t.regex(run.stderr, expected)
  }
})
