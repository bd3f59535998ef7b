/** The demo: a TLS client and server shake hands over a BIO pair, talk, and say goodbye. No socket is opened. */
import { bioPair } from '@biopair/bio'
import { type ContextOptions, type PumpTask, pump, Ssl, SslContext } from '@biopair/ssl'
import { certificateChainFrom } from '@biopair/x509'
import { demoCertificate, demoKey, demoRoot } from './certificates.ts'
import { factsOf } from './facts.ts'
import { tell } from './messages.ts'
import { tell12 } from './messages12.ts'
import { type Options, optionsFrom, usage } from './options.ts'
import { seeded } from './seeded.ts'
import { conversation, goodbye, handshake } from './talk.ts'
import { Tap } from './tap.ts'
import { Timeline } from './timeline.ts'

const suites: Readonly<Record<Options['version'], string>> = {
  'TLSv1.2':
    'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLSv1.3': 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
}

const options = optionsFrom(process.argv.slice(2))
if (options === 'help') console.log(usage)
else if ('wrong' in options) {
  console.error(`${options.wrong}\n\n${usage}`)
  process.exitCode = 1
} else if (!demo(options)) process.exitCode = 1

/** Answers whether everything went as it should. */
function demo({ ring, seed, crypto, version }: Options): boolean {
  const print = console.log
  print(
    `A ${version.replace('v', ' ')} client and server over a BIO pair: no socket, no event loop, no clock of its own.`,
  )
  print(
    `rings of ${ring === 1 ? '1 byte' : `${ring} bytes`}, crypto by ${crypto.name}, ${seed === undefined ? 'random' : `seed ${seed}`}`,
  )

  const [near, far] = bioPair(ring, ring)
  const taps = {
    client: new Tap(near, crypto.hashes.sha256),
    server: new Tap(far, crypto.hashes.sha256),
  }
  const timeline = new Timeline(
    { client: near, server: far },
    () => taps.client.written + taps.server.written,
    print,
    version === 'TLSv1.2' ? tell12 : tell,
  )
  const common = (side: string): ContextOptions => ({
    crypto,
    minVersion: version,
    maxVersion: version,
    ciphers: suites[version],
    groups: 'X25519MLKEM768:x25519:secp256r1',
    trace: event => timeline.event(event),
    ...(seed === undefined
      ? {}
      : { random: seeded(`${side} ${seed}`, crypto), now: () => Date.UTC(2026, 6, 1) }),
  })
  const clientContext = new SslContext({
    ...common('client'),
    ca: demoRoot,
    ALPNProtocols: ['demo/2', 'demo/1'],
  })
  const serverContext = new SslContext({
    ...common('server'),
    cert: demoCertificate,
    key: demoKey,
    ALPNProtocols: ['demo/1'],
  })
  const client = new Ssl(clientContext, { servername: 'demo.example' })
    .setBio(taps.client)
    .setConnectState()
  const server = new Ssl(serverContext).setBio(taps.server).setAcceptState()
  const ends = { client, server }

  const chapters: readonly [string, readonly PumpTask[]][] = [
    ['Handshake', handshake(ends, timeline)],
    ['Application data', conversation(ends, timeline)],
    ['Goodbye', goodbye(ends, timeline)],
  ]
  for (const [title, tasks] of chapters) {
    timeline.chapter(title)
    const { end, parties, ...rest } = pump(tasks)
    const failed = parties.find(({ outcome }) => outcome.status !== 'done')
    if (end === 'done' && !failed) continue
    print('report' in rest ? rest.report.text : `${failed?.name}: ${failed?.outcome.status}`)
    return false
  }

  timeline.chapter('What both ends know')
  const facts = factsOf(client, server, certificateChainFrom(demoCertificate)[0])
  print(`  ${''.padEnd(14)}${'client'.padEnd(41)}server`)
  for (const fact of facts)
    print(
      `  ${fact.name.padEnd(14)}${fact.client.padEnd(38)} ${fact.client === fact.server ? '=' : '#'} ${fact.server}`,
    )
  print('')
  const { steps } = timeline
  for (const side of ['client', 'server'] as const)
    print(`  ${side} sent ${taps[side].written} bytes, sha256 ${taps[side].digest}`)
  const agreed = facts.every(fact => fact.client === fact.server)
  print(`  ${steps} steps; ${agreed ? 'both ends agree on everything' : 'the ends do not agree'}`)
  return agreed
}
