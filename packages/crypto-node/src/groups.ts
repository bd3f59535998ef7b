/** The groups over node:crypto. Ephemeral keys stay inside it where no `Random` is given. */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import {
  type Bytes,
  type CryptoFailure,
  type CurveName,
  failed,
  type Group,
  type GroupName,
  type KeyShare,
  type Random,
  groups as rows,
  wipe,
} from '@biopair/crypto'
import {
  curves,
  draw,
  drawScalar,
  present,
  uncompressed,
  x25519MlKem768,
} from '@biopair/crypto/kit'
import { pkcs8 } from './der.ts'
import { mlKem768 } from './noble.ts'
import { base64url, plain } from './plain.ts'
import { randomBytes } from './random.ts'

type Ecdh = ReturnType<typeof createECDH>

/** A private key that lives in node:crypto, and what agrees with it. */
interface Ephemeral {
  readonly publicKey: Bytes
  agree(peer: Uint8Array): Bytes | CryptoFailure
}

class NodeShare implements KeyShare {
  readonly publicKey: Bytes
  #key: Ephemeral | undefined

  constructor(key: Ephemeral) {
    this.publicKey = key.publicKey
    this.#key = key
  }

  finish(peer: Uint8Array): Bytes | CryptoFailure {
    return present(this.#key, 'key share').agree(peer)
  }

  /** Drops the key: node:crypto wipes it when it is collected. */
  wipe(): void {
    this.#key = undefined
  }
}

function group(
  name: GroupName,
  fault: (peer: Uint8Array) => CryptoFailure | undefined,
  ephemeral: (random: Random | undefined) => Ephemeral,
): Group {
  return {
    ...rows[name],
    start: random => new NodeShare(ephemeral(random)),
    answer(peer, random) {
      const refused = fault(peer)
      if (refused) return refused
      const key = ephemeral(random)
      const secret = key.agree(peer)
      return failed(secret) ? secret : { publicKey: key.publicKey, secret }
    },
  }
}

function bad(why: string): CryptoFailure {
  return { failure: 'bad_key_share', why }
}

const x25519Fault = (peer: Uint8Array): CryptoFailure | undefined =>
  peer.length === 32 ? undefined : bad(`an x25519 share has 32 bytes; ${peer.length} came`)

const x25519 = group('x25519', x25519Fault, random => {
  const { privateKey, publicKey } = random ? x25519From(random) : generateKeyPairSync('x25519')
  return {
    publicKey: x25519Bytes(publicKey),
    agree: peer => x25519Fault(peer) ?? x25519Agree(privateKey, peer),
  }
})

/**
 * Not by way of a JWK: Node 20 holds the key's lock while it makes the strings of one; a garbage collection
 * then, that finds the finished job of `generateKeyPairSync`, takes the same lock, and the thread stands for ever.
 */
function x25519Bytes(publicKey: KeyObject): Bytes {
  return plain(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
}

function x25519From(random: Random): { privateKey: KeyObject; publicKey: KeyObject } {
  const scalar = draw(random, 'x25519 key', 32)
  const key = pkcs8('x25519', scalar)
  // A Buffer over the same memory: node:crypto copies it.
  const privateKey = createPrivateKey({
    key: Buffer.from(key.buffer),
    format: 'der',
    type: 'pkcs8',
  })
  wipe(scalar, key)
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

function x25519Agree(privateKey: KeyObject, peer: Uint8Array): Bytes | CryptoFailure {
  const jwk = { kty: 'OKP', crv: 'X25519', x: base64url(peer) }
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  try {
    return plain(diffieHellman({ privateKey, publicKey }))
  } catch {
    // OpenSSL refuses the all-zero result itself (RFC 9846 §7.4.2); any 32 bytes are a key, so nothing else fails here.
    return bad('the X25519 share is a point of low order: the shared secret would be zero')
  }
}

function nist(name: CurveName): Group {
  const curve = curves[name]
  const nodeName = name === 'P-256' ? 'prime256v1' : curve.group
  // OpenSSL would take compressed and hybrid points too.
  const fault = (peer: Uint8Array): CryptoFailure | undefined =>
    uncompressed(curve, peer)
      ? undefined
      : bad(`a share of ${curve.group} is 04 and ${2 * curve.length} bytes (${peer.length} came)`)
  return group(curve.group, fault, random => {
    const ecdh = createECDH(nodeName)
    if (random) {
      const scalar = drawScalar(random, curve)
      ecdh.setPrivateKey(scalar)
      wipe(scalar)
    }
    const publicKey = random ? ecdh.getPublicKey() : ecdh.generateKeys()
    return {
      publicKey: plain(publicKey),
      agree: peer => fault(peer) ?? nistAgree(ecdh, name, peer),
    }
  })
}

function nistAgree(ecdh: Ecdh, name: CurveName, peer: Uint8Array): Bytes | CryptoFailure {
  try {
    return plain(ecdh.computeSecret(peer))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY') throw error
    return bad(`the share is no point of ${name}`)
  }
}

export const groups: Readonly<Record<GroupName, Group>> = {
  X25519MLKEM768: x25519MlKem768(mlKem768, x25519, (_purpose, length) => randomBytes(length)),
  x25519,
  secp256r1: nist('P-256'),
  secp384r1: nist('P-384'),
  secp521r1: nist('P-521'),
}
