/** Runs inputs once with coverage on, in a thread of its own: where V8 counts from the start, and slows nobody else. */
import { parentPort } from 'node:worker_threads'
import { V8Coverage } from './v8-coverage.ts'

type Question = 'report' | { readonly name: string; readonly inputs: readonly Uint8Array[] }

const coverage = new V8Coverage()
const { fuzzSubjects } = await import('@biopair/testkit/fuzz')
const subjects = Object.values(fuzzSubjects())

function answer(question: Question): unknown {
  if (question === 'report') return coverage.report()
  const subject = subjects.find(({ name }) => name === question.name)
  for (const data of question.inputs)
    try {
      subject?.target(data)
    } catch {
      // It is among the findings.
    }
  return undefined
}

parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(question)))
