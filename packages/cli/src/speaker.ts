/** Who says what besides data: reports, traces and errors, each where OpenSSL has it, or nowhere with -quiet. */
import { type ContextOptions, type TraceEvent, traceLines } from '@biopair/ssl'
import type { EitherFlags } from './arguments.ts'
import type { Terminal } from './terminal.ts'

export class Speaker {
  readonly #terminal: Terminal
  readonly #flags: EitherFlags

  constructor(terminal: Terminal, flags: EitherFlags) {
    this.#terminal = terminal
    this.#flags = flags
  }

  /** The long form, on stdout. */
  tell(lines: readonly string[]): void {
    if (!this.#flags.quiet && !this.#flags.brief) this.#print(this.#terminal.stdout, lines)
  }

  /** The short form, on stderr. */
  brief(lines: readonly string[]): void {
    if (this.#flags.brief && !this.#flags.quiet) this.#print(this.#terminal.stderr, lines)
  }

  /** What was found about a chain, on stderr: a fault is said even where the rest is not. */
  verified(lines: readonly string[], believed: boolean): void {
    const { quiet, brief, verify_quiet } = this.#flags
    if (!believed || !(quiet || brief || verify_quiet)) this.#print(this.#terminal.stderr, lines)
  }

  /** What went wrong, on stderr, whatever the flags are. */
  error(line: string): void {
    this.#print(this.#terminal.stderr, [line])
  }

  /** The `trace` of a context, if one was asked for; its lines go to stdout even with -quiet, as OpenSSL's do. */
  trace(prefix: string): Pick<ContextOptions, 'trace' | 'traceEvents'> {
    const { msg, trace } = this.#flags
    if (!msg && !trace) return {}
    return {
      traceEvents: [
        ...(['message', 'alert'] as const),
        ...(trace ? (['record', 'state', 'secret', 'key'] as const) : []),
      ],
      trace: (event: TraceEvent) =>
        this.#print(
          this.#terminal.stdout,
          traceLines(event).map(line => prefix + line),
        ),
    }
  }

  #print(out: Terminal['stdout'], lines: readonly string[]): void {
    if (lines.length > 0 && !out.destroyed) out.write(`${lines.join('\n')}\n`)
  }
}
