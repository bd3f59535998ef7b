/** What the tests of BIOs share: their state as they show it, the reason of the last error, and callbacks that keep what they hear. */
import {
  type BIO,
  type BIO_callback_fn_ex,
  BIO_retry_type,
  BIO_set_callback_ex,
  BIO_should_retry,
  ERR_error_string,
  ERR_get_error,
} from '@biopair/ssl/openssl'

export const into = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)

export const bytes = (text: string): Uint8Array<ArrayBuffer> => {
  const encoded = new TextEncoder().encode(text)
  return Uint8Array.from(encoded)
}

export const text = (data: Uint8Array): string => new TextDecoder().decode(data)

/** `invalid argument`; undefined where nothing failed. */
export const reason = (owner: Parameters<typeof ERR_get_error>[0]): string | undefined => {
  const code = ERR_get_error(owner)
  return code === 0 ? undefined : ERR_error_string(code).split('::')[1]
}

/** Whether to try again, and what. */
export const state = (bio: BIO): [retry: number, type: number] => [
  BIO_should_retry(bio),
  BIO_retry_type(bio),
]
export const wantsRead = [8, 1]
export const wantsWrite = [8, 2]
export const final = [0, 0]

/** What a callback is told: operation, len, argi, argl, ret, processed. */
export type Heard = [number, number, number, number, number, number | null]

/** Sets a callback that keeps what it hears. */
export function listen(bio: BIO): Heard[] {
  const heard: Heard[] = []
  const callback: BIO_callback_fn_ex = (_bio, oper, _argp, len, argi, argl, ret, processed) => {
    heard.push([oper, len, argi, argl, ret, processed?.value ?? null])
    return ret
  }
  BIO_set_callback_ex(bio, callback)
  return heard
}
