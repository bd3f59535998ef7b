/** Parts of a connection that may have to wait while data goes on: authentications after the handshake. */
import type { Aside, AsideCommand, JoinedMessage } from '@biopair/handshake'
import type { Answers } from './answers.ts'
import type { Suspended } from './outcome.ts'
import { Shaking } from './shaking.ts'

interface Running {
  readonly shaking: Shaking<AsideCommand>
  /** Messages that it has not asked for yet. */
  readonly messages: JoinedMessage[]
  /** What somebody has promised to answer, or wants to be asked again, by another call than this. */
  readonly waits: Suspended | undefined
  readonly turn: number
}

export class Asides {
  readonly #answers: Answers
  #running: readonly Running[] = []
  #turn = 0
  /** What has ended and was not carried out. */
  #ended: AsideCommand[] = []

  constructor(answers: Answers) {
    this.#answers = answers
  }

  /** Whether there is anything to go on with. */
  get any(): boolean {
    return this.#running.length > 0 || this.#ended.length > 0
  }

  /** What they wait for; undefined where nobody has promised anything. */
  get waits(): Suspended | undefined {
    return this.#running.find(({ waits }) => waits)?.waits
  }

  /** What settles when one of them is worth going on with. */
  get ready(): readonly Promise<void>[] {
    return this.#running.flatMap(({ waits }) => (waits ? [waits.ready] : []))
  }

  add({ flow, messages }: Aside): void {
    const shaking = new Shaking(flow, this.#answers)
    this.#running = [
      ...this.#running,
      { shaking, messages: [...messages], waits: undefined, turn: 0 },
    ]
  }

  /** Another call: promises may have been kept since the last one. */
  begin(): void {
    this.#turn++
  }

  /** Goes on with each as far as it goes. A TlsAlert is the peer's fault, or a callback's. */
  step(): void {
    const still: Running[] = []
    for (const running of this.#running) {
      const { shaking, messages } = running
      if (running.turn === this.#turn) {
        still.push(running)
        continue
      }
      let step = shaking.step(() => messages.shift())
      while (step === 'on') step = shaking.step(() => messages.shift())
      if (step === 'message') throw new TypeError('expected an answer that is whole')
      if ('status' in step) still.push({ shaking, messages, waits: step, turn: this.#turn })
      else this.#ended.push(step)
    }
    this.#running = still
  }

  /** The next command; one that sends something only where there is `room`. */
  take(room: boolean): AsideCommand | undefined {
    const next = this.#ended.findIndex(({ command }) => room || command !== 'answer_request')
    return next < 0 ? undefined : this.#ended.splice(next, 1)[0]
  }

  /** Ends them where they stand; who is at work on an answer is told. */
  stop(): void {
    for (const { shaking } of this.#running) shaking.stop()
    this.#running = []
    this.#ended = []
  }
}
