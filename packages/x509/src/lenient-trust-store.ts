/** A trust store of many certificates that somebody else chose: read when they are asked for, and those that are no good left out by name. */
import { type Certificate, parseCertificate } from './certificate.ts'
import { attempt, constructed, DerReader, sameBytes, tags } from './der.ts'
import { DistinguishedName } from './distinguished-name.ts'
import { isX509Failure } from './failure.ts'
import type { TrustStore } from './trust-store.ts'

/** A certificate of a store, not yet read. */
export interface TrustSource {
  readonly der: Uint8Array
  /** Where it comes from, for `leftOut`: a file and which certificate of it. */
  readonly from: string
}

/** What a store goes without, and why. */
export interface LeftOut {
  readonly from: string
  readonly why: string
}

/** Such a store. `certificates` and `leftOut` read all that has not been read yet; a verification reads only those with the name that it looks for. */
export interface LenientTrustStore extends TrustStore {
  readonly leftOut: readonly LeftOut[]
}

/**
 * A store of certificates as a system or a runtime has them, where one that `parseCertificate` refuses must not cost all others: it is left out, and nobody is
 * believed for its sake. `leftOut` is what was left out before, to be told with the rest.
 */
export function lenientTrustStore(
  sources: readonly TrustSource[],
  leftOut: readonly LeftOut[] = [],
): LenientTrustStore {
  return new Lenient(sources, leftOut)
}

interface Entry extends TrustSource {
  /** Undefined as long as nobody has asked, `bad` for what is no certificate. */
  certificate: Certificate | 'bad' | undefined
}

class Lenient implements LenientTrustStore {
  readonly size: number
  readonly #entries: readonly Entry[]
  readonly #leftOut: LeftOut[]
  #bySubject: Map<string, Entry[]> | undefined

  constructor(sources: readonly TrustSource[], leftOut: readonly LeftOut[]) {
    this.#entries = sources.map(({ der, from }) => ({ der, from, certificate: undefined }))
    this.#leftOut = [...leftOut]
    this.size = sources.length
  }

  get certificates(): readonly Certificate[] {
    // The same ones that a verification would find: each once.
    return [...this.#index().values()].flatMap(entries => this.#read(entries))
  }

  get leftOut(): readonly LeftOut[] {
    this.#read([...this.#index().values()].flat())
    return this.#leftOut
  }

  issuers(name: DistinguishedName): readonly Certificate[] {
    return this.#read(this.#index().get(name.key) ?? [])
  }

  has(certificate: Certificate): boolean {
    return this.issuers(certificate.subject).some(({ raw }) => sameBytes(raw, certificate.raw))
  }

  #index(): Map<string, Entry[]> {
    if (this.#bySubject) return this.#bySubject
    const index = new Map<string, Entry[]>()
    for (const entry of this.#entries) {
      const subject = attempt('RFC 5280 4.1', () => subjectOf(entry.der))
      if (isX509Failure(subject)) {
        this.#leaveOut(entry, subject.why)
        continue
      }
      const found = index.get(subject.key)
      if (found?.some(({ der }) => sameBytes(der, entry.der))) continue
      if (found) found.push(entry)
      else index.set(subject.key, [entry])
    }
    this.#bySubject = index
    return index
  }

  #read(entries: readonly Entry[]): Certificate[] {
    return entries.flatMap(entry => {
      entry.certificate ??= this.#parsed(entry)
      return entry.certificate === 'bad' ? [] : [entry.certificate]
    })
  }

  #parsed(entry: Entry): Certificate | 'bad' {
    const certificate = parseCertificate(entry.der)
    return isX509Failure(certificate) ? this.#leaveOut(entry, certificate.why) : certificate
  }

  #leaveOut({ from }: Entry, why: string): 'bad' {
    this.#leftOut.push({ from, why })
    return 'bad'
  }
}

/** The subject alone: what stands before it is stepped over, and read once the certificate is needed. */
function subjectOf(der: Uint8Array): DistinguishedName {
  const certificate = new DerReader(der).inside(tags.SEQUENCE, 'Certificate')
  const tbs = certificate.inside(tags.SEQUENCE, 'tbsCertificate')
  if (tbs.peek() === constructed(0)) tbs.any('version')
  for (const field of ['serialNumber', 'signature', 'issuer', 'validity']) tbs.any(field)
  return DistinguishedName.read(tbs, 'subject')
}

/** Several stores as one: whoever is an anchor of any of them. */
export function joinedTrustStore(stores: readonly TrustStore[]): TrustStore {
  const [first] = stores
  if (first && stores.length === 1) return first
  const all = (lists: readonly (readonly Certificate[])[]) => {
    const once: Certificate[] = []
    for (const certificate of lists.flat())
      if (!once.some(({ raw }) => sameBytes(raw, certificate.raw))) once.push(certificate)
    return once
  }
  return {
    get certificates() {
      return all(stores.map(({ certificates }) => certificates))
    },
    size: stores.reduce((sum, { size }) => sum + size, 0),
    issuers: name => all(stores.map(store => store.issuers(name))),
    has: certificate => stores.some(store => store.has(certificate)),
  }
}

/** Whether a value is a trust store, and not a certificate or a list of them. */
export function isTrustStore(value: unknown): value is TrustStore {
  if (typeof value !== 'object' || value === null) return false
  const { issuers, has } = value as Partial<TrustStore>
  return typeof issuers === 'function' && typeof has === 'function'
}
