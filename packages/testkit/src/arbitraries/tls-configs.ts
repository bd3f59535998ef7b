/** Configurations of TLS: versions, suites, groups, certificates, client authentication, resumption, early data, retries. */
import {
  type AeadName,
  type CipherSuiteName,
  cipherSuites,
  type GroupName,
  groups as groupTable,
} from '@biopair/crypto'
import fc from 'fast-check'
import type { KeyKind } from '../keys.ts'
import { plainTls, type TlsConfig } from '../tls/tls-config.ts'

export interface TlsConfigOptions {
  readonly versions?: readonly TlsConfig['version'][]
  readonly groups?: readonly GroupName[]
  /** Kinds of keys that certificates have. ML-DSA is left out unless it is asked for: its chains are long. */
  readonly certificates?: readonly KeyKind[]
  /** The most bytes that an end says; 2000. */
  readonly mostSaid?: number
}

const usual: readonly KeyKind[] = ['p256', 'p384', 'p521', 'ed25519', 'rsa', 'rsa-pss']
/** What TLS 1.2 has. */
const groups12: readonly GroupName[] = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1']
const certificates12: readonly KeyKind[] = ['p256', 'ed25519', 'rsa']

/** Configurations in which both ends can agree; they shrink to `plainTls`. */
export function tlsConfigs(options: TlsConfigOptions = {}): fc.Arbitrary<TlsConfig> {
  const { versions = ['TLSv1.3', 'TLSv1.2'], certificates = usual, mostSaid = 2000 } = options
  const { groups = Object.keys(groupTable) as GroupName[] } = options
  const from = <T>(first: T, all: readonly T[]) =>
    fc.constantFrom(first, ...all.filter(each => each !== first))
  const suites = Object.keys(cipherSuites) as CipherSuiteName[]
  const [anyCertificate, anyGroup] = [certificates[0] as KeyKind, groups[0] as GroupName]
  return fc
    .record(
      {
        version: fc.constantFrom(...versions),
        suite: from<CipherSuiteName>('TLS_AES_128_GCM_SHA256', suites),
        aead12: fc.constantFrom<AeadName>('aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305'),
        group: from<GroupName>(groups.includes('x25519') ? 'x25519' : anyGroup, groups),
        certificate: from<KeyKind>(anyCertificate, certificates),
        client: fc.oneof(
          { weight: 2, arbitrary: fc.constant('unasked' as const) },
          { weight: 1, arbitrary: fc.constantFrom('none' as const, ...certificates) },
        ),
        retry: fc.boolean(),
        cookie: fc.constantFrom('never' as const, 'with_retry' as const, 'always' as const),
        alpn: fc.boolean(),
        tickets: fc.constantFrom(2, 0, 1),
        middleboxCompat: fc.constantFrom(true, false),
        maxFragment: fc.constantFrom(16_384, 512, 1000),
        resume: fc.constantFrom('no' as const, 'no' as const, 'ticket' as const, 'psk' as const),
        early: fc.constantFrom(
          'no' as const,
          'read' as const,
          'unread' as const,
          'refused' as const,
        ),
        says: fc.tuple(fc.nat(mostSaid), fc.nat(mostSaid)),
        until: fc.constant('goodbye' as const),
      },
      { noNullPrototype: true },
    )
    .map(possible)
}

/** What TLS 1.2 does not have is as in the plain configuration; and early data takes a ticket. */
function possible(config: TlsConfig): TlsConfig {
  if (config.version === 'TLSv1.3')
    return config.resume === 'ticket' ? config : { ...config, early: 'no' }
  const { suite, retry, cookie, middleboxCompat, early } = plainTls
  const older = { ...config, suite, retry, cookie, middleboxCompat, early }
  const { group, certificate, client } = config
  return {
    ...older,
    group: groups12.includes(group) ? group : 'x25519',
    certificate: kind12(certificate),
    client: client === 'none' || client === 'unasked' ? client : kind12(client),
  }
}

/** Kinds that TLS 1.2 has not are each another that it has, so that all of those come up alike. */
function kind12(kind: KeyKind): KeyKind {
  if (certificates12.includes(kind)) return kind
  return kind === 'p384' ? 'ed25519' : kind === 'p521' ? 'rsa' : 'p256'
}
