/** A test peer that plays the server: what our client is told, message by message. */
import { cipherSuiteById, failed, type GroupName } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  ClientHello,
  decodeMessage,
  EncryptedExtensions,
  encodeMessage,
  Finished,
  helloRetryRequestRandom,
  type MessageType,
  type RawExtension,
  readExtensions,
  ServerHello,
  writeExtension,
} from '@biopair/handshake'
import { Ssl, type SslContext, type SslOptions } from '@biopair/ssl'
import type { Bytes } from './key-schedule.ts'
import { contentToSign, Peer } from './peer.ts'
import type { PeerIdentity } from './peer-identity.ts'

export type Edit<T> = (message: T) => T

const same = <T>(message: T): T => message

export class ServerPeer extends Peer {
  readonly identity: PeerIdentity
  /** The last ClientHello. */
  hello: ClientHello | undefined
  hellos = 0
  #group: GroupName = 'x25519'

  constructor(
    context: SslContext,
    identity: PeerIdentity,
    servername = 'server.example',
    options: SslOptions = {},
  ) {
    super(new Ssl(context, { servername, ...options }).setConnectState())
    this.identity = identity
  }

  protected onMessage(name: string, raw: Bytes): void {
    if (name === 'ClientHello') {
      this.hello = decodeMessage(ClientHello, raw.subarray(4))
      this.hellos++
    }
    // Another one comes with each authentication after the handshake.
    if (name === 'Finished' && this.applicationSecrets && !this.resumptionSecret) {
      this.read('application', this.applicationSecrets.client)
      this.deriveResumption()
    }
  }

  /** A ServerHello for the last ClientHello, and the secret it agrees on. */
  serverHello(group: GroupName = this.#group): { message: ServerHello; secret: Bytes } {
    const hello = this.hello as ClientHello
    const shares = readExtensions('ClientHello', hello.extensions ?? []).key_share?.client_shares
    const row = nodeCrypto.groups[group]
    const share = shares?.find(entry => entry.group === row.id)
    const answer = share
      ? row.answer(share.key_exchange)
      : { publicKey: row.start().publicKey, secret: new Uint8Array(32) }
    if (failed(answer)) throw new Error(answer.why)
    const message: ServerHello = {
      legacy_version: 0x0303,
      random: nodeCrypto.randomBytes(32),
      legacy_session_id_echo: hello.legacy_session_id,
      cipher_suite: this.suite.id,
      legacy_compression_method: 0,
      extensions: [
        writeExtension('ServerHello', 'supported_versions', { selected_version: 0x0304 }),
        writeExtension('ServerHello', 'key_share', {
          server_share: { group: row.id, key_exchange: answer.publicKey },
        }),
      ],
    }
    return { message, secret: answer.secret }
  }

  /** Says ServerHello, and takes its keys where `edit` left it well. */
  sendServerHello(edit: Edit<ServerHello> = same): void {
    const { message, secret } = this.serverHello()
    const edited = edit(message)
    this.suite = cipherSuiteById(edited.cipher_suite) ?? this.suite
    this.handshake(this.say(ServerHello, edited))
    this.takeHandshakeKeys(secret)
  }

  /** The keys behind ServerHello. */
  takeHandshakeKeys(secret: Bytes): void {
    const { client, server } = this.deriveHandshake(secret)
    this.write(server)
    this.read('handshake', client)
  }

  /** The keys behind our Finished; the client's come into use with its own. */
  takeApplicationKeys(): void {
    this.write(this.deriveApplication().server)
  }

  /** A HelloRetryRequest, said by the caller; from now on shares are of `group`. */
  takeRetry(group: GroupName): ServerHello {
    const message = this.retryRequest(group)
    this.#group = group
    return message
  }

  /** ClientHello1 gives way to its hash: behind a HelloRetryRequest. */
  takeRetried(): void {
    this.retried()
  }

  retryRequest(group: GroupName | undefined, cookie?: Uint8Array): ServerHello {
    return {
      ...this.serverHello().message,
      random: helloRetryRequestRandom.slice(),
      extensions: [
        writeExtension('HelloRetryRequest', 'supported_versions', { selected_version: 0x0304 }),
        ...(group
          ? [
              writeExtension('HelloRetryRequest', 'key_share', {
                selected_group: nodeCrypto.groups[group].id,
              }),
            ]
          : []),
        ...(cookie
          ? [writeExtension('HelloRetryRequest', 'cookie', { cookie: new Uint8Array(cookie) })]
          : []),
      ],
    }
  }

  /** Says HelloRetryRequest; from now on shares are of `group`. */
  sendRetry(group?: GroupName, cookie?: Uint8Array, edit: Edit<ServerHello> = same): void {
    const message = edit(this.retryRequest(group, cookie))
    if (group) this.#group = group
    this.suite = cipherSuiteById(message.cipher_suite) ?? this.suite
    this.handshake(this.say(ServerHello, message))
    this.retried()
  }

  encryptedExtensions(...extensions: RawExtension[]): EncryptedExtensions {
    return { extensions }
  }

  certificateRequest(): CertificateRequest {
    return {
      certificate_request_context: new Uint8Array(0),
      extensions: [
        writeExtension('CertificateRequest', 'signature_algorithms', {
          supported_signature_algorithms: [0x0403, 0x0804, 0x0807],
        }),
      ],
    }
  }

  certificate(): Certificate {
    return {
      certificate_request_context: new Uint8Array(0),
      certificate_list: this.identity.chain.map(cert_data => ({ cert_data, extensions: [] })),
    }
  }

  certificateVerify(): CertificateVerify {
    const { key, scheme } = this.identity
    const content = contentToSign('server', this.transcriptHash)
    return { algorithm: scheme.id, signature: key.sign(scheme.algorithm, content) }
  }

  finished(): Finished {
    return { verify_data: this.verifyData('server') }
  }

  /** Says a message of the flight that follows ServerHello, in a record of its own; Finished changes our keys. */
  send<T>(type: MessageType<T>, message: T): void {
    this.handshake(this.say(type, message))
    if (type.name === 'Finished') this.takeApplicationKeys()
  }

  /** Says the flight that follows ServerHello, with a message replaced here and there. */
  sendFlight(
    edits: {
      readonly encryptedExtensions?: Edit<EncryptedExtensions>
      readonly certificateRequest?: Edit<CertificateRequest>
      readonly certificate?: Edit<Certificate>
      readonly certificateVerify?: Edit<CertificateVerify>
      readonly finished?: Edit<Finished>
    } = {},
  ): void {
    const edited = <T>(message: T, edit: Edit<T> = same) => edit(message)
    this.send(EncryptedExtensions, edited(this.encryptedExtensions(), edits.encryptedExtensions))
    if (edits.certificateRequest)
      this.send(CertificateRequest, edited(this.certificateRequest(), edits.certificateRequest))
    this.send(Certificate, edited(this.certificate(), edits.certificate))
    this.send(CertificateVerify, edited(this.certificateVerify(), edits.certificateVerify))
    this.send(Finished, edited(this.finished(), edits.finished))
  }

  /** Shakes hands as a server should. */
  connect(edits: Parameters<ServerPeer['sendFlight']>[0] = {}): void {
    this.step()
    this.sendServerHello()
    this.sendFlight(edits)
    this.step()
  }

  /** A message without a place in the transcript. */
  stray<T>(type: MessageType<T>, message: T): void {
    this.handshake(encodeMessage(type, message))
  }
}
