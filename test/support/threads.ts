/** Two threads over a shared pair, each with a script; never longer than a hard limit, and never left running. */
import { Worker } from 'node:worker_threads'
import { type SharedPairHandle, sharedPair } from '@biopair/bio'
import { chainFor } from './mint.ts'
import type { Came, Line, ThreadData } from './thread.ts'

export interface Threads {
  readonly sizes?: readonly [number, number]
  readonly a: readonly Line[]
  readonly b: readonly Line[]
  /** Whether BIOs wait: yes, unless it is said. */
  readonly blocking?: boolean
  readonly timeout?: number
  /** See `ThreadData`. */
  readonly plain?: boolean
  readonly below?: ThreadData['below']
  /** Thread `a` is a client and `b` a server; false: bytes and no TLS. */
  readonly tls?: boolean
  readonly client?: ThreadData['options']
  readonly server?: ThreadData['options']
  /** Milliseconds after which both are ended. */
  readonly limit?: number
}

/** What came of every line that was done. A thread that was still at one when time was up has fewer than its script. */
export interface Both {
  readonly a: readonly Came[]
  readonly b: readonly Came[]
  /** Why it did not end by itself. */
  readonly trouble?: string
}

/** Runs both scripts to their ends. Rejects with nothing: trouble is told. */
export async function threads({
  sizes = [17_408, 17_408],
  blocking = true,
  timeout,
  plain = false,
  tls = true,
  limit = 120_000,
  ...rest
}: Threads): Promise<Both> {
  const [forA, forB] = sharedPair(...sizes)
  const { root, pem, keyPem } = chainFor('p256')
  const { below } = rest
  const common = { blocking, plain, ...(timeout ? { timeout } : {}), ...(below ? { below } : {}) }
  const client = { role: 'client', options: { ca: root.pem, ...rest.client } } as const
  const server = { role: 'server', options: { cert: pem, key: keyPem, ...rest.server } } as const
  const a = start({ handle: forA, script: rest.a, ...common, ...(tls ? client : {}) })
  const b = start({ handle: forB, script: rest.b, ...common, ...(tls ? server : {}) })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>(resolve => {
    timer = setTimeout(() => resolve(`not over after ${limit} ms`), limit)
  })
  try {
    const trouble = await Promise.race([Promise.all([a.over, b.over]).then(first), late])
    return { a: a.came, b: b.came, ...(trouble === undefined ? {} : { trouble }) }
  } finally {
    clearTimeout(timer)
    await Promise.all([a.worker.terminate(), b.worker.terminate()])
  }
}

/** Statuses, one for each line that was done. */
export function statuses(came: readonly Came[]): string[] {
  return came.map(({ status }) => status)
}

interface Started {
  readonly worker: Worker
  readonly came: Came[]
  /** Settles when the script is over, with what went wrong outside of it. */
  readonly over: Promise<string | undefined>
}

function start(data: ThreadData & { readonly handle: SharedPairHandle }): Started {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: data })
  const came: Came[] = []
  worker.on('message', message => came.push(message as Came))
  const over = new Promise<string | undefined>(resolve => {
    worker.once('error', error => resolve(error.stack ?? error.message))
    worker.once('exit', () =>
      resolve(came.length === data.script.length ? undefined : 'a script came to no end'),
    )
  })
  return { worker, came, over }
}

function first(troubles: readonly (string | undefined)[]): string | undefined {
  return troubles.find(trouble => trouble !== undefined)
}
