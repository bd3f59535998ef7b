/** `biopair s_client`: connects, verifies, and passes stdin and stdout through. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { aLabels } from '@biopair/node'
import { Ssl, SslContext } from '@biopair/ssl'
import { type ClientFlags, exportLength, type Place, place, wholeNumber } from './arguments.ts'
import { clientOptions, sessionIn } from './context.ts'
import { Conversation } from './conversation.ts'
import { Deadline, handshake, hangUp, type Link, link } from './drive.ts'
import { sendEarly, unsentLines } from './early.ts'
import { failureLine, messageOf } from './failure.ts'
import { read } from './files.ts'
import { schemes, signsWith } from './identities.ts'
import { reconnections, untilTicket } from './reconnect.ts'
import { Records, writeSession } from './records.ts'
import { briefReport, clientReport, keyingMaterial, ticketReport, verifyLines } from './report.ts'
import { Speaker } from './speaker.ts'
import { statusReport, timestampReport } from './status.ts'
import { Keyboard, put, type Terminal } from './terminal.ts'

/** Answers the exit code; throws where there is no connection. */
export async function runClient(flags: ClientFlags, terminal: Terminal): Promise<0 | 1> {
  const to = place('connect', flags.connect ?? 'localhost:4433')
  const timeout = wholeNumber('timeout', flags.timeout ?? '10', 1, 86400)
  exportLength(flags)
  const { host = 'localhost' } = to
  const speaker = new Speaker(terminal, flags)
  const options = clientOptions(flags)
  const file = flags.early_data === undefined ? undefined : read('early_data', flags.early_data)
  const records = new Records(flags, to.port)
  try {
    const context: SslContext = new SslContext({
      ...options,
      ...(flags.client_sigalgs === undefined
        ? {}
        : signsWith(schemes(flags.client_sigalgs), () => context)),
      ...records.options(speaker.trace('')),
      onSession: session => {
        speaker.tell(ticketReport(session))
        if (flags.sess_out !== undefined) writeSession(flags.sess_out, session)
      },
    })
    let session = flags.sess_in === undefined ? undefined : sessionIn(flags.sess_in)
    for (let again = flags.reconnect ? reconnections : 0; ; again--) {
      const ssl = new Ssl(context, {
        servername: aLabels(flags.servername ?? host),
        ...(session ? { session } : {}),
      }).setConnectState()
      const socket = await connected({ ...to, host }, timeout)
      const cut = () => socket.destroy()
      terminal.signal?.addEventListener('abort', cut)
      speaker.tell([`CONNECTED(${socket.remoteAddress}:${socket.remotePort})`])
      const line = link(ssl, socket)
      const end = await talk(line, flags, terminal, speaker, timeout, again > 0, session && file)
      terminal.signal?.removeEventListener('abort', cut)
      if (end !== undefined) {
        speaker.error(`biopair s_client: ${end}`)
        return 1
      }
      if (again === 0 || terminal.signal?.aborted) return 0
      speaker.tell(['drop connection and then reconnect'])
      session = ssl.session
    }
  } finally {
    records.close()
  }
}

/** The whole connection; what went wrong, if anything did. */
async function talk(
  line: Link,
  flags: ClientFlags,
  terminal: Terminal,
  speaker: Speaker,
  timeout: number,
  again: boolean,
  file: Uint8Array | undefined,
): Promise<string | undefined> {
  const { ssl, socket } = line
  const print = (bytes: Uint8Array) => put(terminal.stdout, bytes)
  try {
    const deadline = new Deadline(socket, timeout)
    deadline.start()
    const early = file && (await sendEarly(line, file))
    const shaken = early && 'status' in early ? early : await handshake(line)
    deadline.stop()
    if (deadline.passed) return `handshake timed out in ${ssl.state} after ${timeout} s`
    if (shaken.status !== 'done') return failureLine(shaken, ssl.state)
    if (file && early && 'sent' in early)
      for (const said of unsentLines(ssl, early, file.length)) speaker.error(said)
    speaker.verified(verifyLines(ssl), ssl.authorized)
    speaker.brief(briefReport(ssl))
    if (flags.status) speaker.tell(statusReport(ssl))
    speaker.tell(clientReport(ssl, { read: socket.bytesRead, written: socket.bytesWritten }))
    speaker.tell(keyingMaterial(ssl, flags.keymatexport, exportLength(flags)))
    if (flags.ct) speaker.tell(timestampReport(ssl))
    if (again) {
      const end = await untilTicket(line, print)
      return end && failureLine(end, ssl.state)
    }
    const stays = (flags.quiet || flags.ign_eof) && !flags.no_ign_eof
    const end = await new Conversation({
      link: line,
      keyboard: new Keyboard(terminal.stdin, flags.quiet || flags.nocommands ? '' : 'QKk'),
      turn: Promise.resolve(),
      timeout,
      atEnd: () => (stays ? 'go on' : 'goodbye'),
      print,
      command: async () => 'quit',
    }).run()
    speaker.tell([end === undefined ? 'closed' : 'failed'])
    return end && failureLine(end, ssl.state)
  } finally {
    await hangUp(line, 1)
  }
}

/** A socket that is connected. */
async function connected({ host = '', port }: Place, timeout: number): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true })
  const deadline = new Deadline(socket, timeout)
  deadline.start()
  try {
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    if (deadline.passed) throw new Error(`no answer after ${timeout} s`)
    return socket
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    throw new Error(`connect to ${host}:${port}: ${code ?? messageOf(error)}`, { cause: error })
  } finally {
    deadline.stop()
  }
}
