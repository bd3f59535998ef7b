/** What the tests of the C names over Node share: the await that stands for select(), contexts, and folders that go away. */
import { spawnSync } from 'node:child_process'
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeCrypto } from '@biopair/crypto-node'
import * as C from '@biopair/node/openssl'
import { chainFor } from '../../support/mint.ts'

export const into = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)
export const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text))
export const text = (data: Uint8Array): string => Buffer.from(data).toString()

/** `invalid argument`; undefined where nothing failed. */
export function reason(owner: Parameters<typeof C.ERR_get_error>[0]): string | undefined {
  const code = C.ERR_get_error(owner)
  return code === 0 ? undefined : C.ERR_error_string(code).split('::')[1]
}

/** Whether to try again, and what: BIO_should_retry, BIO_retry_type, BIO_get_retry_reason. */
export const state = (bio: C.BIO): [number, number] => [
  C.BIO_should_retry(bio),
  C.BIO_retry_type(bio),
]
export const wantsRead = [8, 1]
export const wantsSpecial = [8, 4]
export const final = [0, 0]

/** Calls until it is above 0 or final, awaiting what it waits for. Throws after a thousand tries: something spins. */
export async function until(bio: C.BIO, call: (bio: C.BIO) => number): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const ret = call(bio)
    if (ret > 0 || !C.BIO_should_retry(bio)) return ret
    await C.BIO_ready(bio)
  }
  throw new Error('the BIO says that it is ready, and is not')
}

/** As `until`, for a call on an SSL. */
export async function untilSsl(ssl: C.SSL, call: (ssl: C.SSL) => number): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const ret = call(ssl)
    if (ret > 0 || !waiting.includes(C.SSL_get_error(ssl, ret))) return ret
    await C.SSL_ready(ssl)
  }
  throw new Error('the SSL says that it is ready, and is not')
}

const waiting = [
  C.SSL_ERROR_WANT_READ,
  C.SSL_ERROR_WANT_WRITE,
  C.SSL_ERROR_WANT_CONNECT,
  C.SSL_ERROR_WANT_ACCEPT,
]

/** Everything up to the end. */
export async function readAll(bio: C.BIO): Promise<string> {
  let all = ''
  for (;;) {
    const buf = into(1000)
    const len = await until(bio, b => C.BIO_read(b, buf))
    if (len <= 0) return all
    all += text(buf.subarray(0, len))
  }
}

/** A listening BIO at a free port of this machine, and `host:port`. */
export async function listening(): Promise<[acpt: C.BIO, where: string]> {
  const acpt = C.BIO_new_accept('127.0.0.1:0') as C.BIO
  if ((await until(acpt, C.BIO_do_accept)) !== 1) throw new Error('expected it to be bound')
  return [acpt, `127.0.0.1:${C.BIO_get_accept_port(acpt)}`]
}

/** Two ends of a connection: the one that connected, the one that was accepted. */
export async function connection(): Promise<[near: C.BIO, far: C.BIO]> {
  const [acpt, where] = await listening()
  const near = C.BIO_new_connect(where) as C.BIO
  const [connected, accepted] = await Promise.all([
    until(near, C.BIO_do_connect),
    until(acpt, C.BIO_do_accept),
  ])
  const far = C.BIO_pop(acpt)
  C.BIO_free(acpt)
  if (connected !== 1 || accepted !== 1 || !far) throw new Error('expected a connection')
  return [near, far]
}

export function clientContext(): C.SSL_CTX {
  const ctx = C.SSL_CTX_new(C.TLS_client_method(), { crypto: nodeCrypto })
  C.SSL_CTX_load_verify(ctx, chainFor('p256').root.pem)
  return ctx
}

export function serverContext(): C.SSL_CTX {
  const { pem, keyPem } = chainFor('p256')
  const ctx = C.SSL_CTX_new(C.TLS_server_method(), { crypto: nodeCrypto })
  C.SSL_CTX_use_certificate_chain(ctx, pem)
  C.SSL_CTX_use_PrivateKey(ctx, keyPem)
  return ctx
}

/** A folder for one test; `remove` in its teardown. */
export function folder(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const place = mkdtempSync(join(tmpdir(), 'biopair-c-'))
  return {
    path: name => join(place, name),
    remove: () => rmSync(place, { recursive: true, force: true }),
  }
}

/** Whether this system has FIFOs that one process may open both ways, as Linux does. */
export const fifos = process.platform === 'linux'

/** Makes a FIFO and opens it both ways: so that opening never waits, and what is written can be read. */
export function fifo(path: string, nonBlocking: boolean): number {
  const made = spawnSync('mkfifo', [path])
  if (made.status !== 0) throw new Error(`mkfifo: ${made.stderr}`)
  return opened(path, nonBlocking)
}

export function opened(path: string, nonBlocking: boolean): number {
  return openSync(path, constants.O_RDWR | (nonBlocking ? constants.O_NONBLOCK : 0))
}
