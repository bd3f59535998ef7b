/** The page: fetches a file over TLS of its own, and lets two workers talk whose keys it never sees. */
import { connect, fromWebSocket } from '@biopair/web'
import { counted } from './counted.ts'
import { type Facts, factsOf, sha256 } from './facts.ts'
import { Panel } from './panel.ts'
import { allOf, bodyOf } from './reading.ts'
import type { End, Order, Told } from './worker.ts'

interface Settings {
  readonly relay: string
  readonly ca: string
  readonly servername: string
  readonly path: string
}

const script = document.querySelector('script[data-worker]') as HTMLElement

async function file(panel: Panel): Promise<void> {
  const { relay, ca, servername, path } = (await (await fetch('/settings.json')).json()) as Settings
  const carrier = counted(fromWebSocket(new WebSocket(relay)))
  const began = performance.now()
  const connection = connect(carrier, { ca, servername })
  const { exporter: _, ...facts } = await factsOf(connection)
  for (const [name, value] of Object.entries(facts)) panel.say(name, value)
  panel.say('handshake', `${Math.round(performance.now() - began)} ms`)

  const writer = connection.writable.getWriter()
  await writer.write(
    new TextEncoder().encode(`GET ${path} HTTP/1.0\r\nHost: ${servername}\r\n\r\n`),
  )
  const answer = await allOf(connection.readable, count => panel.say('bytes read', count))
  await writer.close()
  await connection.closed
  const body = bodyOf(answer)
  panel.say('bytes sent below', carrier.count.sent)
  panel.say('bytes received below', carrier.count.received)
  panel.say('file', `${path}, ${body.length.toLocaleString('en')} bytes`)
  panel.say('SHA-256', await sha256(body))
}

/** A worker with one end. What it hands over is plaintext. */
async function end(
  order: Omit<Order, 'port'>,
  port: MessagePort,
): Promise<End & { facts: Promise<Facts>; closed: Promise<string> }> {
  const worker = new Worker(script.dataset.worker as string, { type: 'module' })
  const told = <K extends keyof Told>(key: K) =>
    new Promise<NonNullable<Told[K]>>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<Told>) => {
        const value = data[key]
        if (value !== undefined) resolve(value)
        else if (data.failed !== undefined) reject(new Error(data.failed))
      })
      worker.addEventListener('error', ({ message }) => reject(new Error(`worker: ${message}`)))
    })
  const [streams, facts, closed] = [told('streams'), told('facts'), told('closed')]
  for (const promise of [facts, closed]) promise.catch(() => {})
  worker.postMessage({ ...order, port } satisfies Order, [port])
  return { ...(await streams), facts, closed }
}

async function workers(panel: Panel): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const [client, server] = await Promise.all([
    end({ role: 'client' }, port1),
    end({ role: 'server' }, port2),
  ])
  const [ours, theirs] = await Promise.all([client.facts, server.facts])
  for (const [name, value] of Object.entries(ours)) panel.say(name, value)
  const agree = JSON.stringify(ours) === JSON.stringify(theirs)
  panel.say('facts agree', agree)
  if (!agree) throw new Error('the ends know different things')

  const [there, back] = [random(300_000), random(200_000)]
  const [heard, answered] = await Promise.all([
    allOf(server.readable, count => panel.say('bytes to the server', count)),
    allOf(client.readable, count => panel.say('bytes to the client', count)),
    put(client.writable, there),
    put(server.writable, back),
  ])
  const same =
    (await sha256(heard)) === (await sha256(there)) &&
    (await sha256(answered)) === (await sha256(back))
  panel.say('what was sent was read', same)
  panel.say('ends', (await Promise.all([client.closed, server.closed])).join(', '))
  if (!same) throw new Error('other bytes came than were sent')
}

async function put(stream: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stream.getWriter()
  for (let at = 0; at < bytes.length; at += 10_000) await writer.write(bytes.slice(at, at + 10_000))
  await writer.close()
}

function random(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count)
  for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

const results = await Promise.all([new Panel('file').run(file), new Panel('workers').run(workers)])
document.body.dataset.state = results.every(Boolean) ? 'done' : 'failed'
