/** A test peer that plays a server of TLS 1.2: what our client is told, message by message. */
import { concat, type GroupName, type KeyShare, signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Certificate12,
  type CertificateRequest12,
  type CertificateStatus,
  ClientHello,
  ClientKeyExchange,
  clientCertificateTypes,
  decodeMessage,
  ServerECDHParams,
  type ServerHello,
  type ServerKeyExchange,
  writeExtension,
} from '@biopair/handshake'
import { Ssl, type SslContext, type SslOptions } from '@biopair/ssl'
import { encode } from '@biopair/wire'
import type { Bytes } from './key-schedule.ts'
import type { PeerIdentity } from './peer-identity.ts'
import { agreed, Peer12 } from './peer12.ts'

export class ServerPeer12 extends Peer12 {
  protected readonly role = 'server'
  readonly identity: PeerIdentity
  /** The last ClientHello. */
  hello: ClientHello | undefined
  readonly #group: GroupName
  #share: KeyShare | undefined

  constructor(
    context: SslContext,
    identity: PeerIdentity,
    options: SslOptions & { readonly group?: GroupName } = {},
  ) {
    const { group = 'x25519', ...rest } = options
    super(new Ssl(context, { servername: 'server.example', ...rest }).setConnectState())
    this.identity = identity
    this.#group = group
  }

  protected onMessage(name: string, raw: Bytes): void {
    if (name === 'ClientHello') {
      this.hello = decodeMessage(ClientHello, raw.subarray(4))
      this.randoms.client = this.hello.random
    }
    if (name === 'ClientKeyExchange') {
      const { ecdh_Yc } = decodeMessage(ClientKeyExchange, raw.subarray(4))
      this.derive(agreed((this.#share as KeyShare).finish(ecdh_Yc)))
    }
  }

  /** A ServerHello; from now on its random and suite are agreed on. */
  serverHello({ status = false } = {}): ServerHello {
    const random = nodeCrypto.randomBytes(32)
    this.randoms.server = random
    const renegotiated_connection = new Uint8Array(0)
    return {
      legacy_version: 0x0303,
      random,
      legacy_session_id_echo: new Uint8Array(0),
      cipher_suite: this.suite12.id,
      legacy_compression_method: 0,
      extensions: [
        writeExtension('ServerHello12', 'renegotiation_info', { renegotiated_connection }),
        ...(this.extended ? [writeExtension('ServerHello12', 'extended_master_secret', {})] : []),
        ...(status ? [writeExtension('ServerHello12', 'status_request', {})] : []),
      ],
    }
  }

  certificate(): Certificate12 {
    return { certificate_list: [...this.identity.chain] }
  }

  certificateStatus(response: Uint8Array): CertificateStatus {
    return { status_type: 'ocsp', response: new Uint8Array(response) }
  }

  serverKeyExchange(): ServerKeyExchange {
    const row = nodeCrypto.groups[this.#group]
    this.#share = row.start()
    const params: ServerECDHParams = {
      curve_type: 'named_curve',
      namedcurve: row.id,
      public: this.#share.publicKey,
    }
    const { key, scheme } = this.identity
    const { client, server } = this.randoms
    const content = concat(client, server, encode(ServerECDHParams, params))
    return { params, algorithm: scheme.id, signature: key.sign(scheme.algorithm, content) }
  }

  certificateRequest(): CertificateRequest12 {
    const { ecdsa_sign, rsa_sign } = clientCertificateTypes
    return {
      certificate_types: Uint8Array.of(ecdsa_sign, rsa_sign),
      supported_signature_algorithms: [
        signatureSchemes.ecdsa_secp256r1_sha256.id,
        signatureSchemes.rsa_pss_rsae_sha256.id,
        signatureSchemes.ed25519.id,
      ],
      certificate_authorities: [],
    }
  }
}
