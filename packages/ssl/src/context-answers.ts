/** Who answers a connection's wants: the context's credentials, anchors and protocols, or its callbacks in their place. */
import { equal } from '@biopair/crypto'
import type { Role } from '@biopair/handshake'
import type { Verdict } from '@biopair/x509'
import { type Answers, following } from './answers.ts'
import type { SslContext } from './context.ts'
import { type Credential, choose } from './credentials.ts'
import { text } from './facts.ts'
import { misuse } from './misuse.ts'
import { verifyPeer } from './verification.ts'

/** The answers of a context for one connection; `noted` is told the verdict on the peer's chain. */
export function answersOf(
  context: SslContext,
  role: Role,
  servername: string | undefined,
  noted: (verdict: Verdict) => void,
): Answers {
  const { options } = context
  return {
    alpn: (want, asking) => {
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
    certificate: (want, asking) =>
      options.certificateCallback
        ? options.certificateCallback(want, asking)
        : choose(context.credentials, want),
    signature: (want, asking) => {
      if (options.signCallback) return options.signCallback(want, asking)
      const { key } = want.identity as Credential
      if (!key)
        throw misuse('ERR_NO_CERTIFICATE', 'the identity has no key: expected a signCallback')
      return key.sign(want.scheme.algorithm, want.content, options.random)
    },
    verification: (want, asking) =>
      verifyPeer(
        want,
        {
          crypto: context.keys,
          anchors: context.anchors,
          time: context.now(),
          name: role === 'client' ? servername : undefined,
          required: options.rejectUnauthorized !== false,
          minimumRsaBits: options.minimumRsaBits,
          allowPartialTrustChain: options.allowPartialTrustChain,
          limits: options.verifyLimits,
          callback: options.verifyCallback,
        },
        noted,
        asking,
      ),
  }
}
