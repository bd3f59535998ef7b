/** Early data of ends that leave in the middle of it. */
import test from 'ava'
import { bytes } from '../support/ends.ts'
import { earlyEnds } from './early-ends.ts'

const closeNotify = Uint8Array.of(21, 3, 3, 0, 2, 1, 0)
const garbage = Uint8Array.of(22, 3, 3, 0, 4, 99, 0, 0, 0)

test('a client whose server leaves while early data is offered hears that from writeEarly, and nothing is sealed any more', async t => {
  for (const first of ['writeEarly', 'doHandshake'] as const) {
    const { client, far } = await earlyEnds()
    t.is(client.writeEarly(new Uint8Array(100)).status, 'done')
    far.write(closeNotify)
    // More than the pair has room for: it reads on.
    if (first === 'writeEarly') client.writeEarly(new Uint8Array(40_000))
    else t.deepEqual(client.doHandshake(), { status: 'closed' })
    const { queued } = client
    for (let i = 0; i < 3; i++)
      t.deepEqual(client.writeEarly(bytes('more')), { status: 'closed' }, `${first}, ${i}`)
    t.is(client.queued, queued)
    t.deepEqual(client.doHandshake(), { status: 'closed' })
  }
})

test('a connection that has failed says so in writeEarly, whatever the limit', async t => {
  const { client, far } = await earlyEnds({ both: { maxEarlyData: 5 } })
  t.is(client.writeEarly(bytes('early')).status, 'done')
  far.write(garbage)
  const failed = client.doHandshake()
  t.is(failed.status, 'failed')
  t.deepEqual(client.writeEarly(bytes('x')), failed)
})

test('a server whose client leaves inside its early data hears that from writeEarly', async t => {
  const { client, server, near } = await earlyEnds()
  client.setBio({
    read: into => near.read(into),
    write: from => near.write(from),
    flush: () => near.flush(),
    end: () => near.end(),
    close: () => {},
  })
  client.writeEarly(bytes('early'))
  client.close()
  t.is(server.readEarly(new Uint8Array(9)).status, 'done')
  t.deepEqual(server.readEarly(new Uint8Array(9)), { status: 'closed' })
  for (let i = 0; i < 3; i++) t.deepEqual(server.writeEarly(bytes('half')), { status: 'closed' })
})
