/** Which versions of TLS, and which suites of each, in OpenSSL's flags. */
import { cipherSuites12, pskCipherSuites12 } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import type { ContextOptions } from '@biopair/ssl'
import type { ClientFlags } from './arguments.ts'
import { UsageError } from './usage-error.ts'

type VersionFlags = Pick<
  ClientFlags,
  'tls1_2' | 'tls1_3' | 'min_protocol' | 'max_protocol' | 'cipher' | 'ciphersuites'
>

/** TLS 1.3 alone, unless a flag says otherwise. */
export function versions(flags: VersionFlags): ContextOptions {
  const { tls1_2: older, tls1_3: younger, min_protocol: least, max_protocol: most } = flags
  if (older && younger) throw new UsageError('-tls1_2 and -tls1_3 exclude each other')
  if ((older || younger) && (least ?? most) !== undefined)
    throw new UsageError('-tls1_2 and -tls1_3 say what -min_protocol and -max_protocol do')
  if (older) return { maxVersion: 'TLSv1.2', ...suites(flags) }
  return {
    ...(least === undefined ? {} : { minVersion: version('min_protocol', least) }),
    ...(most === undefined ? {} : { maxVersion: version('max_protocol', most) }),
    ...suites(flags),
  }
}

function version(flag: string, text: string): 'TLSv1.2' | 'TLSv1.3' {
  if (text === 'TLSv1.2' || text === 'TLSv1.3') return text
  throw new UsageError(`-${flag}: expected TLSv1.2 or TLSv1.3, got ${JSON.stringify(text)}`)
}

/** One list for both versions: of the one that no flag speaks of, all. */
function suites({ cipher, ciphersuites }: VersionFlags): ContextOptions {
  if (cipher === undefined && ciphersuites === undefined) return {}
  const older = [pskCipherSuites12, cipherSuites12].flatMap(known => Object.keys(known))
  return {
    ciphers: [
      ...(ciphersuites?.split(':') ?? nodeCrypto.prefer.suites),
      ...(cipher?.split(':') ?? older),
    ],
  }
}
