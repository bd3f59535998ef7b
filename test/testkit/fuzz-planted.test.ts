/** The fuzz targets are held to finding: faults planted in the stack, each found by our own loop within so many executions. */
import { register } from 'node:module'
import type { FuzzFinding } from '@biopair/testkit/fuzz'
import test from 'ava'
import { stackFaults } from './support/planted-stack.ts'

register('./support/planted-hooks.js', import.meta.url, { data: { faults: stackFaults } })
// Only now: modules that are loaded already have no faults.
const { fuzz, fuzzNames, fuzzSubjects } = await import('@biopair/testkit/fuzz')
const subjects = fuzzSubjects()
// Made without faults.
for (const name of fuzzNames) subjects[name].corpus()

class Found extends Error {}

const stack = globalThis as { $planted?: string | undefined }

for (const { name, target, law, within } of stackFaults)
  test.serial(`${target}: where ${name}, the loop finds it within ${within} executions`, t => {
    const { target: run, ...subject } = subjects[target]
    let executions = 0
    const counted = (data: Uint8Array) => {
      executions++
      return run(data)
    }
    // Before it is minimised, which takes longer than finding it.
    const onFinding = ({ key }: FuzzFinding) => {
      throw new Found(key)
    }
    const options = { seed: 1, runs: within, onFinding }
    stack.$planted = name
    try {
      const found = t.throws(() => fuzz({ ...subject, target: counted }, options), {
        instanceOf: Found,
      })
      t.log(`${executions} executions`)
      t.true(found?.message.startsWith(law), found?.message)
    } finally {
      stack.$planted = undefined
    }
  })

test('every target has two faults to find', t => {
  for (const name of fuzzNames)
    t.true(stackFaults.filter(({ target }) => target === name).length >= 2, name)
})
