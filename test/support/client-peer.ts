/** A test peer that plays the client: what our server is told, message by message. */
import {
  type CipherSuite,
  cipherSuiteById,
  cipherSuites,
  failed,
  type GroupName,
  type KeyShare,
} from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateVerify,
  ClientHello,
  decodeMessage,
  type ExtensionIn,
  type ExtensionValue,
  encodeMessage,
  extensionTypes,
  Finished,
  isHelloRetryRequest,
  type MessageType,
  type RawExtension,
  readExtension,
  ServerHello,
  writeExtension,
} from '@biopair/handshake'
import { Ssl, type SslContext } from '@biopair/ssl'
import type { Bytes } from './key-schedule.ts'
import { contentToSign, Peer } from './peer.ts'
import type { PeerIdentity } from './peer-identity.ts'
import type { Edit } from './server-peer.ts'

const same = <T>(message: T): T => message

export class ClientPeer extends Peer {
  readonly identity: PeerIdentity
  readonly shares = new Map<number, KeyShare>()
  offeredSuites: readonly CipherSuite[] = Object.values(cipherSuites)
  offeredGroups: readonly GroupName[] = ['x25519', 'secp256r1']
  /** The last ServerHello or HelloRetryRequest. */
  answer: ServerHello | undefined
  #hello: ClientHello | undefined

  constructor(context: SslContext, identity: PeerIdentity) {
    super(new Ssl(context).setAcceptState())
    this.identity = identity
  }

  protected onMessage(name: string, raw: Bytes): void {
    if (name === 'ServerHello') {
      this.answer = decodeMessage(ServerHello, raw.subarray(4))
      this.suite = cipherSuiteById(this.answer.cipher_suite) as CipherSuite
      if (isHelloRetryRequest(this.answer)) this.retried()
      else this.#takeKeys(this.answer)
    }
    if (name === 'Finished') this.read('application', this.deriveApplication().server)
  }

  #takeKeys(answer: ServerHello): void {
    const share = readExtension('ServerHello', 'key_share', answer.extensions)?.server_share
    if (!readExtension('ServerHello', 'pre_shared_key', answer.extensions)) this.psk = undefined
    const secret = share
      ? this.shares.get(share.group)?.finish(share.key_exchange)
      : this.psk && new Uint8Array(this.suite.hash === 'sha384' ? 48 : 32)
    if (!secret || failed(secret)) throw new Error('our server answered a share that was not sent')
    const { client, server } = this.deriveHandshake(secret)
    this.write(client)
    this.read('handshake', server)
  }

  /** A ClientHello with shares for some groups. */
  clientHello(...shared: readonly GroupName[]): ClientHello {
    const entries = shared.map(name => {
      const row = nodeCrypto.groups[name]
      const share = row.start()
      this.shares.set(row.id, share)
      return { group: row.id, key_exchange: share.publicKey }
    })
    return {
      legacy_version: 0x0303,
      random: nodeCrypto.randomBytes(32),
      legacy_session_id: nodeCrypto.randomBytes(32),
      cipher_suites: this.offeredSuites.map(suite => suite.id),
      legacy_compression_methods: Uint8Array.of(0),
      extensions: [
        writeExtension('ClientHello', 'supported_versions', { versions: [0x0304] }),
        writeExtension('ClientHello', 'supported_groups', {
          named_group_list: this.offeredGroups.map(name => nodeCrypto.groups[name].id),
        }),
        writeExtension('ClientHello', 'signature_algorithms', {
          supported_signature_algorithms: [0x0403, 0x0804, 0x0807],
        }),
        writeExtension('ClientHello', 'key_share', { client_shares: entries }),
      ],
    }
  }

  /** Says ClientHello with a share for x25519. */
  sendHello(edit: Edit<ClientHello> = same): void {
    this.sendMadeHello(edit(this.clientHello('x25519')))
  }

  sendMadeHello(hello: ClientHello): void {
    this.handshake(this.makeHello(hello))
  }

  /** A ClientHello, said by the caller. */
  makeHello(hello: ClientHello): Bytes {
    this.#hello = hello
    return this.say(ClientHello, hello)
  }

  /** The ClientHello that answers a HelloRetryRequest. */
  secondHello(): ClientHello {
    const asked = this.answer?.extensions ?? []
    const group = readExtension('HelloRetryRequest', 'key_share', asked)?.selected_group
    const cookie = readExtension('HelloRetryRequest', 'cookie', asked)
    let hello = this.#hello as ClientHello
    if (group !== undefined) {
      const share = Object.values(nodeCrypto.groups)
        .find(row => row.id === group)
        ?.start()
      if (!share) throw new Error(`our server asks for group ${group}`)
      this.shares.clear()
      this.shares.set(group, share)
      const client_shares = [{ group, key_exchange: share.publicKey }]
      hello = withExtension(hello, 'key_share', { client_shares })
    }
    return cookie ? withExtension(hello, 'cookie', cookie) : hello
  }

  sendSecondHello(edit: Edit<ClientHello> = same): void {
    this.sendMadeHello(edit(this.secondHello()))
  }

  certificate(): Certificate {
    return {
      certificate_request_context: new Uint8Array(0),
      certificate_list: this.identity.chain.map(cert_data => ({ cert_data, extensions: [] })),
    }
  }

  certificateVerify(): CertificateVerify {
    const { key, scheme } = this.identity
    const content = contentToSign('client', this.transcriptHash)
    return { algorithm: scheme.id, signature: key.sign(scheme.algorithm, content) }
  }

  finished(): Finished {
    return { verify_data: this.verifyData('client') }
  }

  /** Says a message of the second flight, in a record of its own; Finished changes our keys. */
  send<T>(type: MessageType<T>, message: T): void {
    this.handshake(this.say(type, message))
    if (type.name === 'Finished') this.takeApplicationKeys()
  }

  /** The keys behind our Finished. */
  takeApplicationKeys(): void {
    this.deriveResumption()
    if (this.applicationSecrets) this.write(this.applicationSecrets.client)
  }

  sendFinished(edit: Edit<Finished> = same): void {
    this.send(Finished, edit(this.finished()))
  }

  /** Says Certificate and CertificateVerify. */
  sendAuthentication(
    edits: {
      readonly certificate?: Edit<Certificate>
      readonly certificateVerify?: Edit<CertificateVerify>
    } = {},
  ): void {
    this.send(Certificate, (edits.certificate ?? same)(this.certificate()))
    this.send(CertificateVerify, (edits.certificateVerify ?? same)(this.certificateVerify()))
  }

  /** Shakes hands as a client should. */
  connect(edit: Edit<ClientHello> = same): void {
    this.sendHello(edit)
    this.step()
    this.sendFinished()
    this.step()
  }

  /** A message without a place in the transcript. */
  stray<T>(type: MessageType<T>, message: T): void {
    this.handshake(encodeMessage(type, message))
  }
}

/** A ClientHello with an extension replaced where it stands, or added at the end. */
export function withExtension<N extends ExtensionIn<'ClientHello'>>(
  hello: ClientHello,
  name: N,
  value: ExtensionValue<'ClientHello', N>,
): ClientHello {
  return withRaw(hello, writeExtension('ClientHello', name, value))
}

/** The same with an extension whose data is given as it is. */
export function withRaw(hello: ClientHello, raw: RawExtension): ClientHello {
  const before = hello.extensions ?? []
  const known = before.some(extension => extension.extension_type === raw.extension_type)
  const extensions = known
    ? before.map(other => (other.extension_type === raw.extension_type ? raw : other))
    : [...before, raw]
  return { ...hello, extensions }
}

/** A ClientHello without an extension. */
export function without(hello: ClientHello, name: keyof typeof extensionTypes): ClientHello {
  const extensions = (hello.extensions ?? []).filter(
    extension => extension.extension_type !== extensionTypes[name],
  )
  return { ...hello, extensions }
}
