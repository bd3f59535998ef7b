/** The coding filters as C has them: BIO_f_base64(3), BIO_f_cipher(3) and BIO_f_md(3). */
import {
  Base64Filter,
  CipherFilter,
  DigestFilter,
  NullFilter,
  type RunningDigest,
  type StreamCipher,
} from '@biopair/bio'
import { BIO } from './bio.ts'
import {
  BIO_C_GET_CIPHER_STATUS,
  BIO_C_GET_MD,
  BIO_C_SET_MD,
  BIO_CTRL_DUP,
  BIO_CTRL_RESET,
  BIO_FLAGS_BASE64_NO_NL,
  BIO_TYPE_BASE64,
  BIO_TYPE_CIPHER,
  BIO_TYPE_MD,
} from './bio-constants.ts'
import { BIO_ctrl, type BIO_OUT } from './bio-ctrl.ts'
import { filterCtrl, filterMethod, held } from './bio-filter.ts'
import { renew } from './bio-link.ts'
import type { BIO_METHOD } from './bio-method.ts'

/** A cipher with its key (EVP_CIPHER, here a function): `(key, iv, enc) => enc ? createCipheriv(...) : createDecipheriv(...)`. */
export type BIO_CIPHER = (key: Uint8Array, iv: Uint8Array | null, enc: number) => StreamCipher

/** A hash that has seen nothing (EVP_MD, here a function): `() => createHash('sha256')`. */
export type BIO_MD = () => RunningDigest

/** What is written goes down in base64, what is read comes up from it; BIO_FLAGS_BASE64_NO_NL: on one line. Flush at the end. */
export function BIO_f_base64(): BIO_METHOD {
  const method = filterMethod(BIO_TYPE_BASE64, 'base64 encoding', () => new Base64Filter())
  return {
    ...method,
    write: (bio, buf, len) => {
      setForm(bio)
      return method.write?.(bio, buf, len) ?? -2
    },
    puts: (bio, text) => {
      setForm(bio)
      return method.puts?.(bio, text) ?? -2
    },
    ctrl: (bio, cmd, larg, parg) => {
      if (cmd === BIO_CTRL_RESET) (bio.native as Base64Filter).reset()
      return filterCtrl(bio, cmd, larg, parg)
    },
  }
}

/** What is written goes down through the cipher, and so does what is read come up. It needs BIO_set_cipher. Flush at the end. */
export function BIO_f_cipher(): BIO_METHOD {
  return {
    ...filterMethod(BIO_TYPE_CIPHER, 'cipher', () => new CipherFilter({})),
    puts: undefined,
    ctrl: (bio, cmd, larg, parg) => {
      if (cmd === BIO_CTRL_RESET) (bio.data as (() => void) | null)?.()
      if (cmd === BIO_CTRL_DUP) return bio.data === null ? 1 : 0
      if (cmd !== BIO_C_GET_CIPHER_STATUS) return filterCtrl(bio, cmd, larg, parg)
      return (bio.native as CipherFilter).status === 'failed' ? 0 : 1
    },
  }
}

/** A digest of everything that passes; BIO_gets reads it. It needs BIO_set_md. */
export function BIO_f_md(): BIO_METHOD {
  return {
    ...filterMethod(BIO_TYPE_MD, 'message digest', () => new NullFilter()),
    puts: undefined,
    gets: (bio, buf, size) => {
      if (!(bio.native instanceof DigestFilter)) return bio.uninitialized()
      const digest = bio.native.digest()
      if (size < digest.length) return 0
      buf.set(digest)
      return digest.length
    },
    ctrl: mdCtrl,
  }
}

/** The cipher for both directions: `enc` 1 enciphers, 0 deciphers. 1, or 0 for what is no such filter, or where the cipher throws. */
export function BIO_set_cipher(
  bio: BIO,
  cipher: BIO_CIPHER,
  key: Uint8Array,
  iv: Uint8Array | null,
  enc: number,
): 0 | 1 {
  bio.errors.clear()
  const { native } = bio
  if (!(native instanceof CipherFilter))
    return bio.refuse('UNSUPPORTED_METHOD', 'expected a cipher filter', 0)
  const begin = () => native.renew({ encrypt: cipher(key, iv, enc), decrypt: cipher(key, iv, enc) })
  try {
    begin()
  } catch (error) {
    return bio.refuse('INVALID_ARGUMENT', `the cipher cannot be begun: ${error}`, 0)
  }
  bio.data = begin
  return 1
}

/** 1 as long as nothing failed; 0 once deciphering found that the text is not whole or not authentic. */
export function BIO_get_cipher_status(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_CIPHER_STATUS)
}

/** The hash; what has passed before does not count. 1. */
export function BIO_set_md(bio: BIO | null, md: BIO_MD): number {
  return BIO_ctrl(bio, BIO_C_SET_MD, 0, md)
}

/** `[1, md]`; `[0, null]` where none is set. */
export function BIO_get_md(bio: BIO | null): [result: number, md: BIO_MD | null] {
  const out: BIO_OUT<BIO_MD | null> = { value: null }
  return [BIO_ctrl(bio, BIO_C_GET_MD, 0, out), out.value]
}

function mdCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  switch (cmd) {
    case BIO_C_SET_MD:
      return setMd(bio, parg as BIO_MD)
    case BIO_C_GET_MD:
      ;(parg as BIO_OUT<unknown>).value = bio.data
      return bio.data === null ? 0 : 1
    case BIO_CTRL_RESET:
      if (bio.native instanceof DigestFilter) bio.native.reset()
      return filterCtrl(bio, cmd, larg, parg)
    case BIO_CTRL_DUP:
      if (bio.data !== null && parg instanceof BIO) BIO_set_md(parg, bio.data as BIO_MD)
      return 1
    default:
      return filterCtrl(bio, cmd, larg, parg)
  }
}

/** 0, and the hash that there was, for what is none or throws. */
function setMd(bio: BIO, md: BIO_MD): 0 | 1 {
  bio.errors.clear()
  try {
    renew(bio, new DigestFilter(md))
  } catch (error) {
    return bio.refuse('INVALID_ARGUMENT', `the hash cannot be begun: ${error}`, 0)
  }
  bio.data = md
  return 1
}

/** The flag may be set at any time; it counts from the next encoding on. */
function setForm(bio: BIO): void {
  const oneLine = (bio.flags & BIO_FLAGS_BASE64_NO_NL) !== 0
  const native = bio.native as Base64Filter
  if (oneLine === (bio.data === true) || held(native, 'wpending') > 0) return
  bio.data = oneLine
  renew(bio, new Base64Filter({ oneLine }))
}
