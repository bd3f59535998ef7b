/** The groups over @noble/curves and @noble/post-quantum. */
import { x25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { randomBytes } from '@noble/hashes/utils.js'
import { wipe } from './bytes.ts'
import { type Curve, curves, uncompressed } from './curves.ts'
import { draw, drawScalar } from './draw.ts'
import { ecdhGroup, type ScalarMultiplication } from './ecdh.ts'
import { type GroupName, groups as rows } from './groups.ts'
import { x25519MlKem768 } from './hybrid.ts'
import type { CurveName } from './keys.ts'
import { mlKem768 } from './noble-ml-kem.ts'
import type { CryptoFailure, Group, Random } from './provider.ts'

/** The library's own curves, for signatures too. */
export const nobleCurves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const

/** What is drawn from where a caller gives no `Random`. */
export const system: Random = (_purpose, length) => randomBytes(length)

const montgomery: ScalarMultiplication = {
  draw: random => draw(random, 'x25519 key', 32),
  // The ladder needs no table: 4 ms instead of 36 in a fresh process, 1.3 instead of 0.4 in a warm one (measured).
  // A client makes few keys, a server many.
  publicKey: (scalar, seldom) =>
    seldom ? x25519.scalarMult(scalar, x25519.GuBytes) : x25519.getPublicKey(scalar),
  agree(scalar, peer) {
    try {
      return x25519.scalarMult(scalar, peer)
    } catch {
      // With the lengths right, a point of low order is all that throws. RFC 9846 §7.4.2: the all-zero secret is refused.
      return bad('the X25519 share is a point of low order: the shared secret would be zero')
    }
  },
  fault: peer =>
    peer.length === 32 ? undefined : bad(`an x25519 share has 32 bytes; ${peer.length} came`),
}

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

const x25519Group = ecdhGroup(rows.x25519, montgomery, system)

export const groups: Readonly<Record<GroupName, Group>> = {
  X25519MLKEM768: x25519MlKem768(mlKem768, x25519Group, system),
  x25519: x25519Group,
  secp256r1: nist('P-256'),
  secp384r1: nist('P-384'),
  secp521r1: nist('P-521'),
}
