/** A deadlock of Node's own that came by way of key shares: kept with the schedule that met it. */
import { spawnSync } from 'node:child_process'
import test from 'ava'

// Node 20 hung within these keys where each was exported as a JWK.
const program = `
import { nodeCrypto } from ${JSON.stringify(import.meta.resolve('@biopair/crypto-node'))}
let kept = []
for (let i = 0; i < 20000; i++) {
  kept.push('x' + i, new Array(i % (1 + Math.floor(i / 100))))
  if (kept.length > 200) kept = []
  nodeCrypto.groups.x25519.start().wipe()
}
console.log('through')
`

test('a garbage collection while an x25519 share is made stops nothing', t => {
  t.timeout(280_000)
  const { stdout, signal } = spawnSync(
    process.execPath,
    ['--max-semi-space-size=1', '--input-type=module', '-e', program],
    { encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' },
  )
  t.is(signal, null)
  t.is(stdout, 'through\n')
})
