/** The demo: what people see first has to work, to fit a terminal, and with a seed to repeat to the byte. */
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const program = fileURLToPath(new URL('../../../demo/dist/pair.js', import.meta.url))

function demo(...args: string[]): string {
  return execFileSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    timeout: 200_000,
  })
}

for (const args of [
  [],
  ['--ring', '1'],
  ['--ring', '600', '--provider', 'noble'],
  ['--tls', '1.2'],
  ['--tls', '1.2', '--ring', '1'],
])
  test(`the demo ${args.join(' ')} ends with two ends that agree, in lines of at most 100 columns`, t => {
    const lines = demo(...args).split('\n')
    t.true(lines.some(line => line.endsWith('steps; both ends agree on everything')))
    t.deepEqual(
      lines.filter(line => line.length > 100),
      [],
    )
    t.true(lines.length < 160, `${lines.length} lines`)
  })

for (const version of ['1.2', '1.3']) {
  const tls = ['--tls', version]
  test(`with a seed the demo of TLS ${version} repeats to the byte, with both providers`, t => {
    const first = demo(...tls, '--seed', 'a b', '--provider', 'node')
    t.is(demo(...tls, '--seed', 'a b', '--provider', 'node'), first)
    const noble = demo(...tls, '--seed', 'a b', '--provider', 'noble')
    t.is(noble.replace('crypto by noble', 'crypto by node:crypto'), first)
    t.not(demo(...tls, '--seed', 'another'), first)
  })

  test(`the ring decides how many steps of TLS ${version} there are, and nothing about the bytes`, t => {
    const sent = (output: string) =>
      output.split('\n').filter(line => line.includes(' bytes, sha256 '))
    const wide = sent(demo(...tls, '--seed', 'x'))
    t.is(wide.length, 2)
    t.deepEqual(sent(demo(...tls, '--seed', 'x', '--ring', '1')), wide)
  })
}

test('a wrong option is named, and is exit code 1', t => {
  for (const args of [
    ['--ring', '0'],
    ['--provider', 'openssl'],
    ['--rings', '1'],
    ['--tls', '1.1'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      timeout: 200_000,
    })
    t.is(status, 1)
    t.true(stderr.includes(args[0] as string), stderr)
  }
})
