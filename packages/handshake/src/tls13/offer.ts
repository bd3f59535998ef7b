/** Reading a ClientHello that offers TLS 1.3 (RFC 9846 §4.2.2, §9.2). */
import type { SignatureScheme } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import {
  type ExtensionsOf,
  extensionTypes,
  type OfferedPsks,
  readExtensions,
} from '../extensions/index.ts'
import type { ClientHello } from '../messages/index.ts'
import { hex, listed } from '../names.ts'
import { knownSchemes } from './known-schemes.ts'
import { checkClientLimit } from './record-limits.ts'

/** A ClientHello that negotiates TLS 1.3, read (RFC 9846 §4.2.2, §9.2). */
export interface Offer {
  readonly extensions: ExtensionsOf<'ClientHello'>
  readonly serverName: string | undefined
  readonly groups: readonly number[]
  /** key_exchange by group. */
  readonly shares: ReadonlyMap<number, Bytes>
  readonly schemes: readonly SignatureScheme[]
  readonly certificateSchemes: readonly SignatureScheme[]
  /** What stands in the way of a handshake without a pre-shared key: an extension that is not there. */
  readonly lacks: TlsAlert | undefined
}

export function readHello(hello: ClientHello): Offer {
  if (hello.legacy_version !== 0x0303)
    throw new TlsAlert('protocol_version', {
      reason: 'UNSUPPORTED_PROTOCOL',
      section: '4.2.2',
      why: `expected legacy_version 0x0303, got ${hex(hello.legacy_version)}`,
    })
  const raw = hello.extensions ?? []
  if (!raw.some(extension => extension.extension_type === extensionTypes.supported_versions))
    throw new TlsAlert('protocol_version', {
      reason: 'UNSUPPORTED_PROTOCOL',
      section: '4.3.1',
      why: 'expected supported_versions, got a ClientHello of TLS 1.2 or below',
    })
  const extensions = readExtensions('ClientHello', raw)
  if (!extensions.supported_versions?.versions.includes(0x0304))
    throw new TlsAlert('protocol_version', {
      reason: 'UNSUPPORTED_PROTOCOL',
      section: '4.3.1',
      why: `expected 0x0304 among the supported_versions, got ${listed(extensions.supported_versions?.versions ?? [])}`,
    })
  if (hello.legacy_compression_methods.length !== 1 || hello.legacy_compression_methods[0] !== 0)
    throw new TlsAlert('illegal_parameter', {
      reason: 'INVALID_COMPRESSION_ALGORITHM',
      section: '4.2.2',
      why: 'expected legacy_compression_methods to be the null method alone',
    })
  const missing = (name: string, reason: string) =>
    new TlsAlert('missing_extension', {
      reason,
      section: '9.2',
      why: `expected ${name} in the ClientHello`,
    })
  if (extensions.pre_shared_key && !extensions.psk_key_exchange_modes)
    throw missing('psk_key_exchange_modes beside pre_shared_key', 'MISSING_PSK_KEX_MODES_EXTENSION')
  if (extensions.pre_shared_key) checkBinderCount(extensions.pre_shared_key)
  // §9.2: who offers a PSK may leave these out, but not one of groups and shares.
  let lacks: TlsAlert | undefined
  if (!extensions.signature_algorithms)
    lacks = missing('signature_algorithms', 'MISSING_SIGALGS_EXTENSION')
  else if (!extensions.supported_groups)
    lacks = missing('supported_groups', 'MISSING_SUPPORTED_GROUPS_EXTENSION')
  if (lacks && !extensions.pre_shared_key) throw lacks
  if (extensions.supported_groups && !extensions.key_share)
    throw missing('key_share', 'NO_SUITABLE_KEY_SHARE')
  if (extensions.key_share && !extensions.supported_groups)
    throw missing('supported_groups', 'MISSING_SUPPORTED_GROUPS_EXTENSION')
  checkClientLimit(extensions.record_size_limit)
  const groups = extensions.supported_groups?.named_group_list ?? []
  const schemes = knownSchemes(
    extensions.signature_algorithms?.supported_signature_algorithms ?? [],
  )
  return {
    extensions,
    serverName: hostName(extensions),
    groups,
    shares: sharesOf(extensions.key_share?.client_shares ?? [], groups),
    lacks,
    schemes,
    certificateSchemes: extensions.signature_algorithms_cert
      ? knownSchemes(extensions.signature_algorithms_cert.supported_signature_algorithms)
      : schemes,
  }
}

function checkBinderCount({ identities, binders }: OfferedPsks): void {
  if (identities.length === binders.length) return
  throw new TlsAlert('illegal_parameter', {
    reason: 'PSK_IDENTITY_BINDER_COUNT_MISMATCH',
    section: '4.3.11',
    why: `expected a binder for each of ${identities.length} identities, got ${binders.length}`,
  })
}

/** RFC 9846 §4.3.8: no group twice, each of supported_groups, in its order. */
function sharesOf(
  entries: readonly { readonly group: number; readonly key_exchange: Bytes }[],
  groups: readonly number[],
): ReadonlyMap<number, Bytes> {
  const shares = new Map<number, Bytes>()
  let last = -1
  for (const { group, key_exchange } of entries) {
    const place = groups.indexOf(group)
    if (place <= last)
      throw new TlsAlert('illegal_parameter', {
        reason: 'BAD_KEY_SHARE',
        section: '4.3.8',
        why: `the share for group ${hex(group)} is ${
          place < 0 ? 'not of supported_groups' : shares.has(group) ? 'there twice' : 'out of order'
        }`,
      })
    last = place
    shares.set(group, key_exchange)
  }
  return shares
}

/**
 * The host_name of server_name (RFC 6066 §3). "Literal IPv4 and IPv6 addresses are not permitted", and some clients send one all the
 * same: as rustls, we act as if no name had been sent. OpenSSL and BoringSSL take it for a name.
 */
export function hostName({
  server_name,
}: Pick<ExtensionsOf<'ClientHello'>, 'server_name'>): string | undefined {
  const [name, ...others] = (server_name?.server_name_list ?? []).filter(
    entry => entry.name_type === 'host_name',
  )
  if (!name) return undefined
  if (others.length > 0)
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_EXTENSION',
      section: 'RFC 6066 3',
      why: `expected one host_name, got ${others.length + 1}`,
    })
  // Cut before it is looked at: a peer can say 65 535 bytes, which are too many to spread.
  const text = String.fromCharCode(...name.name.subarray(0, 256))
  if (!/^[\x21-\x7e]{1,255}$/.test(text) || text.endsWith('.'))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_EXTENSION',
      section: 'RFC 6066 3',
      why: 'expected a host_name of printable ASCII without a trailing dot',
    })
  return isAddress(text) ? undefined : text
}

/** Dotted decimal, or anything with a colon: no host name has one. */
function isAddress(text: string): boolean {
  return text.includes(':') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)
}
