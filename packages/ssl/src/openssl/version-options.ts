/** What the bounds, SSL_OP_NO_TLSv1_2 and SSL_OP_NO_TLSv1_3, and the two lists of suites come to in our own options. */
import { pskCipherSuites12 } from '@biopair/crypto'
import { SslContext } from '../context.ts'
import type { ContextOptions } from '../context-options.ts'
import { misuse } from '../misuse.ts'
import {
  SSL_OP_NO_TLSv1_2,
  SSL_OP_NO_TLSv1_3,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
} from './constants.ts'
import type { Values } from './values.ts'

const versions = [
  { number: TLS1_3_VERSION, name: 'TLSv1.3', without: SSL_OP_NO_TLSv1_3 },
  { number: TLS1_2_VERSION, name: 'TLSv1.2', without: SSL_OP_NO_TLSv1_2 },
] as const

/**
 * As our own options, for a role. With 0 for the oldest version, which is what there is at first, the newest is the only one. Suites of TLS 1.2 that go with a
 * pre-shared key are for the callbacks that TLS 1.2 has, since the others are asked for no key there. TypeError where no version is left.
 */
export function versionOptions(
  values: Values,
  role: 'client' | 'server',
): Pick<ContextOptions, 'minVersion' | 'maxVersion' | 'ciphers'> {
  const { minVersion, maxVersion, options } = values
  const newest = maxVersion || TLS1_3_VERSION
  const [first, ...others] = versions.filter(
    ({ number, without }) => number <= newest && number >= minVersion && !(options & without),
  )
  if (!first) throw misuse('ERR_INVALID_ARG_VALUE', 'the options leave no version')
  const last = minVersion ? (others.at(-1) ?? first) : first
  const { ciphers, cipherList, pskUse, pskFind } = values
  const keyed = (role === 'client' ? values.pskClient : values.pskServer) !== undefined
  const misled = !keyed && (pskUse ?? pskFind ?? values.pskClient ?? values.pskServer)
  if (ciphers === undefined && cipherList === undefined && !misled)
    return { maxVersion: first.name, minVersion: last.name }
  const { crypto } = values.surroundings
  const usual = new SslContext({
    ...(crypto ? { crypto } : {}),
    minVersion: 'TLSv1.2',
    ...(keyed ? { pskCallback: () => null } : {}),
  })
  return {
    maxVersion: first.name,
    minVersion: last.name,
    ciphers: [
      ...(ciphers?.split(':').filter(name => name !== '') ?? usual.suites.map(({ name }) => name)),
      ...(cipherList?.filter(name => keyed || !Object.hasOwn(pskCipherSuites12, name)) ??
        usual.suites12.map(({ name }) => name)),
    ],
  }
}
