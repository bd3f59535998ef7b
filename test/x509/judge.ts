/** `verifyChain` as the properties ask it: the chain that a TLS server shows, in minted certificates; and what it costs. */
import type { CryptoProvider, PublicKeyMaterial } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import type { Expected } from '@biopair/testkit/mint'
import {
  trustStore,
  type Verdict,
  type VerifyOptions,
  verifyChain,
  verifyCodes,
} from '@biopair/x509'

/** When the properties verify. */
export const now = Date.UTC(2026, 5, 1)

/** What TLS asks of a server's certificate (RFC 9846 §4.5.1.2). */
const tls = { purpose: 'serverAuth', keyUsage: ['digitalSignature'] } as const

interface Der {
  readonly der: Uint8Array
}

/** The verdict about a chain, leaf first, for these anchors. */
export function judge(
  chain: readonly Der[],
  anchors: readonly Der[],
  rest: Partial<VerifyOptions> = {},
): Verdict {
  return verifyChain({
    ...tls,
    chain: chain.map(({ der }) => der),
    anchors: trustStore(anchors.map(({ der }) => der)),
    time: now,
    name: 'server.example',
    crypto: nodeCrypto,
    ...rest,
  })
}

/** What can be compared of a verdict: the code, the depth, the field. */
export function said(verdict: Verdict): string {
  if (verdict.ok) return 'believed'
  return shown({
    code: verdict.code,
    depth: verdict.depth,
    field: 'field' in verdict ? String(verdict.field) : undefined,
  })
}

/** The same of what is expected. */
export function shown({ code, depth, field }: Expected): string {
  return `${code} at ${depth}, ${tellsField ? (field ?? 'no field') : 'no field'}`
}

const tellsField = 'field' in verifyCodes.CERT_HAS_EXPIRED

/** node:crypto, counting what a verification does with it. */
export class CountingCrypto {
  signatures = 0
  keys = 0
  readonly #crypto: Pick<CryptoProvider, 'publicKey'>

  constructor(crypto: Pick<CryptoProvider, 'publicKey'> = nodeCrypto) {
    this.#crypto = crypto
  }

  readonly publicKey = (material: PublicKeyMaterial) => {
    this.keys++
    const key = this.#crypto.publicKey(material)
    if ('failure' in key) return key
    return {
      material,
      verify: (...parts: Parameters<typeof key.verify>) => {
        this.signatures++
        return key.verify(...parts)
      },
    }
  }
}
