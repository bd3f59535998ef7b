/** A capture file out of a trace: what the carrier moved as TCP packets, and the secrets, where they were asked for (pcapng). */
import type { Bytes } from '@biopair/wire'
import { enhancedPacket, interfaceDescription, secrets, sectionHeader } from './pcapng-blocks.ts'
import { type Flow, fin, handshakePackets, Segments } from './tcp-packets.ts'
import type { TraceEvent } from './trace.ts'

export interface PcapngOptions {
  /** The server's port, from which readers guess what TLS carries: 443. */
  readonly serverPort?: number
}

/**
 * Writes a capture that tools like Wireshark read. Give `trace` to a context, with `traceEvents: ['bio', 'secret']`; with `traceSecrets: true`
 * the file decrypts itself, and whoever has it reads everything. Each block goes to `write`, in order, as soon as its keys are known; `end` hands out those that wait for keys in vain.
 */
export class PcapngWriter {
  readonly #write: (block: Bytes) => void
  readonly #serverPort: number
  readonly #captures = new Map<string, Capture>()
  #count = 0

  constructor(write: (block: Bytes) => void, { serverPort = 443 }: PcapngOptions = {}) {
    this.#write = write
    this.#serverPort = serverPort
    write(sectionHeader())
    write(interfaceDescription())
  }

  /** Takes an event of any connection. One writer is for one context: others number their connections alike. */
  readonly trace = (event: TraceEvent): void => {
    if (event.event !== 'bio' && event.event !== 'secret') return
    const name = `${event.role} ${event.connection}`
    let capture = this.#captures.get(name)
    if (!capture) {
      // Ports of clients: RFC 6335 §6, dynamic.
      const clientPort = 49_152 + (this.#count++ % 16_384)
      capture = new Capture({ clientPort, serverPort: this.#serverPort }, this.#write)
      this.#captures.set(name, capture)
    }
    capture.take(event)
    if (event.event !== 'bio' || event.call !== 'close') return
    capture.release()
    this.#captures.delete(name)
  }

  /** Writes what is held back. */
  end(): void {
    for (const capture of this.#captures.values()) capture.release()
  }
}

/** One connection. Readers look for keys at the message that they come of, ServerHello and Finished; we know them once it was read: until then packets wait. */
class Capture {
  readonly #segments: Segments
  readonly #write: (block: Bytes) => void
  #held: Bytes[] = []
  /** Both keys of application data are known: what comes later is derived from them. */
  readonly #awaited = new Set(['CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0'])
  #begun = false
  #ended = { client: false, server: false }

  constructor(flow: Flow, write: (block: Bytes) => void) {
    this.#segments = new Segments(flow)
    this.#write = write
  }

  take(event: Extract<TraceEvent, { event: 'bio' | 'secret' }>): void {
    if (event.event === 'secret') {
      if (event.keylog === undefined) return
      this.#write(secrets(`${event.keylog}\n`))
      this.#awaited.delete(event.keylog.split(' ')[0] ?? '')
      return
    }
    const { role, time, call, outcome, bytes } = event
    const peer = role === 'client' ? 'server' : 'client'
    // Whoever asks for more has understood what there was: no key can be missing for it.
    if (call === 'read' || this.#awaited.size === 0) this.release()
    if (!this.#begun) {
      this.#begun = true
      this.#packets(time, handshakePackets(this.#segments))
    }
    if (bytes.length > 0)
      this.#packets(time, this.#segments.data(call === 'read' ? peer : role, bytes))
    if (call === 'close') this.#end(role, time)
    if (call === 'read' && outcome === 'eof') this.#end(peer, time)
  }

  release(): void {
    const held = this.#held
    this.#held = []
    for (const block of held) this.#write(block)
  }

  #end(who: 'client' | 'server', time: number): void {
    if (this.#ended[who]) return
    this.#ended[who] = true
    this.#packets(time, [fin(this.#segments, who)])
  }

  #packets(time: number, packets: readonly Bytes[]): void {
    for (const packet of packets) this.#held.push(enhancedPacket(time, packet))
  }
}
