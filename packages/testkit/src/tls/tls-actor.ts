/** One end of a connection that says what it has to say, hears what it is told, and says goodbye: an `Actor`. */
import type { Ssl } from '@biopair/ssl'
import type { CountingHalf } from '../schedule/counting-half.ts'
import type { Actor } from '../schedule/play.ts'
import { sendsEarly, type TlsConfig } from './tls-config.ts'

/** Steps without a byte after which an end on a link that loses something gives up, as a timeout would. */
const patience = 50

/** How an end came to its end, where that was not a goodbye. */
export interface Lost {
  readonly status: string
  readonly error?: Error
}

export class TlsActor implements Actor {
  readonly ssl: Ssl
  readonly half: CountingHalf
  /** What it has heard. */
  readonly heard: number[] = []
  readonly heardEarly: number[] = []
  /** What was taken of its early data. */
  saidEarly: Uint8Array = new Uint8Array(0)
  readonly #config: TlsConfig
  readonly #patient: boolean
  #left: Uint8Array
  #early: Uint8Array | undefined
  #begun = false
  #shaken = false
  #closed = false
  #shut = false
  #lost: Lost | undefined
  #fruitless = 0
  #last = ''

  /** @param patient whether it waits for ever, because the link loses nothing */
  constructor(ssl: Ssl, half: CountingHalf, config: TlsConfig, says: Uint8Array, patient: boolean) {
    this.ssl = ssl
    this.half = half
    this.#config = config
    this.#left = says
    this.#patient = patient
    if (ssl.role === 'client' && sendsEarly(config))
      this.#early = Uint8Array.from({ length: 20 }, (_, at) => 200 + at)
  }

  get lost(): Lost | undefined {
    return this.#lost
  }

  get done(): boolean {
    if (this.#lost) return this.ssl.queued === 0 || this.#lost.status !== 'failed'
    const { until } = this.#config
    if (until === 'handshake') return this.#shaken
    if (until === 'tickets') return this.#shaken && this.ssl.queued === 0
    return this.#closed && this.#shut
  }

  get waits(): string {
    const { state, queued, pending } = this.ssl
    const { pending: there, writeGuarantee } = this.half
    const tired = this.#patient ? '' : `, ${this.#fruitless} steps in vain`
    return `${this.#last} (${state}, ${queued} queued, ${pending} decrypted, ${this.#left.length} to say; ${there} bytes to read, room for ${writeGuarantee}${tired})`
  }

  step(): void {
    const before = this.half.moved
    if (this.#lost) {
      if (!this.done) this.#flush()
    } else this.#go()
    this.#fruitless = this.half.moved > before ? 0 : this.#fruitless + 1
    if (this.#patient || this.done || this.#fruitless < patience) return
    this.half.close(new Error('gave up'))
    this.#lost = { status: 'gave up' }
  }

  #go(): void {
    const { ssl } = this
    this.#sayEarly()
    if (ssl.role === 'server' && this.#config.early === 'read' && !this.#shaken) this.hearEarly()
    if (!this.#shaken || this.#config.until !== 'goodbye') {
      const { status } = this.#note('doHandshake', ssl.doHandshake())
      if (status !== 'done') return
      this.#shaken = true
    }
    if (this.#config.until !== 'goodbye') return
    if (this.#left.length > 0) {
      const outcome = this.#note('write', ssl.write(this.#left))
      if (outcome.status === 'done') this.#left = this.#left.subarray(outcome.bytes)
    }
    this.#hear()
    if (this.#left.length > 0 || this.#lost || this.#shut) return
    this.#shut = this.#note('shutdown', ssl.shutdown()).status === 'done'
  }

  #hear(): void {
    const into = new Uint8Array(4096)
    while (!this.#closed && !this.#lost) {
      const outcome = this.#note('read', this.ssl.read(into))
      if (outcome.status === 'closed') this.#closed = true
      if (outcome.status !== 'done') return
      this.heard.push(...into.subarray(0, outcome.bytes))
    }
  }

  #sayEarly(): void {
    if (!this.#early || this.#begun) return
    const outcome = this.#note('writeEarly', this.ssl.writeEarly(this.#early))
    if (outcome.status === 'done') this.saidEarly = this.#early.subarray(0, outcome.bytes)
    this.#begun = outcome.status === 'done' || outcome.status === 'refused'
  }

  /** Reads what has come of early data. */
  hearEarly(): void {
    const into = new Uint8Array(4096)
    for (;;) {
      const outcome = this.#note('readEarly', this.ssl.readEarly(into))
      if (outcome.status !== 'done') return
      this.heardEarly.push(...into.subarray(0, outcome.bytes))
    }
  }

  /** Drives out an alert; where the carrier takes nothing any more, nobody will hear it. */
  #flush(): void {
    this.ssl.flush()
    const room = this.half.room(1)
    if (this.ssl.queued > 0 && 'stop' in room && room.stop === 'broken')
      this.#lost = { ...this.#lost, status: 'failed, and nobody to tell' }
  }

  #note<O extends { readonly status: string; readonly error?: Error }>(
    call: string,
    outcome: O,
  ): O {
    this.#last = `${call}: ${outcome.status}`
    if (outcome.status === 'failed' || outcome.status === 'truncated') this.#lost = outcome
    return outcome
  }
}
