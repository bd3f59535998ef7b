/** What package cli offers: the command itself, for programs that want to run it in their own process. */
export { run } from './run.ts'
export type { Terminal } from './terminal.ts'
