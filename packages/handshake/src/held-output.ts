/** An `Output` that only collects: for messages that have to go out together, and facts that hold once all is well. */
import type { Bytes } from '@biopair/wire'
import type { Fact, Level, Output } from './output.ts'

export class HeldOutput implements Output {
  readonly messages: Bytes[] = []
  readonly facts: Fact[] = []

  send(_level: Level, message: Bytes): void {
    this.messages.push(message)
  }

  /** Where its flow stands is no state of the connection. */
  learn(fact: Fact): void {
    if (fact.fact !== 'state') this.facts.push(fact)
  }

  endOfFlight(): void {}

  // A flow that has to wait beside a connection changes nothing of its keys and records.
  readonly protect = outOfPlace
  readonly speak12 = outOfPlace
  readonly changeKeys = outOfPlace
  readonly unprotect = outOfPlace
  readonly changeCipherSpec = outOfPlace
  readonly tolerateChangeCipherSpec = outOfPlace
  readonly skipEarlyData = outOfPlace
  readonly limitRecords = outOfPlace
}

function outOfPlace(): never {
  throw new TypeError('expected messages and facts alone')
}
