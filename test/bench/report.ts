/** Figures as lines: absolute for orientation, ratios for comparison, each goal with its verdict. */

/** A ratio of speeds that has to be reached (performance goals, column "must"). */
export interface Goal {
  readonly of: 'node' | 'noble'
  readonly beside: 'node:tls' | 'limit'
  readonly must: number
}

/** Prints a table: every case in its own unit, then how fast each provider is beside the others. */
export function report(
  id: string,
  title: string,
  micros: ReadonlyMap<string, number>,
  unit: (micros: number) => string,
  goals: readonly Goal[],
): void {
  console.log(`\n${id}  ${title}`)
  const absolute = [...micros].map(([name, us]) => `${name} ${unit(us)}`)
  console.log(`  ${absolute.join(' · ')}`)
  for (const of of ['node', 'noble'] as const)
    for (const beside of ['node:tls', 'limit'] as const) {
      const ratio =
        (micros.get(beside === 'limit' ? `${of} limit` : beside) ?? Number.NaN) /
        (micros.get(of) ?? Number.NaN)
      if (Number.isNaN(ratio)) continue
      const goal = goals.find(candidate => candidate.of === of && candidate.beside === beside)
      const verdict = goal
        ? `   must >= ${goal.must.toFixed(2)}  ${ratio >= goal.must ? 'met' : 'NOT MET'}`
        : ''
      console.log(
        `  ${of.padEnd(6)} ${ratio.toFixed(2).padStart(5)} x ${beside.padEnd(8)}${verdict}`,
      )
    }
}
