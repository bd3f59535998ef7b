/** The last bytes of a ServerHello.random by which a server of TLS 1.3 says that it would have spoken it (RFC 9846 §4.2.3). */
import type { Bytes } from '@biopair/wire'
import { draw, type ServerConfig } from '../config.ts'
import { speaks13 } from '../versions.ts'

const downgrade = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44]

/** A random whose end says that this server speaks TLS 1.3. */
export function withSentinel(random: Bytes): Bytes {
  const marked = random.slice()
  marked.set([...downgrade, 1], 24)
  return marked
}

/** ServerHello.random of TLS 1.2: who would have spoken TLS 1.3 says so (RFC 9846 §4.2.3). */
export function random12(config: ServerConfig): Bytes {
  const drawn = draw(config, 'server hello random', 32)
  return speaks13(config) ? withSentinel(drawn) : drawn
}

/** The version that a random says would not have been chosen but for an attack: at most TLS 1.2, or what is below it. */
export function sentinelOf(random: Uint8Array): 'TLSv1.2' | 'below' | undefined {
  const tail = random.subarray(24)
  if (!downgrade.every((byte, i) => tail[i] === byte)) return undefined
  return tail[7] === 1 ? 'TLSv1.2' : tail[7] === 0 ? 'below' : undefined
}
