/** Which of a context's keys is shown to a peer: as a certificate, by itself, or with a delegated credential. */
import type { Identity, WantCertificate } from '@biopair/handshake'
import { canSign, choose } from './choice.ts'
import type { SslContext } from './context.ts'

/** The first type that both ends have, of which there is a key that the peer can verify. */
export function chooseIdentity(context: SslContext, want: WantCertificate): Identity | undefined {
  for (const type of want.types) {
    const found = type === 'rpk' ? choose(context.rawCredentials, want) : certified(context, want)
    if (found) return found
  }
  if (want.role === 'client') return undefined
  // With none that can sign, the first is shown to the flow, whose alert then says what did not fit.
  const all = want.types.flatMap<Identity>(type =>
    type === 'rpk' ? context.rawCredentials : context.credentials,
  )
  return all.some(identity => canSign(identity, want)) ? undefined : all[0]
}

function certified(context: SslContext, want: WantCertificate): Identity | undefined {
  const credential = choose(context.credentials, want)
  if (!credential || want.delegatedSchemes.length === 0) return credential
  const time = context.now()
  const delegated = context.delegatedCredentials.find(
    ({ leaf, role, scheme, algorithm, expires }) =>
      leaf === credential &&
      role === want.role &&
      want.delegatedSchemes.includes(scheme) &&
      want.schemes.includes(algorithm) &&
      time <= expires &&
      expires <= time + 7 * 24 * 3_600_000,
  )
  return delegated ? { ...credential, delegated } : credential
}
