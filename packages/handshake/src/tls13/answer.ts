/** Judging a server's answer: ServerHello and HelloRetryRequest (RFC 9846 §4.2.3, §4.2.4, §4.3.8). */
import {
  type CipherSuite,
  cipherSuiteById,
  equal,
  failed,
  type Group,
  type KeyShare,
} from '@biopair/crypto'
import { type AlertName, type Bytes, TlsAlert } from '@biopair/wire'
import type { ClientConfig } from '../config.ts'
import { type ExtensionsOf, readExtension, readExtensions } from '../extensions/index.ts'
import type { ClientHello, ServerHello } from '../messages/index.ts'
import { hex } from '../names.ts'

/** What a ServerHello and a HelloRetryRequest have in common (RFC 9846 §4.2.3). */
export function selection<M extends 'ServerHello' | 'HelloRetryRequest'>(
  message: M,
  answer: ServerHello,
  hello: ClientHello,
  config: ClientConfig,
): { suite: CipherSuite; extensions: ExtensionsOf<M> } {
  const illegal = (reason: string, why: string, alert: AlertName = 'illegal_parameter') =>
    new TlsAlert(alert, { reason, section: '4.2.3', why })
  // RFC 9846 §4.3.1: the version is known before the rest is judged.
  const version = readExtension('ServerHello', 'supported_versions', answer.extensions)
  if (!version) {
    if (downgraded(answer.random))
      throw illegal(
        'TLS13_DOWNGRADE',
        'the server speaks TLS 1.3 but was made to choose an older version',
      )
    throw illegal(
      'UNSUPPORTED_PROTOCOL',
      'the server chose a version below TLS 1.3',
      'protocol_version',
    )
  }
  if (version.selected_version !== 0x0304)
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_PROTOCOL_VERSION_NUMBER',
      section: '4.3.1',
      why: `expected selected_version 0x0304, got ${hex(version.selected_version)}`,
    })
  const offered = new Set(hello.extensions?.map(raw => raw.extension_type))
  const extensions = readExtensions(message, answer.extensions, offered)
  if (answer.legacy_version !== 0x0303)
    throw illegal(
      'WRONG_SSL_VERSION',
      `expected legacy_version 0x0303, got ${hex(answer.legacy_version)}`,
      'protocol_version',
    )
  if (!equal(answer.legacy_session_id_echo, hello.legacy_session_id))
    throw illegal(
      'INVALID_SESSION_ID',
      'legacy_session_id_echo is not the legacy_session_id that was sent',
    )
  const suite = cipherSuiteById(answer.cipher_suite)
  if (!suite || !config.suites.includes(suite))
    throw illegal(
      'WRONG_CIPHER_RETURNED',
      `cipher suite ${hex(answer.cipher_suite)} was not offered`,
    )
  if (answer.legacy_compression_method !== 0)
    throw illegal(
      'INVALID_COMPRESSION_ALGORITHM',
      `expected legacy_compression_method 0, got ${answer.legacy_compression_method}`,
    )
  return { suite, extensions }
}

/** What a HelloRetryRequest asks for (RFC 9846 §4.2.4, §4.3.8). */
export function helloRetry(
  answer: ServerHello,
  hello: ClientHello,
  config: ClientConfig,
  shares: ReadonlyMap<number, KeyShare>,
): { suite: CipherSuite; group: Group | undefined; cookie: Bytes | undefined } {
  const { suite, extensions } = selection('HelloRetryRequest', answer, hello, config)
  const cookie = extensions.cookie?.cookie
  const selected = extensions.key_share?.selected_group
  const group = config.groups.find(candidate => candidate.id === selected)
  if (selected !== undefined && (!group || shares.has(group.id)))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_KEY_SHARE',
      section: '4.3.8',
      why: `selected_group ${group?.name ?? hex(selected)} was ${group ? 'shared already' : 'not offered'}`,
    })
  if (!group && !cookie)
    throw new TlsAlert('illegal_parameter', {
      reason: 'NO_CHANGE_FOLLOWING_HRR',
      section: '4.2.4',
      why: 'the HelloRetryRequest has neither key_share nor cookie',
    })
  return { suite, group, cookie }
}

/** The shared secret with the server's share (RFC 9846 §4.3.8, §7.4). */
export function agree(
  extensions: ExtensionsOf<'ServerHello'>,
  config: ClientConfig,
  shares: ReadonlyMap<number, KeyShare>,
): { group: Group; secret: Bytes } {
  const share = extensions.key_share?.server_share
  if (!share)
    throw new TlsAlert('missing_extension', {
      reason: 'NO_SUITABLE_KEY_SHARE',
      section: '9.2',
      why: 'expected key_share in the ServerHello',
    })
  const ours = shares.get(share.group)
  const group = config.groups.find(candidate => candidate.id === share.group)
  if (!ours || !group)
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_KEY_SHARE',
      section: '4.3.8',
      why: `the server's share is of group ${hex(share.group)}, for which none was sent`,
    })
  const secret = ours.finish(share.key_exchange)
  if (failed(secret))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_KEY_SHARE',
      section: '4.3.8.2',
      why: `${group.name}: ${secret.why}`,
    })
  return { group, secret }
}

function downgraded(random: Uint8Array): boolean {
  const tail = random.subarray(24)
  const sentinel = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44]
  return sentinel.every((byte, i) => tail[i] === byte) && (tail[7] === 0 || tail[7] === 1)
}
