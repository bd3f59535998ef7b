/** The published handshakes of RFC 8448 and two more, from the shared data beside the project. */
import { existsSync, readFileSync } from 'node:fs'

const file = new URL('../../../../shared/data/rfc8448/transcripts.vec', import.meta.url)

/** One handshake: its name, and everything recorded of it, by name. */
export interface Transcript {
  readonly section: string
  readonly entries: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

/** The transcripts; undefined where the data is absent, unless `BIOPAIR_REQUIRE_DATA=1` makes that a failure. */
export function transcripts(): readonly Transcript[] | undefined {
  if (!existsSync(file)) {
    if (process.env.BIOPAIR_REQUIRE_DATA === '1')
      throw new Error('../shared/data/rfc8448 is absent')
    return undefined
  }
  return readFileSync(file, 'utf8')
    .split(/^(?=\[)/m)
    .flatMap(block => {
      const section = /^\[(.+)\]/.exec(block)?.[1]
      if (section === undefined) return []
      const entries = [...block.matchAll(/^(\w+) *= *([0-9a-fA-F]+) *$/gm)].map(
        ([, name = '', hex = '']) => ({
          name,
          // A time has an odd number of digits.
          bytes: new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')),
        }),
      )
      return [{ section, entries }]
    })
}
