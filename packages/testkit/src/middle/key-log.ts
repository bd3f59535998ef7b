/** The secrets of a key log (RFC 9850), found again by label and ClientHello.random. */
import type { Bytes } from '@biopair/crypto'

/** One end's key log. Its `take` is what a context has as `keylog`, or is given what SSLKEYLOGFILE holds. */
export class KeyLog {
  readonly #secrets = new Map<string, Bytes>()

  /** Takes one line or many; what is no line of a key log is passed over. Of one name the last secret counts. */
  readonly take = (text: string): void => {
    for (const line of text.split('\n')) {
      const [, label, random, secret] =
        /^([A-Z0-9_]+) ([0-9a-fA-F]{64}) ((?:[0-9a-fA-F]{2})+)\s*$/.exec(line) ?? []
      if (label && random && secret)
        this.#secrets.set(`${label} ${random.toLowerCase()}`, fromHex(secret))
    }
  }

  /** The secret of a label (`CLIENT_TRAFFIC_SECRET_0`) on the connection whose ClientHello had this random. */
  secret(label: string, clientRandom: Uint8Array): Bytes | undefined {
    return this.#secrets.get(`${label} ${hex(clientRandom)}`)
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}
