/** The fuzz targets are held to finding: faults planted in the stack, each found by our own loop within so many executions. */
import { register } from 'node:module'
import test from 'ava'
import { stackFaults } from './support/planted-stack.ts'

register('./support/planted-hooks.js', import.meta.url, { data: { faults: stackFaults } })
// Only now: modules that are loaded already have no faults.
const { fuzz, fuzzNames, fuzzSubjects } = await import('@biopair/testkit/fuzz')
const subjects = fuzzSubjects()
const corpora = new Map(fuzzNames.map(name => [name, subjects[name].corpus()]))

const stack = globalThis as { $planted?: string | undefined }

for (const { name, target, law, within } of stackFaults)
  test(`${target}: where ${name}, the loop finds it within ${within} executions`, t => {
    t.timeout(60_000)
    const corpus = corpora.get(target) ?? []
    stack.$planted = name
    try {
      const { findings, executions } = fuzz(subjects[target], {
        ...{ seed: 1, runs: within, mostFindings: 1, corpus },
      })
      t.log(`${executions} executions`)
      t.is(findings.length, 1)
      t.true(findings[0]?.key.startsWith(law), findings[0]?.key)
    } finally {
      stack.$planted = undefined
    }
  })

test('every target has two faults to find', t => {
  for (const name of fuzzNames)
    t.true(stackFaults.filter(({ target }) => target === name).length >= 2, name)
})
