/** Two server processes that share ticket keys, and one that does not. */
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { nodeCrypto } from '@biopair/crypto-node'
import test, { type ExecutionContext } from 'ava'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { connectTo } from './support/ours.ts'

const program = fileURLToPath(new URL('./support/ticket-server.js', import.meta.url))
const { certFile, keyFile, root } = filesFor('p256')

async function serving(t: ExecutionContext, keys: readonly Buffer[]) {
  const env = { TICKET_KEYS: keys.map(key => key.toString('hex')).join(',') }
  const child = new Child(t, process.execPath, [program, certFile, keyFile], env)
  const [, port] = await child.says(/port (\d+)/)
  return { child, port: Number(port) }
}

test("two server processes sharing ticket keys resume each other's sessions, and one with other keys does not", async t => {
  const [old, current, foreign] = [randomBytes(48), randomBytes(48), randomBytes(48)]
  const servers = await Promise.all(
    [[old], [current, old], [foreign]].map(keys => serving(t, keys)),
  )
  const options = { ca: root.pem, crypto: nodeCrypto }
  const said: boolean[] = []
  let session: Awaited<ReturnType<typeof connectTo>>['ssl']['session']
  // The first seals with the old key; the second has it still, and seals with the new one, which the first does not know.
  for (const [index, resumed] of [
    [0, false],
    [1, true],
    [1, true],
    [0, false],
    [0, true],
    [2, false],
  ] as const) {
    const { port, child } = servers[index] as Awaited<ReturnType<typeof serving>>
    const client = await connectTo(t, port, options, 'server.example', session)
    await client.shake()
    await client.write('hello')
    t.is((await client.read(5)).toString(), 'hello')
    said.push(client.ssl.resumed)
    t.is(client.ssl.resumed, resumed, `server ${index}`)
    session = client.ssl.session
    await client.goodbye()
    await child.says(new RegExp(`done resumed=${resumed}`))
  }
  t.deepEqual(said, [false, true, true, false, true, false])
})
