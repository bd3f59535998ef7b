/** `biopair s_server`: listens, and serves every connection by itself, whatever the others do. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import { exportLength, place, type ServerFlags, wholeNumber } from './arguments.ts'
import { serverOptions } from './context.ts'
import { messageOf } from './failure.ts'
import { Records } from './records.ts'
import { byName } from './second-context.ts'
import { type Serving, serve } from './serve.ts'
import { Speaker } from './speaker.ts'
import { showsStatus } from './status.ts'
import { Keyboard, type Terminal } from './terminal.ts'

/** Answers the exit code, when -naccept or Q have ended it; throws where it cannot listen. */
export async function runServer(flags: ServerFlags, terminal: Terminal): Promise<0 | 1> {
  const at = place('accept', flags.accept ?? '4433')
  const timeout = wholeNumber('timeout', flags.timeout ?? '10', 1, 86400)
  exportLength(flags)
  const most = flags.naccept && wholeNumber('naccept', flags.naccept, 1, 2 ** 31)
  const speaker = new Speaker(terminal, flags)
  const options = { ...serverOptions(flags), ...showsStatus(flags, speaker) }
  const records = new Records(flags, at.port || 443)
  try {
    const contexts = new Contexts({ ...options, ...byName(flags, options) }, speaker, records)
    const server = createServer({ allowHalfOpen: true })
    const house = new House(server, most || undefined, socket => ({
      ssl: (name: string) => new Ssl(contexts.of(name)).setAcceptState(),
      socket,
      flags,
      terminal,
      speaker,
      timeout,
      keyboard,
    }))
    const keyboard = new Keyboard(terminal.stdin, flags.quiet || flags.nocommands ? '' : 'qQKkc')
    server.listen({ port: at.port, ...(at.host === undefined ? {} : { host: at.host }) })
    await once(server, 'listening').catch(error => {
      throw new Error(`listen: ${messageOf(error)}`, { cause: error })
    })
    server.on('error', error => speaker.error(`biopair s_server: ${messageOf(error)}`))
    const { address, family, port } = server.address() as AddressInfo
    const line = `ACCEPT ${family === 'IPv6' ? `[${address}]` : address}:${port}\n`
    // Whoever asked for a free port has to hear which.
    if (!flags.quiet) terminal.stdout.write(line)
    else if (at.port === 0) terminal.stderr.write(line)
    terminal.signal?.addEventListener('abort', () => house.quit())
    await house.empty
    return 0
  } finally {
    records.close()
  }
}

/** The connections under way, and when the last one has left. */
class House {
  readonly #server: Server
  readonly #guests = new Set<Serving>()
  #left: () => void = () => {}
  #accepted = 0
  #turn: Promise<unknown> = Promise.resolve()
  /** Settles when nobody comes any more and everybody has left. */
  readonly empty = new Promise<void>(resolve => {
    this.#left = resolve
  })

  constructor(
    server: Server,
    most: number | undefined,
    guest: (socket: Socket) => Omit<Serving['parts'], 'name' | 'turn' | 'quit'>,
  ) {
    this.#server = server
    server.on('connection', socket => {
      if (!server.listening) {
        socket.destroy()
        return
      }
      this.#accepted++
      if (this.#accepted === most) server.close()
      const serving = serve({
        ...guest(socket),
        name: `${this.#accepted} from ${socket.remoteAddress}:${socket.remotePort}`,
        turn: this.#turn,
        quit: () => this.quit(),
      })
      // The keyboard goes to the oldest connection.
      this.#turn = Promise.all([this.#turn, serving.over])
      this.#guests.add(serving)
      serving.over.then(() => {
        this.#guests.delete(serving)
        this.#leave()
      })
    })
  }

  /** Nobody comes any more, and everybody is told goodbye. */
  quit(): void {
    this.#server.close()
    for (const guest of this.#guests) guest.quit()
    this.#leave()
  }

  #leave(): void {
    if (!this.#server.listening && this.#guests.size === 0) this.#left()
  }
}

/** Contexts for connections: one for all, or where they are traced, one for each, so that lines say whose they are. */
class Contexts {
  readonly #options: ContextOptions
  readonly #speaker: Speaker
  readonly #records: Records
  readonly #shared: SslContext
  readonly #traced: boolean

  constructor(options: ContextOptions, speaker: Speaker, records: Records) {
    this.#options = { ...options, ticketKeys: randomBytes(48) }
    this.#speaker = speaker
    this.#records = records
    this.#shared = new SslContext({ ...this.#options, ...records.options({}) })
    this.#traced = 'trace' in speaker.trace('')
  }

  of(name: string): SslContext {
    if (!this.#traced) return this.#shared
    const [number] = name.split(' ')
    const traced = this.#speaker.trace(`${number}: `)
    return new SslContext({ ...this.#options, ...this.#records.options(traced, Number(number)) })
  }
}
