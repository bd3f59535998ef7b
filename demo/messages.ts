/** The fields of a handshake message that matter to a reader. */
import { cipherSuite12ById, cipherSuiteById, groupById, signatureSchemeById } from '@biopair/crypto'
import {
  Certificate,
  CertificateVerify,
  ClientHello,
  decodeMessage,
  EncryptedExtensions,
  extensionTypes,
  Finished,
  isHelloRetryRequest,
  KeyUpdate,
  messageName,
  NewSessionTicket,
  readExtensions,
  ServerHello,
} from '@biopair/handshake'
import { isX509Failure, parseCertificate } from '@biopair/x509'

export interface Told {
  readonly name: string
  readonly fields: readonly (readonly [string, string])[]
}

/** What a whole message (header included) says. */
export function tell(message: Uint8Array): Told {
  const msg_type = message[0] as number
  const body = message.subarray(4)
  const name = messageName(msg_type)
  switch (msg_type) {
    case ClientHello.msg_type:
      return { name, fields: clientHello(decodeMessage(ClientHello, body)) }
    case ServerHello.msg_type:
      return serverHello(decodeMessage(ServerHello, body))
    case EncryptedExtensions.msg_type: {
      const { extensions } = decodeMessage(EncryptedExtensions, body)
      const { application_layer_protocol_negotiation: alpn } = readExtensions(
        'EncryptedExtensions',
        extensions,
        everything,
      )
      return { name, fields: alpn ? [['alpn', alpn.protocol_name_list.map(text).join(', ')]] : [] }
    }
    case Certificate.msg_type: {
      const { certificate_list } = decodeMessage(Certificate, body)
      return { name, fields: certificates(certificate_list.map(({ cert_data }) => cert_data)) }
    }
    case CertificateVerify.msg_type: {
      const { algorithm, signature } = decodeMessage(CertificateVerify, body)
      return {
        name,
        fields: [
          ['algorithm', signatureSchemeById(algorithm)?.name ?? `${algorithm}`],
          ['signature', bytes(signature)],
        ],
      }
    }
    case Finished.msg_type:
      return { name, fields: [['verify_data', bytes(decodeMessage(Finished, body).verify_data)]] }
    case NewSessionTicket.msg_type: {
      const { ticket_lifetime, ticket } = decodeMessage(NewSessionTicket, body)
      return {
        name,
        fields: [
          ['lifetime', `${ticket_lifetime} seconds`],
          ['ticket', bytes(ticket)],
        ],
      }
    }
    case KeyUpdate.msg_type:
      return { name, fields: [['request', decodeMessage(KeyUpdate, body).request_update]] }
    default:
      return { name, fields: [] }
  }
}

function clientHello(hello: ClientHello): Told['fields'] {
  const said = readExtensions('ClientHello', hello.extensions ?? [])
  const names = said.server_name?.server_name_list.map(({ name }) => text(name)) ?? []
  const shares = said.key_share?.client_shares ?? []
  const alpn = said.application_layer_protocol_negotiation?.protocol_name_list ?? []
  return [
    ['random', bytes(hello.random)],
    ['server_name', names.join(', ')],
    ['cipher suites', hello.cipher_suites.map(suite).join(' ')],
    ['groups', said.supported_groups?.named_group_list.map(group).join(' ') ?? ''],
    [
      'key shares',
      shares.map(share => `${group(share.group)} (${share.key_exchange.length} bytes)`).join(' '),
    ],
    ['alpn', alpn.map(text).join(', ')],
  ]
}

function serverHello(hello: ServerHello): Told {
  const chosen = [['cipher suite', suite(hello.cipher_suite)]] as const
  if (isHelloRetryRequest(hello)) return { name: 'HelloRetryRequest', fields: chosen }
  const said = readExtensions('ServerHello', hello.extensions, everything)
  const share = said.key_share?.server_share
  return {
    name: 'ServerHello',
    fields: [
      ['random', bytes(hello.random)],
      ...chosen,
      ['key share', share ? `${group(share.group)} (${share.key_exchange.length} bytes)` : 'none'],
    ],
  }
}

/** Who each certificate of a chain is for, and who says so. */
export function certificates(chain: readonly Uint8Array[]): Told['fields'] {
  return chain.map(der => {
    const read = parseCertificate(der)
    const words = isX509Failure(read) ? read.why : `${read.subject.text}, by ${read.issuer.text}`
    return ['certificate', words] as const
  })
}

const everything: ReadonlySet<number> = new Set(Object.values(extensionTypes))

/** The name of a cipher suite of either version. */
export function suite(id: number): string {
  return (cipherSuiteById(id) ?? cipherSuite12ById(id))?.name ?? `0x${id.toString(16)}`
}

/** The name of a group. */
export function group(id: number): string {
  return groupById(id)?.name ?? `0x${id.toString(16)}`
}

function text(name: Uint8Array): string {
  return String.fromCharCode(...name)
}

/** The beginning, and how many there are. */
export function bytes(data: Uint8Array): string {
  const shown = Buffer.from(data.subarray(0, 16)).toString('hex')
  return data.length > 16 ? `${shown}... (${data.length} bytes)` : shown
}
