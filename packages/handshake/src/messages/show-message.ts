/** A handshake message as readable lines, for traces. */
import { cipherSuite12ById, cipherSuiteById, groupById, signatureSchemeById } from '@biopair/crypto'
import { decode, type Opened, type ShowOptions, show, showBytes, TlsAlert } from '@biopair/wire'
import {
  type ExtensionMessage,
  extensionCodec,
  extensionName,
  isGrease,
} from '../extensions/index.ts'
import { decodeMessage } from './message.ts'
import { messageName, messageTypes, messageTypes12, messageTypesKeys } from './message-types.ts'
import type { RawExtension } from './raw-extension.ts'
import { isHelloRetryRequest, type ServerHello } from './server-hello.ts'

/**
 * The lines that show a message: its name, then its fields, indented. Never throws: what cannot be read is shown as
 * bytes, with the reason.
 * @param body the message without its header
 */
export function showMessage(msg_type: number, body: Uint8Array): string[] {
  // A message does not say its version: what TLS 1.3 cannot have written is TLS 1.2's.
  const [first, ...others] = [messageTypes, messageTypes12, messageTypesKeys].flatMap(
    types => types.get(msg_type) ?? [],
  )
  if (first === undefined) return [messageName(msg_type), `  ${showBytes(body)}`]
  const tried = [first, ...others].map(
    type => [type, attempt(() => decodeMessage(type, body))] as const,
  )
  const [type, read] =
    tried.find(([, { why }]) => why === undefined) ?? (tried[0] as (typeof tried)[0])
  if (read.why !== undefined)
    return [type.name, `  unreadable: ${read.why}`, `  ${showBytes(body)}`]
  const name =
    type.name === 'ServerHello' && isHelloRetryRequest(read.value as ServerHello)
      ? 'HelloRetryRequest'
      : type.name
  const lines = show(type.body, read.value, { names, open: opener(name as ExtensionMessage) })
  return [name, ...lines.map(line => `  ${line}`)]
}

/** Shows what an extension of a message says in place of its data. */
function opener(message: ExtensionMessage): NonNullable<ShowOptions['open']> {
  return (type, value): Opened | undefined => {
    if (type !== 'Extension') return undefined
    const { extension_type, extension_data } = value as RawExtension
    const codec =
      extensionCodec(message, extension_type) ??
      extensionCodec(`${message}12` as ExtensionMessage, extension_type)
    if (codec === undefined) return undefined
    const read = attempt(() => decode(codec, extension_data))
    if (read.why !== undefined) return undefined
    return { title: extensionName(extension_type), codec, value: read.value }
  }
}

function attempt<T>(
  read: () => T,
): { readonly value: T; readonly why?: undefined } | { readonly why: string } {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof TlsAlert) return { why: error.why }
    throw error
  }
}

const versions: ReadonlyMap<number, string> = new Map([
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
  [0x0303, 'TLS 1.2'],
  [0x0304, 'TLS 1.3'],
])

/** Groups of RFC 9846 §4.3.7 that no provider of ours speaks. */
const otherGroups: ReadonlyMap<number, string> = new Map([
  [0x0102, 'ffdhe4096'],
  [0x0103, 'ffdhe6144'],
  [0x0104, 'ffdhe8192'],
])

/** Schemes of RFC 9846 §4.3.3 that we do not speak. */
const otherSchemes: ReadonlyMap<number, string> = new Map([
  [0x0201, 'rsa_pkcs1_sha1'],
  [0x0203, 'ecdsa_sha1'],
  [0x0808, 'ed448'],
])

/** RFC 8879 §3. */
const compressionNames: ReadonlyMap<number, string> = new Map([
  [1, 'zlib'],
  [2, 'brotli'],
  [3, 'zstd'],
])

const grease = (id: number): string | undefined => (isGrease(id) ? 'GREASE' : undefined)

const names: NonNullable<ShowOptions['names']> = {
  ProtocolVersion: id => versions.get(id) ?? grease(id),
  CipherSuite: id => (cipherSuiteById(id) ?? cipherSuite12ById(id))?.name ?? grease(id),
  NamedGroup: id => groupById(id)?.name ?? otherGroups.get(id) ?? grease(id),
  SignatureScheme: id => signatureSchemeById(id)?.name ?? otherSchemes.get(id) ?? grease(id),
  ExtensionType: extensionName,
  CertificateCompressionAlgorithm: id => compressionNames.get(id),
}
