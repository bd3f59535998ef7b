/** What the command line says: `--ring N --seed S --provider noble|node --tls 1.2|1.3`. */
import { parseArgs } from 'node:util'
import type { CryptoProvider } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'

export interface Options {
  /** Bytes that fit in each direction of the pair. */
  readonly ring: number
  /** What makes the run repeat to the byte. */
  readonly seed: string | undefined
  readonly crypto: CryptoProvider
  readonly version: 'TLSv1.2' | 'TLSv1.3'
}

export const usage = `A TLS client and server shake hands over a BIO pair, with no socket.

  --ring N               bytes that fit in each direction of the pair, from 1 (default 17408)
  --seed S               every random byte follows from S, and the run repeats to the byte
  --provider noble|node  pure JavaScript, or node:crypto (default node)
  --tls 1.2|1.3          the version that both speak (default 1.3)`

/** The options, or what is wrong with them. */
export function optionsFrom(
  args: readonly string[],
): Options | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: args.filter(arg => arg !== '--'),
      options: {
        ring: { type: 'string', default: '17408' },
        seed: { type: 'string' },
        provider: { type: 'string', default: 'node' },
        tls: { type: 'string', default: '1.3' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return 'help'
    const ring = Number(values.ring)
    if (!(Number.isSafeInteger(ring) && ring >= 1 && ring <= 2 ** 24))
      return { wrong: `--ring: expected a whole number from 1 to ${2 ** 24}, got ${values.ring}` }
    const crypto = { noble, node: nodeCrypto }[values.provider]
    if (!crypto) return { wrong: `--provider: expected noble or node, got ${values.provider}` }
    if (values.tls !== '1.2' && values.tls !== '1.3')
      return { wrong: `--tls: expected 1.2 or 1.3, got ${values.tls}` }
    return { ring, seed: values.seed, crypto, version: `TLSv${values.tls}` }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
}
