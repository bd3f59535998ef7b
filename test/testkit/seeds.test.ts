/** One seed, one run: to the byte, again and again, on every runtime. */
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeCrypto } from '@biopair/crypto-node'
import { replay, Seed, scheduleOf, schedules, tls } from '@biopair/testkit'
import test from 'ava'
import fc from 'fast-check'
import { root } from '../house/support/rooms.ts'
import { chat } from './support/chat.ts'
import { runProgram } from './support/programs.ts'

/** A schedule from a number, run; and configurations of both versions. */
const program = `
import { replay, scheduleOf, tls } from '@biopair/testkit'
const seed = 11
const runs = [
  {},
  { version: 'TLSv1.2', client: 'ed25519' },
  { version: 'TLSv1.2', resume: 'ticket' },
  { version: 'TLSv1.2', resume: 'psk' },
  { resume: 'ticket', retry: true },
]
  .map(config => replay(tls(config), scheduleOf(seed, { largestRing: 500 })).digest)
const datagrams = scheduleOf(seed, { carries: 'datagrams' })
const silent = { done: true, step() {} }
const play = ({ near }, seed) => {
  near.send(seed.bytes('client', 9))
  return { client: silent, server: silent }
}
console.log(JSON.stringify([scheduleOf(seed), runs, datagrams, replay(play, datagrams).digest]))
`
const expected = spawned(process.execPath)

function spawned(command: string, words: readonly string[] = []): string {
  const { status, stdout, stderr } = runProgram('seeds', program, words, command)
  if (status !== 0) throw new Error(stderr)
  return stdout
}

test('a second process gives the same schedule and the same bytes', t => {
  t.is(spawned(process.execPath), expected)
})

test('this process does, with the other provider', t => {
  const [schedule, [first = '']] = JSON.parse(expected) as [unknown, readonly string[]]
  t.deepEqual(JSON.parse(JSON.stringify(scheduleOf(11))), schedule)
  t.is(replay(tls({}, { crypto: nodeCrypto }), scheduleOf(11, { largestRing: 500 })).digest, first)
})

test('a context with ECMAScript and nothing of Node does', t => {
  const bare = fileURLToPath(new URL('support/bare-kit.js', import.meta.url))
  const entry = join(root, 'packages/testkit/dist/index.js')
  const told = execFileSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--experimental-import-meta-resolve',
      '--no-warnings',
      bare,
      entry,
    ],
    { input: program.replace("'@biopair/testkit'", "'entry'"), encoding: 'utf8', timeout: 200_000 },
  )
  t.is(told, expected)
})

for (const [name, command, words] of [
  ['Deno', process.env.BIOPAIR_DENO ?? 'deno', ['run', '--node-modules-dir=manual']],
  ['Bun', process.env.BIOPAIR_BUN ?? 'bun', ['run']],
] as const) {
  const there = spawnSync(command, ['--version'], { timeout: 20_000 }).status === 0
  if (there) test(`${name} does`, t => t.is(spawned(command, words), expected))
  else
    test(`${name} does (skipped: no ${name})`, t => {
      t.log(`there is no ${name} here`)
      t.false(there)
    })
}

test('the same schedule gives the same run, and another seed another one', t => {
  fc.assert(
    fc.property(schedules(), schedule => {
      const digest = replay(chat, schedule).digest
      t.is(replay(chat, schedule).digest, digest)
    }),
    { numRuns: 30 },
  )
  const [a, b] = ['a', 'b'].map(text => new Seed(text))
  t.notDeepEqual(a?.bytes('x', 8), b?.bytes('x', 8))
  t.notDeepEqual(a?.bytes('x', 8), a?.bytes('y', 8))
  t.deepEqual(a?.bytes('x', 8), new Seed('a').bytes('x', 8))
  const schedule = scheduleOf(1)
  const play = tls({}, { crypto: nodeCrypto })
  t.not(replay(play, schedule).digest, replay(play, { ...schedule, seed: 'another' }).digest)
})

test('asking more under one name changes nothing under another', t => {
  const [a, b] = [new Seed('s'), new Seed('s')]
  a.random('client')('key', 32)
  a.dice('order').below(9)
  t.deepEqual(a.random('server')('key', 32), b.random('server')('key', 32))
})
