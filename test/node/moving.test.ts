/** A live connection goes from process to process, with the descriptor of its socket. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import type { Handed, MovingTask } from './support/moving-end.ts'

const program = fileURLToPath(new URL('./support/moving-end.js', import.meta.url))
const key = '17'.repeat(32)

/** Two sockets that nobody reads from in this process. */
async function socketPair(t: ExecutionContext): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = new net.Socket({ allowHalfOpen: true })
  near.pause()
  near.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [net.Socket],
    unknown,
  ]
  t.teardown(() => {
    near.destroy()
    far.destroy()
    server.close()
  })
  return [near, far]
}

/** Runs one role in as many processes as there are points to hand on at. */
async function relay(
  t: ExecutionContext,
  socket: net.Socket,
  role: MovingTask['role'],
  options: MovingTask['options'],
  points: readonly number[],
): Promise<Handed> {
  let handed: Handed = { sent: 0, got: 0 }
  for (const [i, until] of points.entries()) {
    const child = spawn(process.execPath, [program], {
      stdio: ['pipe', 'pipe', 'pipe', socket],
      timeout: 120_000,
      killSignal: 'SIGKILL',
    })
    const task: MovingTask = { ...handed, role, options, key, until, last: i === points.length - 1 }
    child.stdin?.end(JSON.stringify(task))
    t.teardown(() => child.kill('SIGKILL'))
    handed = JSON.parse(await output(t, child)) as Handed
  }
  return handed
}

async function output(t: ExecutionContext, child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk))
  const [code] = await once(child, 'close')
  if (code !== 0) t.log(Buffer.concat(errors).toString())
  t.is(code, 0)
  return Buffer.concat(chunks).toString()
}

test.serial(
  'both ends of a connection over a socket move between processes while they talk',
  async t => {
    t.timeout(150_000)
    const { root, pem, keyPem } = chainFor('p256')
    const [near, far] = await socketPair(t)
    const [client, server] = await Promise.all([
      relay(t, near, 'client', { ca: root.pem }, [30_000, 90_000, 200_000]),
      relay(t, far, 'server', { cert: pem, key: keyPem }, [50_000, 120_000, 180_000]),
    ])
    t.true(client.got >= 200_000)
    t.is(client.got, client.sent)
    t.deepEqual({ sent: server.sent, got: server.got }, { sent: client.sent, got: client.got })
  },
)
