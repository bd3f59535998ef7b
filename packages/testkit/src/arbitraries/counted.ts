/** Options that are counts, checked. */

/** Throws RangeError where an option is no count. */
export function counted(options: Readonly<Record<string, number>>, least: number): void {
  for (const [name, count] of Object.entries(options))
    if (!Number.isSafeInteger(count) || count < least)
      throw new RangeError(`${name}: expected an integer from ${least} up, got ${count}`)
}
