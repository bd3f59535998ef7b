/** What each end of a scenario says to the other, recorded: where a fuzzer begins. */
import { MemoryBio } from '@biopair/bio'
import { type Bytes, concat } from '@biopair/crypto'
import type { Ssl } from '@biopair/ssl'
import type { Scenario } from './scenarios.ts'

/** What each end heard. */
export interface Recording {
  readonly client: Bytes
  readonly server: Bytes
}

/** Lets both ends shake hands, talk and say goodbye. Throws where they do not understand each other. */
export function record({ name, client, server, early }: Scenario): Recording {
  const [toClient, toServer] = [new Tape(), new Tape()]
  const near = client.make(toClient, toServer)
  const far = server.make(toServer, toClient)
  const into = new Uint8Array(1000)
  if (early) near.writeEarly(said)
  const shaken = () => {
    if (early) far.readEarly(into)
    return [near.doHandshake(), far.doHandshake()]
  }
  for (let turns = 0; ; turns++) {
    const outcomes = shaken()
    if (outcomes.every(({ status }) => status === 'done')) break
    const failed = outcomes.find(({ status }) => status === 'failed')
    if (failed || turns > 20)
      throw new Error(`${name}: ${failed && 'error' in failed ? failed.error : 'no end'}`)
  }
  talk(near, far)
  return { client: toClient.bytes, server: toServer.bytes }
}

function talk(near: Ssl, far: Ssl): void {
  const into = new Uint8Array(1000)
  const say = (from: Ssl, to: Ssl) => {
    from.write(said)
    to.read(into)
  }
  say(near, far)
  if (near.version === 'TLSv1.3') {
    near.keyUpdate(true)
    const asked = far.requestCertificate()
    say(near, far)
    say(far, near)
    if (asked.status === 'done') for (const end of [near, far, near, far]) end.read(into)
    far.newSessionTicket()
  }
  say(far, near)
  near.shutdown()
  far.shutdown()
}

const said = new Uint8Array(20).fill(0x61)

/** A memory that also keeps all that was written. */
class Tape extends MemoryBio {
  readonly #kept: Uint8Array[] = []

  get bytes(): Bytes {
    return concat(...this.#kept)
  }

  override write(bytes: Uint8Array): ReturnType<MemoryBio['write']> {
    this.#kept.push(bytes.slice())
    return super.write(bytes)
  }

  override commit(count: number): void {
    const room = this.room(count)
    if (!('stop' in room)) this.#kept.push(room.slice(0, count))
    super.commit(count)
  }
}
