/** CPU time per operation: cases run interleaved, the median of the rounds counts, being descheduled does not. */

export type Cases = Readonly<Record<string, () => void>>

export interface Effort {
  /** Rounds over all cases; the median is taken. */
  readonly rounds: number
  /** Wall milliseconds per case and round. */
  readonly millis: number
}

/** Microseconds of CPU time (user and system) per call, by case. Every case is warmed first. */
export function microseconds(cases: Cases, { rounds, millis }: Effort): Map<string, number> {
  const entries = Object.entries(cases)
  for (const [, run] of entries) timed(run, 2 * millis)
  const samples = new Map<string, number[]>(entries.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of entries) samples.get(name)?.push(timed(run, millis))
  return new Map([...samples].map(([name, list]) => [name, median(list)]))
}

function timed(run: () => void, millis: number): number {
  const started = performance.now()
  const before = process.cpuUsage()
  let calls = 0
  for (let batch = 1; performance.now() - started < millis; batch = Math.min(2 * batch, 64)) {
    for (let i = 0; i < batch; i++) run()
    calls += batch
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN
}
