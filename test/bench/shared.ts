/** Two threads over shared memory: what row W1 measures. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { sharedPair } from '@biopair/bio'
import type { ContextOptions } from '@biopair/ssl'
import type { Chain } from '../support/mint.ts'
import { serverName } from './ours.ts'
import type { Order, SharedEnd } from './shared-end.ts'

/** An established connection whose ends are in two threads. */
export class SharedThreads {
  readonly #workers: readonly Worker[]

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers
  }

  /** Starts both threads, and comes back when they have shaken hands. `size` bytes fit into a ring. */
  static async start(chain: Chain, options: ContextOptions, size: number): Promise<SharedThreads> {
    const [near, far] = sharedPair(size)
    const client = { ...options, ca: chain.root.pem }
    const server = { ...options, cert: chain.pem, key: chain.keyPem }
    const ends: SharedEnd[] = [
      { handle: near, role: 'client', servername: serverName, options: client },
      { handle: far, role: 'server', servername: serverName, options: server },
    ]
    const file = new URL('./shared-end.js', import.meta.url)
    const threads = new SharedThreads(ends.map(workerData => new Worker(file, { workerData })))
    await threads.#heard()
    return threads
  }

  /** Sends bytes from the client to the server; comes back when the server has them all. */
  async burst(order: Order): Promise<void> {
    const heard = this.#heard()
    for (const worker of this.#workers) worker.postMessage(order)
    await heard
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.terminate()))
  }

  async #heard(): Promise<void> {
    await Promise.all(this.#workers.map(worker => once(worker, 'message')))
  }
}
