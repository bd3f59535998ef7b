/** What a verification asks beyond the usual, chosen by the upper bits of an input of the target `certificate`. */
import {
  type CrlStore,
  crlStore,
  lenientTrustStore,
  profiles,
  trustStore,
  type VerifyOptions,
  verifyCodes,
} from '@biopair/x509'
import type { Minted } from '../certificate.ts'
import type { Minter } from '../minter.ts'

/** What a demand may be about: the certificates of the target, and what the input is where it is no certificate. */
export interface Grounds {
  readonly minter: Minter
  readonly root: Minted
  readonly issuer: Minted
  readonly leaf: Minted
}

type Demand = Partial<Omit<VerifyOptions, 'chain' | 'crypto'>>

/** Of sixteen; the first asks for nothing. `evidence` stands among what is known about revocation. */
export function demandsOf({
  minter,
  root,
  issuer,
  leaf,
}: Grounds): readonly ((evidence: Evidence) => Demand)[] {
  const stapled = [minter.ocsp(leaf, issuer), minter.ocsp(issuer, root)]
  const crls = [minter.crl(issuer).der, minter.crl(root).der]
  // Nothing that is secret is pinned: a digest that everybody can have.
  const sha256 = (bytes: Uint8Array) => Uint8Array.from({ length: 32 }, (_, i) => bytes[i] ?? 0)
  const pins = { digests: [sha256(leaf.spki), sha256(issuer.spki)], sha256 }
  const [both, one, none] = [stores(crls), stores(crls.slice(0, 1)), stores([])]
  const mixed = lenientTrustStore([root, issuer].map(({ der }) => ({ der, from: 'here' })))
  return [
    () => ({}),
    () => ({ profile: profiles[1] }),
    () => ({ profile: profiles[2], name: ['server.example', '192.0.2.1'] }),
    () => ({ purpose: 'clientAuth', name: 'email:someone@server.example', keyUsage: undefined }),
    () => ({ policies: { initial: ['1.2.3.4'], requireExplicit: true } }),
    () => ({ policies: { inhibitMapping: true, inhibitAny: true }, profile: profiles[1] }),
    evidence => ({
      revocation: { check: 'hard', stapled: evidence.ocsp ?? stapled, crls: both(evidence) },
    }),
    evidence => ({
      revocation: { check: 'soft', crls: none(evidence), ocsp: evidence.ocsp ?? [] },
    }),
    evidence => ({
      revocation: {
        ...{ check: 'hard', scope: 'leaf' },
        ...(evidence.ocsp ? { stapled: evidence.ocsp } : { crls: one(evidence) }),
      },
    }),
    () => ({ anchors: undefined, pins }),
    () => ({ pins, allowPartialTrustChain: true, anchors: mixed }),
    () => ({
      name: ['email:x@y.example', '2001:db8::1', 'a.server.example'],
      allowWildcards: false,
    }),
    () => ({ limits: { depth: 1, signatures: 3, chainBytes: 3000, comparisons: 40 } }),
    evidence => ({
      forgiven: [0, 1, 2].flatMap(depth => codes.map(code => ({ code, depth }))),
      revocation: { check: 'hard', crls: both(evidence) },
    }),
    () => ({ anchors: trustStore([issuer.der]), allowPartialTrustChain: true, name: undefined }),
    () => ({ minimumRsaBits: 4096, purpose: 'clientAuth', name: undefined }),
  ]
}

/** What the input is, where it is no certificate. */
export interface Evidence {
  readonly ocsp?: readonly Uint8Array[]
  readonly crl?: Uint8Array
}

const codes = Object.keys(verifyCodes) as readonly (keyof typeof verifyCodes)[]

/** The usual CRLs, made once, or the input in the place of the first. */
function stores(crls: readonly Uint8Array[]): (evidence: Evidence) => CrlStore {
  const usual = crlStore(crls)
  return ({ crl }) => (crl ? crlStore([crl, ...crls.slice(1)]) : usual)
}
