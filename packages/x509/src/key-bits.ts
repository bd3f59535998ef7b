/** The bits of a public key: what OCSP's hashes of a key are made of (RFC 6960 §4.1.1, §4.2.1). */
import type { Certificate } from './certificate.ts'
import { DerReader, tags } from './der.ts'

/** subjectPublicKey of a parsed certificate, without tag, length and count of unused bits. */
export function keyBits({ spki }: Certificate): Uint8Array {
  const inside = new DerReader(spki).inside(tags.SEQUENCE, 'SubjectPublicKeyInfo')
  inside.take(tags.SEQUENCE, 'algorithm')
  return inside.octets('subjectPublicKey')
}
