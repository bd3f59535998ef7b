/** Filters as C has them: a method over a `Filter` of ours, whose `next` is the BIO below; BIO_f_null(3), and BIO_f_nbio_test. */
import { type Filter, NullFilter, TortureFilter } from '@biopair/bio'
import type { BIO } from './bio.ts'
import { BIO_callback_ctrl } from './bio-callback.ts'
import {
  BIO_C_DO_STATE_MACHINE,
  BIO_C_SHUTDOWN_WR,
  BIO_CTRL_DUP,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_PENDING,
  BIO_CTRL_WPENDING,
  BIO_TYPE_NBIO_TEST,
  BIO_TYPE_NULL_FILTER,
} from './bio-constants.ts'
import { BIO_ctrl } from './bio-ctrl.ts'
import { BIO_gets } from './bio-io.ts'
import type { BIO_METHOD } from './bio-method.ts'
import { utf8 } from './bio-text.ts'

/** The filter that changes nothing. */
export function BIO_f_null(): BIO_METHOD {
  return {
    ...filterMethod(BIO_TYPE_NULL_FILTER, 'NULL filter', () => new NullFilter()),
    gets: getsBelow,
  }
}

/** The filter that refuses and shortens at random; all of it follows from `seed` (OpenSSL draws each time anew). */
export function BIO_f_nbio_test(seed = 1): BIO_METHOD {
  return {
    ...filterMethod(
      BIO_TYPE_NBIO_TEST,
      'non-blocking IO test filter',
      () => new TortureFilter(seed),
    ),
    gets: getsBelow,
  }
}

/** A method whose BIOs have a filter of ours. */
export function filterMethod(type: number, name: string, make?: () => Filter): BIO_METHOD {
  return {
    type,
    name,
    read: (bio, buf) => {
      if (!bio.next) return 0
      bio.begin()
      return bio.came(filterOf(bio).read(buf))
    },
    write: writeFilter,
    puts: (bio, text) => (text === '' ? 0 : writeFilter(bio, utf8(text))),
    ctrl: filterCtrl,
    create: bio => {
      bio.native = make?.()
      bio.init = 1
      return 1
    },
    callbackCtrl: (bio, cmd, fp) => (bio.next ? BIO_callback_ctrl(bio.next, cmd, fp) : 0),
  }
}

/** What every filter knows of BIO_ctrl; all else is asked of what is below. */
export function filterCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const { next } = bio
  const filter = filterOf(bio)
  if (cmd === BIO_CTRL_DUP) return 1
  if (!next) return cmd === BIO_CTRL_EOF ? -1 : 0
  switch (cmd) {
    case BIO_CTRL_FLUSH:
      bio.begin()
      return bio.came(filter.flush())
    case BIO_C_SHUTDOWN_WR:
      bio.begin()
      return bio.came(filter.end())
    case BIO_CTRL_PENDING:
      return held(filter, 'pending') || BIO_ctrl(next, cmd, larg, parg)
    case BIO_CTRL_WPENDING:
      return held(filter, 'wpending') || BIO_ctrl(next, cmd, larg, parg)
    case BIO_CTRL_EOF:
      return held(filter, 'pending') > 0 ? 0 : BIO_ctrl(next, cmd, larg, parg)
    case BIO_C_DO_STATE_MACHINE:
      bio.begin()
      return below(bio, BIO_ctrl(next, cmd, larg, parg))
    default:
      return BIO_ctrl(next, cmd, larg, parg)
  }
}

/** What this filter alone holds: a `Filter` counts what is below it too. */
export function held(filter: Filter, what: 'pending' | 'wpending'): number {
  return Math.max(filter[what] - (filter.next?.[what] ?? 0), 0)
}

export function filterOf(bio: BIO): Filter {
  return bio.native as Filter
}

function writeFilter(bio: BIO, bytes: Uint8Array): number {
  if (!bio.next) return 0
  bio.begin()
  return bio.came(filterOf(bio).write(bytes))
}

/** Lines are those of what is below. */
export function getsBelow(bio: BIO, buf: Uint8Array, size: number): number {
  if (!bio.next) return 0
  bio.begin()
  return below(bio, BIO_gets(bio.next, buf, size))
}

/** Takes over what the BIO below waits for, or failed with. */
function below(bio: BIO, answer: number): number {
  if (answer > 0 || !bio.next) return answer
  const why = bio.next.why('read', answer)
  if (why.stop !== 'eof') bio.came(why)
  return answer
}
