/** Certificates that were compressed last: a server shows the same ones again and again (RFC 8879). */
import type { Hash } from '@biopair/crypto'
import type { CertificateCompression } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { misuse } from './misuse.ts'

/** The algorithms of an option, each with a memory of what it compressed. TypeError for what is none. */
export function compressionsFrom(
  given: readonly CertificateCompression[],
  hash: Hash,
): readonly CertificateCompression[] {
  const ids = new Set<number>()
  for (const { id, name, compress, decompress } of given) {
    const whole = typeof compress === 'function' && typeof decompress === 'function'
    if (!whole || typeof name !== 'string' || !Number.isInteger(id) || id < 1 || id > 0xffff)
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        'certificateCompression: expected { id, name, compress, decompress }',
      )
    if (ids.has(id))
      throw misuse('ERR_INVALID_ARG_VALUE', `certificateCompression: ${name} is there twice`)
    ids.add(id)
  }
  // RFC 8879 §3: algorithms<2..2^8-2>.
  if (given.length > 127)
    throw misuse('ERR_INVALID_ARG_VALUE', 'certificateCompression: expected at most 127')
  return given.map(compression => remembering(compression, hash))
}

/** Remembers what the last `most` different messages came to. */
export function remembering(
  compression: CertificateCompression,
  hash: Hash,
  most = 16,
): CertificateCompression {
  const known = new Map<string, Bytes>()
  return {
    id: compression.id,
    name: compression.name,
    decompress: (bytes, length) => compression.decompress(bytes, length),
    compress(message) {
      const key = String.fromCharCode(...hash.digest(message))
      const made = known.get(key) ?? compression.compress(message)
      // The last of a Map is the one set last, so that the first is the one that was not asked for longest.
      known.delete(key)
      known.set(key, made)
      for (const oldest of known.keys()) {
        if (known.size <= most) break
        known.delete(oldest)
      }
      return made
    },
  }
}
