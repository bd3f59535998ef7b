/** Command lines: flags in OpenSSL's manner, and their values read. */
import { clientFlags, type Flags, type Given, serverFlags } from './flags.ts'
import { UsageError } from './usage-error.ts'

export type ClientFlags = Given<typeof clientFlags>
export type ServerFlags = Given<typeof serverFlags>
/** Flags of one of both, of which those of the other are absent; but for -early_data, which is not the same in both. */
export type EitherFlags = Omit<ClientFlags & ServerFlags, 'early_data'>

/** Flags of s_client. UsageError for what is none. */
export function clientArguments(argv: readonly string[]): ClientFlags {
  const given = parse(clientFlags, argv)
  if (given.ign_eof && given.no_ign_eof)
    throw new UsageError('-ign_eof and -no_ign_eof exclude each other')
  if (given.early_data !== undefined && given.sess_in === undefined && !given.reconnect)
    throw new UsageError('-early_data needs -sess_in or -reconnect: a session that permits it')
  return given
}

/** Flags of s_server. UsageError for what is none, and for what excludes each other. */
export function serverArguments(argv: readonly string[]): ServerFlags {
  const given = parse(serverFlags, argv)
  if (given.www && given.rev) throw new UsageError('-www and -rev exclude each other')
  return given
}

/** `-name value`, `-name=value`, with one dash or two; of a flag given twice, the last counts. */
function parse<F extends Flags>(flags: F, argv: readonly string[]): Given<F> {
  const given: Record<string, string | true> = {}
  for (let i = 0; i < argv.length; i++) {
    const [, name = '', attached] = /^--?([^=]+)(?:=(.*))?$/s.exec(argv[i] as string) ?? []
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
    if (!flag) throw new UsageError(`there is no flag ${JSON.stringify(argv[i])}`)
    if (!flag.takes) {
      if (attached !== undefined) throw new UsageError(`-${name} takes no value`)
      given[name] = true
      continue
    }
    const value = attached ?? argv[++i]
    if (value === undefined || value === '')
      throw new UsageError(`-${name} needs a value: ${flag.takes}`)
    given[name] = value
  }
  return given as Given<F>
}

export interface Place {
  readonly host: string | undefined
  readonly port: number
}

/** `host:port`, `[::1]:port`, `:port` or `port`; `*` is no host. */
export function place(flag: string, text: string): Place {
  const match = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65535)
    throw new UsageError(`-${flag}: expected host:port, got ${JSON.stringify(text)}`)
  const host = match[1] ?? match[2]
  return { host: host === '' || host === '*' ? undefined : host, port }
}

/** A whole number from `least` to `most`. */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UsageError(`-${flag}: expected a number from ${least} to ${most}, got ${text}`)
}

/** Bytes that -keymatexport prints: as many as every suite's hash gives. UsageError for a label that has no room. */
export function exportLength({
  keymatexport,
  keymatexportlen = '20',
}: ClientFlags | ServerFlags): number {
  if (keymatexport !== undefined && !/^[ -~]{1,249}$/.test(keymatexport))
    throw new UsageError('-keymatexport: expected a label of up to 249 ASCII characters')
  return wholeNumber('keymatexportlen', keymatexportlen, 1, 255 * 32)
}

/** What `-help` prints. */
export function help(program: string, flags: Flags): string {
  const rows = Object.entries(flags).map(
    ([name, { takes, help }]) => [takes ? `-${name} ${takes}` : `-${name}`, help] as const,
  )
  const width = Math.max(...rows.map(([left]) => left.length))
  return [
    `usage: biopair ${program} [flags]`,
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    ...notes[program as keyof typeof notes],
    '',
  ].join('\n')
}

const notes = {
  s_client: [
    'The server is verified, against -CAfile and -CApath or else whom the system believes, and refused where it is not',
    'believed; where the system has no store that Node can read, whom Node believes.',
    '-noverify opts out. Lines that start with Q end the connection; K changes the keys of both ends, k ours (in TLS 1.3).',
    'At the end of stdin our side is closed, and the rest of what the server says is awaited.',
  ],
  s_server: [
    'Without -www and -rev, stdin goes to the oldest connection. Lines that start with q end it, Q ends the',
    'server, K changes the keys of both ends, k ours, and c asks a client with -enable_pha for its certificate,',
    'which -CAfile says whom to believe about. At the end of stdin the connection that heard it is closed.',
  ],
} as const
