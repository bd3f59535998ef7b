/** The options of both contexts for a `TlsConfig`, and the certificates that go with it. */
import {
  type CipherSuiteName,
  type CryptoProvider,
  cipherSuites,
  type GroupName,
} from '@biopair/crypto'
import { type ContextOptions, MemoryReplayStore } from '@biopair/ssl'
import type { KeyKind } from '../keys.ts'
import { Minter } from '../minter.ts'
import { seededRandom } from '../seeded.ts'
import { seededTime } from '../seeds/seed.ts'
import { sendsEarly, type TlsConfig } from './tls-config.ts'

/** The name that the server's certificate is for. */
export const tlsName = 'server.example'

/** A chain and its key, as options have it. */
export interface Identity {
  readonly pem: string
  readonly keyPem: string
  readonly rootPem: string
}

/** Chains by kind of key, each minted once. They follow from the kind alone, so that a connection is the same in every run. */
export class Identities {
  readonly #crypto: CryptoProvider
  readonly #made = new Map<KeyKind, Identity>()

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto
  }

  of(kind: KeyKind): Identity {
    const already = this.#made.get(kind)
    if (already) return already
    const minter = new Minter({
      time: seededTime,
      crypto: this.#crypto,
      random: seededRandom(kind),
    })
    const root = minter.root()
    const leaf = minter.leaf(root, { key: kind })
    const identity = { pem: leaf.pem, keyPem: leaf.key.pem(), rootPem: root.pem }
    this.#made.set(kind, identity)
    return identity
  }
}

const suiteNames = Object.keys(cipherSuites) as CipherSuiteName[]

/** The most bytes of early data. */
export const mostEarly = 20_000

/** Options of both contexts, but for their randomness and clock. */
export function tlsOptions(
  config: TlsConfig,
  crypto: CryptoProvider,
  identities: Identities,
  now: () => number,
): { readonly client: ContextOptions; readonly server: ContextOptions } {
  const older = config.version === 'TLSv1.2'
  const identity = identities.of(config.certificate)
  const own =
    config.client === 'none' || config.client === 'unasked'
      ? undefined
      : identities.of(config.client)
  const other: GroupName = config.group === 'x25519' ? 'secp256r1' : 'x25519'
  const retry = config.retry && !older
  const shared: ContextOptions = {
    crypto,
    now,
    limits: { maxFragment: config.maxFragment },
    ...(older ? { maxVersion: 'TLSv1.2' } : { middleboxCompat: config.middleboxCompat }),
    ...(config.alpn ? { ALPNProtocols: ['http/1.1'] } : {}),
    ...(config.resume === 'ticket' ? { ticketKeys: new Uint8Array(48).fill(1) } : {}),
    ...(config.resume === 'psk' ? { psks: [keyOf(config)] } : {}),
  }
  const ciphers = older ? [suite12(config)] : undefined
  return {
    client: {
      ...shared,
      ca: identity.rootPem,
      ciphers: ciphers ?? suiteNames,
      groups: retry ? [other, config.group] : [config.group],
      ...(older ? {} : { keyShares: retry ? [other] : [config.group] }),
      ...(own ? { cert: own.pem, key: own.keyPem } : {}),
    },
    server: {
      ...shared,
      cert: identity.pem,
      key: identity.keyPem,
      ciphers: ciphers ?? [config.suite],
      groups: [config.group],
      numTickets: config.tickets,
      ...(older ? {} : { cookie: config.cookie }),
      ...(config.client === 'unasked'
        ? {}
        : { requestCert: true, rejectUnauthorized: config.client !== 'none' }),
      ...(own ? { ca: own.rootPem } : {}),
      ...(sendsEarly(config)
        ? {
            maxEarlyData: mostEarly,
            // A link may take as long as it likes.
            earlyDataWindow: 3_600_000,
            replayStore: new MemoryReplayStore({ silence: 0, now }),
            earlyDataCallback: () => config.early !== 'refused',
          }
        : {}),
    },
  }
}

/** The key that both ends have: in TLS 1.2 it goes with the suite's hash, and cannot be an imported one (RFC 9258 §6). */
function keyOf({ version, aead12 }: TlsConfig): NonNullable<ContextOptions['psks']>[number] {
  const psk = { identity: 'both', key: new Uint8Array(32).fill(5) }
  if (version === 'TLSv1.3') return { ...psk, kind: 'imported' }
  return { ...psk, hash: aead12 === 'aes-256-gcm' ? 'sha384' : 'sha256' }
}

/** The suite of TLS 1.2 that goes with a configuration. */
export function suite12({ certificate, aead12, resume }: TlsConfig): string {
  const hash = aead12 === 'aes-256-gcm' ? 'SHA384' : 'SHA256'
  const cipher = aead12.toUpperCase().replaceAll('-', '_')
  const signs = certificate.startsWith('rsa') ? 'RSA' : 'ECDSA'
  return `TLS_ECDHE_${resume === 'psk' ? 'PSK' : signs}_WITH_${cipher}_${hash}`
}
