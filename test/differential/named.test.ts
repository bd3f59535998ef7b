/** The contract's schedules on OpenSSL and on our C face, call by call; every difference is on the list, and the list has no other. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { intended } from './intended.ts'
import { compare, report } from './support/compare.ts'
import { Face } from './support/face.ts'
import { libsslTest } from './support/libssl.ts'
import { named } from './support/schedules.ts'

const met = new Set<string>()

for (const { title, calls } of named)
  libsslTest(
    `${title}: OpenSSL and ours answer the same, but for what is meant`,
    async (t, libssl) => {
      const { unexplained, met: here } = compare(
        calls,
        await libssl.run(calls),
        Face.run(calls),
        intended,
      )
      for (const id of here) met.add(id)
      t.is(report(unexplained), '')
    },
  )

libsslTest('every intended difference is met by a schedule', async (t, libssl) => {
  t.log(libssl.name)
  const missing = intended.map(({ id }) => id).filter(id => !met.has(id))
  t.deepEqual(missing, [])
})

test('every intended difference stands in docs/openssl.md', t => {
  const page = readFileSync(new URL('../../../docs/openssl.md', import.meta.url), 'utf8')
  const words = page.replaceAll(/\s+/g, ' ')
  t.deepEqual(
    intended.filter(entry => !words.includes(entry.page)).map(({ id }) => id),
    [],
  )
})

test('a difference that is not meant is told with the schedule up to it', t => {
  const calls = ['pair a b 4 4', 'write a 9', 'read b 1']
  const answers = Face.run(calls)
  const other = answers.map(answer => answer.replace('ret=4', 'ret=3'))
  const { unexplained, compared } = compare(calls, other, answers, intended)
  t.is(compared, 1)
  t.true(report(unexplained).startsWith('pair a b 4 4\nwrite a 9\n\n'))
  t.true(report(unexplained).includes('ret: OpenSSL 3, here 4'))
  t.false(report(unexplained).includes('read b 1'))
})
