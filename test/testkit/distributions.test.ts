/** What the arbitraries draw, counted over a fixed seed: no class of anything is so rare that a hundred runs would not meet it. */
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext, TlsAlert } from '@biopair/ssl'
import {
  faultNames,
  faultPlans,
  faultyHellos,
  type HelloPlan,
  helloFaults,
  helloOf,
  helloPlans,
  helloRecord,
  linked,
  PlayFailure,
  replay,
  type Schedule,
  seededTime,
  type TlsConfig,
  tls,
  tlsConfigs,
} from '@biopair/testkit'
import test from 'ava'
import fc from 'fast-check'
import { chainFor } from '../support/mint.ts'

const draw = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] =>
  fc.sample(arbitrary, { seed: 20_26, numRuns })

/** Shares of a whole, by name. */
function shares<T>(all: readonly T[], nameOf: (each: T) => string): Map<string, number> {
  const found = new Map<string, number>()
  for (const each of all) found.set(nameOf(each), (found.get(nameOf(each)) ?? 0) + 1 / all.length)
  return new Map([...found].sort(([, a], [, b]) => b - a))
}

const percents = (found: ReadonlyMap<string, number>) =>
  [...found].map(([name, share]) => `${name} ${Math.round(1000 * share) / 10}%`).join(', ')

test('configurations of TLS: each version, suite, group, key, resumption and way of authentication has its share', t => {
  const all = draw(tlsConfigs(), 1500)
  const old = all.filter(({ version }) => version === 'TLSv1.2')
  const modern = all.filter(({ version }) => version === 'TLSv1.3')
  const look = (
    of: readonly TlsConfig[],
    name: keyof TlsConfig,
    classes: number,
    least: number,
  ) => {
    const found = shares(of, config => String(config[name]))
    t.log(`${name}: ${percents(found)}`)
    t.is(found.size, classes, name)
    for (const [value, share] of found) t.true(share >= least, `${name} ${value}: ${share}`)
  }
  look(all, 'version', 2, 0.3)
  look(modern, 'suite', 3, 0.2)
  look(modern, 'group', 5, 0.1)
  look(modern, 'certificate', 6, 0.08)
  look(modern, 'client', 8, 0.015)
  look(modern, 'resume', 3, 0.15)
  look(modern, 'early', 4, 0.03)
  look(modern, 'cookie', 3, 0.2)
  look(modern, 'retry', 2, 0.3)
  look(old, 'aead12', 3, 0.2)
  look(old, 'group', 4, 0.1)
  look(old, 'certificate', 3, 0.25)
  look(old, 'client', 5, 0.04)
  look(old, 'resume', 3, 0.15)
  look(all, 'tickets', 3, 0.2)
})

test('configurations of TLS: every one of them completes, and those that ask for it resume', t => {
  const schedule: Schedule = {
    link: { there: { ring: 20_000 }, back: { ring: 20_000 } },
    turns: '',
    seed: '1',
  }
  const all = draw(tlsConfigs({ mostSaid: 50 }), 40)
  const completed = all.filter(config => {
    try {
      replay(tls(config, { crypto: nodeCrypto }), schedule)
      return true
    } catch (error) {
      if (!(error instanceof PlayFailure)) throw error
      t.log(error.message)
      return false
    }
  })
  t.is(completed.length, all.length)
})

const { pem: cert, keyPem: key } = chainFor('p256')
const server = new SslContext({
  cert,
  key,
  crypto: nodeCrypto,
  groups: ['x25519', 'secp256r1'],
  ALPNProtocols: ['h2', 'http/1.1'],
  now: () => seededTime,
})

/** What our server makes of a ClientHello: `taken`, `retried`, or the alert. */
function answerTo(plan: HelloPlan, fault?: string): string {
  const message = helloOf(plan)
  const spoilt = fault === undefined ? message : helloFaults[fault]?.spoil(message)
  const { near, far } = linked(1 << 16)
  near.write(helloRecord(spoilt ?? message))
  const ssl = new Ssl(server).setBio(far).setAcceptState()
  const outcome = ssl.doHandshake()
  if (outcome.status === 'failed')
    return outcome.error instanceof TlsAlert ? outcome.error.alert : outcome.error.name
  // A ServerHello and its random: RFC 9846 4.2.3 has a fixed one for a retry.
  const said = near.take()
  return said[11] === 0xcf && said[12] === 0x21 ? 'retried' : 'taken'
}

test('ClientHellos: most are taken, some are asked again, some are refused for a name or a protocol', t => {
  const found = shares(draw(helloPlans(), 120), plan => answerTo(plan))
  t.log(percents(found))
  t.true((found.get('taken') ?? 0) >= 0.4)
  t.true((found.get('retried') ?? 0) >= 0.05)
  t.true((found.get('no_application_protocol') ?? 0) >= 0.03)
})

test('faulty ClientHellos: all faults come up, and every alert that they draw', t => {
  const all = draw(faultyHellos(), 250)
  const faults = shares(all, ({ fault }) => fault)
  t.deepEqual([...faults.keys()].sort(), Object.keys(helloFaults).sort())
  for (const [fault, share] of faults) t.true(share >= 0.3 / faults.size, `${fault}: ${share}`)
  const found = shares(all, ({ plan, fault }) => answerTo(plan, fault))
  t.log(percents(found))
  for (const alert of [
    ...['decode_error', 'illegal_parameter', 'missing_extension'],
    ...['handshake_failure', 'protocol_version'],
  ])
    t.true((found.get(alert) ?? 0) >= 0.03, alert)
  for (const answer of ['taken', 'retried']) t.false(found.has(answer), answer)
})

test('faults of chains: all come up, over chains of every length and keys of every kind', t => {
  const all = draw(faultPlans(), 50 * faultNames.length)
  const faults = shares(all, ({ fault }) => fault)
  t.is(faults.size, faultNames.length)
  for (const [fault, share] of faults)
    t.true(share >= 0.3 / faultNames.length, `${fault}: ${share}`)
  for (const [name, classes] of [
    ['intermediates', 4],
    ['key', 3],
    ['depth', 4],
  ] as const) {
    const found = shares(all, plan => String(plan[name]))
    t.log(`${name}: ${percents(found)}`)
    t.true(found.size >= classes, name)
    const common = [...found.values()].slice(0, classes)
    for (const share of common) t.true(share >= 0.03, `${name}: ${share}`)
  }
})
