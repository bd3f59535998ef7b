/** Mutations that know nothing of what the bytes are. */
import { type Bytes, concat } from '@biopair/crypto'
import type { Dice } from '../seeds/dice.ts'

const telling = [0, 1, 0x7f, 0x80, 0xff, 0x10, 0x20, 0x40]

/** Some bytes changed, in one way or in several; what is spliced in comes from `donor`. Never longer than `most`. */
export function mutateBytes(
  bytes: Uint8Array,
  dice: Dice,
  donor: Uint8Array = bytes,
  most = 70_000,
): Bytes {
  let changed: Bytes = new Uint8Array(bytes)
  for (let times = 1 + dice.below(3); times > 0; times--) changed = once(changed, dice, donor)
  return changed.length > most ? changed.slice(0, most) : changed
}

function once(bytes: Bytes, dice: Dice, donor: Uint8Array): Bytes {
  const { length } = bytes
  const at = dice.below(length)
  const run = 1 + dice.below(dice.one(4) ? length : 8)
  if (length === 0) return dice.bytes(1 + dice.below(16))
  switch (dice.below(9)) {
    case 0:
    case 1:
      bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8))
      return bytes
    case 2:
      bytes[at] = dice.of(telling) as number
      return bytes
    case 3:
      bytes[at] = dice.word()
      return bytes
    case 4:
      bytes[at] = (bytes[at] as number) + (dice.one(2) ? 1 : -1)
      return bytes
    case 5:
      return concat(bytes.subarray(0, at), bytes.subarray(at + run))
    case 6:
      return concat(bytes.subarray(0, at), dice.bytes(Math.min(run, 64)), bytes.subarray(at))
    case 7:
      return concat(
        bytes.subarray(0, at + run),
        bytes.subarray(at, at + run),
        bytes.subarray(at + run),
      )
    default: {
      const from = dice.below(donor.length)
      return concat(
        bytes.subarray(0, at),
        donor.subarray(from, from + run),
        bytes.subarray(at + (dice.one(2) ? run : 0)),
      )
    }
  }
}
