/** OCSP responses for tests, minted by `@biopair/testkit/mint` around what `mint` makes. */
import type { Bytes } from '@biopair/crypto'
import {
  type OcspOptions,
  ocspNoCheck,
  ocspResponse,
  type SingleResponseOptions,
} from '@biopair/testkit/mint'
import { type AnyKey, issuerOf, type Minted, type MintOptions, mint } from './mint.ts'

export {
  generalizedTime,
  mustStaple,
  ocspRefusal as refusal,
  ocspWrapped as wrapped,
  sctList,
} from '@biopair/testkit/mint'

/** What is said of one certificate. */
export interface SingleMint extends Partial<Omit<SingleResponseOptions, 'leaf' | 'issuer'>> {
  readonly leaf: Minted<AnyKey>
  readonly issuer: Minted<AnyKey>
}

export interface OcspMint
  extends Partial<Omit<OcspOptions, 'leaf' | 'issuer' | 'signer' | 'named' | 'certs' | 'others'>> {
  readonly leaf: Minted<AnyKey>
  readonly issuer: Minted<AnyKey>
  /** Who signs: the issuer. */
  readonly signer?: Minted<AnyKey>
  /** Whom the response names: the signer. */
  readonly named?: Minted<AnyKey>
  readonly certs?: readonly Minted<AnyKey>[]
  readonly others?: readonly SingleMint[]
}

const hour = 3_600_000

/** An OCSPResponse, DER: of an hour ago, the next in a week, unless a test says otherwise. */
export function mintOcsp(options: OcspMint): Bytes {
  const { signer, named, others = [], ...rest } = options
  return ocspResponse({
    ...times(),
    // What these tests revoke was revoked long ago.
    revokedAt: Date.UTC(2024, 0, 1),
    ...rest,
    issuer: issuerOf(options.issuer),
    ...(signer && { signer: issuerOf(signer) }),
    ...(named && { named }),
    others: others.map(other => ({ ...times(), ...other })),
  })
}

function times() {
  return { thisUpdate: Date.now() - hour, nextUpdate: Date.now() + 168 * hour }
}

/** A certificate that may sign OCSP responses for its issuer. */
export function mintResponder(issuer: Minted<AnyKey>, options: MintOptions = {}): Minted {
  return mint({
    subject: 'ocsp responder',
    issuer,
    extKeyUsage: ['1.3.6.1.5.5.7.3.9'],
    names: [],
    extensions: [ocspNoCheck()],
    ...options,
  })
}
