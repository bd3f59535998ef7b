/** A program that waits for exactly what SSL_get_error named, as one around select() does. */
import {
  type BIO,
  BIO_get_write_guarantee,
  BIO_pending,
  type SSL,
  SSL_ERROR_NONE,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_get_error,
  SSL_read,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { connected, counted, ringSizes, wbio } from './support/tls.ts'

/** Whether the BIO is ready for what the last call asked. */
function ready(ssl: SSL, bio: BIO, ret: number): boolean {
  return ret <= 0 && isReady(SSL_get_error(ssl, ret), bio)
}

function isReady(error: number, bio: BIO): boolean {
  if (error === SSL_ERROR_NONE) return true
  if (error === SSL_ERROR_WANT_READ) return BIO_pending(bio) > 0
  if (error === SSL_ERROR_WANT_WRITE) return BIO_get_write_guarantee(bio) > 0
  throw new Error(`SSL_get_error: ${error}`)
}

for (const size of ringSizes)
  test(`a reader whose tickets wait for room says WANT_READ, so that select() alone goes on over rings of ${size}`, t => {
    const { client, server } = connected(size)
    const bytes = counted(1200)
    const into = new Uint8Array(2000)
    let [wrote, read] = [SSL_write(client, bytes), SSL_read(server, into)]
    for (let acted = true; acted && (wrote <= 0 || read <= 0); ) {
      acted = false
      if (ready(client, wbio(client), wrote)) {
        acted = true
        wrote = SSL_write(client, bytes)
      }
      if (ready(server, wbio(server), read)) {
        acted = true
        read = SSL_read(server, into)
      }
    }
    t.is(wrote, 1200)
    t.is(read, 1200)
  })

/** A call that is repeated when what its own last answer named has come, until all of its bytes are through. */
class Task {
  left = 40_000
  readonly #ssl: SSL
  readonly #call: () => number
  #error: number = SSL_ERROR_NONE

  constructor(ssl: SSL, call: () => number) {
    this.#ssl = ssl
    this.#call = call
  }

  /** Whether it could act. */
  act(): boolean {
    if (this.left === 0 || !isReady(this.#error, wbio(this.#ssl))) return false
    const ret = this.#call()
    this.#error = SSL_get_error(this.#ssl, ret)
    this.left -= Math.max(ret, 0)
    return true
  }
}

for (const size of ringSizes)
  test(`two that both write much and read, each call waiting for what it named, go on over rings of ${size}`, t => {
    const { client, server } = connected(size)
    const bytes = counted(40_000)
    const into = new Uint8Array(1000)
    const tasks = [client, server].flatMap(ssl => [
      new Task(ssl, () => SSL_write(ssl, bytes)),
      new Task(ssl, () => SSL_read(ssl, into)),
    ])
    while (tasks.map(task => task.act()).includes(true));
    t.deepEqual(
      tasks.map(({ left }) => left),
      [0, 0, 0, 0],
    )
  })
