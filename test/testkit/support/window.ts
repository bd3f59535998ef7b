/** A toy protocol over datagrams: a window of numbered letters, acknowledged by the number that is expected next. Faults can be planted into it. */
import type { DatagramLink, Ends, Play } from '@biopair/testkit'

/** Faults of the protocol, to see the kit find them. */
interface WindowFaults {
  /** How many sequence numbers there are; 256, which is more than there are letters. */
  readonly numbers?: number
  /** The server keeps what it has heard before, too. */
  readonly twice?: boolean
  /** The server acknowledges the last that came, instead of all up to the first that did not. */
  readonly hasty?: boolean
  /** The client sets its timer once only. */
  readonly once?: boolean
  /** The client does not ask whether a datagram was taken, and never sends anything again. */
  readonly careless?: boolean
  /** The client fills a datagram without asking how long it may be. */
  readonly long?: boolean
}

const letters = 'reordering'
const window = 4
const timeout = 100

function windowed(link: DatagramLink, faults: WindowFaults): Ends {
  const { near, far } = link
  const { numbers = 256, twice = false, hasty = false, once = false } = faults
  const { careless = false, long = false } = faults
  const modulo = (number: number) => ((number % numbers) + numbers) % numbers
  // A letter of its own in each datagram, and as much padding as there may be.
  const padding = long ? 40 : Math.min(near.mtu, 42) - 2
  let [first, next, sent, due] = [0, 0, 0, 0]
  let timers = 0
  const heard: string[] = []
  const early = new Map<number, string>()
  const client = {
    get done() {
      return first === letters.length
    },
    get due() {
      return due
    },
    get waits() {
      return `an acknowledgement of ${first} to ${next - 1}`
    },
    step() {
      for (const [number = 0] of near.take()) {
        const by = modulo(number - first)
        // What was sent before going back is acknowledged, too.
        if (by === 0 || by > sent - first) continue
        first += by
        next = Math.max(first, next)
        due = link.now + timeout
      }
      if (link.now >= due && next > first && !careless && (!once || timers++ === 0)) next = first
      while (next < Math.min(letters.length, first + window)) {
        const datagram = new Uint8Array(2 + padding)
        datagram[0] = modulo(next)
        datagram[1] = letters.charCodeAt(next)
        if (near.send(datagram) !== 'done' && !careless) break
        next++
        sent = Math.max(sent, next)
        due = link.now + timeout
      }
    },
  }
  const server = {
    get done() {
      return heard.length >= letters.length
    },
    get waits() {
      return `letters, after ${heard.length}`
    },
    step() {
      for (const [number = 0, code = 0] of far.take()) {
        const letter = String.fromCharCode(code)
        const ahead = modulo(number - heard.length)
        if (ahead < window) early.set(heard.length + ahead, letter)
        else if (twice) heard.push(letter)
        for (let at = heard.length; early.has(at); at = heard.length) {
          heard.push(early.get(at) as string)
          early.delete(at)
        }
        if (!letters.startsWith(heard.join(''))) throw new Error(`heard ${heard.join('')}`)
        const known = hasty && ahead < window ? number + 1 : heard.length
        far.send(Uint8Array.of(modulo(known)))
      }
    },
  }
  return { client, server }
}

function faulty(faults: WindowFaults): Play<DatagramLink> {
  return link => windowed(link, faults)
}

/** Without a fault. */
export const right = faulty({})
/** With eight numbers, which is enough where nothing is late. */
export const eight = faulty({ numbers: 8 })
export const wraps = faulty({ numbers: 6 })
export const twice = faulty({ twice: true })
export const hasty = faulty({ hasty: true })
export const once = faulty({ once: true })
export const careless = faulty({ careless: true })
export const long = faulty({ long: true })
