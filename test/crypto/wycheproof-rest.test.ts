/** Wycheproof's vectors for HMAC, HKDF, Ed25519 and ML-KEM-768. */
import { type Bytes, concat, equal, failed, hkdfExpand, hkdfExtract } from '@biopair/crypto'
import { mlKem768 } from '@biopair/crypto/ml-kem'
import { hex, providers } from '../support/providers.ts'
import { wycheproof } from '../support/wycheproof.ts'

for (const provider of providers) {
  for (const name of ['sha256', 'sha384'] as const) {
    wycheproof(
      `hmac_${name}`,
      `${provider.name} computes HMAC with ${name} as Wycheproof says`,
      { checked: 174 },
      vector => {
        const hmac = provider.hashes[name].hmac(hex(vector.key as string))
        const tag = hex(vector.tag as string)
        // Half of the vectors are truncated tags.
        const mac = hmac.mac(hex(vector.msg as string)).subarray(0, tag.length)
        return equal(mac, tag) === (vector.result === 'valid')
      },
    )
    wycheproof(
      `hkdf_${name}`,
      `${provider.name} extracts and expands HKDF with ${name} as Wycheproof says`,
      { checked: name === 'sha256' ? 86 : 83 },
      vector => {
        const hash = provider.hashes[name]
        const secret = hkdfExtract(hash, hex(vector.salt as string), hex(vector.ikm as string))
        const size = Number(vector.size)
        const expand = (): Bytes =>
          hkdfExpand(hash, hash.hmac(secret), hex(vector.info as string), size)
        if (vector.result === 'valid') return equal(expand(), hex(vector.okm as string))
        try {
          expand()
          return false
        } catch (error) {
          return error instanceof RangeError
        }
      },
    )
  }

  wycheproof(
    'ed25519',
    `${provider.name} verifies Ed25519 as Wycheproof says`,
    { checked: 151 },
    (vector, group) => {
      const { pk } = group.publicKey as { pk: string }
      const key = provider.publicKey({ kind: 'ed25519', key: hex(pk) })
      if (failed(key)) return false
      const [message, signature] = [hex(vector.msg as string), hex(vector.sig as string)]
      return key.verify({ kind: 'ed25519' }, message, signature) === (vector.result === 'valid')
    },
  )

  // Through the group, so that lengths and the refusal count too; the X25519 half is RFC 7748's.
  const group = provider.groups.X25519MLKEM768
  const alice = hex('77076d0a7318a57d3c16c17251b26645db4c94e8a0f1cb1be6e3c3d3c3a40e2b')
  const ecdh = provider.groups.x25519.start(() => alice.slice())
  const bob = provider.groups.x25519.answer(ecdh.publicKey, () => alice.slice())
  const x = ecdh.publicKey
  if (failed(bob)) throw new Error(bob.why)

  wycheproof(
    'mlkem_768',
    `${provider.name} makes ML-KEM-768 keys and opens ciphertexts as Wycheproof says`,
    { checked: 173, other: 20 },
    vector => {
      const seed = hex(vector.seed as string)
      // Seeds of another length are a caller's mistake, not a peer's.
      if (seed.length !== 64) return vector.result === 'invalid' ? 'other' : false
      const share = group.start(purpose =>
        purpose === 'x25519 key' ? alice.slice() : seed.slice(),
      )
      const secret = share.finish(concat(hex(vector.c as string), x))
      if (vector.result === 'invalid') return failed(secret)
      return (
        equal(share.publicKey, concat(hex(vector.ek as string), x)) &&
        !failed(secret) &&
        equal(secret, concat(hex(vector.K as string), bob.secret))
      )
    },
  )

  wycheproof(
    'mlkem_768_encaps',
    `${provider.name} encapsulates to ML-KEM-768 keys as Wycheproof says, and refuses the rest`,
    { checked: 265 },
    vector => {
      const coins = hex(vector.m as string)
      const answer = group.answer(concat(hex(vector.ek as string), x), purpose =>
        purpose === 'x25519 key' ? alice.slice() : coins.slice(),
      )
      if (vector.result === 'invalid') return failed(answer)
      return (
        !failed(answer) &&
        equal(answer.publicKey, concat(hex(vector.c as string), x)) &&
        equal(answer.secret, concat(hex(vector.K as string), bob.secret))
      )
    },
  )
}

wycheproof(
  'mlkem_768_keygen_seed',
  'ML-KEM-768 key pairs follow from their seed as Wycheproof says',
  { checked: 100 },
  vector => {
    const { publicKey, secretKey } = mlKem768.keygen(hex(vector.seed as string))
    return equal(publicKey, hex(vector.ek as string)) && equal(secretKey, hex(vector.dk as string))
  },
)
