/** Delegated credentials in a handshake: who may show one, with which schemes, and what is signed (RFC 9345 §4). */
import { ascii, concat, type SignatureScheme, signatureSchemeById } from '@biopair/crypto'
import { type Bytes, decode, encode, TlsAlert } from '@biopair/wire'
import type { FlowConfig } from '../config.ts'
import {
  DelegatedCredential,
  type ExtensionMessage,
  extensionTypes,
  writeExtension,
} from '../extensions/index.ts'
import type { Role } from '../flow.ts'
import type { Certificate, RawExtension } from '../messages/index.ts'
import { hex } from '../names.ts'
import type { DelegatedIdentity } from '../shown.ts'
import { knownSchemes } from './known-schemes.ts'

/** Whether a delegated key may sign with a scheme: in handshakes, and RFC 9345 §4 rules out a key of rsaEncryption. */
export function mayDelegate(scheme: SignatureScheme): boolean {
  return scheme.handshake && scheme.key !== 'rsa'
}

/** What a ClientHello or a CertificateRequest says: nothing where delegated credentials are not taken. */
export function offeredDelegation(
  message: Extract<ExtensionMessage, 'ClientHello' | 'CertificateRequest'>,
  { delegatedSchemes = [] }: FlowConfig,
): RawExtension[] {
  if (delegatedSchemes.length === 0) return []
  return [
    writeExtension(message, 'delegated_credential', {
      supported_signature_algorithms: delegatedSchemes.map(scheme => scheme.id),
    }),
  ]
}

/** The schemes that a peer takes a delegated credential with, in its order. */
export function delegatedSchemesOf(
  offer: { readonly supported_signature_algorithms: readonly number[] } | undefined,
): SignatureScheme[] {
  return knownSchemes(offer?.supported_signature_algorithms ?? []).filter(mayDelegate)
}

/** RFC 9345 §4.1.1, §4.1.2: who has not asked for one "MUST abort the handshake with an "unexpected_message" alert". */
export function checkAskedFor(certificate: Certificate, offered: ReadonlySet<number>): void {
  const { delegated_credential } = extensionTypes
  const there = certificate.certificate_list.some(({ extensions }) =>
    extensions.some(({ extension_type }) => extension_type === delegated_credential),
  )
  if (there && !offered.has(delegated_credential))
    throw new TlsAlert('unexpected_message', {
      reason: 'UNEXPECTED_EXTENSION',
      section: 'RFC 9345 4',
      why: 'got a delegated_credential that we had not asked for',
    })
}

/** A delegated credential of ours, as it stands in the entry of our own certificate. */
export function delegationOf({ credential }: DelegatedIdentity): RawExtension {
  return { extension_type: extensionTypes.delegated_credential, extension_data: credential }
}

/** The DelegatedCredential of the peer's own certificate; those of other entries are passed over (RFC 9345 §4.1.1). */
export function delegatedOf(certificate: Certificate): Bytes | undefined {
  return certificate.certificate_list[0]?.extensions.find(
    ({ extension_type }) => extension_type === extensionTypes.delegated_credential,
  )?.extension_data
}

/**
 * What its key signs with. RFC 9345 §4.1: `algorithm` is of our signature_algorithms, `dc_cert_verify_algorithm` of the schemes that we
 * take delegated credentials with, "otherwise, the credential is considered not valid".
 * @throws TlsAlert `illegal_parameter` (INVALID_DELEGATED_CREDENTIAL) or `decode_error`
 */
export function delegatedScheme(delegated: Bytes, config: FlowConfig): SignatureScheme {
  const { cred, algorithm } = decode(DelegatedCredential, delegated)
  const { delegatedSchemes = [], schemes } = config
  if (!schemes.some(({ id, handshake }) => handshake && id === algorithm))
    throw invalidDelegation(`it is signed with ${hex(algorithm)}, which we had not offered`)
  const scheme = signatureSchemeById(cred.dc_cert_verify_algorithm)
  if (scheme && mayDelegate(scheme) && delegatedSchemes.includes(scheme)) return scheme
  throw invalidDelegation(
    `its key signs with ${scheme?.name ?? hex(cred.dc_cert_verify_algorithm)}, which we do not take one with`,
  )
}

/** The alert for a delegated credential that is not to be believed (RFC 9345 §4.1.3). */
export function invalidDelegation(why: string, section = 'RFC 9345 4.1.3'): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'INVALID_DELEGATED_CREDENTIAL',
    section,
    why: `the delegated credential is not valid: ${why}`,
  })
}

/** What the certificate's key signs to delegate (RFC 9345 §4). */
export function delegationContent(
  role: Role,
  leaf: Uint8Array,
  credential: Omit<DelegatedCredential, 'signature'>,
): Bytes {
  const whole = encode(DelegatedCredential, { ...credential, signature: new Uint8Array(1) })
  return concat(
    new Uint8Array(64).fill(0x20),
    ascii(`TLS, ${role} delegated credentials`),
    new Uint8Array(1),
    leaf,
    // Everything but the signature and its length: Credential, then algorithm.
    whole.subarray(0, whole.length - 3),
  )
}
