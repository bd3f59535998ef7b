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

  protect(): never {
    throw outOfPlace()
  }

  speak12(): never {
    throw outOfPlace()
  }

  changeKeys(): never {
    throw outOfPlace()
  }

  unprotect(): never {
    throw outOfPlace()
  }

  changeCipherSpec(): never {
    throw outOfPlace()
  }

  tolerateChangeCipherSpec(): never {
    throw outOfPlace()
  }

  skipEarlyData(): never {
    throw outOfPlace()
  }

  limitRecords(): never {
    throw outOfPlace()
  }
}

function outOfPlace(): TypeError {
  return new TypeError('expected messages and facts alone')
}
