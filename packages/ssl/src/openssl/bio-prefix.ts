/** BIO_f_prefix(3): every line that is written gets a prefix and an indent. */
import { PrefixFilter } from '@biopair/bio'
import { BIO } from './bio.ts'
import {
  BIO_C_FILE_SEEK,
  BIO_CTRL_DUP,
  BIO_CTRL_GET_INDENT,
  BIO_CTRL_RESET,
  BIO_CTRL_SET_INDENT,
  BIO_CTRL_SET_PREFIX,
  BIO_TYPE_BUFFER,
} from './bio-constants.ts'
import { BIO_ctrl } from './bio-ctrl.ts'
import { filterCtrl, filterMethod, getsBelow } from './bio-filter.ts'
import { renew } from './bio-link.ts'
import type { BIO_METHOD } from './bio-method.ts'

/** Lines begin with what BIO_set_prefix and BIO_set_indent say; where the BIO below stops within a prefix, it goes on there. */
export function BIO_f_prefix(): BIO_METHOD {
  return {
    ...filterMethod(BIO_TYPE_BUFFER, 'prefix', () => new PrefixFilter()),
    gets: getsBelow,
    ctrl: prefixCtrl,
  }
}

/** 1; null is none. */
export function BIO_set_prefix(bio: BIO | null, prefix: string | null): number {
  return BIO_ctrl(bio, BIO_CTRL_SET_PREFIX, 0, prefix)
}

/** So many spaces behind the prefix. 1; 0 for a number that cannot be. */
export function BIO_set_indent(bio: BIO | null, indent: number): number {
  return BIO_ctrl(bio, BIO_CTRL_SET_INDENT, indent)
}

export function BIO_get_indent(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_GET_INDENT)
}

function prefixCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const native = bio.native as PrefixFilter
  const { prefix, indent } = native
  switch (cmd) {
    case BIO_CTRL_SET_PREFIX:
      native.prefix = typeof parg === 'string' ? parg : ''
      return 1
    case BIO_CTRL_SET_INDENT:
      if (!(Number.isInteger(larg) && larg >= 0 && larg <= 0xffff)) return 0
      native.indent = larg
      return 1
    case BIO_CTRL_GET_INDENT:
      return indent
    case BIO_CTRL_RESET:
    case BIO_C_FILE_SEEK:
      renew(bio, new PrefixFilter({ prefix, indent }))
      return filterCtrl(bio, cmd, larg, parg)
    case BIO_CTRL_DUP:
      if (parg instanceof BIO) parg.native = new PrefixFilter({ prefix, indent })
      return 1
    default:
      return filterCtrl(bio, cmd, larg, parg)
  }
}
