/** What the cases of x509-limbo cost that are made to cost much: the budget holds. */
import { cpuTime } from '../support/cpu-time.ts'
import { dataTest, dataText } from '../support/x509-data.ts'
import { now } from '../x509/chains.ts'
import { judgeCase, type LimboCase } from '../x509/limbo-harness.ts'

const costly = /^pathological::|nc-dos|many|pathlen::/

dataTest(
  'x509-limbo',
  'no case that is made to cost much costs more than half a second of CPU',
  t => {
    const { testcases } = JSON.parse(dataText('x509-limbo/limbo-part.json')) as {
      testcases: readonly LimboCase[]
    }
    const cases = testcases.filter(({ id }) => costly.test(id))
    t.true(cases.some(({ id }) => id === 'pathological::nc-dos-1'))
    for (const limbo of cases) {
      const cost = cpuTime(() => {
        t.is(judgeCase(limbo, now).actual_result, limbo.expected_result, limbo.id)
      })
      t.log(`${limbo.id}: ${Math.round(cost)} ms`)
      t.true(cost < 500, limbo.id)
    }
  },
)
