/** What a random test must have met: it draws again until it did, so that bad luck is not a failure and a blind test is one. */

/**
 * Runs `round` until `short` names nothing more, at most `rounds` times, and returns what is still short.
 * A test that meets what it wants in one round of ordinary luck pays for no second one.
 */
export async function untilMet(
  round: () => void | Promise<void>,
  short: () => readonly string[],
  rounds = 8,
): Promise<readonly string[]> {
  for (let drawn = 0; drawn < rounds; drawn++) {
    await round()
    if (short().length === 0) return []
  }
  return short()
}

/** What of `wanted` was counted less than `least` times, with its count. */
export function shortOf(
  counts: ReadonlyMap<string, number> | Readonly<Record<string, number>>,
  wanted: readonly string[],
  least: number,
): readonly string[] {
  const countOf = (one: string) =>
    (counts instanceof Map ? counts.get(one) : (counts as Readonly<Record<string, number>>)[one]) ??
    0
  return wanted.filter(one => countOf(one) < least).map(one => `${one}: ${countOf(one)}`)
}
