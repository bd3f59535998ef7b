/** BIO_s_null(3): takes everything, and has nothing. */
import {
  BIO_CTRL_DUP,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_RESET,
  BIO_CTRL_SET,
  BIO_CTRL_SET_CLOSE,
  BIO_TYPE_NULL,
} from './bio-constants.ts'
import type { BIO_METHOD } from './bio-method.ts'
import { utf8 } from './bio-text.ts'

/** The null sink. */
export function BIO_s_null(): BIO_METHOD {
  return {
    type: BIO_TYPE_NULL,
    name: 'NULL',
    read: bio => {
      bio.begin()
      return 0
    },
    write: (bio, buf) => {
      bio.begin()
      return buf.length
    },
    puts: (_bio, text) => utf8(text).length,
    gets: (_bio, buf, size) => {
      if (size > 0) buf[0] = 0
      return 0
    },
    ctrl: (_bio, cmd) => (known.has(cmd) ? 1 : 0),
  }
}

const known: ReadonlySet<number> = new Set([
  BIO_CTRL_RESET,
  BIO_CTRL_EOF,
  BIO_CTRL_SET,
  BIO_CTRL_SET_CLOSE,
  BIO_CTRL_FLUSH,
  BIO_CTRL_DUP,
])
