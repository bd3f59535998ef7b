/** The table of the handshake messages of TLS 1.3 (RFC 9846 section 4). */
import { Certificate } from './certificate.ts'
import { CertificateRequest } from './certificate-request.ts'
import { CertificateVerify } from './certificate-verify.ts'
import { ClientHello } from './client-hello.ts'
import { CompressedCertificate } from './compressed-certificate.ts'
import { EncryptedExtensions } from './encrypted-extensions.ts'
import { EndOfEarlyData } from './end-of-early-data.ts'
import { Finished } from './finished.ts'
import { KeyUpdate } from './key-update.ts'
import type { MessageType } from './message.ts'
import { MessageHash } from './message-hash.ts'
import { NewSessionTicket } from './new-session-ticket.ts'
import { ServerHello } from './server-hello.ts'

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

/** The RFC's name of a message, `handshake_NN` for a msg_type that we do not know. */
export function messageName(msg_type: number): string {
  return messageTypes.get(msg_type)?.name ?? `handshake_${msg_type}`
}
