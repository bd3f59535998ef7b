/** Where a passphrase is said (openssl-passphrase-options(1)): `pass:`, `env:` or `file:`. */
import type { ContextOptions } from '@biopair/ssl'
import { read } from './files.ts'
import { UsageError } from './usage-error.ts'

/** -pass: the passphrase of private keys. UsageError, which never shows the value, for another source or one that is not there. */
export function passphrase(source: string | undefined): Pick<ContextOptions, 'passphrase'> {
  if (source === undefined) return {}
  const [, kind, rest = ''] = /^(pass|env|file):(.*)$/s.exec(source) ?? []
  switch (kind) {
    case 'pass':
      return { passphrase: rest }
    case 'env': {
      const value = process.env[rest]
      if (value !== undefined) return { passphrase: value }
      throw new UsageError(`-pass: there is no ${rest} in the environment`)
    }
    case 'file':
      return { passphrase: firstLine(read('pass', rest)) }
    default:
      throw new UsageError('-pass: expected pass:..., env:... or file:...')
  }
}

function firstLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.findIndex(byte => byte === 0x0a || byte === 0x0d)
  return end < 0 ? bytes : bytes.subarray(0, end)
}
