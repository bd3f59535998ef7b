/** Whether peers' certificates have been revoked: what options of a context say, and what there is to go by. */
import type { CryptoProvider } from '@biopair/crypto'
import type { RevocationOptions as Asked } from '@biopair/x509'
import { type CrlStore, crlStore, isX509Failure, parseOcspResponse } from '@biopair/x509'
import type { StatusOptions } from './certificate-status.ts'
import { misuse } from './misuse.ts'
import { many, oneOf } from './option-values.ts'

export interface RevocationOptions {
  /**
   * CRLs, PEM or DER (node:tls's name): every certificate below the anchor has to be shown good, unless `revocation` says otherwise. `SslContext.setCrls`
   * changes them. Delta and indirect ones are refused.
   */
  readonly crl?: string | Uint8Array | readonly (string | Uint8Array)[]
  /**
   * `hard`: each certificate has to be shown good, by a CRL or an OCSP response. `soft`: none may be known to be revoked. `off`. It is `hard` where there
   * is `crl`, and else `off`. Where it is said to be on, a response is asked for; what `ocsp` says of that holds as well.
   */
  readonly revocation?: RevocationCheck
  /** Which certificates: `chain`, all below the anchor, or `leaf`, the peer's alone. */
  readonly revocationScope?: 'leaf' | 'chain'
  /** OCSP responses about peers and authorities that we have already, DER. `SslContext.setPeerOcspResponses` changes them. */
  readonly peerOcspResponses?: readonly Uint8Array[]
}

export type RevocationCheck = 'off' | 'soft' | 'hard'

type Crls = NonNullable<RevocationOptions['crl']>

/** Of one context. Connections ask it anew for each chain, so that what is set counts at once. */
export class RevocationPolicy {
  readonly check: RevocationCheck
  readonly #scope: 'leaf' | 'chain'
  readonly #hashes: CryptoProvider['hashes']
  #crls: CrlStore
  #responses: readonly Uint8Array[] | undefined

  /** TypeError for options that contradict each other, and for what is no CRL or response. */
  constructor(options: RevocationOptions & StatusOptions, hashes: CryptoProvider['hashes']) {
    const { crl, revocation, revocationScope = 'chain', peerOcspResponses, ocsp } = options
    oneOf('revocation', revocation, ['off', 'soft', 'hard'])
    oneOf('revocationScope', revocationScope, ['leaf', 'chain'])
    this.check = revocation ?? (crl === undefined ? 'off' : 'hard')
    this.#scope = revocationScope
    this.#hashes = hashes
    const contrary = (name: string) =>
      misuse('ERR_INVALID_ARG_VALUE', `revocation: expected soft or hard beside ${name}, got off`)
    if (revocation === 'off' && (ocsp === 'check' || ocsp === 'require'))
      throw contrary(`ocsp: ${ocsp}`)
    this.#crls = crlStore([])
    if (crl !== undefined) this.setCrls(crl)
    if (peerOcspResponses !== undefined) this.setResponses(peerOcspResponses)
  }

  setCrls(crls: Crls): void {
    this.#mayHave('crl')
    this.#crls = crlStore(many(crls))
  }

  setResponses(responses: readonly Uint8Array[]): void {
    this.#mayHave('peerOcspResponses')
    for (const [index, der] of responses.entries()) {
      const response = parseOcspResponse(der)
      if (isX509Failure(response))
        throw misuse('ERR_INVALID_ARG_VALUE', `peerOcspResponses[${index}]: ${response.why}`)
    }
    this.#responses = responses.map(der => Uint8Array.from(der))
  }

  /** The question that is asked of a chain; undefined for none. */
  question(
    stapled: readonly (Uint8Array | undefined)[] | undefined,
    knownGood: boolean,
  ): Asked | undefined {
    if (this.check === 'off') return undefined
    return {
      check: this.check,
      scope: this.#scope,
      crls: this.#crls,
      ocsp: this.#responses,
      ...{ stapled, knownGood },
      hashes: this.#hashes,
    }
  }

  // Who gives CRLs relies on them.
  #mayHave(name: string): void {
    if (this.check !== 'off') return
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${name}: expected revocation to be soft or hard, got off`,
    )
  }
}
