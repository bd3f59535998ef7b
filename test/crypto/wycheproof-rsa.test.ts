/** Wycheproof's vectors for RSA signatures. */
import { failed, type HashName, type PublicKey, type SignatureAlgorithm } from '@biopair/crypto'
import { hex, providers } from '../support/providers.ts'
import { type VectorGroup, wycheproof } from '../support/wycheproof.ts'

const counts = {
  rsa_pss_2048_sha256_mgf1_32: 108,
  rsa_pss_2048_sha384_mgf1_48: 141,
  rsa_pss_3072_sha256_mgf1_32: 108,
  rsa_pss_3072_sha256_mgf1_32_params: 108,
  rsa_pss_4096_sha512_mgf1_64: 179,
  rsa_signature_2048_sha256: 259,
  rsa_signature_2048_sha384: 258,
  rsa_signature_2048_sha512: 259,
  rsa_signature_3072_sha256: 259,
  rsa_signature_3072_sha384: 259,
  rsa_signature_3072_sha512: 260,
  rsa_signature_4096_sha256: 258,
  rsa_signature_4096_sha384: 259,
  rsa_signature_4096_sha512: 259,
} as const

function algorithm(file: string, group: VectorGroup): SignatureAlgorithm {
  const hash = (group.sha as string).replace('SHA-', 'sha') as HashName
  if (file.startsWith('rsa_signature')) return { kind: 'rsa_pkcs1', hash }
  return { kind: 'rsa_pss', hash, saltLength: group.sLen as number }
}

for (const provider of providers)
  for (const [file, checked] of Object.entries(counts)) {
    const keys = new Map<VectorGroup, PublicKey>()
    const keyOf = (group: VectorGroup): PublicKey => {
      const known = keys.get(group)
      if (known) return known
      const { modulus, publicExponent } = group.publicKey as Record<string, string>
      const [n, e] = [modulus, publicExponent].map(digits =>
        hex((digits as string).replace(/^(00)+/, '')),
      )
      const key = provider.publicKey({ kind: 'rsa', n: n as Uint8Array, e: e as Uint8Array })
      if (failed(key)) throw new Error(key.why)
      keys.set(group, key)
      return key
    }
    wycheproof(
      file,
      `${provider.name} verifies ${file} as Wycheproof says`,
      { checked },
      (vector, group) => {
        const [message, signature] = [hex(vector.msg as string), hex(vector.sig as string)]
        const right = keyOf(group).verify(algorithm(file, group), message, signature)
        // 'acceptable' is MissingNull here: RFC 8017 §9.2 has the NULL, so it is refused.
        return right === (vector.result === 'valid')
      },
    )
  }
