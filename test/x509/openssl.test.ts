import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trustStore, verifyChain } from '@biopair/x509'
import test from 'ava'
import type { Minted } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { faults, faultyPlan, hostName, mintPlan, now, placesOf, soundPlan } from './chains.ts'

const version = spawnSync('openssl', ['version'], { encoding: 'utf8', timeout: 20_000 })
const found = version.status === 0 && version.stdout.startsWith('OpenSSL 3')

/** What `openssl verify` says: 0, or the number of its first error. */
function openssl(chain: readonly Minted[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-'))
  try {
    const file = (name: string, certificates: readonly Minted[]) => {
      const path = join(folder, name)
      writeFileSync(path, certificates.map(({ pem }) => pem).join(''))
      return path
    }
    const { stderr, stdout, status } = spawnSync(
      'openssl',
      [
        'verify',
        ...['-no-CApath', '-no-CAstore', '-auth_level', '2', '-purpose', 'sslserver'],
        ...['-attime', String(now / 1000), '-verify_hostname', hostName],
        ...['-CAfile', file('root', chain.slice(-1))],
        ...(chain.length > 2 ? ['-untrusted', file('untrusted', chain.slice(1, -1))] : []),
        file('leaf', chain.slice(0, 1)),
      ],
      { encoding: 'utf8', timeout: 20_000 },
    )
    if (status === 0) return 0
    return Number(/^error (\d+) at/m.exec(stderr + stdout)?.[1] ?? -1)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function ours(chain: readonly Minted[]): string {
  const verdict = verifyChain({
    chain: chain.slice(0, -1).map(({ der }) => der),
    anchors: trustStore(chain.slice(-1).map(({ der }) => der)),
    time: now,
    purpose: 'serverAuth',
    keyUsage: ['digitalSignature'],
    name: hostName,
    crypto: nodeVerify,
  })
  return verdict.ok ? 'ok' : verdict.code
}

if (found) {
  test('openssl verify believes the sound chains that we believe', t => {
    for (const intermediates of [0, 1, 2, 4]) {
      const chain = mintPlan(soundPlan(intermediates))
      t.is(ours(chain), 'ok')
      t.is(openssl(chain), 0)
    }
  })

  test('openssl verify refuses what we refuse, for the same reason, or is known to be content', t => {
    for (const fault of faults)
      for (const intermediates of [0, 2])
        for (const depth of placesOf(fault, intermediates).slice(0, 2)) {
          const chain = mintPlan(faultyPlan(fault, depth, intermediates))
          const where = `${fault.name}, depth ${depth} of ${chain.length}`
          t.not(ours(chain), 'ok', where)
          const answer = openssl(chain)
          const expected = fault.openssl === 'accepts' ? [0] : fault.openssl
          t.true(expected.includes(answer), `${where}: openssl says ${answer}`)
        }
  })
} else
  test('openssl verify agrees with us (skipped: no OpenSSL 3 on PATH)', t => {
    t.false(found)
    t.log(`skipped: ${version.error?.message ?? version.stdout}`)
  })
