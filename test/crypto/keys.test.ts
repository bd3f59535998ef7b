/** Keys that are none: both providers refuse them as values, and no bytes of a stranger make them throw. */
import {
  type CurveName,
  failed,
  type MlDsaName,
  mlDsaSets,
  type PrivateKeyMaterial,
  type PublicKeyMaterial,
} from '@biopair/crypto'
import { curves } from '@biopair/crypto/kit'
import { noble } from '@biopair/crypto/noble'
import test from 'ava'
import fc from 'fast-check'
import { shortOf, untilMet } from '../support/met.ts'
import { providers } from '../support/providers.ts'
import { rsaMaterial } from '../support/rsa-key.ts'
import { seeded } from '../support/seeded.ts'

const curveNames = Object.keys(curves) as CurveName[]
const rsa = rsaMaterial(1024)

const bytes = fc.uint8Array({ maxLength: 140 })
const sized = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length, size: 'max' })
const points = curveNames.map(curve => {
  const group = noble.groups[curves[curve].group]
  return { kind: 'ec' as const, curve, point: group.start(seeded(curve)).publicKey }
})

const mlDsaNames = Object.keys(mlDsaSets) as MlDsaName[]

/** Any bytes, bytes of the right form, real keys, and real keys with a bit flipped. */
const publicMaterial: fc.Arbitrary<PublicKeyMaterial> = fc.oneof(
  fc.record({ kind: fc.constant('ec'), curve: fc.constantFrom(...curveNames), point: bytes }),
  fc.constantFrom(...curveNames).chain(curve =>
    sized(2 * curves[curve].length).map(xy => ({
      kind: 'ec' as const,
      curve,
      point: Uint8Array.of(4, ...xy),
    })),
  ),
  fc.constantFrom(...points),
  fc.tuple(fc.constantFrom(...points), fc.nat()).map(([material, at]) => {
    const point = material.point.slice()
    const bit = at % (8 * point.length)
    point[bit >> 3] = (point[bit >> 3] as number) ^ (1 << (bit & 7))
    return { ...material, point }
  }),
  fc.record({ kind: fc.constant('ed25519'), key: fc.oneof(bytes, sized(32)) }),
  fc.constantFrom(...mlDsaNames).chain(set =>
    fc.record({
      kind: fc.constant('ml-dsa'),
      set: fc.constant(set),
      key: fc.oneof(bytes, sized(mlDsaSets[set].publicKey)),
    }),
  ),
  fc.record({
    kind: fc.constant('rsa'),
    n: fc.oneof(bytes, sized(128), fc.constant(rsa.n)),
    e: fc.oneof(bytes, sized(3), fc.constant(rsa.e)),
  }),
)

test('both providers take and refuse the same public keys, and throw for none', async t => {
  const count = { taken: 0, refused: 0 }
  const property = fc.property(publicMaterial, material => {
    const [one, other] = providers.map(provider => provider.publicKey(material))
    if (!one || !other) return false
    count[failed(one) ? 'refused' : 'taken']++
    return failed(one) === failed(other) && (!failed(one) || one.failure === 'bad_public_key')
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 400 }),
    () => [...shortOf(count, ['taken'], 41), ...shortOf(count, ['refused'], 101)],
  )
  t.log(count)
  t.deepEqual(short, [])
})

for (const provider of providers) {
  const refuses = (material: PublicKeyMaterial): boolean => {
    const key = provider.publicKey(material)
    return failed(key) && key.failure === 'bad_public_key' && key.why.length > 0
  }
  const public_ = { kind: 'rsa', n: rsa.n, e: rsa.e } as const

  test(`${provider.name} takes RSA moduli of 1024 to 8192 odd bits`, t => {
    t.false(refuses(public_))
    const top = new Uint8Array(1024).fill(0xff)
    t.false(refuses({ ...public_, n: top }))
    t.true(refuses({ ...public_, n: Uint8Array.of(1, ...top) }))
    t.true(refuses({ ...public_, n: new Uint8Array(128).fill(0x7f) }), '1023 bits')
    const even = rsa.n.slice()
    even[even.length - 1] = (even.at(-1) as number) & 0xfe
    t.true(refuses({ ...public_, n: even }))
    t.true(refuses({ ...public_, n: Uint8Array.of(0, ...rsa.n) }), 'a leading zero')
    t.true(refuses({ ...public_, n: new Uint8Array(0) }))
  })

  test(`${provider.name} takes odd RSA exponents from 3 to 64 bits`, t => {
    t.false(refuses({ ...public_, e: Uint8Array.of(3) }))
    t.false(refuses({ ...public_, e: new Uint8Array(8).fill(0xff) }))
    for (const e of [[], [0], [1], [2], [4], [0, 3], [1, 0, 0, 0, 0, 0, 0, 0, 1]])
      t.true(refuses({ ...public_, e: Uint8Array.from(e) }), `${e}`)
  })

  test(`${provider.name} takes no point off its curve, compressed, hybrid or at infinity`, t => {
    for (const curve of curveNames) {
      const { publicKey } = provider.groups[curves[curve].group].start()
      t.false(refuses({ kind: 'ec', curve, point: publicKey }))
      const off = publicKey.slice()
      off[off.length - 1] = (off.at(-1) as number) ^ 1
      t.true(refuses({ kind: 'ec', curve, point: off }))
      const { length } = curves[curve]
      t.true(
        refuses({
          kind: 'ec',
          curve,
          point: Uint8Array.of(2, ...publicKey.subarray(1, 1 + length)),
        }),
      )
      t.true(refuses({ kind: 'ec', curve, point: Uint8Array.of(6, ...publicKey.subarray(1)) }))
      t.true(refuses({ kind: 'ec', curve, point: Uint8Array.of(0) }))
      t.true(refuses({ kind: 'ec', curve, point: new Uint8Array(1 + 2 * length) }))
      // x = p is x = 0 written another way; it is no field element.
      t.true(
        refuses({
          kind: 'ec',
          curve,
          point: Uint8Array.of(4, ...new Uint8Array(2 * length).fill(0xff)),
        }),
      )
    }
  })

  test(`${provider.name} refuses private keys that are none`, t => {
    const none: readonly PrivateKeyMaterial[] = [
      { kind: 'ed25519', seed: new Uint8Array(31) },
      ...mlDsaNames.flatMap(
        set =>
          [
            { kind: 'ml-dsa', set, seed: new Uint8Array(31) },
            { kind: 'ml-dsa', set, seed: new Uint8Array(33) },
            { kind: 'ml-dsa', set, expanded: new Uint8Array(mlDsaSets[set].expanded - 1) },
            { kind: 'ml-dsa', set, expanded: new Uint8Array(mlDsaSets[set].expanded) },
            { kind: 'ml-dsa', set, expanded: new Uint8Array(mlDsaSets[set].expanded).fill(255) },
          ] as const,
      ),
      ...curveNames.flatMap(curve =>
        [
          new Uint8Array(0),
          new Uint8Array(curves[curve].length),
          curves[curve].order,
          Uint8Array.of(1, ...curves[curve].order),
        ].map(d => ({ kind: 'ec', curve, d }) as const),
      ),
      { ...rsa, p: rsa.q },
      { ...rsa, p: Uint8Array.of(1), q: rsa.n },
      { ...rsa, dp: rsa.dq },
      { ...rsa, dq: rsa.dp },
      { ...rsa, qi: Uint8Array.of(1) },
      { ...rsa, d: Uint8Array.of(3) },
      { ...rsa, d: new Uint8Array(0) },
      { ...rsa, n: new Uint8Array(128) },
    ]
    for (const material of none) {
      const key = provider.privateKey(material)
      t.true(failed(key) && key.failure === 'bad_private_key', material.kind)
    }
  })

  test(`${provider.name} takes a scalar with or without its leading zeros`, t => {
    for (const d of [[9], [...new Uint8Array(40), 9]]) {
      const key = provider.privateKey({ kind: 'ec', curve: 'P-256', d: Uint8Array.from(d) })
      t.false(failed(key))
    }
  })

  test(`${provider.name} gives random bytes of any length`, t => {
    for (const length of [0, 1, 65536, 65537, 200_000])
      t.is(provider.randomBytes(length).length, length)
    t.notDeepEqual(provider.randomBytes(32), provider.randomBytes(32))
    t.true(
      provider
        .randomBytes(70_000)
        .subarray(69_000)
        .some(byte => byte !== 0),
    )
  })
}
