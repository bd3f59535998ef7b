/**
 * When an emptied storage is kept, without a timer.
 *
 * The rule: a storage of up to 1 KiB is always kept. A larger one is kept only while it is *warm*. Each time the storage
 * empties, it grows warmer by 2 (up to 12) if more than 1 KiB and more than a quarter of it were in use at once, and colder
 * by 1 (down to 0) if not; from 6 on it is warm. So a handshake's two or three flights leave nothing behind, bulk
 * traffic allocates for its first two records and no more, records with small ones between them stay warm, and a
 * storage that was warm is given back after at most seven small fillings.
 */

/** Up to this many bytes a storage is always kept. */
export const alwaysKept = 1024
const warm = 6
const hottest = 12

/** How warm a storage of `size` bytes is, after it emptied, with at most `used` bytes held at once since it filled. */
export function warmthAfter(before: number, used: number, size: number): number {
  if (used > alwaysKept && used * 4 > size) return Math.min(before + 2, hottest)
  return Math.max(before - 1, 0)
}

/** Whether an emptied storage of `size` bytes is kept. */
export function worthKeeping(warmth: number, size: number): boolean {
  return size <= alwaysKept || warmth >= warm
}
