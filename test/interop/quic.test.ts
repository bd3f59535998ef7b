/** QUIC's handshake against Go's crypto/tls, in both roles: bytes by level, the same secrets, 0-RTT, a HelloRetryRequest. */
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import type { ContextOptions } from '@biopair/ssl'
import type { CryptoLevel } from '@biopair/ssl/quic'
import type { ExecutionContext } from 'ava'
import {
  clientContext,
  clientTls,
  End,
  hex,
  serverContext,
  serverTls,
} from '../quic/support/ends.ts'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { program } from './support/go.ts'
import { peerTest } from './support/peers.ts'

/** Go's end: what it has said, line by line. */
class GoEnd {
  readonly #child: Child
  #taken = 0
  #asked = 0
  lines: string[] = []

  constructor(child: Child) {
    this.#child = child
  }

  /** Tells it something, and answers the lines that came of it. */
  async tell(line: string): Promise<string[]> {
    this.#child.type(`${line}\n`)
    this.#asked++
    await this.#child.says(new RegExp(`^(?:[^]*?^ready$){${this.#asked}}`, 'm'))
    const all = this.#child.stdout.split('\n').filter(said => said !== '')
    const fresh = all.slice(this.#taken).filter(said => said !== 'ready')
    this.#taken = all.length
    this.lines.push(...fresh)
    return fresh
  }

  secrets(direction: 'read' | 'write'): string[] {
    const start = `secret ${direction} `
    return this.lines
      .filter(line => line.startsWith(start))
      .map(line => line.slice(start.length))
      .sort()
  }
}

/** Runs a handshake, and what follows it, to the end. */
async function connect(ours: End, go: GoEnd): Promise<void> {
  go.lines = []
  let waiting = await go.tell('connect')
  ours.outcome = ours.tls.advance()
  for (let moved = true; moved; ) {
    moved = false
    for (const { level, bytes } of ours.take()) {
      waiting.push(...(await go.tell(`crypto ${level} ${hex(bytes)}`)))
      moved = true
    }
    const lines = waiting
    waiting = []
    for (const line of lines) {
      const [what, level, bytes = ''] = line.split(' ')
      if (what !== 'crypto') continue
      ours.outcome = ours.tls.provide(level as CryptoLevel, Buffer.from(bytes, 'hex'))
      moved = true
    }
  }
}

function agree(t: ExecutionContext, ours: End, go: GoEnd, resumed: boolean): void {
  t.is(ours.outcome?.status, 'done', go.lines.join('\n'))
  t.deepEqual(
    go.lines.filter(line => line.startsWith('failed')),
    [],
  )
  t.deepEqual(ours.secrets('write'), go.secrets('read'))
  t.deepEqual(ours.secrets('read'), go.secrets('write'))
  t.true(ours.secrets('read').length >= 2)
  t.true(go.lines.includes(`complete h3 ${resumed}`))
  t.is(ours.tls.resumed, resumed)
  t.is(ours.tls.alpnProtocol, 'h3')
}

for (const crypto of [nodeCrypto, noble]) {
  const client: ContextOptions = {
    crypto,
    groups: 'X25519MLKEM768:x25519',
    ca: filesFor('p256').root.pem,
  }
  peerTest(
    'go',
    `our client shakes hands over QUIC with Go, and goes on with 0-RTT, over ${crypto.name}`,
    async t => {
      t.timeout(150_000, 'go build may take long, once')
      const { certFile, keyFile } = filesFor('p256')
      const go = new GoEnd(new Child(t, program(t), ['quic-server', certFile, keyFile]))
      const context = clientContext(client)
      const first = new End(clientTls(context))
      await connect(first, go)
      agree(t, first, go, false)
      t.is(Buffer.from(first.tls.transportParameters ?? []).toString(), "from go's server")
      t.true(go.lines.includes('parameters 010203'))
      const session = first.tls.session
      t.is(session?.maxEarlyData, 0xffffffff)

      const second = new End(clientTls(context, { session, earlyData: true }))
      await connect(second, go)
      agree(t, second, go, true)
      t.is(second.tls.earlyData, 'accepted')
      t.true(second.told.includes('write early'))
    },
  )

  peerTest(
    'go',
    `our server shakes hands over QUIC with Go, and takes its 0-RTT, over ${crypto.name}`,
    async t => {
      t.timeout(150_000, 'go build may take long, once')
      const { pem: cert, keyPem: key, caFile } = filesFor('p256')
      const go = new GoEnd(new Child(t, program(t), ['quic-client', caFile]))
      const groups = 'X25519MLKEM768:x25519'
      const context = serverContext({ crypto, cert, key, groups, maxEarlyData: 1 })
      const first = new End(serverTls(context))
      await connect(first, go)
      agree(t, first, go, false)
      t.is(Buffer.from(first.tls.transportParameters ?? []).toString(), "from go's client")
      t.true(go.lines.includes('parameters 0405'))

      const second = new End(serverTls(context))
      await connect(second, go)
      agree(t, second, go, true)
      t.is(second.tls.earlyData, 'accepted')
      t.true(second.told.includes('read early'))

      // The context that 0-RTT is bound to has changed since: the session goes on, its data does not.
      const third = new End(serverTls(context, { earlyDataContext: Uint8Array.of(1) }))
      await connect(third, go)
      t.is(third.outcome?.status, 'done')
      t.is(third.tls.earlyData, 'rejected')
      t.true(go.lines.includes('rejected'))
      t.true(go.lines.includes('complete h3 true'))
    },
  )
}

peerTest('go', 'Go asks our QUIC client for another share, and ours asks Go’s', async t => {
  t.timeout(150_000, 'go build may take long, once')
  const { certFile, keyFile, caFile, root, pem: cert, keyPem: key } = filesFor('p256')
  // secp384r1
  const env = { GROUP: '24' }
  const server = new GoEnd(new Child(t, program(t), ['quic-server', certFile, keyFile], env))
  const groups = 'x25519:secp384r1'
  const ours = new End(clientTls(clientContext({ ca: root.pem, groups, keyShares: 'x25519' })))
  await connect(ours, server)
  agree(t, ours, server, false)
  t.true(ours.tls.retried)
  t.is(ours.tls.group, 'secp384r1')

  const client = new GoEnd(new Child(t, program(t), ['quic-client', caFile]))
  const other = new End(serverTls(serverContext({ cert, key, groups: 'secp521r1' })))
  await connect(other, client)
  agree(t, other, client, false)
  t.true(other.tls.retried)
})

peerTest(
  'go',
  'our QUIC client does not believe a stranger of Go’s: CRYPTO_ERROR with unknown_ca',
  async t => {
    t.timeout(150_000, 'go build may take long, once')
    const { certFile, keyFile } = filesFor('p256')
    const go = new GoEnd(new Child(t, program(t), ['quic-server', certFile, keyFile]))
    const stranger = new End(clientTls(clientContext({ ca: filesFor('ed25519').root.pem })))
    await connect(stranger, go)
    const { outcome } = stranger
    t.is(outcome?.status === 'failed' && outcome.code, 0x0100 + 48)
  },
)
