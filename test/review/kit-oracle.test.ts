/** The oracle where a peer is not there, dies or hangs: a rejection that says which and why. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Minter } from '@biopair/testkit'
import { opensslServer } from '@biopair/testkit/oracle'
import test from 'ava'

const leaf = new Minter({ time: Date.now() }).certificate({ names: ['server.example'] })
const options = { cert: leaf.pem, key: leaf.key.pem() }

test('a program that is not there, one that ends at once, one that hangs and one that dies are told apart', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-kit-oracle-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const script = (name: string, ...lines: string[]) => {
    const file = join(folder, name)
    writeFileSync(file, ['#!/bin/sh', ...lines].join('\n'))
    chmodSync(file, 0o700)
    return file
  }
  const server = (program: string, longestStart = 120_000) =>
    opensslServer({ ...options, longestStart }, program)
  await t.throwsAsync(server('no-such-openssl'), {
    message: 'openssl: no-such-openssl: there is no such program',
  })
  await t.throwsAsync(server(script('ends', 'echo sorry >&2', 'exit 3')), {
    message: /^openssl ended with 3: sorry/,
  })
  await t.throwsAsync(server(script('hangs', 'exec sleep 30'), 1000), {
    message: /^openssl said no port in 1000 ms/,
  })
  const dead = await server(script('dies', 'echo ACCEPT 127.0.0.1:1', 'exit 4'))
  await new Promise(resolve => setTimeout(resolve, 300))
  await t.throwsAsync(dead.connect(), { message: /^openssl(: connect| ended with 4)/ })
  dead.stop()
})

test('a chain that is no text is refused before anything is started', async t => {
  await t.throwsAsync(opensslServer({} as typeof options), {
    instanceOf: TypeError,
    message: 'openssl: cert: expected PEM, got undefined',
  })
})
