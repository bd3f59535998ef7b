/** Which versions of TLS a context speaks, and with which suites: `minVersion`, `maxVersion` and `ciphers`. */
import {
  type CipherSuite,
  type CipherSuite12,
  type CryptoProvider,
  ccmCipherSuites,
  cipherSuites,
  cipherSuites12,
  type Group,
  pskCipherSuites12,
  type SignatureScheme,
} from '@biopair/crypto'
import { curvesOf, schemes12, type VersionName } from '@biopair/handshake'
import { misuse } from './misuse.ts'
import { list, oneOf } from './option-values.ts'
import { type PskHashes, serves } from './psk12-suites.ts'

export interface Versions {
  /** Most preferred first. */
  readonly versions: readonly VersionName[]
  readonly suites: readonly CipherSuite[]
  readonly suites12: readonly CipherSuite12[]
}

const known: readonly VersionName[] = ['TLSv1.2', 'TLSv1.3']

const rows12: Readonly<Record<string, CipherSuite12>> = Object.fromEntries(
  [...Object.values(cipherSuites12), ...Object.values(pskCipherSuites12)].flatMap(suite => [
    [suite.name, suite],
    [suite.alias, suite],
  ]),
)

/**
 * TLS 1.3 alone, unless `minVersion` or `maxVersion` say otherwise. `ciphers` is one list for both versions; one of which it names no suite is not
 * spoken. TypeError where nothing is left.
 */
export function versionsFrom(
  options: {
    readonly minVersion?: VersionName
    readonly maxVersion?: VersionName
    readonly ciphers?: string | readonly string[]
  },
  crypto: CryptoProvider,
  hashes: PskHashes = [],
): Versions {
  const { maxVersion = 'TLSv1.3', minVersion = maxVersion, ciphers } = options
  oneOf('maxVersion', maxVersion, known)
  oneOf('minVersion', minVersion, known)
  const [least, most] = [known.indexOf(minVersion), known.indexOf(maxVersion)]
  if (least > most)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `minVersion: expected at most maxVersion, which is ${maxVersion}, got ${minVersion}`,
    )
  const chosen = list<CipherSuite | CipherSuite12>('ciphers', ciphers, standard(crypto, hashes), {
    ...cipherSuites,
    ...ccmCipherSuites,
    ...rows12,
  })
  const suites = chosen.filter((suite): suite is CipherSuite => !('auth' in suite))
  const all12 = chosen.filter((suite): suite is CipherSuite12 => 'auth' in suite)
  const suites12 = all12.filter(suite => serves(hashes, suite))
  for (const { aead, name } of suites)
    if (crypto.aeads[aead] === undefined)
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        `ciphers: expected suites that ${crypto.name} has, got ${name}`,
      )
  const has = { 'TLSv1.2': suites12.length > 0, 'TLSv1.3': suites.length > 0 }
  const versions = known.slice(least, most + 1).filter(version => has[version])
  if (versions.length === 0 && all12.length > 0 && minVersion === 'TLSv1.2')
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `ciphers: ${all12.map(({ name }) => name).join(', ')} goes with a pre-shared key: expected psks or a pskCallback that has one`,
    )
  if (versions.length === 0)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `ciphers: expected a suite of ${minVersion === maxVersion ? minVersion : 'TLSv1.2 or TLSv1.3'}, got ${chosen.map(({ name }) => name).join(', ')}`,
    )
  return {
    versions: versions.toReversed(),
    suites: versions.includes('TLSv1.3') ? suites : [],
    suites12: versions.includes('TLSv1.2') ? suites12 : [],
  }
}

/**
 * TLS 1.2 has curves alone (RFC 8422 §5.1.1) and knows no ML-DSA: without a curve it is not spoken, nor, but with a pre-shared key, without a scheme.
 * TypeError where nothing is left.
 */
export function versionsWith(
  groups: readonly Group[],
  schemes: readonly SignatureScheme[],
  spoken: Versions,
): Versions {
  const signed = schemes12(schemes).length > 0
  const curves = curvesOf(groups).length > 0
  const suites12 = spoken.suites12.filter(({ auth }) => curves && (signed || auth === 'psk'))
  if (spoken.suites12.length === 0 || suites12.length > 0) return { ...spoken, suites12 }
  const versions = spoken.versions.filter(version => version !== 'TLSv1.2')
  if (versions.length > 0) return { ...spoken, versions, suites12 }
  const [option, what, got] = curves
    ? ['sigalgs', 'scheme', schemes]
    : (['groups', 'curve', groups] as const)
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `${option}: expected a ${what} for TLSv1.2, got ${got.map(({ name }) => name).join(', ')}`,
  )
}

/** What is fast with this provider comes first, in either version; in TLS 1.2 behind suites with a pre-shared key, where there are keys. */
function standard({ prefer }: CryptoProvider, hashes: PskHashes): readonly string[] {
  const keyed = hashes.length > 0 ? Object.values(pskCipherSuites12) : []
  const older = [keyed, Object.values(cipherSuites12)].flatMap(known =>
    prefer.suites.flatMap(name => known.filter(({ aead }) => aead === cipherSuites[name].aead)),
  )
  return [...prefer.suites, ...older.map(({ name }) => name)]
}
