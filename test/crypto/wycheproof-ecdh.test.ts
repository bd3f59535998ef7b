/** Wycheproof's vectors for ECDH, through the groups: the private key is what the group draws. */
import { type Bytes, equal, failed, type Group, type Random } from '@biopair/crypto'
import { hex, providers } from '../support/providers.ts'
import { type Vector, wycheproof } from '../support/wycheproof.ts'

/** The secret, or undefined where the share is refused. */
function secret(group: Group, scalar: Bytes, peer: Uint8Array): Bytes | undefined {
  const random: Random = (_purpose, length) => {
    if (scalar.length !== length)
      throw new Error(`a scalar of ${scalar.length} bytes, not ${length}`)
    return scalar.slice()
  }
  const share = group.start(random)
  const finished = share.finish(peer)
  share.wipe()
  return failed(finished) ? undefined : finished
}

/** The head of a SubjectPublicKeyInfo with a named curve and an uncompressed point. */
const spkiHead = {
  secp256r1: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  secp384r1: '3076301006072a8648ce3d020106052b81040022036200',
  secp521r1: '30819b301006072a8648ce3d020106052b8104002303818600',
} as const

const lengths = { secp256r1: 32, secp384r1: 48, secp521r1: 66 } as const

for (const provider of providers) {
  // All of noble's takes 24 s on two cores, this sample 4.
  const sampled = provider.name === 'noble' ? { perKind: 12 } : undefined

  // Low order: refused, as RFC 9846 §7.4.2 has it. Twist and non-canonical keys: computed, as RFC 7748 §5 has it.
  wycheproof(
    'x25519',
    `${provider.name} computes X25519 as Wycheproof says, and refuses points of low order`,
    { checked: 518 },
    vector => {
      const agreed = secret(
        provider.groups.x25519,
        hex(vector.private as string),
        hex(vector.public as string),
      )
      if (vector.flags?.includes('ZeroSharedSecret')) return agreed === undefined
      return agreed !== undefined && equal(agreed, hex(vector.shared as string))
    },
    sampled,
  )

  const point = (name: keyof typeof lengths, vector: Vector, peer: Uint8Array): boolean => {
    const digits = (vector.private as string).replace(/^(00)+/, '')
    const scalar = hex(digits.padStart(2 * lengths[name], '0'))
    const agreed = secret(provider.groups[name], scalar, peer)
    // 'acceptable' with a point of our shape: a BIT STRING of another length or point, refused. Compressed points are
    // 'acceptable' too: TLS 1.3 has none (RFC 9846 §4.3.8.2), refused.
    if (vector.result !== 'valid') return agreed === undefined
    return agreed !== undefined && equal(agreed, hex(vector.shared as string))
  }

  wycheproof(
    'ecdh_secp256r1_ecpoint',
    `${provider.name} agrees over P-256 points as Wycheproof says, and takes no compressed one`,
    { checked: 355 },
    vector => point('secp256r1', vector, hex(vector.public as string)),
    sampled,
  )

  const expected = {
    secp256r1: { checked: 350, other: 262 },
    secp384r1: { checked: 791, other: 256 },
    secp521r1: { checked: 652, other: 264 },
  } as const
  for (const name of ['secp256r1', 'secp384r1', 'secp521r1'] as const)
    wycheproof(
      `ecdh_${name}`,
      `${provider.name} agrees over the ${name} keys of Wycheproof's certificates`,
      expected[name],
      vector => {
        const spki = vector.public as string
        // Another algorithm, explicit parameters, BER: a certificate's reader refuses those, and none of them is 'valid'.
        if (!spki.startsWith(spkiHead[name])) return vector.result === 'valid' ? false : 'other'
        return point(name, vector, hex(spki.slice(spkiHead[name].length)))
      },
      sampled,
    )
}
