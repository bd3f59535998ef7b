/** What the kit draws is what it says: ClientHellos that are answered and refused, chains that are refused for their fault. */
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext } from '@biopair/ssl'
import {
  chainOf,
  countingPair,
  faultPlans,
  faultyHellos,
  helloFaults,
  helloOf,
  helloPlans,
  helloRecord,
  Identities,
  seededTime,
} from '@biopair/testkit'
import test from 'ava'
import fc from 'fast-check'
import { judge, said, shown } from '../x509/judge.ts'

const { pem, keyPem } = new Identities(nodeCrypto).of('p256')
const context = new SslContext({
  crypto: nodeCrypto,
  cert: pem,
  key: keyPem,
  groups: ['x25519', 'secp256r1', 'secp384r1'],
})

/** What a server says to a ClientHello. */
function answer(message: Uint8Array) {
  const [near, far] = countingPair(1 << 17)
  const server = new Ssl(context).setBio(far).setAcceptState()
  near.write(helloRecord(message))
  return { outcome: server.doHandshake(), said: near.pending }
}

test('a server answers every ClientHello that is as it should be', t => {
  fc.assert(
    fc.property(helloPlans(), plan => {
      const message = helloOf(plan)
      t.deepEqual(helloOf(plan), message)
      const { outcome, said } = answer(message)
      if (outcome.status === 'failed') throw outcome.error
      t.is(outcome.status, 'want_read')
      t.true(said > 50)
    }),
    { numRuns: 40 },
  )
})

test('a server refuses every ClientHello with one thing wrong, with an alert that blames the client', t => {
  const seen = new Map<string, string>()
  fc.assert(
    fc.property(faultyHellos(), ({ plan, fault }) => {
      const spoilt = helloFaults[fault]?.spoil(helloOf(plan)) as Uint8Array
      const { outcome } = answer(spoilt)
      if (outcome.status !== 'failed' || !('alert' in outcome.error))
        throw new Error(`one that ${helloFaults[fault]?.says} is not refused: ${outcome.status}`)
      const { alert, origin } = outcome.error
      t.is(origin, 'sent')
      t.not(alert, 'internal_error')
      seen.set(fault, alert)
    }),
    { numRuns: 120 },
  )
  t.log([...seen].map(([fault, alert]) => `${fault}: ${alert}`).join(', '))
  t.true(seen.size > 10)
})

test('a chain with a fault is refused for it, and without it believed', t => {
  fc.assert(
    fc.property(faultPlans(['p256', 'ed25519']), plan => {
      const { sound, faulty, name, expected } = chainOf(plan, { crypto: nodeCrypto })
      t.is(said(judge(sound.slice(0, -1), sound.slice(-1), { name, time: seededTime })), 'believed')
      t.is(
        said(judge(faulty.slice(0, -1), faulty.slice(-1), { name, time: seededTime })),
        shown(expected),
      )
      const again = chainOf(plan, { crypto: nodeCrypto }).faulty.map(({ der }) => der)
      t.deepEqual(
        again,
        faulty.map(({ der }) => der),
      )
    }),
    { numRuns: 15 },
  )
})
