/** Plays with a planted bug each. */
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext } from '@biopair/ssl'
import type { CountingHalf, Play } from '@biopair/testkit'
import { chainFor } from '../../support/mint.ts'

/** Messages in frames of whole blocks of 8 bytes, padded with a 1 and zeros; one that fills its blocks loses its last byte. */
export const padding: Play = (link, seed) => {
  const dice = seed.dice('lengths')
  const messages = Array.from({ length: 3 }, () => dice.bytes(dice.from(1, 30)).fill(7))
  const frames = messages.flatMap(message => {
    const blocks = Math.ceil((message.length + 1) / 8)
    const padded = new Uint8Array(8 * blocks)
    padded.set(message)
    padded[message.length] = 1
    return [blocks, ...padded]
  })
  let left = Uint8Array.from(frames)
  const client = {
    get done() {
      return left.length === 0
    },
    step() {
      const took = link.near.write(left)
      if (typeof took === 'number') left = left.subarray(took)
    },
  }
  const heard: number[][] = []
  const held: number[] = []
  const server = {
    get done() {
      return heard.length === messages.length
    },
    step() {
      held.push(...link.far.take())
      while (held.length > 0 && held.length > 8 * (held[0] as number)) {
        const [blocks = 0, ...padded] = held.splice(0, 1 + 8 * (held[0] as number))
        let end = padded.length - 1
        while (padded[end] === 0) end--
        // The bug: it takes the block after next to be the first with padding.
        if (end % 8 === 7) end = 8 * (blocks - 1) + 6
        heard.push(padded.slice(0, end))
      }
    },
  }
  const check = () => {
    for (const [i, message] of messages.entries())
      if (heard[i]?.join() !== [...message].join())
        throw new Error(`message ${i}: expected ${message.length} bytes, got ${heard[i]?.length}`)
  }
  return { client, server, check }
}

/** A client that refuses its server is done at once, and leaves its alert where it is when the ring has no room for all of it. */
export const missingAlert: Play = (link, seed) => {
  const chain = chainFor('ed25519')
  const shared = { crypto: nodeCrypto, now: () => Date.UTC(2026, 6, 1) }
  const client = new Ssl(
    new SslContext({ ...shared, ca: chainFor('p256').root.pem, random: seed.random('c') }),
    { servername: 'server.example' },
  )
  const server = new Ssl(
    new SslContext({ ...shared, cert: chain.pem, key: chain.keyPem, random: seed.random('s') }),
  )
  client.setBio(link.near).setConnectState()
  server.setBio(link.far).setAcceptState()
  const until = (ssl: Ssl) => {
    let failed = false
    return {
      get done() {
        return failed
      },
      get waits() {
        return `${ssl.state}, ${ssl.queued} queued`
      },
      step() {
        // The bug: nobody drives out what is queued behind a failure.
        if (!failed) failed = ssl.doHandshake().status === 'failed'
      },
    }
  }
  return { client: until(client), server: until(server) }
}

/** Two ends that send 12 bytes each; an end that once found no room waits for bytes ever after, and not for room. */
export const staleWant: Play = link => {
  const end = (half: CountingHalf) => {
    let [left, heard] = [12, 0]
    let want: 'nothing' | 'read' | 'write' = 'nothing'
    return {
      get done() {
        return left === 0 && heard === 12
      },
      get waits() {
        return `${want}, ${left} to say, ${heard} heard`
      },
      step() {
        if (want !== 'read' && left > 0) {
          const took = half.write(new Uint8Array(left))
          if (typeof took === 'number') left -= took
          // The bug: this want is kept, and nothing but a byte to read takes it back.
          else want = 'read'
        }
        const into = new Uint8Array(1)
        if (half.read(into) !== 1) return
        heard++
        want = 'nothing'
      },
    }
  }
  return { client: end(link.near), server: end(link.far) }
}
