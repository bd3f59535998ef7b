/** What rides with certificates of ours, as options give it: one OCSP response and one list of SCTs for each. */
import type { Bytes } from '@biopair/wire'
import { isX509Failure, parseOcspResponse } from '@biopair/x509'
import type { Credential } from './credentials.ts'
import { misuse } from './misuse.ts'
import { longestOcspResponse } from './ocsp-answers.ts'

export interface StapledOptions {
  /** The OCSP response to show with our certificate to a peer that asks, DER; of several `cert` a list, in their order. */
  readonly ocspResponse?: Uint8Array | readonly (Uint8Array | undefined)[]
  /** The signed certificate timestamps to show with it, each a SerializedSCT (RFC 6962 §3.3); of several `cert` a list of such lists. */
  readonly scts?: readonly Uint8Array[] | readonly (readonly Uint8Array[])[]
}

/** The credentials with what rides with them. TypeError for what fits none of them, or cannot be read. */
export function withStapled(
  credentials: readonly Credential[],
  { ocspResponse, scts }: StapledOptions,
): readonly Credential[] {
  if (ocspResponse === undefined && scts === undefined) return credentials
  const responses = ocspResponse instanceof Uint8Array ? [ocspResponse] : (ocspResponse ?? [])
  const lists = sctLists(scts ?? [])
  fits('ocspResponse', responses.length, credentials.length)
  fits('scts', lists.length, credentials.length)
  return credentials.map((credential, i) => ({
    ...credential,
    ocspResponse: responses[i] && checkedResponse(responses[i]),
    scts: (lists[i] ?? []).map(sct => Uint8Array.from(sct)),
  }))
}

function checkedResponse(bytes: Uint8Array): Bytes {
  const response = parseOcspResponse(bytes)
  if (isX509Failure(response))
    throw misuse('ERR_INVALID_ARG_VALUE', `ocspResponse: ${response.why}`)
  if (bytes.length <= longestOcspResponse) return Uint8Array.from(bytes)
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `ocspResponse: expected at most ${longestOcspResponse} bytes, got ${bytes.length}`,
  )
}

function sctLists(scts: NonNullable<StapledOptions['scts']>): readonly (readonly Uint8Array[])[] {
  const one = scts.every(sct => sct instanceof Uint8Array)
  const lists = one ? (scts.length > 0 ? [scts as readonly Uint8Array[]] : []) : scts
  for (const list of lists as readonly (readonly Uint8Array[])[]) {
    if (!Array.isArray(list) || !list.every(sct => sct instanceof Uint8Array))
      throw misuse('ERR_INVALID_ARG_TYPE', 'scts: expected byte arrays, or a list of them per cert')
    const length = list.reduce((sum, sct) => sum + 2 + sct.length, 2)
    if (length > 2 ** 16 - 1 || list.some(sct => sct.length === 0))
      throw misuse('ERR_INVALID_ARG_VALUE', `scts: expected up to 65 533 bytes, got ${length}`)
  }
  return lists as readonly (readonly Uint8Array[])[]
}

function fits(option: string, given: number, credentials: number): void {
  if (given <= credentials) return
  throw misuse('ERR_INVALID_ARG_VALUE', `${option}: got ${given} for ${credentials} of cert`)
}
