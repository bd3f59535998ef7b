/** Who answers for OCSP responses: what a credential was given, or the application's callbacks (RFC 6066 §8). */
import type { Bytes } from '@biopair/wire'
import type { CallbackContext } from './abort.ts'
import { type Answers, following } from './answers.ts'
import type { SslContext } from './context.ts'
import { misuse } from './misuse.ts'

/** See `ocspRequestCallback`. */
export type OcspRequestCallback = (
  asked: {
    /** Ours, DER. */
    readonly certificate: Bytes
    /** The next of our chain, DER. */
    readonly issuer: Bytes | undefined
    /** Whom a client asked for. */
    readonly servername: string | undefined
  },
  context: CallbackContext,
) => OcspAnswer | Promise<OcspAnswer>

type OcspAnswer = Uint8Array | null | undefined

/** See `ocspResponseCallback`. */
export type OcspResponseCallback = (
  response: Bytes | undefined,
  context: CallbackContext,
) => boolean | Promise<boolean>

/** The longest that fits into an extension. */
export const longestOcspResponse = 2 ** 16 - 1 - 4

/** The answers to `ocsp_request` and `ocsp_response`; `context` is the one in force. */
export function ocspAnswers(
  context: () => SslContext,
): Pick<Answers, 'ocsp_request' | 'ocsp_response'> {
  return {
    ocsp_request: ({ identity, serverName: servername }, asking) => {
      const { ocspRequestCallback } = context().options
      if (!ocspRequestCallback) return identity.ocspResponse
      const [certificate, issuer] = identity.chain
      const asked = { certificate: certificate as Bytes, issuer, servername }
      return following(ocspRequestCallback(asked, asking), stapled)
    },
    ocsp_response: ({ response }, asking) => {
      const { ocspResponseCallback } = context().options
      return ocspResponseCallback ? following(ocspResponseCallback(response, asking), judged) : true
    },
  }
}

function stapled(answer: OcspAnswer): Bytes | undefined {
  if (answer === null || answer === undefined) return undefined
  if (answer instanceof Uint8Array && answer.length <= longestOcspResponse)
    return Uint8Array.from(answer)
  throw misuse(
    'ERR_INVALID_ARG_TYPE',
    `ocspRequestCallback: expected at most ${longestOcspResponse} bytes, null or undefined`,
  )
}

/** Nothing but `true` is good news. */
function judged(answer: boolean): boolean {
  if (typeof answer === 'boolean') return answer
  throw misuse('ERR_INVALID_ARG_TYPE', `ocspResponseCallback: expected a boolean, got ${answer}`)
}
