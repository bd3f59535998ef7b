/** The keys of TLS 1.2: master secret, key block, Finished, exporter (RFC 5246 §6.3, §8.1; RFC 7627 §4; RFC 5705 §4). */
import {
  type CipherSuite12,
  type CryptoProvider,
  concat,
  equal,
  fixedIvLength,
  type Hash,
  prf,
  type RecordKeys12,
  wipe,
} from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { Role } from '../flow.ts'

/** Bytes of a master_secret. */
export const masterSecretLength = 48
/** Bytes of verify_data. */
export const verifyDataLength = 12

/** ClientHello.random and ServerHello.random. */
export interface Randoms {
  readonly client: Bytes
  readonly server: Bytes
}

/** master_secret of RFC 7627 §4: bound to the handshake up to ClientKeyExchange. Wipes the pre-master secret. */
function extendedMasterSecret(hash: Hash, preMaster: Bytes, sessionHash: Bytes): Bytes {
  const secret = prf(hash, preMaster, 'extended master secret', sessionHash, masterSecretLength)
  wipe(preMaster)
  return secret
}

/** master_secret of RFC 5246 §8.1, for a peer without the extension. Wipes the pre-master secret. */
function plainMasterSecret(hash: Hash, preMaster: Bytes, randoms: Randoms): Bytes {
  const seed = concat(randoms.client, randoms.server)
  const secret = prf(hash, preMaster, 'master secret', seed, masterSecretLength)
  wipe(preMaster)
  return secret
}

/** RFC 7627 §4: over the messages up to ClientKeyExchange. */
export function masterSecret(
  { extendedMasterSecret: extended }: { readonly extendedMasterSecret: boolean },
  hash: Hash,
  preMaster: Bytes,
  messages: Bytes,
  randoms: Randoms,
): Bytes {
  return extended
    ? extendedMasterSecret(hash, preMaster, hash.digest(messages))
    : plainMasterSecret(hash, preMaster, randoms)
}

/** The keys of both directions. */
export interface Keys12 {
  readonly client: RecordKeys12
  readonly server: RecordKeys12
}

/**
 *     key_block = PRF(SecurityParameters.master_secret, "key expansion",
 *                     SecurityParameters.server_random + SecurityParameters.client_random);
 *
 * AEADs have no MAC keys: client_write_key, server_write_key, client_write_IV, server_write_IV.
 */
export function keyBlock(
  suite: CipherSuite12,
  crypto: CryptoProvider,
  masterSecret: Bytes,
  randoms: Randoms,
): Keys12 {
  const { keyLength } = crypto.aeads[suite.aead]
  const ivLength = fixedIvLength(suite)
  const seed = concat(randoms.server, randoms.client)
  const length = 2 * (keyLength + ivLength)
  const block = prf(crypto.hashes[suite.hash], masterSecret, 'key expansion', seed, length)
  const part = (from: number, length: number) => block.slice(from, from + length)
  const ivs = 2 * keyLength
  const keys = {
    client: { suite, key: part(0, keyLength), iv: part(ivs, ivLength) },
    server: { suite, key: part(keyLength, keyLength), iv: part(ivs + ivLength, ivLength) },
  }
  wipe(block)
  return keys
}

/** verify_data of a Finished message (RFC 5246 §7.4.9). */
export function finishedData12(
  hash: Hash,
  masterSecret: Bytes,
  sender: Role,
  transcriptHash: Bytes,
): Bytes {
  return prf(hash, masterSecret, `${sender} finished`, transcriptHash, verifyDataLength)
}

/** Whether verify_data is right, in constant time. */
export function finishedMatches12(expected: Bytes, verifyData: Uint8Array): boolean {
  return equal(expected, verifyData)
}

/** Labels of TLS 1.2's own: an exporter with one would give away its secrets (RFC 5705 §4). */
const reserved: readonly string[] = [
  'client finished',
  'server finished',
  'master secret',
  'extended master secret',
  'key expansion',
]

/** Whether an exporter may have this label. */
export function exportable12(label: string): boolean {
  return !reserved.includes(label)
}

/** PRF(master_secret, label, client_random + server_random + context_value_length + context_value) (RFC 5705 §4). No context is not an empty one. */
export function exportKeyingMaterial12(
  hash: Hash,
  masterSecret: Bytes,
  randoms: Randoms,
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Bytes {
  const seed = concat(randoms.client, randoms.server)
  const said = context
    ? concat(seed, Uint8Array.of(context.length >> 8, context.length), context)
    : seed
  return prf(hash, masterSecret, label, said, length)
}
