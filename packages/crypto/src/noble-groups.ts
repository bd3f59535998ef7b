/** The groups over @noble/curves and @noble/post-quantum. */
import { x25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { randomBytes } from '@noble/hashes/utils.js'
import { wipe } from './bytes.ts'
import { type Curve, curves, uncompressed } from './curves.ts'
import { drawScalar } from './draw.ts'
import { ecdhGroup, type ScalarMultiplication } from './ecdh.ts'
import { groups as rows } from './groups.ts'
import { secP256r1MlKem768, secP384r1MlKem1024, x25519MlKem768 } from './hybrid.ts'
import type { CurveName } from './keys.ts'
import { mlKem768, mlKem1024 } from './noble-ml-kem.ts'
import { montgomery } from './noble-montgomery.ts'
import type { CryptoFailure, CryptoProvider, Group, Random } from './provider.ts'

/** The library's own curves, for signatures too. */
export const nobleCurves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const

/** What is drawn from where a caller gives no `Random`. */
export const system: Random = (_purpose, length) => randomBytes(length)

function weierstrass(curve: Curve): ScalarMultiplication {
  const { Point } = nobleCurves[curve.name]
  return {
    draw: random => drawScalar(random, curve),
    publicKey: scalar => Point.BASE.multiply(Point.Fn.fromBytes(scalar)).toBytes(false),
    agree(scalar, peer) {
      let point: InstanceType<typeof Point>
      try {
        point = Point.fromBytes(peer)
      } catch {
        return bad(`the share is no point of ${curve.name}`)
      }
      const shared = point.multiply(Point.Fn.fromBytes(scalar)).toBytes(true)
      // RFC 9846 §7.4.2: the x coordinate, leading zeros kept.
      const secret = shared.slice(1)
      wipe(shared)
      return secret
    },
    fault: peer =>
      uncompressed(curve, peer)
        ? undefined
        : bad(
            `a share of ${curve.group} is 04 and ${2 * curve.length} bytes (${peer.length} came)`,
          ),
  }
}

function bad(why: string): CryptoFailure {
  return { failure: 'bad_key_share', why }
}

const nist = (name: CurveName): Group =>
  ecdhGroup(rows[curves[name].group], weierstrass(curves[name]), system)

const x25519Group = ecdhGroup(rows.x25519, montgomery('x25519', 32, x25519), system)
const secp256r1 = nist('P-256')
const secp384r1 = nist('P-384')

export const groups: CryptoProvider['groups'] = {
  X25519MLKEM768: x25519MlKem768(mlKem768, x25519Group, system),
  x25519: x25519Group,
  secp256r1,
  secp384r1,
  secp521r1: nist('P-521'),
  SecP256r1MLKEM768: secP256r1MlKem768(mlKem768, secp256r1, system),
  SecP384r1MLKEM1024: secP384r1MlKem1024(mlKem1024, secp384r1, system),
}
