/** Gives an end of QUIC the CRYPTO bytes that its input says, and holds it to the laws. */
import { TlsAlert } from '@biopair/ssl'
import type { QuicOutcome, QuicTls } from '@biopair/ssl/quic'
import { Finding, law } from './finding.ts'
import type { Plan } from './plan.ts'
import { levels, type QuicEnd } from './quic-ends.ts'
import { recordsOf } from './wire-records.ts'

/** Runs an input's records, whose versions say levels; answers how it went. */
export function runQuic(end: QuicEnd, heard: Uint8Array, plan: Plan): string {
  const course = converse(end, heard, plan)
  if (!plan.compares) return `${end.name} ${course.state} ${course.end}`
  const other = converse(end, heard, {
    ...plan,
    piece: plan.piece === Number.POSITIVE_INFINITY ? 40 : Number.POSITIVE_INFINITY,
  })
  law('cuts change nothing', other.end === course.end, () => `${course.end}, and ${other.end}`)
  return `${end.name} ${course.state} ${course.end}`
}

/** How far an end had got before it failed is not the same for all cuts: what comes too much is seen sooner in one piece. */
interface Course {
  readonly state: string
  readonly end: string
}

function converse(end: QuicEnd, heard: Uint8Array, plan: Plan): Course {
  const watched = new WatchedQuic(end.quic())
  watched.call('advance', quic => quic.advance())
  for (const { version, content } of recordsOf(heard).records) {
    const level = (version & 3) % levels.length
    // No packet of a level can be read before its secret is there.
    if (level > watched.readable) continue
    for (let at = 0; at < content.length; at += plan.piece)
      watched.call('provide', quic =>
        quic.provide(levels[level] as 'initial', content.subarray(at, at + plan.piece)),
      )
  }
  const { quic, last } = watched
  const { state, complete, alpnProtocol, earlyData } = quic
  if (complete && last.status !== 'failed') {
    quic.exportKeyingMaterial(16, 'EXPORTER-fuzz')
    if (plan.issues && end.role === 'server')
      watched.call('ticket', each => each.newSessionTicket())
  }
  const again = watched.call('advance', each => each.advance())
  law(
    'an end stays what it is',
    again.status === last.status,
    () => `${last.status}, ${again.status}`,
  )
  quic.close()
  const reached = `${state} ${complete} ${alpnProtocol} ${earlyData}`
  return {
    state: reached,
    end: last.status === 'failed' ? shown(last) : `${reached} ${last.status}`,
  }
}

function shown(outcome: QuicOutcome): string {
  if (outcome.status !== 'failed') return outcome.status
  const { code, error } = outcome
  return `${code} ${error.alert} ${error.reason} ${error.section}`
}

class WatchedQuic {
  readonly quic: QuicTls
  /** The highest level whose bytes may come. */
  readable = 0
  last: QuicOutcome = { status: 'want_read' }

  constructor(quic: QuicTls) {
    this.quic = quic
  }

  call(name: string, work: (quic: QuicTls) => QuicOutcome): QuicOutcome {
    const failed = this.last.status === 'failed'
    try {
      this.last = work(this.quic)
    } catch (error) {
      const text = `${name}: ${error instanceof Error ? error.stack : error}`
      throw new Finding('no call throws for what a peer sent', text, error)
    }
    const { last } = this
    law('a failure stays', !failed || last.status === 'failed', () => last.status)
    law('nobody promises anything here', !/^want_(?!read)/.test(last.status), () => last.status)
    if (last.status === 'failed') {
      const { error, code } = last
      law('a failure is an alert', error instanceof TlsAlert, () => String(error))
      law('a failure has a code', code > 0 && code <= 0x1ff, () => `${code}`)
      if (error.alert === 'internal_error')
        throw new Finding('no peer can cause internal_error', String(error.stack), error.cause)
    }
    this.#events()
    return last
  }

  #events(): void {
    let bytes = 0
    for (let event = this.quic.next(); event; event = this.quic.next()) {
      if (event.event === 'crypto') bytes += event.bytes.length
      if (event.event !== 'secret' || event.direction !== 'read' || event.level === 'early')
        continue
      this.readable = Math.max(this.readable, levels.indexOf(event.level))
    }
    law('what is said is bounded', bytes < 2 ** 18, () => `${bytes} bytes`)
  }
}
