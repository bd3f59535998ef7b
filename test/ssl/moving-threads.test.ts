/** A live connection goes from thread to thread, carrier and all: over shared memory, in calls that wait. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { sharedPair } from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import type { HandedOn, MovingThreadData } from '../support/moving-thread.ts'

const key = new Uint8Array(32).fill(9)

/** Runs one role in as many threads as it has stints, one after the other; answers how many blocks came in all. */
async function relay(
  t: ExecutionContext,
  data: Omit<MovingThreadData, 'blocks' | 'last' | 'key'>,
  stints: readonly number[],
): Promise<number> {
  let { handle, bytes } = data
  let came = 0
  for (const [i, blocks] of stints.entries()) {
    const last = i === stints.length - 1
    const given = { ...data, handle, ...(bytes ? { bytes } : {}), key, blocks, last }
    const worker = new Worker(new URL('../support/moving-thread.js', import.meta.url), {
      workerData: given satisfies MovingThreadData,
    })
    t.teardown(() => worker.terminate())
    const [handed] = (await once(worker, 'message')) as [HandedOn]
    await worker.terminate()
    came += handed.blocks
    bytes = handed.bytes
    handle = handed.handle ?? handle
  }
  return came
}

for (const sizes of [
  [17_408, 17_408],
  [100, 700],
] as const)
  test.serial(
    `both ends move between threads while they talk: rings of ${sizes.join(' and ')}`,
    async t => {
      t.timeout(120_000)
      const { root, pem, keyPem } = chainFor('p256')
      const [near, far] = sharedPair(...sizes)
      const came = await Promise.all([
        relay(t, { role: 'client', options: { ca: root.pem }, handle: near }, [5, 3, 4]),
        relay(
          t,
          { role: 'server', options: { cert: pem, key: keyPem }, handle: far },
          [2, 7, 1, 2],
        ),
      ])
      t.deepEqual(came, [12, 12])
    },
  )
