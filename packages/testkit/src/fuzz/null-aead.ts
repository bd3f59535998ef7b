/** UNSAFE, for fuzzers alone: an AEAD that encrypts nothing, with a tag that everybody knows. */
import type { Aead, AeadName, Bytes, CcmName } from '@biopair/crypto'

/** The tag of everything: the first bytes of it where a tag is shorter. */
export const nullTag: Bytes = Uint8Array.of(
  ...[0x4e, 0x75, 0x6c, 0x6c, 0x54, 0x61, 0x67, 0x21, 0xa5, 0x5a, 0xa5, 0x5a, 0xa5, 0x5a, 0xa5],
  0x5a,
)

/** Whether bytes end in the tag. */
export function hasNullTag(bytes: Uint8Array, tagLength: number = nullTag.length): boolean {
  const at = bytes.length - tagLength
  if (at < 0) return false
  for (let i = 0; i < tagLength; i++) if (bytes[at + i] !== nullTag[i]) return false
  return true
}

/** Plaintext and tag. A key that was wiped throws, as a real one does. */
export function nullAead(name: AeadName | CcmName, keyLength: number, tagLength: number): Aead {
  const tag = nullTag.subarray(0, tagLength)
  return {
    name,
    keyLength,
    ivLength: 12,
    tagLength,
    key() {
      let wiped = false
      const check = () => {
        if (wiped) throw new Error(`a key of ${name} was used after it was wiped`)
      }
      return {
        seal(_nonce, _additionalData, work, length, into) {
          check()
          into.set(work.subarray(0, length))
          into.set(tag, length)
        },
        open(_nonce, _additionalData, sealed, into) {
          check()
          if (!hasNullTag(sealed, tagLength)) return false
          into.set(sealed.subarray(0, sealed.length - tagLength))
          return true
        },
        wipe() {
          wiped = true
        },
      }
    },
  }
}
