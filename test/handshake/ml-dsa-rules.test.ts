/** CertificateVerify with ML-DSA, sent wrong by a server: its scheme, its key and its length (RFC 9846 §4.5.2, draft-ietf-tls-mldsa). */
import { signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import type { CertificateVerify } from '@biopair/handshake'
import { SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { type Edit, ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('mldsa44')
const context = (sigalgs?: readonly string[]) =>
  new SslContext({
    crypto: nodeCrypto,
    ca: chainFor('mldsa44').root.pem,
    groups: 'x25519',
    ...(sigalgs ? { sigalgs } : {}),
  })

function sent(edit: Edit<CertificateVerify>, sigalgs?: readonly string[]): ServerPeer {
  const peer = new ServerPeer(context(sigalgs), identity, 'server.example')
  peer.step()
  peer.sendServerHello()
  peer.sendFlight({ certificateVerify: edit })
  return peer
}

const cases: readonly (readonly [string, AlertName, string, Edit<CertificateVerify>])[] = [
  ...(['mldsa65', 'mldsa87', 'ed25519', 'ecdsa_secp256r1_sha256'] as const).map(
    name =>
      [
        `rule 18: CertificateVerify by ${name} with an mldsa44 key`,
        'illegal_parameter',
        'WRONG_SIGNATURE_TYPE',
        (made: CertificateVerify) => ({ ...made, algorithm: signatureSchemes[name].id }),
      ] as const,
  ),
  [
    'rule 37: an mldsa44 signature with a byte cut off',
    'decrypt_error',
    'BAD_SIGNATURE',
    made => ({ ...made, signature: made.signature.slice(0, -1) }),
  ],
  [
    'rule 37: an mldsa44 signature with a byte added',
    'decrypt_error',
    'BAD_SIGNATURE',
    made => ({ ...made, signature: new Uint8Array([...made.signature, 0]) }),
  ],
  [
    'rule 37: an empty mldsa44 signature',
    'decrypt_error',
    'BAD_SIGNATURE',
    made => ({ ...made, signature: new Uint8Array(0) }),
  ],
  [
    'rule 37: an mldsa44 signature of something else',
    'decrypt_error',
    'BAD_SIGNATURE',
    made => ({
      ...made,
      signature: identity.key.sign(identity.scheme.algorithm, new Uint8Array(130)),
    }),
  ],
]

for (const [title, alert, reason, edit] of cases)
  test(`${title}: ${alert}`, t => {
    const error = refused(t, sent(edit), alert, 'handshake')
    t.is(error?.reason, reason)
  })

test('rule 37: an mldsa44 signature that was not offered: illegal_parameter', t => {
  const peer = sent(made => made, ['ed25519', 'mldsa65', 'mldsa87'])
  const error = refused(t, peer, 'illegal_parameter', 'handshake')
  t.is(error?.reason, 'WRONG_SIGNATURE_TYPE')
})

test('rule 37: an mldsa44 signature as it should be connects', t => {
  const peer = sent(made => made)
  peer.step()
  connected(t, peer)
})
