/** A server that asks for a certificate after the handshake, and what becomes of it (RFC 9846 §4.7.2). */
import type { Fact, OidFilter, RequestCommand } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import { authoritiesFrom } from './authorities.ts'
import type { SslContext } from './context.ts'
import { type OidFilterOption, oidFiltersFrom } from './oid-filters.ts'
import { checkOptions } from './option-types.ts'
import type { Failed, Waiting } from './outcome.ts'

/** What one request says; left out, what the context does. */
export interface CertificateRequestOptions {
  /** Whether a client that shows none ends the connection (certificate_required): unless `rejectUnauthorized` is false. */
  readonly required?: boolean
  /** DER names of the authorities whose certificates would do. */
  readonly requestAuthorities?: readonly Uint8Array[]
  /** Extensions that the certificate has to have. */
  readonly oidFilters?: readonly OidFilterOption[]
}

/**
 * - `done`: it is on its way; `request` says what has become of it, after each later call
 * - `unsupported`: this client may not be asked: it did not offer post_handshake_auth, or a pre-shared key stands in for certificates
 * - `busy`: 8 requests wait for their answers
 */
export type RequestOutcome =
  | { readonly status: 'done'; readonly request: CertificateInquiry }
  | { readonly status: 'unsupported' | 'busy' }
  | Waiting
  | Failed

/** One request. Its state changes in calls on its connection; a connection that ends leaves it as it is. */
export interface CertificateInquiry {
  /**
   * - `requested`: no answer yet
   * - `answered`: a certificate has come, and is being judged
   * - `authenticated`: it is accepted, and its owner has proved to have the key; `peerCertificates` of the connection are these from here on
   * - `declined`: the client shows none
   */
  readonly state: 'requested' | 'answered' | 'authenticated' | 'declined'
  /** What this request found out, DER, leaf first, or one raw public key; empty before `authenticated`. */
  readonly certificates: readonly Bytes[]
  /** What was found about them; with `rejectUnauthorized: false` it may be that they are not believed. */
  readonly verdict: Verdict | undefined
}

class Inquiry implements CertificateInquiry {
  state: CertificateInquiry['state'] = 'requested'
  certificates: readonly Bytes[] = []
  /** What was found, before the client has proved anything. */
  found: Verdict | undefined
  filters: readonly OidFilter[] | undefined

  get verdict(): Verdict | undefined {
    return this.state === 'authenticated' ? this.found : undefined
  }
}

/** Those of one connection. */
export class Inquiries {
  readonly #open = new Map<string, Inquiry>()
  #asked = 0

  /** A certificate_request_context: a number, so that none comes twice, and bytes that nobody can guess (RFC 9846 §4.4.2). */
  context(context: SslContext): Bytes {
    const bytes = new Uint8Array(32)
    new DataView(bytes.buffer).setUint32(0, ++this.#asked)
    bytes.set(context.draw('certificate_request_context', 28), 4)
    return bytes
  }

  begin(context: Bytes, filters: readonly OidFilter[] | undefined): CertificateInquiry {
    const inquiry = new Inquiry()
    inquiry.filters = filters
    this.#open.set(context.join(), inquiry)
    return inquiry
  }

  /** What a request asked for. */
  filters(context: Bytes): readonly OidFilter[] | undefined {
    return this.#open.get(context.join())?.filters
  }

  judged(context: Bytes, verdict: Verdict): void {
    const inquiry = this.#open.get(context.join())
    if (inquiry) inquiry.found = verdict
  }

  /** Takes a fact in; answers what is known of the client from here on. */
  learn(
    { request, came }: Extract<Fact, { readonly fact: 'client_authentication' }>,
    chain: readonly Bytes[],
  ): Verdict | undefined {
    const inquiry = this.#open.get(request.join())
    if (!inquiry) return undefined
    inquiry.state = came
    if (came !== 'answered') this.#open.delete(request.join())
    if (came !== 'authenticated') return undefined
    inquiry.certificates = chain
    return inquiry.found
  }
}

const optionTypes = {
  required: 'boolean',
  requestAuthorities: 'list of byte arrays',
  oidFilters: 'list of objects',
} as const

/** Reads the options of one request. TypeError for what is none. */
export function requestFrom(
  options: CertificateRequestOptions,
  context: SslContext,
): Omit<RequestCommand, 'command' | 'context'> {
  checkOptions(options, optionTypes)
  const { authorities, filters } = context.clientAuthentication
  const { requestOcsp, requestScts } = context.riding
  const demands: RequestCommand['demands'] = {
    authorities: options.requestAuthorities
      ? authoritiesFrom(options.requestAuthorities)
      : authorities,
    filters: options.oidFilters ? oidFiltersFrom(options.oidFilters) : filters,
    ...{ requestOcsp, requestScts },
  }
  return { required: options.required ?? context.options.rejectUnauthorized !== false, demands }
}
