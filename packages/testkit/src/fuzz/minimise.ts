/** Delta debugging: the smallest input that still shows what was found. */
import { type Bytes, concat } from '@biopair/crypto'

/** A smaller input of which `shows` is true, as it is of `data`; asks at most `most` times. */
export function minimise(data: Uint8Array, shows: (data: Bytes) => boolean, most = 3000): Bytes {
  let smallest: Bytes = new Uint8Array(data)
  let asked = 0
  const takes = (candidate: Bytes): boolean => {
    if (asked >= most || !(asked++ < most && shows(candidate))) return false
    smallest = candidate
    return true
  }
  for (let before = -1; before !== smallest.length && asked < most; ) {
    before = smallest.length
    for (let run = Math.max(1, smallest.length >> 1); run >= 1; run >>= 1)
      for (let at = 0; at < smallest.length; )
        if (!takes(concat(smallest.subarray(0, at), smallest.subarray(at + run)))) at += run
  }
  for (let at = 0; at < smallest.length; at++)
    if (smallest[at] !== 0) takes(smallest.with(at, 0) as Bytes)
  return smallest
}
