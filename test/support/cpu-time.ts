/** What work costs this process, in CPU time: other processes that want the machine at the same moment add nothing to it. */

/** CPU time of the work, in milliseconds. */
export function cpuTime(work: () => unknown): number {
  const begun = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / 1000
}
