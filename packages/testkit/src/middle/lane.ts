/** One direction of a man in the middle: records in, messages seen and edited, records out. */
import { type Bytes, concat, equal } from '@biopair/crypto'
import { AnyServerHello, isHelloRetryRequest, messageName } from '@biopair/handshake'
import { joinedBytes } from '../joined-bytes.ts'
import { Inlet, type SeenRecord } from './inlet.ts'
import { Messages, messagesIn } from './messages.ts'
import { type Both, type Outgoing, Outlet, updatesKey } from './outlet.ts'
import { type Edit, type Editor, type From, messageIn, type Piece, type Seen } from './seen.ts'
import type { View } from './view.ts'

/** Sees everything, with what became of it. */
export type Watcher = (seen: Seen, edit: Edit) => void

export class Lane {
  readonly #from: From
  readonly #inlet: Inlet
  readonly #outlet: Outlet
  readonly #both: Both
  readonly #edit: Editor
  readonly #watch: Watcher
  readonly #maxHeld: number
  /** Records of handshake messages, from the beginning of one up to the end of one. */
  #batch: SeenRecord[] = []
  readonly #joined = new Messages()
  #delayed: { left: number; readonly outgoing: Outgoing }[] = []
  #index = 0
  #ended = false

  constructor(
    from: From,
    sender: View,
    receiver: View,
    both: Both,
    edit: Editor,
    watch: Watcher,
    maxHeld: number,
  ) {
    this.#from = from
    this.#inlet = new Inlet(from, sender)
    this.#outlet = new Outlet(from, sender, receiver, both)
    this.#both = both
    this.#edit = edit
    this.#watch = watch
    this.#maxHeld = maxHeld
  }

  /** Whether a key is missing before anything more can go. */
  waiting = false

  /** Bytes that have come and have not gone. */
  get held(): number {
    const delayed = this.#delayed.reduce((sum, { outgoing }) => sum + outgoing.content.length, 0)
    return this.#inlet.held + this.#joined.length + this.#outlet.held + delayed
  }

  /** Whether nothing more should come before the key does. */
  get full(): boolean {
    return this.waiting && this.held >= this.#maxHeld
  }

  pass(bytes: Uint8Array): Bytes {
    if (this.#ended) return new Uint8Array(0)
    this.#inlet.push(bytes)
    return this.#run()
  }

  end(): Bytes {
    this.#ended = true
    return this.#run()
  }

  /** Sends something as this end would, behind what has passed. */
  send(piece: Piece): void {
    if (piece.type === 'handshake' && this.#inlet.epoch !== 'application') this.#touched()
    this.#outlet.push([outgoing(piece, this.#inlet.epoch, 0x0303)])
  }

  #run(): Bytes {
    this.waiting = false
    const went: Bytes[] = [this.#outlet.take(this.#ended)]
    while (!this.#outlet.blocked) {
      const record = this.#inlet.next(this.#ended)
      if (record === 'wait') this.waiting = true
      if (record === undefined || record === 'wait') break
      this.#take(record)
      went.push(this.#outlet.take(this.#ended))
    }
    if (this.#outlet.blocked) this.waiting = true
    if (this.#ended) {
      this.#unread()
      this.#release(Number.POSITIVE_INFINITY)
      went.push(this.#outlet.take(true))
    }
    return joinedBytes(went)
  }

  #take(record: SeenRecord): void {
    if (record.type !== 'handshake') {
      this.#unread()
      this.#single(record)
      return
    }
    this.#batch.push(record)
    this.#joined.push(record.content)
    const messages = this.#joined.take()
    if (messages) this.#messages(messages)
    else if (this.#joined.length > this.#maxHeld) {
      this.#unread()
      this.#inlet.blind = true
    }
  }

  /** Part of a message, and then something else or the end: it goes on as it is. */
  #unread(): void {
    this.#outlet.push(this.#batch.map(record => asItCame(record)))
    this.#batch = []
    this.#joined.clear()
  }

  #single(record: SeenRecord): void {
    const { type, content, padding, epoch, generation } = record
    const seen = this.#seen({
      type,
      bytes: content,
      padding,
      epoch,
      generation,
      message: undefined,
    })
    const edit = this.#asked(seen)
    this.#outlet.push(edit === undefined ? [asItCame(record)] : this.#become(edit, seen, record))
    this.#release(1)
  }

  #messages(messages: readonly Bytes[]): void {
    const batch = this.#batch
    const [first] = batch
    const last = batch.at(-1)
    this.#batch = []
    this.#joined.clear()
    if (!first || !last) return
    const out: Outgoing[] = []
    let changed = false
    for (const bytes of messages) {
      const { padding, epoch, generation } = last
      this.#inlet.sent(bytes, epoch)
      const message = nameOf(bytes)
      const seen = this.#seen({ type: 'handshake', bytes, padding, epoch, generation, message })
      const edit = this.#asked(seen)
      if (edit === undefined)
        out.push(outgoing({ type: 'handshake', content: bytes, padding }, epoch, first.version))
      else {
        changed = true
        if (epoch !== 'application') this.#touched()
        out.push(...this.#become(edit, seen, first))
      }
      const due = this.#due(1)
      changed ||= due.length > 0
      out.push(...due)
    }
    this.#outlet.push(
      changed
        ? joined(out)
        : batch.map(record => asItCame(record, record === last ? messages : [])),
    )
  }

  #seen(what: Omit<Seen, 'from' | 'index'>): Seen {
    return { from: this.#from, index: this.#index++, ...what }
  }

  /** What becomes of it; nothing where it would be the same. */
  #asked(seen: Seen): Edit {
    const edit = this.#edit(seen)
    const same = edit instanceof Uint8Array && equal(edit, seen.bytes)
    this.#watch(seen, same ? undefined : edit)
    return same ? undefined : edit
  }

  #become(edit: Exclude<Edit, undefined>, seen: Seen, { version }: SeenRecord): Outgoing[] {
    const { epoch } = seen
    const type = seen.type
    const whole = (content: Uint8Array): Outgoing =>
      outgoing({ type, content, padding: seen.padding }, epoch, version)
    if (edit === 'drop') return []
    if (edit instanceof Uint8Array) return [whole(edit)]
    if ('after' in edit) {
      this.#delayed.push({ left: edit.after + 1, outgoing: whole(seen.bytes) })
      return []
    }
    return edit.map(piece =>
      piece instanceof Uint8Array ? whole(piece) : outgoing(piece, epoch, version),
    )
  }

  #touched(): void {
    this.#both.diverged = true
  }

  #release(passed: number): void {
    this.#outlet.push(this.#due(passed))
  }

  /** What was delayed and has its turn; the oldest, too, where more is held than may be. */
  #due(passed: number): Outgoing[] {
    let held = this.#delayed.reduce((sum, { outgoing }) => sum + outgoing.content.length, 0)
    const due: Outgoing[] = []
    this.#delayed = this.#delayed.filter(entry => {
      entry.left -= passed
      if (entry.left > 0 && held <= this.#maxHeld) return true
      held -= entry.outgoing.content.length
      due.push(entry.outgoing)
      return false
    })
    return due
  }
}

function outgoing(
  { type, content, padding = 0 }: Omit<Piece, 'type'> & { readonly type: Seen['type'] },
  epoch: Outgoing['epoch'],
  version: number,
): Outgoing {
  const copy = content.slice()
  const messages = type === 'handshake' ? (messagesIn(copy) ?? []) : []
  return { type, content: copy, padding, epoch, version, messages }
}

function asItCame(record: SeenRecord, messages: readonly Bytes[] = []): Outgoing {
  const { type, content, padding, epoch, version, ...came } = record
  return { type, content, padding, epoch, version, messages, came }
}

/** Handshake messages under one key go in one record, but a KeyUpdate ends its record (RFC 9846 §5.1). */
function joined(outgoing: readonly Outgoing[]): Outgoing[] {
  const all: Outgoing[] = []
  for (const one of outgoing) {
    const last = all.at(-1)
    if (
      last?.type === 'handshake' &&
      one.type === 'handshake' &&
      last.epoch === one.epoch &&
      !updates(last) &&
      !updates(one)
    )
      all[all.length - 1] = {
        ...last,
        content: concat(last.content, one.content),
        messages: [...last.messages, ...one.messages],
      }
    else all.push(one)
  }
  return all
}

const updates = ({ messages }: Outgoing): boolean => messages.some(updatesKey)

function nameOf(bytes: Bytes): string {
  const type = bytes[0] as number
  const seen = { type: 'handshake', bytes } as Seen
  const hello = messageIn(seen, AnyServerHello)
  return hello && isHelloRetryRequest(hello) ? 'HelloRetryRequest' : messageName(type)
}
