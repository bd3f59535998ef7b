/** -pcapng: a capture file of all connections, beside whatever else traces them. */
import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs'
import { type ContextOptions, PcapngWriter } from '@biopair/ssl'
import { messageOf } from './failure.ts'
import { UsageError } from './usage-error.ts'

type Tracing = Pick<ContextOptions, 'trace' | 'traceEvents' | 'traceSecrets'>

export class Capture {
  readonly #file: number
  readonly #writer: PcapngWriter

  /** Makes the file anew, for our eyes alone: it has the secrets. */
  constructor(path: string, serverPort: number) {
    try {
      this.#file = openSync(path, 'w', 0o600)
      if (fstatSync(this.#file).isFile()) fchmodSync(this.#file, 0o600)
    } catch (error) {
      throw new UsageError(`-pcapng: ${messageOf(error)}`)
    }
    const file = this.#file
    this.#writer = new PcapngWriter(block => writeSync(file, block), { serverPort })
  }

  /** What traces a context, beside `printed`; `connection` is the number of its only one, where it has one alone. */
  beside({ trace, traceEvents = [] }: Tracing, connection?: number): Tracing {
    return {
      traceEvents: [...new Set([...traceEvents, 'bio', 'secret'] as const)],
      traceSecrets: true,
      trace: event => {
        if (traceEvents.includes(event.event)) trace?.(event)
        this.#writer.trace(connection === undefined ? event : { ...event, connection })
      },
    }
  }

  /** Writes what waits for keys in vain, and closes the file. */
  close(): void {
    this.#writer.end()
    closeSync(this.#file)
  }
}
