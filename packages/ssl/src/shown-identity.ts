/** What a certificateCallback answers: read as options are, so that a mistake is told by name, and not by the peer. */
import { type SignatureScheme, type SignatureSchemeName, signatureSchemes } from '@biopair/crypto'
import type { Identity, WantCertificate } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { certificateChainFrom } from '@biopair/x509'
import { misuse } from './misuse.ts'

/**
 * An identity whose key is elsewhere, beside a `signCallback`. Its chain is PEM, DER or a list of DER, leaf first; its schemes, objects as in
 * `want.schemes` or names, are those that its key signs with: all of `want.schemes` that are for such a key.
 */
export interface IdentityOption extends Omit<Identity, 'chain' | 'schemes'> {
  readonly chain: string | Uint8Array | readonly Uint8Array[]
  readonly schemes: readonly (SignatureScheme | SignatureSchemeName)[]
}

/** The identity of an answer; undefined for none. TypeError for what is none. */
export function identityFrom(answer: unknown, { types }: WantCertificate): Identity | undefined {
  if (answer === undefined) return undefined
  if (typeof answer !== 'object' || answer === null)
    throw wrong('an identity or undefined', answer === null ? 'null' : typeof answer)
  const given = answer as IdentityOption
  const { chain, schemes, type = 'x509' } = given
  if (!Array.isArray(schemes) || schemes.length === 0)
    throw wrong('schemes, at least one', Array.isArray(schemes) ? 'none' : typeof schemes)
  if (!types.includes(type)) throw wrong(`a type of ${types.join(' or ')}`, String(type))
  return { ...given, chain: chainFrom(chain, type), schemes: schemes.map(schemeFrom) }
}

function chainFrom(chain: unknown, type: string): readonly Bytes[] {
  if (type === 'x509' && (typeof chain === 'string' || chain instanceof Uint8Array))
    return certificateChainFrom(chain)
  if (!Array.isArray(chain) || chain.length === 0)
    throw wrong(
      'a chain, as PEM, DER or a list of DER',
      Array.isArray(chain) ? 'none' : typeof chain,
    )
  // Every certificate, and every SubjectPublicKeyInfo, is a SEQUENCE.
  if (type === 'rpk' && chain.length > 1) throw wrong('one raw public key', `${chain.length}`)
  for (const der of chain)
    if (!(der instanceof Uint8Array) || der[0] !== 0x30)
      throw wrong('a list of DER', der instanceof Uint8Array ? 'other bytes' : typeof der)
  return chain
}

function schemeFrom(scheme: unknown): SignatureScheme {
  const name = typeof scheme === 'string' ? scheme : (scheme as SignatureScheme | undefined)?.name
  const known = Object.hasOwn(signatureSchemes, name ?? '')
    ? signatureSchemes[name as SignatureSchemeName]
    : undefined
  if (known) return known
  throw wrong(
    'schemes by name or of want.schemes',
    typeof scheme === 'string' ? scheme : typeof scheme,
  )
}

/** The bytes of a signCallback. */
export function signatureFrom(answer: unknown): Bytes {
  if (answer instanceof Uint8Array) return answer as Bytes
  throw misuse('ERR_INVALID_ARG_TYPE', `signCallback: expected bytes, got ${typeof answer}`)
}

function wrong(expected: string, got: string): TypeError {
  return misuse('ERR_INVALID_ARG_TYPE', `certificateCallback: expected ${expected}, got ${got}`)
}
