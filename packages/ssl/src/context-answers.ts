/** Who answers a connection's wants: the context's credentials, anchors and protocols, or its callbacks in their place. */
import { equal, type Random } from '@biopair/crypto'
import type { Identity, OidFilter, ServerNameAnswer, WantVerification } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import { type Answers, following } from './answers.ts'
import { ClientHelloView } from './client-hello-view.ts'
import { SslContext } from './context.ts'
import type { SniAnswer } from './context-options.ts'
import type { Credential } from './credentials.ts'
import { text } from './facts.ts'
import { misuse } from './misuse.ts'
import type { NameDemands } from './name-demands.ts'
import { ocspAnswers } from './ocsp-answers.ts'
import { filterFrom } from './oid-filters.ts'
import { chooseIdentity } from './own-identity.ts'
import { pskAnswers } from './psk-answers.ts'
import type { Session } from './session.ts'
import { identityFrom, signatureFrom } from './shown-identity.ts'
import { sessionAnswer } from './tickets12.ts'
import { verifyPeer } from './verification.ts'

export interface AnswersFor {
  readonly context: SslContext
  /** What the peer has to prove. */
  readonly names: NameDemands
  /** The raw public keys that this peer may have; undefined for those of the context. */
  readonly rawPublicKeys: readonly Bytes[] | undefined
  /** Is told the verdict on the peer's chain, and which it is. */
  readonly judged: (verdict: Verdict, want: WantVerification) => void
  /** Server: what a request after the handshake asked for. */
  readonly filters: (request: Bytes) => readonly OidFilter[] | undefined
  /** Client: the session to offer. Asked once. */
  readonly session: () => Session | undefined
  /** Server: what tickets of QUIC are good for; absent over records. */
  readonly quic?: () => Bytes | undefined
  /** Is told the context that answers from here on. */
  readonly switched: (context: SslContext) => void
}

/** The answers for one connection, by its context or the one that SNICallback puts in its place. */
export function answersOf(connection: AnswersFor): Answers {
  let { context } = connection
  const random: Random | undefined = context.options.random
  const turnTo = (answer: SniAnswer): ServerNameAnswer => {
    const chosen = answer instanceof SslContext ? { context: answer } : (answer ?? {})
    checkChoice(chosen)
    const { acknowledge = true } = chosen
    if (!chosen.context || chosen.context === context) return { acknowledge }
    context = chosen.context
    connection.switched(context)
    const { requestOcsp, requestScts } = context.riding
    return { acknowledge, ...context.clientAuthentication, requestOcsp, requestScts }
  }
  return {
    ...pskAnswers(connection.context, connection.session, connection.quic),
    ...ocspAnswers(() => context),
    session: sessionAnswer(connection.context),
    client_hello: (want, asking) => {
      const { clientHelloCallback } = context.options
      if (!clientHelloCallback) return undefined
      const hello = new ClientHelloView(want.message, want.retried)
      return following(clientHelloCallback(hello, asking), goOn)
    },
    server_name: (want, asking) => {
      const { SNICallback } = context.options
      return SNICallback ? following(SNICallback(want.serverName, asking), turnTo) : {}
    },
    alpn: (want, asking) => {
      const { options } = context
      if (options.ALPNCallback) {
        const protocols = want.offered.map(text)
        const offer = { servername: want.serverName, protocols }
        const chosen = options.ALPNCallback(offer, asking)
        const answer = (name: string | null | undefined) => {
          if (name === undefined) return 'refuse' as const
          if (name === null) return 'none' as const
          const protocol = want.offered.find(offered => text(offered) === name)
          if (protocol) return protocol
          throw misuse(
            'ERR_INVALID_ARG_VALUE',
            `ALPNCallback: expected one of ${protocols.join(', ')}, got ${name}`,
          )
        }
        return following(chosen, answer)
      }
      if (context.alpn.length === 0) return 'none'
      const ours = context.alpn.find(mine => want.offered.some(theirs => equal(mine, theirs)))
      return ours ?? 'refuse'
    },
    certificate: (want, asking) => {
      // Whoever chooses, the demands have to be sound.
      filterFrom(want.filters)
      const { certificateCallback } = context.options
      if (!certificateCallback) return chooseIdentity(context, want)
      return following(certificateCallback(want, asking) as Identity | undefined, answer =>
        identityFrom(answer, want),
      )
    },
    signature: (want, asking) => {
      const { signCallback } = context.options
      if (signCallback) return following(signCallback(want, asking), signatureFrom)
      const { delegated } = want.identity
      const { key } = (delegated ?? want.identity) as Partial<Credential>
      if (!key)
        throw misuse('ERR_NO_CERTIFICATE', 'the identity has no key: expected a signCallback')
      return key.sign(want.scheme.algorithm, want.content, random)
    },
    verification: (want, asking) => {
      const { options } = context
      return verifyPeer(
        want,
        {
          crypto: context.keys,
          anchors: context.vouching,
          pins: context.pins,
          checkServerIdentity: options.checkServerIdentity,
          rawPublicKeys: connection.rawPublicKeys ?? context.rawPublicKeys,
          time: options.verifyTime ?? context.now(),
          ...connection.names,
          required: options.rejectUnauthorized !== false,
          minimumRsaBits: options.minimumRsaBits,
          allowPartialTrustChain: options.allowPartialTrustChain,
          cache: context.verified,
          limits: options.verifyLimits,
          profile: options.verifyProfile,
          policies: options.verifyPolicies,
          status: context.status,
          revocation: context.revocation,
          callback: options.verifyCallback,
          filters: want.request
            ? connection.filters(want.request)
            : context.clientAuthentication.filters,
        },
        verdict => connection.judged(verdict, want),
        asking,
      )
    },
  }
}

/** A callback that says "no" instead of throwing must not be taken for one that says nothing. */
function goOn(answer: unknown): undefined {
  if (answer === undefined) return
  throw misuse(
    'ERR_INVALID_ARG_TYPE',
    `clientHelloCallback: expected undefined or an exception, got ${answer}`,
  )
}

function checkChoice(chosen: object): void {
  const { context, acknowledge } = chosen as { context?: unknown; acknowledge?: unknown }
  const known = Object.keys(chosen).every(name => ['context', 'acknowledge'].includes(name))
  if (
    typeof chosen === 'object' &&
    known &&
    (context === undefined || context instanceof SslContext) &&
    (acknowledge === undefined || typeof acknowledge === 'boolean')
  )
    return
  throw misuse('ERR_INVALID_ARG_TYPE', 'SNICallback: expected an SslContext or undefined')
}
