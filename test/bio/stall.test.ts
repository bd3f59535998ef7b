/** The stall detector: two fruitless rounds, and who waits for what. */
import { StallDetector } from '@biopair/bio'
import test from 'ava'

const client = { name: 'client', waits: 'bytes from the server' }
const server = { name: 'server', waits: 'bytes from the client' }

test('two full rounds without a byte and without a change are a stall, named for people and as data', t => {
  const detector = new StallDetector()
  t.is(detector.round(5, [client, server]), undefined)
  t.is(detector.round(0, [client, server]), undefined)
  const report = detector.round(0, [client, server])
  t.deepEqual(report, {
    rounds: 2,
    parties: [client, server],
    text: [
      'stalled: no progress in 2 rounds',
      '  client waits for bytes from the server',
      '  server waits for bytes from the client',
    ].join('\n'),
  })
})

test('a byte, a changed wait or another party begins the count again', t => {
  const changes = [
    (d: StallDetector) => d.round(1, [client, server]),
    (d: StallDetector) => d.round(0, [client, { ...server, waits: 'room' }]),
    (d: StallDetector) => d.round(0, [client]),
  ]
  for (const change of changes) {
    const detector = new StallDetector()
    detector.round(0, [client, server])
    detector.round(0, [client, server])
    t.is(change(detector), undefined)
    t.is(detector.round(0, [client, server]), undefined)
  }
})

test('a party that is changed in place counts as changed', t => {
  const detector = new StallDetector()
  const party = { name: 'x', waits: 'a' }
  for (let i = 0; i < 5; i++) {
    t.is(detector.round(0, [party]), undefined)
    party.waits += 'a'
  }
})

test('a first round is only the beginning', t => {
  const detector = new StallDetector()
  t.is(detector.round(0, [client]), undefined)
  t.is(detector.round(0, [client]), undefined)
  t.is(detector.round(0, [client])?.rounds, 2)
  t.is(detector.round(0, [client])?.rounds, 3)
})
