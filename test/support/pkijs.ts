/** As much of pkijs as the tests ask: its own types want the DOM, so they are said here again, for what is called. */

interface Oid {
  readonly type: string
  readonly value: { readonly valueBlock: { readonly value: unknown } }
}

/** A certificate as pkijs has it. */
export interface PkijsCertificate {
  readonly version: number
  readonly serialNumber: { readonly valueBlock: { readonly valueHexView: Uint8Array } }
  readonly subject: { readonly typesAndValues: readonly Oid[] }
  readonly issuer: { readonly typesAndValues: readonly Oid[] }
  readonly notBefore: { readonly value: Date }
  readonly notAfter: { readonly value: Date }
  readonly extensions?: readonly {
    readonly extnID: string
    readonly critical: boolean
    readonly extnValue: { readonly valueBlock: { readonly valueHexView: Uint8Array } }
    readonly parsedValue?: unknown
  }[]
  readonly subjectPublicKeyInfo: { toSchema(): { toBER(): ArrayBuffer } }
}

interface Engine {
  verify(): Promise<{ readonly result: boolean; readonly resultMessage: string }>
}

export interface Pkijs {
  readonly Certificate: { fromBER(der: Uint8Array): PkijsCertificate }
  readonly CertificateChainValidationEngine: new (what: {
    readonly trustedCerts: readonly PkijsCertificate[]
    readonly certs: readonly PkijsCertificate[]
    readonly checkDate: Date
  }) => Engine
}

/** pkijs, or why it is not there. */
export async function pkijs(): Promise<Pkijs | string> {
  // A name that is no literal: the compiler would follow a literal one to its types.
  const name: string = 'pkijs'
  try {
    return (await import(name)) as Pkijs
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
