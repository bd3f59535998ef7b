/** Random bytes that follow from a seed, the same with every provider. For demonstrations: keys drawn so are no secret. */
import { ascii, type CryptoProvider, type Random } from '@biopair/crypto'

export function seeded(seed: string, { hashes }: CryptoProvider): Random {
  let draws = 0
  return (purpose, length) => {
    const draw = `${encodeURIComponent(seed)} ${draws++} ${purpose} `
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 32) {
      const block = hashes.sha256.digest(ascii(`${draw}${at}`))
      bytes.set(block.subarray(0, length - at), at)
    }
    return bytes
  }
}
