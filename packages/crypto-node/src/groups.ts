/** The groups over node:crypto. Ephemeral keys stay inside it where no `Random` is given. */
import { createECDH } from 'node:crypto'
import {
  type Bytes,
  type CryptoFailure,
  type CryptoProvider,
  type CurveName,
  type Group,
  type Random,
  groups as rows,
  wipe,
} from '@biopair/crypto'
import {
  curves,
  drawScalar,
  finiteFields,
  secP256r1MlKem768,
  secP384r1MlKem1024,
  uncompressed,
  x25519MlKem768,
} from '@biopair/crypto/kit'
import { bad, group } from './ephemeral.ts'
import { finiteField } from './finite-field.ts'
import { montgomery } from './montgomery.ts'
import { mlKem768, mlKem1024 } from './noble.ts'
import { plain } from './plain.ts'
import { randomBytes } from './random.ts'

type Ecdh = ReturnType<typeof createECDH>

function nist(name: CurveName): Group {
  const curve = curves[name]
  const nodeName = name === 'P-256' ? 'prime256v1' : curve.group
  // OpenSSL would take compressed and hybrid points too.
  const fault = (peer: Uint8Array): CryptoFailure | undefined =>
    uncompressed(curve, peer)
      ? undefined
      : bad(`a share of ${curve.group} is 04 and ${2 * curve.length} bytes (${peer.length} came)`)
  return group(rows[curve.group], fault, random => {
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

const x25519 = montgomery('x25519', 32)
const secp256r1 = nist('P-256')
const secp384r1 = nist('P-384')
const system: Random = (_purpose, length) => randomBytes(length)

export const groups: Required<CryptoProvider['groups']> = {
  X25519MLKEM768: x25519MlKem768(mlKem768, x25519, system),
  x25519,
  secp256r1,
  secp384r1,
  secp521r1: nist('P-521'),
  SecP256r1MLKEM768: secP256r1MlKem768(mlKem768, secp256r1, system),
  SecP384r1MLKEM1024: secP384r1MlKem1024(mlKem1024, secp384r1, system),
  x448: montgomery('x448', 56),
  ffdhe2048: finiteField(finiteFields.ffdhe2048),
  ffdhe3072: finiteField(finiteFields.ffdhe3072),
}
