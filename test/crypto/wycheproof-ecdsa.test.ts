/** Wycheproof's vectors for ECDSA. */
import { type CurveName, failed, type HashName, type PublicKey } from '@biopair/crypto'
import { hex, providers } from '../support/providers.ts'
import { type VectorGroup, wycheproof } from '../support/wycheproof.ts'

const files = [
  ['ecdsa_secp256r1_sha256', 'P-256', 'sha256', 484],
  ['ecdsa_secp256r1_sha512', 'P-256', 'sha512', 554],
  ['ecdsa_secp384r1_sha256', 'P-384', 'sha256', 472],
  ['ecdsa_secp384r1_sha384', 'P-384', 'sha384', 504],
  ['ecdsa_secp384r1_sha512', 'P-384', 'sha512', 542],
  ['ecdsa_secp521r1_sha512', 'P-521', 'sha512', 542],
] as const satisfies readonly (readonly [string, CurveName, HashName, number])[]

for (const provider of providers)
  for (const [file, curve, hash, checked] of files) {
    const keys = new Map<VectorGroup, PublicKey>()
    const keyOf = (group: VectorGroup): PublicKey => {
      const known = keys.get(group)
      if (known) return known
      const { uncompressed } = group.publicKey as { uncompressed: string }
      const key = provider.publicKey({ kind: 'ec', curve, point: hex(uncompressed) })
      if (failed(key)) throw new Error(key.why)
      keys.set(group, key)
      return key
    }
    wycheproof(
      file,
      `${provider.name} verifies ${file} as Wycheproof says`,
      { checked },
      (vector, group) => {
        const algorithm = { kind: 'ecdsa', hash } as const
        const [message, signature] = [hex(vector.msg as string), hex(vector.sig as string)]
        const right = keyOf(group).verify(algorithm, message, signature)
        return right === (vector.result === 'valid')
      },
    )
  }
