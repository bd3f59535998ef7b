/** A thread with one end of a connection: makes it or takes it over, echoes or asks for some time, and hands it on. */
import { parentPort, workerData } from 'node:worker_threads'
import { SharedPairBio, type SharedPairHandle } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'

export interface MovingThreadData {
  readonly role: 'client' | 'server'
  readonly options: ContextOptions
  readonly handle: SharedPairHandle
  /** What another thread has handed on. */
  readonly bytes?: Uint8Array
  readonly key: Uint8Array
  /** Blocks of `block` bytes: what a client asks and a server echoes before it hands on. */
  readonly blocks: number
  /** Whether it is the last in this role, and says goodbye. */
  readonly last: boolean
}

/** What it hands on. */
export interface HandedOn {
  readonly bytes?: Uint8Array
  readonly handle?: SharedPairHandle
  /** Blocks that came. */
  readonly blocks: number
}

export const block = 3000

const { role, options, handle, bytes, key, blocks, last } = workerData as MovingThreadData
const bio = new SharedPairBio(handle, { blocking: true, timeout: 15_000 })
const context = new SslContext({ crypto: nodeCrypto, groups: 'x25519', ...options })
const ssl = bytes
  ? Ssl.importConnection(context, bytes, key)
  : new Ssl(context, role === 'client' ? { servername: 'server.example' } : {})
ssl.setBio(bio)
must(role === 'client' ? ssl.connect() : ssl.accept())

let came = 0
for (let i = 0; i < blocks; i++) {
  if (role === 'client') send(Buffer.alloc(block, i))
  const got = receive()
  if (role === 'server') send(got)
  else if (!got.equals(Buffer.alloc(block, i))) throw new Error(`block ${i} is another one`)
  came++
}
if (last) {
  if (role === 'client') {
    ssl.shutdown()
    must(ssl.shutdown())
  } else {
    const end = ssl.read(new Uint8Array(1))
    if (end.status !== 'closed') throw new Error(end.status)
    must(ssl.shutdown())
  }
  parentPort?.postMessage({ blocks: came } satisfies HandedOn)
} else {
  const outcome = ssl.exportConnection(key)
  if (outcome.status !== 'done') throw new Error(`exportConnection: ${outcome.status}`)
  // Handed on and not copied: nobody here has the bytes any more.
  const handed = { bytes: outcome.bytes, handle: bio.release(), blocks: came }
  parentPort?.postMessage(handed satisfies HandedOn, [outcome.bytes.buffer])
}

function send(all: Buffer): void {
  for (let sent = 0; sent < all.length; ) {
    const outcome = ssl.write(all.subarray(sent))
    if (outcome.status !== 'done') throw new Error(`write: ${outcome.status}`)
    sent += outcome.bytes
  }
}

function receive(): Buffer {
  const into = Buffer.alloc(block)
  for (let got = 0; got < block; ) {
    const outcome = ssl.read(into.subarray(got))
    if (outcome.status !== 'done') throw new Error(`read: ${outcome.status}`)
    got += outcome.bytes
  }
  return into
}

function must(outcome: { readonly status: string; readonly error?: Error }): void {
  if (outcome.status !== 'done') throw outcome.error ?? new Error(outcome.status)
}
