/** A key that both ends have stands in for certificates, beside ECDHE (RFC 8442, RFC 5489 §2, RFC 4279 §5). */
import type { CipherSuite12 } from '@biopair/crypto'
import { type Bytes, encode, opaque, struct, TlsAlert } from '@biopair/wire'
import { ask, type Flow } from '../flow.ts'
import {
  type PskClientKeyExchange,
  PskServerKeyExchange,
  ServerHelloDone,
} from '../messages/index.ts'
import type { OfferedPsk } from '../psk.ts'
import type { Secrets } from '../secrets.ts'
import { certificates } from '../shown.ts'
import type { Talk } from '../talk.ts'
import type { ServerProof } from './server-proof.ts'

/**
 *     struct {
 *         opaque other_secret<0..2^16-1>;
 *         opaque psk<0..2^16-1>;
 *     };
 *
 * RFC 4279 §2; `other_secret` is what ECDH gives.
 */
const PreMaster = struct({ other_secret: opaque(0, 2 ** 16 - 1), psk: opaque(0, 2 ** 16 - 1) })

/** The premaster secret, for the caller to wipe. What it is made of stays its owners'. */
export function pskPreMaster(otherSecret: Bytes, psk: Bytes): Bytes {
  return encode(PreMaster, { other_secret: otherSecret, psk })
}

/** Client: reads the server's share and chooses the key, of which the server may have given a hint. Neither certificate nor CertificateRequest may come. */
export function* receivePskExchange(
  talk: Talk,
  suite: CipherSuite12,
): Flow<ServerProof & { readonly psk: OfferedPsk }> {
  const { psk_identity_hint: hint, params } = yield* talk.receive('WAIT_SKE', PskServerKeyExchange)
  yield* talk.receive('WAIT_SHD', ServerHelloDone)
  const hashes = [suite.hash]
  const psks = yield* ask({ want: 'psk_offer', hashes, version: 'TLSv1.2', hint })
  // RFC 9258 §6: a key that is imported is of TLS 1.3 alone.
  const psk = psks.find(({ kind, hash }) => kind === 'external' && hash === suite.hash)
  if (!psk)
    throw new TlsAlert('handshake_failure', {
      reason: 'PSK_IDENTITY_NOT_FOUND',
      section: 'RFC 4279 2',
      why: `there is no key for ${suite.name} and the server's hint`,
    })
  tell(talk, psk.identity)
  return { params, psk, request: undefined, chain: [], shown: certificates }
}

/** Server: the premaster secret of the client's key. */
export function* receivePsk(
  talk: Talk,
  suite: CipherSuite12,
  { psk_identity: identity }: PskClientKeyExchange,
  otherSecret: Bytes,
  serverName: string | undefined,
  secrets: Secrets,
): Flow<Bytes> {
  const identities = [{ identity, obfuscated_ticket_age: 0 }]
  const hashes = [suite.hash]
  const psk = yield* ask({ want: 'psk', identities, hashes, serverName, version: 'TLSv1.2' })
  if (psk) secrets.hold(psk.key)
  if (psk && (psk.kind !== 'external' || psk.hash !== suite.hash))
    throw new TypeError('the answer to psk is of no kind or hash that was asked for')
  // RFC 4279 §2: "it MAY respond with an unknown_psk_identity alert". Who does not want to say so has a certificate to go on with in TLS 1.3, and here nothing.
  if (!psk)
    throw new TlsAlert('unknown_psk_identity', {
      reason: 'PSK_IDENTITY_NOT_FOUND',
      section: 'RFC 4279 2',
      why: `there is no key for ${suite.name} and the client's identity of ${identity.length} bytes`,
    })
  tell(talk, identity)
  return secrets.hold(pskPreMaster(otherSecret, psk.key))
}

function tell({ output }: Talk, identity: Bytes): void {
  output.learn({
    fact: 'psk',
    kind: 'external',
    mode: 'psk_dhe_ke',
    identity,
    chain: [],
    shown: certificates,
  })
}
