/** A process with one end of a connection over descriptor 3: makes it or takes it over, talks for a while, and hands it on. */
import { readFileSync, writeSync } from 'node:fs'
import { nodeCrypto } from '@biopair/crypto-node'
import { FdBio } from '@biopair/node'
import { type ContextOptions, drive, Ssl, SslContext } from '@biopair/ssl'

export interface MovingTask {
  readonly role: 'client' | 'server'
  readonly options: ContextOptions
  /** Hexadecimal: what another process has handed on. */
  readonly bytes?: string
  readonly key: string
  /** Bytes that were sent and came before. */
  readonly sent: number
  readonly got: number
  /** Bytes after which it hands on, or says goodbye: what a client hears, and a server echoes. */
  readonly until: number
  readonly last: boolean
}

export interface Handed {
  readonly bytes?: string
  readonly sent: number
  readonly got: number
}

const task = JSON.parse(readFileSync(0, 'utf8')) as MovingTask
const { role, options, until } = task
const bio = new FdBio(3)
const context = new SslContext({ crypto: nodeCrypto, groups: 'x25519', ...options })
const key = Buffer.from(task.key, 'hex')
const ssl = task.bytes
  ? Ssl.importConnection(context, Buffer.from(task.bytes, 'hex'), key)
  : new Ssl(context, role === 'client' ? { servername: 'server.example' } : {})
ssl.setBio(bio)
let { sent, got } = task
const pattern = (at: number) => (at * 31 + (at >> 8)) & 0xff
const into = new Uint8Array(5000)

must(await drive(ssl, () => (role === 'client' ? ssl.connect() : ssl.accept())))
while (got < until) {
  if (role === 'client' && sent < got + 20_000) await send(5000)
  await receive()
}
if (task.last) await goodbye()
else await handOn()

async function send(length: number): Promise<void> {
  const bytes = Uint8Array.from({ length }, (_, i) => pattern(sent + i))
  for (let at = 0; at < length; ) {
    const outcome = await drive(ssl, () => ssl.write(bytes.subarray(at)))
    if (outcome.status !== 'done') throw new Error(`write: ${outcome.status}`)
    at += outcome.bytes
  }
  sent += length
}

async function receive(): Promise<void> {
  const outcome = await drive(ssl, () => ssl.read(into))
  if (outcome.status !== 'done') throw new Error(`read: ${outcome.status}`)
  await heard(outcome.bytes)
}

async function heard(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    if (into[i] !== pattern(got + i)) throw new Error(`wrong byte ${got + i}`)
  got += count
  if (role === 'server') await send(count)
}

async function handOn(): Promise<void> {
  for (;;) {
    // What the BIO has read ahead would stay in this process: all is read, and nobody waits between that and the export.
    const read = ssl.read(into)
    if (read.status === 'done') {
      await heard(read.bytes)
      continue
    }
    const outcome = ssl.exportConnection(key)
    if (outcome.status === 'done')
      return tell({ bytes: Buffer.from(outcome.bytes).toString('hex') })
    if (!outcome.status.startsWith('want_')) throw new Error(`export: ${outcome.status}`)
    await ssl.ready(outcome)
  }
}

async function goodbye(): Promise<void> {
  if (role === 'client') {
    while (got < sent) await receive()
    await drive(ssl, () => ssl.shutdown())
    must(await drive(ssl, () => ssl.shutdown()))
  } else {
    for (;;) {
      const read = await drive(ssl, () => ssl.read(into))
      if (read.status !== 'done') break
      await heard(read.bytes)
    }
    must(await drive(ssl, () => ssl.shutdown()))
  }
  tell({})
}

function tell(more: { readonly bytes?: string }): void {
  writeSync(1, JSON.stringify({ ...more, sent, got } satisfies Handed))
  process.exit(0)
}

function must(outcome: { readonly status: string; readonly error?: Error }): void {
  if (outcome.status !== 'done') throw outcome.error ?? new Error(outcome.status)
}
