/** `everyOrder`: a search that is a test. */
import { everyOrder, replay, SearchFailure } from '@biopair/testkit'
import test from 'ava'
import { chat, stubborn } from './support/chat.ts'

test('what comes to its end in every order passes, and says how much was tried', t => {
  const { pairs, ends, whole } = everyOrder(chat, { rings: [1, 3] })
  t.deepEqual({ pairs, ends, whole }, { pairs: 4, ends: 4, whole: true })
})

test('a deadlock is thrown, with the way there and a program', t => {
  const failure = t.throws(() => everyOrder(stubborn, { rings: [2] }), {
    instanceOf: SearchFailure,
  })
  t.is(failure?.trap?.kind, 'deadlock')
  t.regex(failure?.message ?? '', /^deadlock over rings of 2 and 2, after [cs]+\n {2}on /)
  t.true(failure?.message.endsWith(failure.trap?.program ?? 'none'))
  t.throws(() => replay(stubborn, failure?.trap?.schedule as never), { message: /^stalled/ })
})

test('a search that was cut short has shown nothing', t => {
  const failure = t.throws(() => everyOrder(chat, { rings: [3], mostStates: 5 }), {
    instanceOf: SearchFailure,
    message: /mostStates/,
  })
  t.is(failure?.trap, undefined)
})
