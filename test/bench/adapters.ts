/** Package web over each kind of carrier, beside node:tls over the same carrier as a Duplex: A1 and A2 of the bench. */
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { connect as nodeConnect, TLSSocket } from 'node:tls'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  accept,
  type ByteCarrier,
  type Connection,
  connect,
  fromFunctions,
  fromMessagePort,
  fromStreams,
  fromWebSocket,
} from '@biopair/web'
import { type Chain, chainFor } from '../support/mint.ts'
import { FakeWebSocket, line, memoryFunctions } from '../web/support/fakes.ts'
import { type Case, type Effort, measure } from './measure.ts'
import { drop, type NodePair, nodeBurst, nodeContexts, nodePingPong } from './node-tls.ts'
import { serverName } from './ours.ts'

type Ends = readonly [ByteCarrier, ByteCarrier]

/** Two ends of each, in one thread. */
const kinds: Readonly<Record<string, () => Ends>> = {
  streams() {
    const [there, back] = [line(), line()]
    return [
      fromStreams({ readable: back.readable, writable: there.writable }),
      fromStreams({ readable: there.readable, writable: back.writable }),
    ]
  },
  MessagePort() {
    const { port1, port2 } = new MessageChannel()
    return [fromMessagePort(port1), fromMessagePort(port2)]
  },
  WebSocket() {
    const [near, far] = [new FakeWebSocket(), new FakeWebSocket()]
    near.join(far)
    return [fromWebSocket(near), fromWebSocket(far)]
  },
  functions() {
    const { near, far } = memoryFunctions()
    return [fromFunctions(near), fromFunctions(far)]
  },
}

interface Pair {
  readonly client: Connection
  readonly server: Connection
}

/** Throughput and latency of every kind. */
export async function adapters(id: 'A1' | 'A2', effort: Effort): Promise<void> {
  const [total, times] = [4 * 2 ** 20, 100]
  const chunk = new Uint8Array(id === 'A1' ? 16_384 : 64).fill(1)
  const chain = chainFor('p256')
  const what = id === 'A1' ? 'bulk one way, 16 KiB writes' : 'ping-pong of 64 bytes'
  console.log(`\n${id}  package web with nodeCrypto over each carrier, ${what}`)
  for (const [kind, ends] of Object.entries(kinds)) {
    const ours = await pairOver(ends(), chain)
    const theirs = await nodePairOver(ends(), chain)
    const cases: Case[] =
      id === 'A1'
        ? [
            { name: 'node:tls', run: () => nodeBurst(theirs, chunk, total) },
            { name: 'ours', run: () => burst(ours, chunk, total) },
          ]
        : [
            { name: 'node:tls', run: () => nodePingPong(theirs, chunk, times) },
            { name: 'ours', run: () => pingPong(ours, chunk, times) },
          ]
    const micros = await measure(cases, effort)
    const [us, them] = ['ours', 'node:tls'].map(name => micros.get(name) ?? Number.NaN)
    const unit = (each = Number.NaN) =>
      id === 'A1' ? `${(total / each).toFixed(0)} MB/s` : `${(each / times).toFixed(0)} us`
    console.log(
      `  ${kind.padEnd(12)} ${((them as number) / (us as number)).toFixed(2)} x node:tls   ${unit(us)} beside ${unit(them)}`,
    )
    await Promise.all([ours.client.close(), ours.server.close()])
    drop(theirs)
  }
}

async function pairOver([near, far]: Ends, chain: Chain): Promise<Pair> {
  const both = { crypto: nodeCrypto, ciphers: 'TLS_AES_128_GCM_SHA256', groups: 'x25519' }
  const server = accept(far, { ...both, cert: chain.pem, key: chain.keyPem })
  const client = connect(near, { ...both, ca: chain.root.pem, servername: serverName })
  await Promise.all([client.opened, server.opened])
  return { client, server }
}

async function nodePairOver([near, far]: Ends, chain: Chain): Promise<NodePair> {
  const contexts = nodeContexts(chain)
  const server = new TLSSocket(new CarrierDuplex(far), {
    isServer: true,
    secureContext: contexts.server,
  })
  const client = nodeConnect({
    socket: new CarrierDuplex(near),
    secureContext: contexts.client,
    servername: serverName,
  })
  await Promise.all([once(client, 'secureConnect'), once(server, 'secure')])
  return { client, server }
}

async function burst({ client, server }: Pair, chunk: Uint8Array, total: number): Promise<void> {
  const writer = client.writable.getWriter()
  const reader = server.readable.getReader()
  const writing = (async () => {
    for (let sent = 0; sent < total; sent += chunk.length) {
      await writer.ready
      void writer.write(chunk)
    }
  })()
  for (let received = 0; received < total; ) {
    const { value } = await reader.read()
    received += value?.length ?? 0
  }
  await writing
  writer.releaseLock()
  reader.releaseLock()
}

async function pingPong({ client, server }: Pair, message: Uint8Array, times: number) {
  const [asking, answering] = [client.writable.getWriter(), server.writable.getWriter()]
  const [hearing, listening] = [client.readable.getReader(), server.readable.getReader()]
  for (let i = 0; i < times; i++) {
    void asking.write(message)
    const { value } = await listening.read()
    void answering.write(value as Uint8Array)
    await hearing.read()
  }
  for (const lock of [asking, answering, hearing, listening]) lock.releaseLock()
}

/** A carrier as node:tls wants one. */
class CarrierDuplex extends Duplex {
  readonly #carrier: ByteCarrier

  constructor(carrier: ByteCarrier) {
    super()
    this.#carrier = carrier
  }

  override _read(): void {
    this.#carrier.read().then(
      bytes => this.push(bytes),
      error => this.destroy(error),
    )
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    // A pooled buffer is not the carrier's to keep, or to hand over.
    this.#carrier.write(new Uint8Array(chunk)).then(() => done(), done)
  }

  override _final(done: () => void): void {
    this.#carrier.close().then(done, done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#carrier.abort(error ?? new Error('destroyed'))
    done(null)
  }
}
