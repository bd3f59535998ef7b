import { availableParallelism } from 'node:os'

export default {
  files: ['**/*.test.ts'],
  typescript: { rewritePaths: { './': 'dist/' }, compile: false },
  // Processes, not threads: one that hangs, in a child of its own too, can be killed.
  workerThreads: false,
  nodeArguments: ['--enable-source-maps'],
  // A test file is a worker; properties keep a core busy each.
  concurrency: Math.max(2, Math.min(4, availableParallelism())),
  // From one result to the next: every test is to end long before, also where two share a core.
  timeout: '5m',
}
