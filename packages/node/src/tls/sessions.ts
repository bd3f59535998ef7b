/** Sessions of a client by whom they are of: the last few of the last so many servers, each of which is offered once. */

/** How many are kept of one server: as many as its connections that are made at once may want. */
const ofOne = 4

export class Sessions {
  readonly #most: number
  readonly #byServer = new Map<string, Uint8Array[]>()

  /** @param most servers; 0 keeps nothing */
  constructor(most: number) {
    this.#most = most
  }

  put(server: string, session: Uint8Array): void {
    if (this.#most === 0) return
    const kept = this.#byServer.get(server) ?? []
    this.#byServer.delete(server)
    this.#byServer.set(server, [...kept, session].slice(-ofOne))
    for (const oldest of this.#byServer.keys()) {
      if (this.#byServer.size <= this.#most) return
      this.#byServer.delete(oldest)
    }
  }

  /** The last one, which is no longer here then (RFC 9846 appendix C.4). */
  take(server: string): Uint8Array | undefined {
    return this.#byServer.get(server)?.pop()
  }
}
