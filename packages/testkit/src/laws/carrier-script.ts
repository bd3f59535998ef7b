/** Steps that a law takes with two carriers, as plain data: they shrink to the fewest that break it, and a program can take them again. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import fc from 'fast-check'
import { byteAt } from './bio-script.ts'
import { expect } from './law.ts'

/** `pause` is a turn of whoever's timers these are; `look` and `offer` are `readNow` and `writeNow`, where there are such. */
export type CarrierStep =
  | readonly [deed: 'write' | 'offer', at: 'near' | 'far', bytes: number]
  | readonly [deed: 'read' | 'look', at: 'near' | 'far']
  | readonly [deed: 'pause']

const at = fc.constantFrom('near' as const, 'far' as const)
const count = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20_000 }))
export const carrierScripts: fc.Arbitrary<readonly CarrierStep[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom('write' as const, 'offer' as const), at, count),
    fc.tuple(fc.constantFrom('read' as const, 'look' as const), at),
    fc.tuple(fc.constant('pause' as const)),
  ),
  { maxLength: 16, size: 'max' },
)

/** What a side does comes one after the other, what both do at once. */
class Side {
  readonly name: 'near' | 'far'
  readonly carrier: ByteCarrier
  said = 0
  heard = 0
  ended = false
  #writing: Promise<unknown> = Promise.resolve()
  #reading: Promise<unknown> = Promise.resolve()
  /** Reads that were begun and are not over, the first of them first. */
  readonly #open: Promise<unknown>[] = []

  constructor(name: 'near' | 'far', carrier: ByteCarrier) {
    this.name = name
    this.carrier = carrier
  }

  write(count: number, now: boolean): void {
    const first = this.said
    this.said += count
    this.#writing = this.#writing.then(async () => {
      // A part of something longer: a carrier gives on what it was given, and not all of its buffer.
      const bytes = new Uint8Array(count + 2).subarray(1, count + 1)
      for (const i of bytes.keys()) bytes[i] = byteAt(first + i)
      if (now && this.carrier.writeNow?.(bytes)) return
      await this.carrier.write(bytes)
    })
    this.#writing.catch(() => {})
  }

  read(from: Side, now: boolean): Promise<unknown> {
    this.#reading = this.#reading.then(async () => {
      if (this.ended) return
      const bytes = now && this.carrier.readNow ? this.carrier.readNow() : await this.carrier.read()
      if (bytes === undefined) return
      this.ended = bytes === null
      for (const byte of bytes ?? []) {
        const place = this.heard++
        expect(place < from.said, `no more than the ${from.said} bytes that ${from.name} wrote`)
        expect(
          byte === byteAt(place),
          `byte ${place} of ${from.name} to be ${byteAt(place)}, got ${byte}`,
        )
      }
    })
    const reading = this.#reading
    reading.catch(() => {})
    this.#open.push(reading)
    reading.then(() => this.#open.shift()).catch(() => {})
    return reading
  }

  /** Reads no more often than it takes to have heard all: a read too many would wait for ever. */
  async hearAll(from: Side): Promise<void> {
    while (this.heard < from.said && !this.ended) await (this.#open[0] ?? this.read(from, false))
    expect(
      this.heard === from.said,
      `all ${from.said} bytes that ${from.name} wrote, got ${this.heard}`,
    )
  }

  async close(): Promise<void> {
    await this.#writing
    await this.carrier.close()
  }
}

/** What the steps are taken with. */
export interface Waiting {
  /** Fails where a promise does not settle, and says what was waited for. */
  readonly within: <T>(promise: Promise<T>, what: string) => Promise<T>
  readonly pause: () => Promise<void>
}

/** Takes the steps, then closes the near side and reads the far one to its end. Throws where something is lost, changed or not over. */
export async function takeCarrierSteps(
  carriers: { readonly near: ByteCarrier; readonly far: ByteCarrier },
  steps: readonly CarrierStep[],
  { within, pause }: Waiting,
): Promise<void> {
  const near = new Side('near', carriers.near)
  const far = new Side('far', carriers.far)
  for (const [deed, at, count = 0] of steps) {
    const [side, other] = at === 'far' ? [far, near] : [near, far]
    if (deed === 'pause') await pause()
    else if (deed === 'write' || deed === 'offer') side.write(count, deed === 'offer')
    else void side.read(other, deed === 'look')
  }
  const drained = async () => {
    while (!far.ended) await far.read(near, false)
  }
  // What comes the other way is read, too, so that nobody waits for room.
  await within(near.hearAll(far), `all ${far.said} bytes that far wrote`)
  // A carrier that never opened has nobody whom it could tell of its end.
  if (near.said === 0) near.write(1, false)
  const closing = near.close()
  closing.catch(() => {})
  await within(drained(), `an end behind the ${near.said} bytes that near wrote`)
  expect(far.heard === near.said, `all ${near.said} bytes that near wrote, got ${far.heard}`)
  await within(closing, 'near to be closed')
  await within(carriers.far.close(), 'far to be closed')
}

/** A step in words. */
export function carrierStepInWords([deed, at, count]: CarrierStep): string {
  return [at, deed, count].filter(part => part !== undefined).join(' ')
}
