/** Early data behind a flight that leaves little room in the queue. */
import test from 'ava'
import { readAll } from '../support/ends.ts'
import { earlyEnds, earlyOf } from './early-ends.ts'

test('where the queue has no room for the flight and a record, early data waits for room, in both directions', async t => {
  for (const [maxQueue, ring] of [
    [16_406, 1],
    [16_500, 500],
    [16_500, 40_000],
    [17_000, 17_000],
  ] as const) {
    const limits = { maxQueue }
    const { client, server } = await earlyEnds({
      client: { limits },
      server: { limits },
      rings: [ring, ring],
    })
    let left = new Uint8Array(30_000)
    let half = 0
    let got = 0
    let heard = 0
    for (let i = 0; i < 200_000 && got < 30_000; i++) {
      const outcome = left.length > 0 ? client.writeEarly(left) : undefined
      if (outcome?.status === 'done') left = left.subarray(outcome.bytes)
      t.not(outcome?.status, 'failed')
      if (outcome?.status === 'refused') break
      got += earlyOf(server).bytes.length
      if (half === 0) {
        const answered = server.writeEarly(new Uint8Array(16_384).fill(65))
        t.not(answered.status, 'failed')
        if (answered.status === 'done') half += answered.bytes
      }
    }
    for (let i = 0; i < 100_000 && !(client.connected && server.connected && heard === half); i++) {
      heard += readAll(client).text.length
      server.doHandshake()
    }
    got += earlyOf(server).bytes.length
    t.is(got, 30_000 - left.length, `${maxQueue}, ${ring}`)
    t.is(heard, half)
    t.true(half > 0)
  }
})
