/** CPU time of cases that take turns, so that whatever else the machine does weighs on all of them alike. */

/** One thing to measure. It may be asynchronous: CPU time counts, waiting does not. */
export interface Case {
  readonly name: string
  readonly run: () => void | Promise<void>
}

export interface Effort {
  readonly rounds: number
  /** Milliseconds of CPU time that a case gets in each round, at least one run. */
  readonly millis: number
  /** Milliseconds of CPU time before the first round; a case's code is compiled by then. */
  readonly warmUp: number
}

/** Microseconds of CPU (user and system, of the whole process) per run of each case: the median of the rounds. */
export async function measure(
  cases: readonly Case[],
  effort: Effort,
): Promise<ReadonlyMap<string, number>> {
  for (const { run } of cases) await slice(run, effort.warmUp)
  const samples = new Map(cases.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < effort.rounds; round++)
    for (const { name, run } of cases) samples.get(name)?.push(await slice(run, effort.millis))
  return new Map([...samples].map(([name, list]) => [name, median(list)]))
}

async function slice(run: Case['run'], millis: number): Promise<number> {
  const before = process.cpuUsage()
  for (let runs = 1; ; runs++) {
    await run()
    const { user, system } = process.cpuUsage(before)
    if (user + system >= 1000 * millis) return (user + system) / runs
  }
}

/** The middle of a list. */
export function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN
}
