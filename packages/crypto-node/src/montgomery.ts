/** X25519 and X448 over node:crypto (RFC 7748). */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import {
  type Bytes,
  type CryptoFailure,
  type Group,
  groups,
  moreGroups,
  type Random,
  wipe,
} from '@biopair/crypto'
import { draw } from '@biopair/crypto/kit'
import { pkcs8 } from './der.ts'
import { bad, group } from './ephemeral.ts'
import { base64url, plain } from './plain.ts'

type Name = 'x25519' | 'x448'

/** `length` in bytes: of scalars, shares and secrets. */
export function montgomery(name: Name, length: number): Group {
  const fault = (peer: Uint8Array): CryptoFailure | undefined =>
    peer.length === length
      ? undefined
      : bad(`an ${name} share has ${length} bytes; ${peer.length} came`)
  const row = name === 'x25519' ? groups.x25519 : moreGroups.x448
  let base: KeyObject | undefined
  return group(row, fault, random => {
    const privateKey = random ? from(name, length, random) : generated(name)
    base ??= publicKeyOf(name, basePoint(name, length))
    return {
      publicKey: plain(diffieHellman({ privateKey, publicKey: base })),
      agree: peer => fault(peer) ?? agree(name, privateKey, peer),
    }
  })
}

/**
 * The public key is computed with the base point (RFC 7748 §6), and nothing is exported: writing a key as DER takes OpenSSL 3 twice as long as the
 * multiplication does. As a JWK, which is quick, Node 20 holds the key's lock while it makes the strings of one; a garbage collection then, that
 * finds the finished job of `generateKeyPairSync`, takes the same lock, and the thread stands for ever.
 */
function generated(name: Name): KeyObject {
  const pair = name === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('x448')
  return pair.privateKey
}

function basePoint(name: Name, length: number): Uint8Array {
  const point = new Uint8Array(length)
  point[0] = name === 'x25519' ? 9 : 5
  return point
}

function publicKeyOf(name: Name, point: Uint8Array): KeyObject {
  const jwk = { kty: 'OKP', crv: name.toUpperCase(), x: base64url(point) }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

function from(name: Name, length: number, random: Random): KeyObject {
  const scalar = draw(random, `${name} key`, length)
  const key = pkcs8(name, scalar)
  // A Buffer over the same memory: node:crypto copies it.
  const privateKey = createPrivateKey({
    key: Buffer.from(key.buffer),
    format: 'der',
    type: 'pkcs8',
  })
  wipe(scalar, key)
  return privateKey
}

function agree(name: Name, privateKey: KeyObject, peer: Uint8Array): Bytes | CryptoFailure {
  const publicKey = publicKeyOf(name, peer)
  try {
    return plain(diffieHellman({ privateKey, publicKey }))
  } catch {
    // OpenSSL refuses the all-zero result itself (RFC 9846 §7.4.2); any bytes of the length are a key, so nothing else fails here.
    return bad(
      `the ${name.toUpperCase()} share is a point of low order: the shared secret would be zero`,
    )
  }
}
