/** A test peer that plays a client of TLS 1.2: what our server is told, message by message. */
import { concat, type GroupName } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Certificate12,
  type CertificateVerify,
  type ClientHello,
  type ClientKeyExchange,
  decodeMessage,
  ServerHello12,
  ServerKeyExchange,
  writeExtension,
} from '@biopair/handshake'
import { Ssl, type SslContext } from '@biopair/ssl'
import type { Bytes } from './key-schedule.ts'
import type { PeerIdentity } from './peer-identity.ts'
import { agreed, Peer12 } from './peer12.ts'

export class ClientPeer12 extends Peer12 {
  protected readonly role = 'client'
  readonly identity: PeerIdentity
  offeredGroups: readonly GroupName[] = ['x25519', 'secp256r1']
  #theirs: ServerKeyExchange['params'] | undefined
  #preMaster: Uint8Array | undefined

  constructor(context: SslContext, identity: PeerIdentity) {
    super(new Ssl(context).setAcceptState())
    this.identity = identity
  }

  protected onMessage(name: string, raw: Bytes): void {
    if (name === 'ServerHello') {
      const { random, cipher_suite } = decodeMessage(ServerHello12, raw.subarray(4))
      this.randoms.server = random
      this.choose(cipher_suite)
    }
    if (name === 'ServerKeyExchange')
      this.#theirs = decodeMessage(ServerKeyExchange, raw.subarray(4)).params
  }

  /** A ClientHello for TLS 1.2 alone. */
  clientHello(): ClientHello {
    const random = nodeCrypto.randomBytes(32)
    this.randoms.client = random
    return {
      legacy_version: 0x0303,
      random,
      legacy_session_id: new Uint8Array(0),
      cipher_suites: [this.suite12.id],
      legacy_compression_methods: Uint8Array.of(0),
      extensions: [
        writeExtension('ClientHello', 'supported_groups', {
          named_group_list: this.offeredGroups.map(name => nodeCrypto.groups[name].id),
        }),
        writeExtension('ClientHello', 'signature_algorithms', {
          supported_signature_algorithms: [0x0403, 0x0804, 0x0807],
        }),
        writeExtension('ClientHello12', 'renegotiation_info', {
          renegotiated_connection: new Uint8Array(0),
        }),
        ...(this.extended ? [writeExtension('ClientHello12', 'extended_master_secret', {})] : []),
      ],
    }
  }

  certificate(): Certificate12 {
    return { certificate_list: [...this.identity.chain] }
  }

  /** Our share; `exchanged` has to follow once it is said. */
  clientKeyExchange(): ClientKeyExchange {
    const theirs = this.#theirs
    const row = Object.values(nodeCrypto.groups).find(({ id }) => id === theirs?.namedcurve)
    if (!theirs || !row) throw new Error('our server has said no share yet')
    const { publicKey, secret } = agreed(row.answer(theirs.public))
    this.#preMaster = secret
    return { ecdh_Yc: publicKey }
  }

  /** The master secret, behind ClientKeyExchange. */
  exchanged(): void {
    this.derive(this.#preMaster as Uint8Array)
  }

  certificateVerify(): CertificateVerify {
    const { key, scheme } = this.identity
    const content = concat(...this.transcript)
    return { algorithm: scheme.id, signature: key.sign(scheme.algorithm, content) }
  }
}
