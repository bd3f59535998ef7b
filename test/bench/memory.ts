/** What an idle connection keeps, counted after garbage collection. */
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** KiB of heap and external memory that one of `count` objects keeps. Throws away compiled code, so measure speed before. */
export async function idleMemory(
  count: number,
  make: () => object | Promise<object>,
): Promise<number> {
  const kept: object[] = []
  // What the first ones leave behind for all others is not theirs.
  for (let i = 0; i < 10; i++) kept.push(await make())
  const before = await settled()
  for (let i = 0; i < count; i++) kept.push(await make())
  const after = await settled()
  if (kept.length !== count + 10) throw new Error('unreachable')
  return (after - before) / count / 1024
}

async function settled(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 4; i++) {
    gc()
    await sleep(10)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
