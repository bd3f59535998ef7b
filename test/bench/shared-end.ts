/** A thread of row W1: one end of a connection over shared memory, that waits; sends or takes what it is told to. */
import { parentPort, workerData } from 'node:worker_threads'
import { SharedPairBio, type SharedPairHandle } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'

export interface SharedEnd {
  readonly handle: SharedPairHandle
  readonly role: 'client' | 'server'
  readonly servername: string
  readonly options: ContextOptions
}

/** Bytes to move from the client to the server, in writes of `chunk`. */
export interface Order {
  readonly total: number
  readonly chunk: number
}

const { handle, role, servername, options } = workerData as SharedEnd
const ssl = new Ssl(new SslContext({ crypto: nodeCrypto, ...options }), { servername })
ssl.setBio(new SharedPairBio(handle, { blocking: true }))
const shaken = role === 'client' ? ssl.connect() : ssl.accept()
if (shaken.status !== 'done') throw new Error(shaken.status)
parentPort?.postMessage('ready')

const into = new Uint8Array(16_384)

parentPort?.on('message', ({ total, chunk }: Order) => {
  if (role === 'client') {
    const bytes = new Uint8Array(chunk).fill(1)
    for (let sent = 0; sent < total; sent += chunk) moved(ssl.write(bytes))
    // What the other end says when it has everything.
    moved(ssl.read(into))
  } else {
    for (let got = 0; got < total; ) got += moved(ssl.read(into))
    moved(ssl.write(into.subarray(0, 1)))
  }
  parentPort?.postMessage('done')
})

function moved(outcome: { readonly status: string; readonly bytes?: number }): number {
  if (outcome.bytes === undefined) throw new Error(outcome.status)
  return outcome.bytes
}
