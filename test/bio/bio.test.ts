import { lends } from '@biopair/bio'
import test from 'ava'

test('a BIO without run does not lend', t => {
  t.false(
    lends({
      read: () => 1,
      write: () => 1,
      flush: () => 'done',
      end: () => 'done',
      close: () => {},
    }),
  )
})
