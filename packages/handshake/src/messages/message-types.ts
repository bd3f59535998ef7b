/** The tables of the handshake messages (RFC 9846 section 4; RFC 5246 section 7.4). */
import { Certificate } from './certificate.ts'
import { CertificateRequest } from './certificate-request.ts'
import { CertificateRequest12 } from './certificate-request12.ts'
import { CertificateStatus } from './certificate-status.ts'
import { CertificateVerify } from './certificate-verify.ts'
import { Certificate12 } from './certificate12.ts'
import { ClientHello } from './client-hello.ts'
import { ClientKeyExchange } from './client-key-exchange.ts'
import { CompressedCertificate } from './compressed-certificate.ts'
import { EncryptedExtensions } from './encrypted-extensions.ts'
import { EndOfEarlyData } from './end-of-early-data.ts'
import { Finished } from './finished.ts'
import { HelloRequest } from './hello-request.ts'
import { KeyUpdate } from './key-update.ts'
import type { MessageType } from './message.ts'
import { MessageHash } from './message-hash.ts'
import { NewSessionTicket } from './new-session-ticket.ts'
import { NewSessionTicket12 } from './new-session-ticket12.ts'
import { PskClientKeyExchange, PskServerKeyExchange } from './psk-key-exchange.ts'
import { RawPublicKey12 } from './raw-public-key12.ts'
import { ServerHello } from './server-hello.ts'
import { ServerHelloDone } from './server-hello-done.ts'
import { ServerKeyExchange } from './server-key-exchange.ts'

/** Every message that we can read and write, by its msg_type. */
export const messageTypes: ReadonlyMap<number, MessageType<unknown>> = new Map(
  [
    ClientHello,
    ServerHello,
    NewSessionTicket,
    EndOfEarlyData,
    EncryptedExtensions,
    Certificate,
    CertificateRequest,
    CertificateVerify,
    Finished,
    KeyUpdate,
    CompressedCertificate,
    MessageHash,
  ].map((type: MessageType<unknown>) => [type.msg_type, type]),
)

/** What a TLS 1.2 connection has besides, or in another form. */
export const messageTypes12: ReadonlyMap<number, MessageType<unknown>> = new Map(
  [
    HelloRequest,
    NewSessionTicket12,
    Certificate12,
    ServerKeyExchange,
    CertificateRequest12,
    ServerHelloDone,
    ClientKeyExchange,
    CertificateStatus,
  ].map((type: MessageType<unknown>) => [type.msg_type, type]),
)

/** What a connection of TLS 1.2 has in a third form, where a key stands in for certificates. */
export const messageTypesKeys: ReadonlyMap<number, MessageType<unknown>> = new Map(
  [PskServerKeyExchange, PskClientKeyExchange, RawPublicKey12].map((type: MessageType<unknown>) => [
    type.msg_type,
    type,
  ]),
)

/** The RFC's name of a message, `handshake_NN` for a msg_type that we do not know. */
export function messageName(msg_type: number): string {
  const type = messageTypes.get(msg_type) ?? messageTypes12.get(msg_type)
  return type?.name ?? `handshake_${msg_type}`
}
