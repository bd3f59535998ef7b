/** `pnpm bench`: handshakes, bulk, ping-pong, chains and memory in one run, as ratios to others and to the bare primitives. */
import { parseArgs } from 'node:util'
import { cipherSuites, signatureSchemes } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { chainFor } from '../support/mint.ts'
import { adapters } from './adapters.ts'
import { chains } from './chains.ts'
import { bareBurst, bareHandshake } from './limit.ts'
import { type Case, type Effort, measure, median } from './measure.ts'
import { idleMemory } from './memory.ts'
import { drop, nodeBurst, nodeContexts, nodeHandshake, nodePingPong } from './node-tls.ts'
import { burst, contexts, handshake, pingPong } from './ours.ts'
import { type Goal, report } from './report.ts'
import { SharedThreads } from './shared.ts'
import { sockets } from './sockets.ts'

const names = [
  'H1',
  'H2',
  'B1',
  'B2',
  'L1',
  'N1',
  'N2',
  'C1',
  'C2',
  'W1',
  'A1',
  'A2',
  'M1',
] as const
type Name = (typeof names)[number]

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const usage = `pnpm bench [--quick] [--only ${names.join(',')}]

Medians of CPU time (user and system, whole process) over rounds in which all cases of a table take turns.
W1 alone is of wall-clock time. Absolute figures move with the machine; the ratios of one run repeat within about 15 %.

  --quick   fewer and shorter rounds: for a look, not for a claim
  --only    some of the tables, separated by commas (X1 is printed with H1)
`

const effort: Effort = options.quick
  ? { rounds: 3, millis: 100, warmUp: 500 }
  : { rounds: 7, millis: 150, warmUp: 1000 }

/** The suite that each provider is measured with: the fast one there. */
const providers = [
  { name: 'node', crypto: nodeCrypto, suite: cipherSuites.TLS_AES_128_GCM_SHA256 },
  { name: 'noble', crypto: noble, suite: cipherSuites.TLS_CHACHA20_POLY1305_SHA256 },
] as const

const wanted = options.only?.split(',') ?? names
const unknown = wanted.find(name => !(names as readonly string[]).includes(name))
if (options.help || unknown !== undefined) {
  console.log(usage)
  process.exitCode = unknown === undefined ? 0 : 1
} else await main()

async function main(): Promise<void> {
  console.log(
    `node ${process.version}; node:tls with AES-128-GCM, ours with AES-128-GCM (node), ChaCha20-Poly1305 (noble)`,
  )
  const tables: Record<Name, () => Promise<void>> = {
    H1: () => handshakes('H1', 'p256', 'full handshake, P-256 certificates'),
    H2: () => handshakes('H2', 'rsa', 'full handshake, RSA-2048 certificates'),
    B1: () =>
      bulk('B1', 16_384, [
        { of: 'node', beside: 'node:tls', must: 0.9 },
        { of: 'node', beside: 'limit', must: 0.75 },
        { of: 'noble', beside: 'limit', must: 0.85 },
        { of: 'noble', beside: 'node:tls', must: 0.15 },
      ]),
    // node:tls puts several writes into a record; we make one record of each.
    B2: () =>
      bulk('B2', 1024, [
        { of: 'node', beside: 'node:tls', must: 0.3 },
        { of: 'noble', beside: 'limit', must: 0.8 },
      ]),
    L1: pingPongs,
    N1: () => sockets('N1', effort),
    N2: () => sockets('N2', effort),
    C1: () => chains('C1', 'p256', effort),
    C2: () => chains('C2', 'rsa', effort),
    W1: threads,
    A1: () => adapters('A1', effort),
    A2: () => adapters('A2', effort),
    M1: memory,
  }
  for (const name of names) if (wanted.includes(name)) await tables[name]()
}

async function handshakes(id: 'H1' | 'H2', kind: 'p256' | 'rsa', title: string): Promise<void> {
  const chain = chainFor(kind)
  const theirs = nodeContexts(chain)
  const scheme =
    signatureSchemes[kind === 'p256' ? 'ecdsa_secp256r1_sha256' : 'rsa_pss_rsae_sha256']
  const cases: Case[] = [{ name: 'node:tls', run: async () => drop(await nodeHandshake(theirs)) }]
  for (const { name, crypto, suite } of providers) {
    const ours = contexts(crypto, chain, suite.name)
    cases.push(
      { name, run: () => void handshake(ours) },
      { name: `${name} limit`, run: bareHandshake(crypto, suite, chain, scheme) },
    )
  }
  const goals: Goal[] = [
    { of: 'node', beside: 'node:tls', must: 0.75 },
    ...(id === 'H1' ? [{ of: 'node', beside: 'limit', must: 0.6 } as const] : []),
    { of: 'noble', beside: 'limit', must: 0.75 },
  ]
  // V8 has compiled all of a flow, whose parts run once each, after a thousand handshakes or so.
  const micros = await measure(cases, { ...effort, warmUp: 4 * effort.warmUp })
  const perSecond = (us: number) => `${Math.round(1e6 / us)}/s`
  report(id, title, micros, perSecond, goals)
  if (id === 'H2') return
  // The same code with either provider. With noble, what it takes drowns in the noise of 20 ms of primitives.
  const side =
    ((micros.get('node') ?? Number.NaN) - (micros.get('node limit') ?? Number.NaN)) / 2000
  const verdict = side <= 0.5 ? 'met' : 'NOT MET'
  console.log(
    `  X1     all but primitives, per side ${side.toFixed(2)} ms   must <= 0.50 ms  ${verdict}`,
  )
}

async function bulk(id: string, size: number, goals: readonly Goal[]): Promise<void> {
  const total = 8 * 2 ** 20
  const chunk = new Uint8Array(size).fill(1)
  const chain = chainFor('p256')
  const theirs = await nodeHandshake(nodeContexts(chain))
  const cases: Case[] = [{ name: 'node:tls', run: () => nodeBurst(theirs, chunk, total) }]
  for (const { name, crypto, suite } of providers) {
    const pair = handshake(contexts(crypto, chain, suite.name))
    cases.push(
      { name, run: () => burst(pair, chunk, total) },
      { name: `${name} limit`, run: bareBurst(crypto, suite, chunk, total) },
    )
  }
  const micros = await measure(cases, effort)
  drop(theirs)
  const perSecond = (us: number) => `${(total / us).toFixed(0)} MB/s`
  report(id, `bulk one way, ${size / 1024} KiB writes, bursts of 8 MiB`, micros, perSecond, goals)
}

async function pingPongs(): Promise<void> {
  const times = 100
  const message = new Uint8Array(64).fill(1)
  const chain = chainFor('p256')
  const theirs = await nodeHandshake(nodeContexts(chain))
  const cases: Case[] = [{ name: 'node:tls', run: () => nodePingPong(theirs, message, times) }]
  for (const { name, crypto, suite } of providers) {
    const pair = handshake(contexts(crypto, chain, suite.name))
    const bare = bareBurst(crypto, suite, message, 2 * times * message.length)
    cases.push(
      {
        name,
        run: () => {
          for (let i = 0; i < times; i++) pingPong(pair, message)
        },
      },
      { name: `${name} limit`, run: bare },
    )
  }
  const micros = await measure(cases, effort)
  drop(theirs)
  report('L1', 'ping-pong of 64 bytes', micros, us => `${(us / times).toFixed(1)} us`, [
    { of: 'node', beside: 'node:tls', must: 1 },
    { of: 'noble', beside: 'node:tls', must: 0.5 },
  ])
}

/** The one row of wall-clock time: a second thread is there to make something end sooner. */
async function threads(): Promise<void> {
  const order = { total: (options.quick ? 16 : 64) * 2 ** 20, chunk: 16_384 }
  const bytes = new Uint8Array(order.chunk).fill(1)
  const chain = chainFor('p256')
  const common = { ciphers: 'TLS_AES_128_GCM_SHA256', groups: 'x25519' }
  const pair = handshake(contexts(nodeCrypto, chain, 'TLS_AES_128_GCM_SHA256'))
  const sizes = [17_408, 65_536, 262_144]
  const shared = await Promise.all(sizes.map(size => SharedThreads.start(chain, common, size)))
  const cases = new Map<string, () => void | Promise<void>>([
    ['one thread', () => burst(pair, bytes, order.total)],
    ...shared.map(
      (ends, i) =>
        [`rings of ${(sizes[i] as number) / 1024} KiB`, () => ends.burst(order)] as const,
    ),
  ])
  const samples = new Map([...cases.keys()].map(name => [name, [] as number[]]))
  for (let round = -1; round < effort.rounds; round++)
    for (const [name, run] of cases) {
      const start = performance.now()
      await run()
      if (round >= 0) samples.get(name)?.push(performance.now() - start)
    }
  await Promise.all(shared.map(ends => ends.stop()))
  console.log(
    `\nW1  bulk one way between two threads over shared memory, calls that wait, ${order.total / 2 ** 20} MiB, wall-clock time`,
  )
  const alone = median(samples.get('one thread') ?? [])
  for (const [name, list] of samples) {
    const millis = median(list)
    const speed = `${(order.total / millis / 1000).toFixed(0)} MB/s`
    console.log(
      `  ${name.padEnd(18)} ${speed.padStart(10)}   ${(alone / millis).toFixed(2)} x one thread over a BIO pair`,
    )
  }
}

async function memory(): Promise<void> {
  const chain = chainFor('p256')
  const count = options.quick ? 50 : 200
  console.log('\nM1  memory of an idle established pair, heap and external, after gc')
  const line = (name: string, kib: number, must?: number) =>
    console.log(
      `  ${name.padEnd(10)} ${kib.toFixed(1).padStart(6)} KiB${must === undefined ? '' : `   must <= ${must} KiB  ${kib <= must ? 'met' : 'NOT MET'}`}`,
    )
  const theirs = nodeContexts(chain)
  line('node:tls', await idleMemory(count, () => nodeHandshake(theirs)))
  for (const { name, crypto, suite } of providers) {
    const ours = contexts(crypto, chain, suite.name)
    line(name, await idleMemory(count, () => handshake(ours)), name === 'node' ? 48 : 64)
  }
  console.log(
    '  node:tls keeps most of its own outside of what Node counts: 92 KiB of resident memory a pair.',
  )
}
