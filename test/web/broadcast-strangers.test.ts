/** A third party on a BroadcastChannel that talks in between: what is not of the two is not heard, and what pretends to be ends the connection. */
import { once } from 'node:events'
import { nodeCrypto } from '@biopair/crypto-node'
import { accept, type Connection, connect } from '@biopair/web'
import test from 'ava'
import { chainFor } from '../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')
let channels = 0

interface Frame {
  readonly kind: string
  readonly from: string
  readonly to?: string
}

/** Two that are connected, and a third that has heard all, and knows who they are. */
async function three() {
  const name = `strangers ${process.pid} ${channels++}`
  const third = new BroadcastChannel(name)
  const heard: Frame[] = []
  third.onmessage = event => heard.push((event as unknown as { readonly data: Frame }).data)
  const server = accept(new BroadcastChannel(name), { cert: pem, key: keyPem, crypto: nodeCrypto })
  const client = connect(new BroadcastChannel(name), {
    ...{ ca: root.pem, servername: 'server.example', crypto: nodeCrypto },
  })
  await Promise.all([client.opened, server.opened])
  while (!heard.some(({ to }) => to !== undefined)) await once(third as never, 'message')
  const { from = '', to = '' } = heard.find(({ kind }) => kind === 'data') as Frame
  /** As one of the two, to the other. */
  const forge = (frame: object) => {
    third.postMessage({ biopair: 'biopair/port/1', from, to, ...frame })
  }
  return { server, client, third, heard, forge }
}

async function hears(from: Connection, to: Connection, words: string): Promise<string> {
  const [writer, reader] = [from.writable.getWriter(), to.readable.getReader()]
  await writer.write(Buffer.from(words))
  const { value } = await reader.read()
  writer.releaseLock()
  reader.releaseLock()
  return Buffer.from(value as Uint8Array).toString()
}

test('what a third party says in its own name, or in nobody’s, is not heard', async t => {
  const { server, client, third, heard, forge } = await three()
  const bytes = new Uint8Array(100)
  for (const noise of ['words', null, 7, {}, { biopair: 'biopair/port/1' }, bytes])
    third.postMessage(noise)
  for (const kind of ['data', 'end', 'abort', 'nothing', 'toString'])
    forge({ kind, from: 'a stranger', bytes, credit: 9, why: 'why' })
  for (const kind of ['data', 'end', 'abort', 'busy', 'open'])
    forge({ kind, to: 'somebody else', bytes, credit: 9, why: 'why' })
  t.is(await hears(client, server, 'undisturbed'), 'undisturbed')
  t.is(await hears(server, client, 'as ever'), 'as ever')
  // A stranger who asks for a connection is told.
  forge({ kind: 'open', from: 'a stranger', to: undefined, credit: 9, answer: false })
  while (!heard.some(({ kind, to }) => kind === 'busy' && to === 'a stranger'))
    await once(third as never, 'message')
  t.is(await hears(client, server, 'still'), 'still')
  // Nobody but the two has seen the words.
  t.false(
    heard.some(
      frame => 'bytes' in frame && Buffer.from(frame.bytes as Uint8Array).includes('undisturbed'),
    ),
  )
  await Promise.all([client.close(), server.close()])
  third.close()
})

const forged: Readonly<Record<string, object>> = {
  'a record that is none': {
    kind: 'data',
    bytes: Uint8Array.of(23, 3, 3, 0, 20, ...Array(20).fill(7)),
  },
  'bytes that are none': { kind: 'data', bytes: 'text' },
  'an end': { kind: 'end' },
  'that it gives up': { kind: 'abort', why: 'no reason' },
  'that there are two': { kind: 'busy' },
  'credit that is not a number': { kind: 'credit', credit: Number.NaN },
  'credit below nothing': { kind: 'credit', credit: -1 },
  'credit in words': { kind: 'credit', credit: 'much' },
}

for (const [what, frame] of Object.entries(forged))
  test(`a third party that says in the name of one of the two ${what} ends the connection, and nothing of it is read`, async t => {
    const { server, client, third, forge } = await three()
    const read: Uint8Array[] = []
    const reading = [client, server].map(async ({ readable }) => {
      for await (const bytes of readable) read.push(bytes)
    })
    forge(frame)
    const ends = await Promise.allSettled([...reading, client.closed, server.closed])
    t.true(ends.some(({ status }) => status === 'rejected'))
    t.is(ends.length, 4)
    t.deepEqual(read, [])
    third.close()
  })
