/** What a server said, as facts in an order; nothing that is random is among them. */
import {
  AnyServerHello,
  CertificateVerify,
  EncryptedExtensions,
  extensionName,
  isHelloRetryRequest,
  type RawExtension,
  readExtension,
} from '@biopair/handshake'
import { alertName } from '@biopair/wire'
import { messageIn, type Seen } from '../middle/seen.ts'

/** Names and values; `answer` comes first: `ServerHello`, `HelloRetryRequest`, `alert illegal_parameter`, `end` or `quiet`. */
export type Account = ReadonlyMap<string, string>

/** The facts of what a server said, up to its first answer or all of it. */
export function accountOf(said: readonly Seen[], rest: Readonly<Record<string, string>>): Account {
  const facts = new Map<string, string>()
  const note = (name: string, value: string): void => {
    if (!facts.has(name)) facts.set(name, value)
  }
  const names: string[] = []
  for (const seen of said) {
    const alert = alertIn(seen)
    if (alert) note('answer', alert)
    if (seen.message && seen.message !== 'NewSessionTicket') names.push(seen.message)
    if (seen.message) note('answer', seen.message)
    hello(seen, note)
    encrypted(seen, note)
    if (alert) note('alert', alert)
  }
  if (said.some(({ epoch }) => epoch !== 'clear')) note('messages', names.join(' '))
  for (const [name, value] of Object.entries(rest)) note(name, value)
  return facts
}

/** `alert decode_error`, or undefined. Warnings that end nothing are none. */
export function alertIn({ type, bytes }: Seen): string | undefined {
  const [level, description] = bytes
  if (type !== 'alert' || description === undefined) return undefined
  if (description === 0) return 'alert close_notify'
  return level === 2 ? `alert ${alertName(description)}` : undefined
}

type Note = (name: string, value: string) => void

function hello(seen: Seen, note: Note): void {
  const said = messageIn(seen, AnyServerHello)
  if (!said) return
  const retry = isHelloRetryRequest(said)
  const message = retry ? 'HelloRetryRequest' : 'ServerHello'
  const raw = said.extensions
  const version = attempt(() => readExtension(message, 'supported_versions', raw)?.selected_version)
  const share = retry
    ? attempt(() => readExtension('HelloRetryRequest', 'key_share', raw)?.selected_group)
    : attempt(() => readExtension('ServerHello', 'key_share', raw)?.server_share.group)
  note('legacy_version', hex(said.legacy_version))
  note('version', hex(version ?? said.legacy_version))
  note('suite', hex(said.cipher_suite))
  note('group', share === undefined ? 'none' : hex(share))
  // TLS 1.2 makes one up, TLS 1.3 sends it back.
  note(
    'session id',
    `${version ? [...said.legacy_session_id_echo].map(byte).join('') : 'of TLS 1.2'}`,
  )
  note('compression', `${said.legacy_compression_method}`)
  note('extensions', namesOf(raw))
}

function encrypted(seen: Seen, note: Note): void {
  const said = messageIn(seen, EncryptedExtensions)
  if (said && seen.epoch !== 'clear') {
    note('encrypted extensions', namesOf(said.extensions))
    const read = () =>
      readExtension(
        'EncryptedExtensions',
        'application_layer_protocol_negotiation',
        said.extensions,
      )
    const protocol = attempt(read)?.protocol_name_list[0]
    note('alpn', protocol ? String.fromCharCode(...protocol) : 'none')
  }
  if (seen.message === 'Certificate') note('certificate', [...seen.bytes].map(byte).join(''))
  const signed = messageIn(seen, CertificateVerify)
  if (signed && seen.epoch !== 'clear') note('signature', `${signed.algorithm}`)
}

/** Their order says nothing. */
function namesOf(raw: readonly RawExtension[]): string {
  return raw
    .map(({ extension_type }) => extensionName(extension_type))
    .sort()
    .join(' ')
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

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}
