/** Wycheproof's vectors for the AEADs. */
import { type AeadName, concat, equal } from '@biopair/crypto'
import { hex, providers } from '../support/providers.ts'
import { type Vector, type VectorGroup, wycheproof } from '../support/wycheproof.ts'

const text = (vector: Vector, field: string): Uint8Array<ArrayBuffer> =>
  hex(vector[field] as string)

for (const provider of providers) {
  const agrees = (name: AeadName, vector: Vector, group: VectorGroup): boolean | 'other' => {
    const aead = provider.aeads[name]
    // TLS has nonces of 96 bits and tags of 128.
    if (group.ivSize !== 96 || group.tagSize !== 128) return 'other'
    if (group.keySize !== 8 * aead.keyLength) return 'other'
    const key = aead.key(text(vector, 'key'))
    const message = text(vector, 'msg')
    const expected = concat(text(vector, 'ct'), text(vector, 'tag'))
    const sealed = new Uint8Array(message.length + 16)
    const work = new Uint8Array(message.length + 16)
    work.set(message)
    key.seal(text(vector, 'iv'), text(vector, 'aad'), work, message.length, sealed)
    const opened = new Uint8Array(expected.length)
    const opens = key.open(text(vector, 'iv'), text(vector, 'aad'), expected, opened)
    const right = vector.result === 'valid'
    return (
      opens === right &&
      equal(sealed, expected) === right &&
      (opens ? equal(opened.subarray(0, message.length), message) : opened.every(b => b === 0))
    )
  }
  wycheproof(
    'aes_gcm',
    `${provider.name} seals and opens AES-128-GCM as Wycheproof says`,
    { checked: 67, other: 249 },
    (vector, group) => agrees('aes-128-gcm', vector, group),
  )
  wycheproof(
    'aes_gcm',
    `${provider.name} seals and opens AES-256-GCM as Wycheproof says`,
    { checked: 66, other: 250 },
    (vector, group) => agrees('aes-256-gcm', vector, group),
  )
  wycheproof(
    'chacha20_poly1305',
    `${provider.name} seals and opens ChaCha20-Poly1305 as Wycheproof says`,
    { checked: 316, other: 9 },
    (vector, group) => agrees('chacha20-poly1305', vector, group),
  )
}
