/** The CRLs that an application has, found by issuer, and who was seen to have signed them. */
import type { Certificate } from './certificate.ts'
import { type Crl, parseCrl } from './crl.ts'
import { sameBytes } from './der.ts'
import type { DistinguishedName } from './distinguished-name.ts'
import { isX509Failure, X509InputError } from './failure.ts'
import { seen, shown } from './input.ts'
import { pemBlocks, pemText } from './pem.ts'

/** CRLs, parsed once and shared by every connection of a context. */
export interface CrlStore {
  readonly crls: readonly Crl[]
  /** Those of this issuer, the newest first. */
  by(issuer: DistinguishedName): readonly Crl[]
  /**
   * Whether the key of a certificate has signed a CRL: `check` is asked once for each key, since hashing a long CRL takes its time. It answers undefined
   * where it could not look.
   */
  signed(crl: Crl, by: Certificate, check: () => boolean | undefined): boolean | undefined
}

// Of the keys that have not signed a CRL, so many are remembered.
const mostRemembered = 8

/**
 * A store of PEM texts (bundles, with text around the blocks) and DER CRLs. `X509InputError` for anything else, and for delta and
 * indirect CRLs; an empty list is a store that knows nothing.
 */
export function crlStore(crls: readonly (string | Uint8Array)[]): CrlStore {
  if (!Array.isArray(crls))
    throw new X509InputError(
      'ERR_X509_INVALID_CRL',
      `crls: expected a list, got ${shown(seen(crls))}`,
    )
  const all = (crls as readonly (string | Uint8Array)[]).flatMap((crl, index) =>
    readCrls(crl, `crl ${index}`),
  )
  const byIssuer = new Map<string, Crl[]>()
  for (const crl of all.toSorted((a, b) => b.thisUpdate - a.thisUpdate)) {
    const found = byIssuer.get(crl.issuer.key)
    if (found) found.push(crl)
    else byIssuer.set(crl.issuer.key, [crl])
  }
  const signers = new Map<Crl, Uint8Array>()
  const others = new Map<Crl, readonly Uint8Array[]>()
  return {
    crls: all,
    by: issuer => byIssuer.get(issuer.key) ?? [],
    signed: (crl, { spki }, check) => {
      const signer = signers.get(crl)
      if (signer && sameBytes(signer, spki)) return true
      const strangers = others.get(crl) ?? []
      if (strangers.some(stranger => sameBytes(stranger, spki))) return false
      const answer = check()
      // Copies: a view would hold on to the whole message that a certificate came in.
      if (answer === true) signers.set(crl, Uint8Array.from(spki))
      if (answer === false)
        others.set(crl, [Uint8Array.from(spki), ...strangers].slice(0, mostRemembered))
      return answer
    },
  }
}

function readCrls(input: string | Uint8Array, what: string): Crl[] {
  if (typeof input !== 'string' && !(input instanceof Uint8Array))
    throw new X509InputError(
      'ERR_X509_INVALID_CRL',
      `${what}: expected PEM text or DER bytes, got ${input === null ? 'null' : typeof input}`,
    )
  const text = pemText(input)
  if (text === undefined) return [readOne(new Uint8Array(input as Uint8Array), what)]
  const blocks = pemBlocks(text)
  const crls = blocks.filter(({ label }) => label === 'X509 CRL')
  if (crls.length === 0)
    throw new X509InputError(
      'ERR_X509_NO_CRL',
      `${what}: expected a PEM block X509 CRL, got ${blocks.length === 0 ? 'no PEM block' : blocks.map(({ label }) => label).join(', ')}`,
    )
  return crls.map(({ bytes }, i) => readOne(bytes, `${what}, block ${i}`))
}

function readOne(der: Uint8Array, what: string): Crl {
  const crl = parseCrl(der)
  if (isX509Failure(crl))
    throw new X509InputError('ERR_X509_INVALID_CRL', `${what}: ${crl.why} (${crl.section})`)
  return crl
}
