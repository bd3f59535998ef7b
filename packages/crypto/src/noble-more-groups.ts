/**
 * x448, ffdhe2048 and ffdhe3072 in JavaScript, a subpath of its own: who does not ask for them does not load them.
 * `{ ...noble, groups: { ...noble.groups, ...moreGroups } }` is the portable provider with them.
 */
import { x448 } from '@noble/curves/ed448.js'
import { pow } from 'micro-rsa-dsa-dh/utils.js'
import { ecdhGroup, type ScalarMultiplication } from './ecdh.ts'
import { drawExponent, type FiniteField, fieldFault, finiteFields, prime } from './ffdhe.ts'
import { moreGroups as rows } from './groups.ts'
import { system } from './noble-groups.ts'
import { montgomery } from './noble-montgomery.ts'
import type { Group } from './provider.ts'
import { number, numberBytes } from './rsa-private.ts'

/**
 * Powers of 2 and of a share modulo the prime. **Not constant time**: BigInt arithmetic takes time that depends on its numbers. Each exponent
 * is used for one connection alone.
 */
function finiteField(field: FiniteField): ScalarMultiplication {
  return {
    draw: random => drawExponent(random, field),
    publicKey: exponent => numberBytes(pow(2n, number(exponent), prime(field)), field.length),
    agree: (exponent, peer) =>
      // RFC 9846 §7.4.1: as long as the prime, leading zeros kept.
      numberBytes(pow(number(peer), number(exponent), prime(field)), field.length),
    fault: peer => fieldFault(field, numberBytes(prime(field), field.length), peer),
  }
}

export const moreGroups: Readonly<Record<'x448' | 'ffdhe2048' | 'ffdhe3072', Group>> = {
  x448: ecdhGroup(rows.x448, montgomery('x448', 56, x448), system),
  ffdhe2048: ecdhGroup(rows.ffdhe2048, finiteField(finiteFields.ffdhe2048), system),
  ffdhe3072: ecdhGroup(rows.ffdhe3072, finiteField(finiteFields.ffdhe3072), system),
}
