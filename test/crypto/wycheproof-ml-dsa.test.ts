/** Wycheproof's vectors for ML-DSA. TLS and certificates leave the context empty: what was signed with another does not verify. */
import { failed, type MlDsaName } from '@biopair/crypto'
import { parsePublicKey } from '@biopair/x509'
import { hex, providers } from '../support/providers.ts'
import { wycheproof } from '../support/wycheproof.ts'

const counts = {
  mldsa_44_verify: { checked: 180 },
  mldsa_65_verify: { checked: 210 },
  mldsa_87_verify: { checked: 241 },
} as const

for (const provider of providers)
  for (const [file, expected] of Object.entries(counts)) {
    const set = `ML-DSA-${file.slice(6, 8)}` as MlDsaName
    wycheproof(
      file,
      `${provider.name} verifies ${set} as Wycheproof says`,
      expected,
      (vector, group) => {
        const key = provider.publicKey({
          kind: 'ml-dsa',
          set,
          key: hex(group.publicKey as string),
        })
        const valid = vector.result === 'valid' && !vector.ctx
        if (failed(key)) return !valid
        const [message, signature] = [hex(vector.msg as string), hex(vector.sig as string)]
        return key.verify({ kind: 'ml-dsa', set }, message, signature) === valid
      },
      { perKind: 2 },
    )
  }

for (const [file, expected] of Object.entries(counts))
  wycheproof(
    file,
    `the keys of ${file} are read from SubjectPublicKeyInfo, unless their length is wrong`,
    expected,
    ({ flags }, { publicKey, publicKeyDer }) => {
      const parsed = parsePublicKey(hex(publicKeyDer as string))
      if (flags?.includes('IncorrectPublicKeyLength')) return 'failure' in parsed
      if ('failure' in parsed || parsed.kind !== 'ml-dsa') return false
      return Buffer.from(parsed.key).toString('hex') === publicKey
    },
  )
