/** What a fault of a chain is: where it can be, what it changes, and what a verifier has to answer. */
import type { VerifyCode } from '@biopair/x509'
import type { ChainPlan, PlannedCertificate } from '../chain.ts'
import { oid } from '../der-writer.ts'
import type { Minter } from '../minter.ts'

/** One thing that can be wrong with one certificate of a chain. */
export interface Fault {
  /** What such a certificate is like: `has expired`. */
  readonly says: string
  /** Where it can be: `issuer` is intermediate or root, `signed` leaf or intermediate, `any` every place. */
  readonly at: 'leaf' | 'intermediate' | 'issuer' | 'signed' | 'any'
  /** The least depth: 2 where it takes an intermediate below. */
  readonly least?: number
  /** Makes a sound plan one that the fault can be shown on, still sound: a key of another kind, say. */
  readonly prepare?: (plan: ChainPlan, depth: number, minter: Minter) => ChainPlan
  /** The certificate at `depth`, with the fault. */
  readonly change: (plain: PlannedCertificate, depth: number, minter: Minter) => PlannedCertificate
  /** What `verifyChain` answers. */
  readonly code: VerifyCode | ((depth: number) => VerifyCode)
  /** The depth that is blamed, where it is not the certificate's own. */
  readonly blames?: (depth: number) => number
  /** The field that is blamed, in RFC 5280's words; left out where it is no one field. */
  readonly field?: string
  /** The name that the chain is asked for, where it is not `chainName`. */
  readonly name?: string
}

/** Every row, checked for its shape and kept with its names. */
export function table<T extends Readonly<Record<string, Fault>>>(rows: T): T {
  return rows
}

/** A plan with something else at one place. */
export function altered(
  plan: ChainPlan,
  depth: number,
  change: (plain: PlannedCertificate) => PlannedCertificate,
): ChainPlan {
  return plan.map((plain, i) => (i === depth ? change(plain) : plain))
}

/** `prepare` for faults of signatures that take an issuer with an RSA key. */
export const issuerWithRsa: NonNullable<Fault['prepare']> = (plan, depth, minter) =>
  altered(plan, depth + 1, plain => ({ ...plain, key: minter.key('rsa') }))

/** A plain certificate without the extension of this OID, among those that are added to it. */
export function without(plain: PlannedCertificate, id: string): PlannedCertificate {
  const wanted = oid(id)
  const names = (extension: Uint8Array) => {
    const header = 2 + ((extension[1] ?? 0) < 0x80 ? 0 : (extension[1] ?? 0) & 0x7f)
    return wanted.every((byte, i) => extension[header + i] === byte)
  }
  return { ...plain, extensions: (plain.extensions ?? []).filter(one => !names(one)) }
}

/** A plain certificate with one more extension. */
export function extended(plain: PlannedCertificate, extension: Uint8Array): PlannedCertificate {
  return { ...plain, extensions: [...(plain.extensions ?? []), extension] }
}
