/** What a server said, as facts in an order; nothing that is random is among them. */
import { groupById, signatureSchemes } from '@biopair/crypto'
import {
  AnyServerHello,
  CertificateVerify,
  EncryptedExtensions,
  extensionName,
  extensionTypes,
  isHelloRetryRequest,
  KeyUpdate,
  messageHeaderLength,
  type RawExtension,
  readExtension,
  ServerKeyExchange,
} from '@biopair/handshake'
import { alertName } from '@biopair/wire'
import { messageIn, type Seen } from '../middle/seen.ts'
import { asBytes } from './compare.ts'

/**
 * Names and values; `answer` comes first: `ServerHello`, `HelloRetryRequest`, `alert illegal_parameter`, `end`, `reset` or `quiet`. What a HelloRetryRequest says has
 * `retry` before its name. Randoms, shares, signatures and what tickets hold are not among them, nor how messages lie in records.
 */
export type Account = ReadonlyMap<string, string>

/** The facts of what a server said, up to its first answer or all of it. */
export function accountOf(said: readonly Seen[], rest: Readonly<Record<string, string>>): Account {
  const facts = new Map<string, string>()
  const note: Note = (name, value) => {
    if (!facts.has(name)) facts.set(name, value)
  }
  const first = said.map(seen => alertIn(seen) ?? seen.message).find(word => word !== undefined)
  const answer = first ?? rest.answer
  if (answer !== undefined) note('answer', answer)
  const names: string[] = []
  const warnings: string[] = []
  for (const seen of said) {
    const alert = alertIn(seen)
    const warning = alert ? undefined : warningIn(seen)
    const word = alert ?? wordOf(seen)
    if (word) names.push(word)
    if (warning) warnings.push(warning)
    hello(seen, note)
    others(seen, note)
    if (alert) note('alert', alert)
  }
  if (names.length > 0) note('messages', names.join(' '))
  if (warnings.length > 0) note('warnings', warnings.join(' '))
  for (const [name, value] of Object.entries(rest)) note(name, value)
  return facts
}

/** `alert decode_error`, or undefined. Warnings that end nothing are none. */
export function alertIn({ type, bytes }: Seen): string | undefined {
  const [level, description] = bytes
  if (type !== 'alert' || description === undefined) return undefined
  const odd = bytes.length === 2 ? '' : ` of ${bytes.length} bytes`
  if (description === 0) return `alert close_notify${level === 1 ? '' : ` of level ${level}`}${odd}`
  return level === 1
    ? undefined
    : `alert ${alertName(description)}${level === 2 ? '' : ` of level ${level}`}${odd}`
}

function warningIn({ type, bytes }: Seen): string | undefined {
  if (type !== 'alert') return undefined
  const [, description] = bytes
  return description === undefined ? 'of a byte' : alertName(description)
}

/** Of what is said: its name. Tickets come when they come. */
function wordOf(seen: Seen): string | undefined {
  if (seen.type === 'change_cipher_spec') return seen.type
  if (seen.message === 'NewSessionTicket') return undefined
  const update = messageIn(seen, KeyUpdate)
  return update ? `KeyUpdate(${update.request_update})` : seen.message
}

type Note = (name: string, value: string) => void

/** They are told by other facts, or are random. */
const told = [extensionTypes.supported_versions, extensionTypes.key_share, extensionTypes.cookie]

function hello(seen: Seen, note: Note): void {
  const said = messageIn(seen, AnyServerHello)
  if (!said) return
  const retry = isHelloRetryRequest(said)
  const noted: Note = (name, value) => note(retry ? `retry ${name}` : name, value)
  const message = retry ? 'HelloRetryRequest' : 'ServerHello'
  const raw = said.extensions
  const version = attempt(() => readExtension(message, 'supported_versions', raw)?.selected_version)
  const share = retry
    ? attempt(() => readExtension('HelloRetryRequest', 'key_share', raw)?.selected_group)
    : attempt(() => readExtension('ServerHello', 'key_share', raw)?.server_share.group)
  noted('legacy_version', hex(said.legacy_version))
  noted('version', hex(version ?? said.legacy_version))
  noted('suite', hex(said.cipher_suite))
  noted('group', share === undefined ? 'none' : groupName(share))
  // TLS 1.2 makes one up, TLS 1.3 sends it back.
  noted('session id', version ? hexOf(said.legacy_session_id_echo) : 'of TLS 1.2')
  noted('compression', `${said.legacy_compression_method}`)
  noted('extensions', namesOf(raw))
  for (const [name, value] of valuesOf(raw)) noted(`extension ${name}`, value)
}

/** What follows the ServerHello. */
function others(seen: Seen, note: Note): void {
  const said = messageIn(seen, EncryptedExtensions)
  if (said) {
    note('encrypted extensions', namesOf(said.extensions))
    const read = () =>
      readExtension(
        'EncryptedExtensions',
        'application_layer_protocol_negotiation',
        said.extensions,
      )
    const protocol = attempt(read)?.protocol_name_list[0]
    note('alpn', protocol ? String.fromCharCode(...protocol) : 'none')
    const { application_layer_protocol_negotiation: alpn } = extensionTypes
    const rest = said.extensions.filter(({ extension_type }) => extension_type !== alpn)
    for (const [name, value] of valuesOf(rest)) note(`encrypted extension ${name}`, value)
  }
  const { message, bytes } = seen
  const whole = {
    Certificate: 'certificate',
    CertificateRequest: 'certificate request',
    CertificateStatus: 'certificate status',
  }
  for (const [name, fact] of Object.entries(whole))
    if (message === name) note(fact, hexOf(bytes.subarray(messageHeaderLength)))
  const exchange = messageIn(seen, ServerKeyExchange)
  if (exchange) {
    note('key exchange', groupName(exchange.params.namedcurve))
    note('signature', schemeName(exchange.algorithm))
  }
  const signed = messageIn(seen, CertificateVerify)
  if (signed) note('signature', schemeName(signed.algorithm))
}

function schemeName(id: number): string {
  return Object.values(signatureSchemes).find(scheme => scheme.id === id)?.name ?? hex(id)
}

function groupName(id: number): string {
  return groupById(id)?.name ?? hex(id)
}

/** Their order says nothing. */
function namesOf(raw: readonly RawExtension[]): string {
  return raw
    .map(({ extension_type }) => extensionName(extension_type))
    .sort()
    .join(' ')
}

/** What is in them, by their names. */
function valuesOf(raw: readonly RawExtension[]): [name: string, value: string][] {
  return raw
    .filter(({ extension_type }) => !told.some(type => type === extension_type))
    .map(({ extension_type, extension_data }): [string, string] => [
      extensionName(extension_type),
      hexOf(extension_data),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`
}

function hexOf(bytes: Uint8Array): string {
  return asBytes + Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
