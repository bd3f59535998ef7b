/** The target `ClientHello`: the codec, the view of it that a server's callbacks have, and what a server makes of it. */
import { MemoryBio } from '@biopair/bio'
import { type Bytes, concat } from '@biopair/crypto'
import { ClientHello, decodeMessage, encodeMessage, readExtensions } from '@biopair/handshake'
import { TlsAlert } from '@biopair/ssl'
import { Drain, LendingFeed } from './feed.ts'
import { Finding, law, onlyThrows } from './finding.ts'
import type { FuzzSubject } from './fuzz-target.ts'
import { mutateBody } from './message-mutator.ts'
import type { Scenario } from './scenarios.ts'
import { bigEndian } from './shape-tree.ts'

const msg_type = 1
const headerLength = 4

/** Inputs are a byte that chooses the server, and the body of a ClientHello. */
export function clientHelloSubject(scenarios: readonly Scenario[]): FuzzSubject {
  const servers = scenarios.map(({ server }) => server)
  return {
    name: 'ClientHello',
    target(data) {
      const body = data.subarray(1)
      const read = onlyThrows('a codec throws alerts alone', isAlert, () =>
        decodeMessage(ClientHello, body),
      )
      if ('error' in read) return said(read.error as TlsAlert)
      const message = encodeMessage(ClientHello, read.value)
      law('what is read is what was there', equal(message.subarray(headerLength), body), () => '')
      const { extensions = [] } = read.value
      const newer = onlyThrows('extensions throw alerts alone', isAlert, () =>
        readExtensions('ClientHello', extensions),
      )
      const older = onlyThrows('extensions throw alerts alone', isAlert, () =>
        readExtensions('ClientHello12', extensions),
      )
      if ('error' in newer && 'error' in older) return said(newer.error as TlsAlert)
      const server = servers[(data[0] ?? 0) % servers.length]
      if (!server) throw new TypeError('expected at least one server')
      return `${server.name} ${answer(server.make, message)}`
    },
    mutator(data, dice, corpus) {
      const first = dice.one(10) ? Uint8Array.of(dice.word()) : data.subarray(0, 1)
      const donor = messageOf((dice.of(corpus) ?? data).subarray(1))
      return concat(first, mutateBody(msg_type, data.subarray(1), dice, donor))
    },
    corpus: () =>
      scenarios.map(({ client }, i) => {
        const said = new MemoryBio()
        client.make(new MemoryBio(), said).doHandshake()
        const stream = new Uint8Array(said.pending)
        said.read(stream)
        return concat(Uint8Array.of(i), stream.subarray(5 + headerLength))
      }),
  }
}

/** What a server says to a ClientHello that its codec takes, in as many records as it needs. */
function answer(make: Scenario['server']['make'], message: Bytes): string {
  const records: Bytes[] = []
  for (let at = 0; at < message.length; at += 16_384) {
    const content = message.subarray(at, at + 16_384)
    records.push(concat(Uint8Array.of(22, 3, 1), bigEndian(content.length, 2), content))
  }
  const stream = concat(...records)
  const feed = new LendingFeed(stream)
  feed.release(stream.length)
  const drain = new Drain(Number.POSITIVE_INFINITY)
  const ssl = make(feed, drain)
  const { value: outcome } = onlyThrows(
    'a server does not throw',
    () => false,
    () => ssl.doHandshake(),
  ) as { value: ReturnType<typeof ssl.doHandshake> }
  if (outcome.status === 'failed') {
    const { error } = outcome
    law('a failure is an alert', error instanceof TlsAlert, () => String(error))
    const alert = error as TlsAlert
    if (alert.alert === 'internal_error')
      throw new Finding('no peer can cause internal_error', String(alert.stack), alert.cause)
    law('who fails says so', drain.taken > 0, () => alert.reason)
    return said(alert)
  }
  law('a server waits for more', outcome.status === 'want_read', () => outcome.status)
  law('a server answers', drain.taken > 0, () => 'nothing was said')
  return `${ssl.state} ${ssl.version} ${ssl.cipher?.id} ${ssl.group} ${ssl.alpnProtocol}`
}

function messageOf(body: Uint8Array): Bytes {
  return concat(Uint8Array.of(msg_type), bigEndian(body.length, 3), body)
}

function said({ alert, reason, section, why }: TlsAlert): string {
  return `${alert} ${reason} ${section} ${why.replace(/\d+/g, '').slice(0, 60)}`
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function isAlert(error: unknown): boolean {
  return error instanceof TlsAlert
}
