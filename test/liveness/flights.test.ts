/** Flights, alerts and data that are larger than the ring, in both directions at once. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  type PumpOutcome,
  type PumpReport,
  type PumpTask,
  pump,
  Ssl,
  SslContext,
  TlsAlert,
} from '@biopair/ssl'
import test from 'ava'
import { countingPair } from '../support/counting-pair.ts'
import { Dice } from '../support/dice.ts'
import { chainFor, type Minted, mint } from '../support/mint.ts'
import { versionNames } from '../support/session.ts'

const { root, pem, keyPem } = chainFor('p256')
/** A chain with much that nobody needs: a flight of about 20 KB. */
const ballast: readonly Minted[] = Array.from({ length: 40 }, (_, i) =>
  mint({ subject: `ballast ${i}`, key: root.key, ca: true }),
)
const bigPem = pem + ballast.map(certificate => certificate.pem).join('')
const rings = [1, 2, 7, 100, 512] as const

const clientSide: ContextOptions = {
  crypto: nodeCrypto,
  ca: root.pem,
  groups: 'x25519',
  cert: bigPem,
  key: keyPem,
}
const serverSide: ContextOptions = {
  crypto: nodeCrypto,
  ca: root.pem,
  groups: 'x25519',
  cert: bigPem,
  key: keyPem,
  requestCert: true,
}

function connect(
  ring: number,
  client: ContextOptions = {},
  server: ContextOptions = {},
): { client: Ssl; server: Ssl } {
  const [near, far] = countingPair(ring, ring)
  return {
    client: new Ssl(new SslContext({ ...clientSide, ...client }), { servername: 'server.example' })
      .setBio(near)
      .setConnectState(),
    server: new Ssl(new SslContext({ ...serverSide, ...server })).setBio(far).setAcceptState(),
  }
}

function both(ends: { client: Ssl; server: Ssl }, step: (ssl: Ssl) => PumpOutcome): PumpReport {
  return pump(
    (['client', 'server'] as const).map(name => ({
      name,
      ssl: ends[name],
      step: () => step(ends[name]),
    })),
  )
}

/** The alerts of both ends: who said what. */
function alerts(report: PumpReport): string[] {
  return report.parties.map(({ outcome }) => {
    if (!('error' in outcome)) return outcome.status
    const { error } = outcome
    return error instanceof TlsAlert ? `${error.origin} ${error.alert}` : String(error)
  })
}

for (const [version, ring] of versionNames.flatMap(name =>
  rings.map(size => [name, size] as const),
)) {
  const only: ContextOptions = { minVersion: version, maxVersion: version }
  const begin = (client: ContextOptions = {}, server: ContextOptions = {}) =>
    connect(ring, { ...only, ...client }, { ...only, ...server })

  test(`two flights of 20 KB of ${version} complete over a ring of ${ring}`, t => {
    const ends = begin()
    const report = both(ends, ssl => ssl.doHandshake())
    t.is(report.end, 'done')
    t.deepEqual(alerts(report), ['done', 'done'])
    t.true(ends.client.authorized && ends.server.authorized)
    t.is(ends.server.peerCertificates.length, 42)
  })

  test(`a server of ${version} that still writes its flight hears why the client gave up, over a ring of ${ring}`, t => {
    const untrusting = both(begin({ ca: ballast[0]?.pem ?? '' }), ssl => ssl.doHandshake())
    t.is(untrusting.end, 'done')
    t.deepEqual(alerts(untrusting), ['sent unknown_ca', 'received unknown_ca'])

    // Refused at the first bytes of the message, with nearly all of the flight still to come.
    const strict = begin({ limits: { maxCertificateMessage: 1000 } })
    const early = both(strict, ssl => ssl.doHandshake())
    t.is(early.end, 'done')
    t.deepEqual(alerts(early), ['sent illegal_parameter', 'received illegal_parameter'])
  })

  test(`a client of ${version} that still writes its flight hears why the server gave up, over a ring of ${ring}`, t => {
    const report = both(begin({}, { limits: { maxCertificateMessage: 1000 } }), ssl =>
      ssl.doHandshake(),
    )
    t.is(report.end, 'done')
    t.deepEqual(alerts(report), ['received illegal_parameter', 'sent illegal_parameter'])
  })
}

for (const ring of [1, 3, 60, 4096, 17_408])
  for (const [version, update] of [
    ['TLSv1.2', false],
    ['TLSv1.3', false],
    ['TLSv1.3', true],
  ] as const)
    test(`two ends of ${version} that write much and also read never block each other, over a ring of ${ring}${update ? ', changing keys on the way' : ''}`, t => {
      const only: ContextOptions = { minVersion: version, maxVersion: version }
      const ends = connect(ring, only, only)
      const amount = Math.min(400_000, 10_000 * ring)
      const dice = new Dice(ring)
      const [request, response] = [dice.bytes(amount), dice.bytes(amount)]
      const client = new Writer('client', ends.client, request, update)
      const server = new Writer('server', ends.server, response, update)
      const report = pump([client, server])
      t.is(report.end, 'done', 'report' in report ? report.report.text : '')
      t.is(Buffer.compare(server.received, request), 0)
      t.is(Buffer.compare(client.received, response), 0)
    })

/** Writes what it can, then reads what there is. */
class Writer implements PumpTask {
  readonly name: string
  readonly ssl: Ssl
  readonly #expected: number
  readonly #update: boolean
  #left: Uint8Array
  #got = 0
  #updates = 0
  readonly #chunks: Uint8Array[] = []
  readonly #buffer = new Uint8Array(20_000)

  constructor(name: string, ssl: Ssl, data: Uint8Array, update: boolean) {
    this.name = name
    this.ssl = ssl
    this.#left = data
    this.#expected = data.length
    this.#update = update
  }

  get received(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }

  step(): PumpOutcome {
    let bytes = 0
    let wrote: PumpOutcome = { status: 'done' }
    if (this.#left.length > 0) {
      const outcome = this.ssl.write(this.#left)
      wrote = outcome
      if (outcome.status === 'done') {
        this.#left = this.#left.subarray(outcome.bytes)
        bytes += outcome.bytes
        if (this.#update && this.#updates++ % 3 === 0) this.ssl.keyUpdate(true)
      }
    } else wrote = this.ssl.flush()
    if (this.#got === this.#expected) return bytes > 0 ? { status: 'done', bytes } : wrote
    const read = this.ssl.read(this.#buffer)
    if (read.status !== 'done') return bytes > 0 ? { status: 'done', bytes } : read
    this.#chunks.push(this.#buffer.slice(0, read.bytes))
    this.#got += read.bytes
    return { status: 'done', bytes: bytes + read.bytes }
  }
}
