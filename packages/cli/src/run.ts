/** Runs a command line; what it answers is the exit code. */
import { clientArguments, help, serverArguments } from './arguments.ts'
import { runClient } from './client.ts'
import { messageOf } from './failure.ts'
import { clientFlags, serverFlags } from './flags.ts'
import { runServer } from './server.ts'
import { put, type Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const usage = `usage: biopair s_client|s_server [flags]
  s_client   connects to a TLS server
  s_server   listens for TLS clients
biopair s_client -help and biopair s_server -help list the flags.
`

/** Exit codes: 0 for what went as it should, 1 for what did not; then one line on stderr says why. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<0 | 1> {
  const [program, ...rest] = argv
  try {
    switch (program) {
      case 's_client': {
        const flags = clientArguments(rest)
        if (!flags.help) return await runClient(flags, terminal)
        await put(terminal.stdout, help(program, clientFlags))
        return 0
      }
      case 's_server': {
        const flags = serverArguments(rest)
        if (!flags.help) return await runServer(flags, terminal)
        await put(terminal.stdout, help(program, serverFlags))
        return 0
      }
      case 'help':
      case '-help':
      case '--help':
        await put(terminal.stdout, usage)
        return 0
      default:
        throw new UsageError(
          program === undefined
            ? 'expected s_client or s_server'
            : `there is no command ${JSON.stringify(program)}, expected s_client or s_server`,
        )
    }
  } catch (error) {
    const name = program === 's_client' || program === 's_server' ? ` ${program}` : ''
    const hint = error instanceof UsageError ? ` (biopair${name} -help lists what there is)` : ''
    terminal.stderr.write(`biopair${name}: ${messageOf(error)}${hint}\n`)
    return 1
  }
}
