/** Runs inputs once with coverage on, in a thread of its own: where V8 counts from the start, and slows nobody else. */
import { parentPort, workerData } from 'node:worker_threads'
import { V8Coverage } from './v8-coverage.ts'

const inputs = workerData as readonly (readonly [name: string, data: Uint8Array])[]
const coverage = new V8Coverage()
const { fuzzSubjects } = await import('@biopair/testkit/fuzz')
const subjects = Object.values(fuzzSubjects())
for (const [wanted, data] of inputs)
  try {
    subjects.find(({ name }) => name === wanted)?.target(data)
  } catch {
    // It is among the findings.
  }
parentPort?.postMessage(coverage.report())
