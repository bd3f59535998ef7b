/** The finite field groups of RFC 7919 over node:crypto, which knows their primes when it sees them and checks them no more. */
import { createDiffieHellman } from 'node:crypto'
import { type Bytes, type CryptoFailure, type Group, moreGroups, wipe } from '@biopair/crypto'
import { drawExponent, type FiniteField, fieldFault, numberBytes, prime } from '@biopair/crypto/kit'
import { group } from './ephemeral.ts'
import { plain } from './plain.ts'

export function finiteField(field: FiniteField): Group {
  const p = (): Bytes => numberBytes(prime(field), field.length)
  const fault = (peer: Uint8Array): CryptoFailure | undefined => fieldFault(field, p(), peer)
  return group(moreGroups[field.group], fault, random => {
    const key = createDiffieHellman(p(), 2)
    if (random) {
      const exponent = drawExponent(random, field)
      key.setPrivateKey(exponent)
      wipe(exponent)
    }
    key.generateKeys()
    return {
      publicKey: padded(plain(key.getPublicKey()), field.length),
      // RFC 9846 §7.4.1: as long as the prime, leading zeros kept.
      agree: peer => fault(peer) ?? padded(plain(key.computeSecret(peer)), field.length),
    }
  })
}

function padded(bytes: Bytes, length: number): Bytes {
  if (bytes.length === length) return bytes
  const whole = new Uint8Array(length)
  whole.set(bytes, length - bytes.length)
  wipe(bytes)
  return whole
}
