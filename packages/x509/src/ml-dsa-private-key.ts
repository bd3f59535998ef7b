/** The private key of ML-DSA inside PKCS#8, in each of its three forms (RFC 9881 §6). */
import {
  type MlDsaName,
  mlDsaSeedLength,
  mlDsaSets,
  type PrivateKeyMaterial,
} from '@biopair/crypto'
import { DerError, type DerReader, primitive, tags } from './der.ts'
import { X509InputError } from './failure.ts'

/**
 * Reads the content of `privateKey`. Copies what it answers. Whether seed and expanded key agree is the provider's to say.
 * `X509InputError` for what is none of the three forms, `DerError` for a form that is badly written.
 *
 *     ML-DSA-44-PrivateKey ::= CHOICE {
 *       seed        [0] OCTET STRING (SIZE (32)),
 *       expandedKey OCTET STRING (SIZE (2560)),
 *       both        SEQUENCE { seed OCTET STRING (SIZE (32)), expandedKey OCTET STRING (SIZE (2560)) } }
 */
export function readMlDsa(from: DerReader, set: MlDsaName): PrivateKeyMaterial {
  const kind = 'ml-dsa'
  switch (from.peek()) {
    case primitive(0): {
      const seed = sized(from, primitive(0), 'seed', mlDsaSeedLength)
      from.finish('seed')
      return { kind, set, seed: seed.slice() }
    }
    case tags.OCTET_STRING: {
      const expanded = sized(from, tags.OCTET_STRING, 'expandedKey', mlDsaSets[set].expanded)
      from.finish('expandedKey')
      return { kind, set, expanded: expanded.slice() }
    }
    case tags.SEQUENCE: {
      const both = from.inside(tags.SEQUENCE, 'both')
      from.finish('both')
      const seed = sized(both, tags.OCTET_STRING, 'seed', mlDsaSeedLength)
      const expanded = sized(both, tags.OCTET_STRING, 'expandedKey', mlDsaSets[set].expanded)
      both.finish('both')
      // Copied only now, so that a damaged key leaves nothing behind.
      return { kind, set, seed: seed.slice(), expanded: expanded.slice() }
    }
    default:
      throw new X509InputError(
        'ERR_PRIVATE_KEY_UNSUPPORTED',
        `expected an ${set} private key as RFC 9881 writes it (seed, expandedKey or both), got another form; drafts before it had others`,
      )
  }
}

function sized(from: DerReader, tag: number, name: string, length: number): Uint8Array {
  const { at } = from
  const octets = from.content(tag, name)
  if (octets.length !== length)
    throw new DerError(`${name} of ${length} bytes`, `${octets.length}`, at)
  return octets
}
