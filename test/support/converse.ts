/** A client's flow and a server's, each with an output that writes down what it is told: no records, no sockets, no Ssl. */
import {
  cipherSuites,
  cipherSuites12,
  failed,
  type Group,
  type PublicKey,
  type Random,
  signatureSchemes,
} from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type AnswerTo,
  type AnyConnected,
  type AnyWant,
  type ClientConfig,
  client,
  type Fact,
  type Flow,
  type FlowConfig,
  Joiner,
  messageName,
  type Output,
  resume,
  type ServerConfig,
  server,
  start,
  Talk,
} from '@biopair/handshake'
import type { Bytes } from './key-schedule.ts'
import { identityOf } from './peer-identity.ts'

/** What an end's application says to what its flow wants. */
export type Answers = {
  readonly [K in AnyWant['want']]?: (want: Extract<AnyWant, { want: K }>) => AnswerTo<K>
}

/** What an end said to its carrier and asked of its application, in order, and what became of it. */
export interface End {
  readonly lines: readonly string[]
  /** All that was handed out as a secret: the flow's arrays, not copies. */
  readonly secrets: readonly Uint8Array[]
  readonly facts: readonly Fact[]
  /** All that it said, headers included. */
  readonly messages: readonly Bytes[]
  readonly connected: AnyConnected | undefined
}

const identity = identityOf('p256')

const random: Random = (_, length) => nodeCrypto.randomBytes(length)

const common = {
  crypto: nodeCrypto,
  random,
  suites: [cipherSuites.TLS_AES_128_GCM_SHA256, cipherSuites.TLS_AES_256_GCM_SHA384],
  suites12: [cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256],
  groups: [nodeCrypto.groups.x25519, nodeCrypto.groups.secp256r1],
  schemes: [signatureSchemes.ecdsa_secp256r1_sha256],
  pskModes: ['psk_dhe_ke'],
  psk: false,
} as const

const clientConfig: ClientConfig = {
  ...common,
  serverName: 'server.example',
  alpn: [],
  shares: [nodeCrypto.groups.x25519],
  compatibility: true,
  tickets: true,
}

const serverConfig: ServerConfig = {
  ...common,
  clientCertificate: 'none',
  authorities: [],
  cookie: 'never',
  maxEarlyData: 0,
  skippedEarlyData: 1000,
  ticketCount: () => 2,
}

/** The key of the certificate that everybody shows. */
export function peerKey(): PublicKey {
  const key = nodeCrypto.publicKey(identity.key.publicMaterial)
  if (failed(key)) throw new Error(key.why)
  return key
}

/** What is answered where nothing else is said: everybody shows the same certificate, and believes it. */
export const usual: Required<Answers> = {
  message: () => {
    throw new Error('nobody answers for a message')
  },
  client_hello: () => undefined,
  server_name: () => ({}),
  alpn: ({ offered }) => offered[0] ?? 'none',
  certificate: () => ({ chain: identity.chain, schemes: [identity.scheme] }),
  signature: ({ scheme, content }) => identity.key.sign(scheme.algorithm, content),
  verification: () => ({ trusted: true, key: peerKey() }),
  ocsp_request: () => undefined,
  ocsp_response: () => true,
  psk_offer: () => [],
  psk: () => undefined,
  psk_claim: () => true,
  session: () => undefined,
  early_data: () => true,
}

class Side implements Output {
  readonly lines: string[] = []
  readonly secrets: Uint8Array[] = []
  readonly facts: Fact[] = []
  readonly messages: Bytes[] = []
  readonly joiner = new Joiner({ maxMessage: () => 2 ** 17 })
  connected: AnyConnected | undefined
  peer: Side | undefined
  #wants = 0
  readonly #answers: Answers
  readonly #flow: Flow<AnyConnected>
  #step: IteratorResult<AnyWant, AnyConnected> | undefined

  constructor(answers: Answers, config: FlowConfig, flow: (talk: Talk) => Flow<AnyConnected>) {
    this.#answers = { ...usual, ...answers }
    this.#flow = flow(new Talk(this, config.edit))
  }

  /** Goes on as far as it can; false where it waits for a message that is not there. Gives up at its `end`th want. */
  run(end: number): boolean {
    let moved = false
    this.#step ??= start(this.#flow)
    while (!this.#step.done) {
      if (this.#wants === end) return false
      this.#wants++
      const want: AnyWant = this.#step.value
      if (want.want === 'message') {
        const message = this.joiner.next()
        if (!message) {
          this.#wants--
          return moved
        }
        this.#step = resume(this.#flow, 'message', message)
      } else {
        this.lines.push(['?', ...Object.values(want).flatMap(told)].join(' '))
        const answer = this.#answers[want.want] as (want: AnyWant) => never
        this.#step = resume(this.#flow, want.want, answer(want))
      }
      moved = true
    }
    this.connected = this.#step.value
    return false
  }

  /** Whoever has not come to an end is not waited for any more. */
  giveUp(): void {
    if (!this.connected) this.#flow.return(undefined as never)
  }

  send(level: string, message: Bytes): void {
    this.lines.push(`> ${messageName(message[0] as number)}, ${level}`)
    this.messages.push(message)
    this.peer?.joiner.push(message)
    this.peer?.joiner.keep()
  }

  learn(fact: Fact): void {
    this.facts.push(fact)
    if ('secret' in fact) this.secrets.push(fact.secret)
    if (fact.fact === 'state') this.lines.push(`= ${fact.state}`)
    else this.lines.push([fact.fact, ...Object.values(fact).slice(1).flatMap(told)].join(' '))
  }

  protect(direction: string, level: string, { secret }: { readonly secret: Uint8Array }): void {
    this.secrets.push(secret)
    this.lines.push(`key ${direction} ${level}`)
  }

  changeKeys(direction: string, { key, iv }: { readonly key: Bytes; readonly iv: Bytes }): void {
    this.secrets.push(key, iv)
    this.lines.push(`change ${direction}`)
  }

  limitRecords(direction: string, limit: number, which = 'protected'): void {
    this.lines.push(`limit ${direction} ${limit} ${which}`)
  }

  speak12 = (): void => void this.lines.push('TLS 1.2')
  unprotect = (): void => void this.lines.push('no key')
  changeCipherSpec = (): void => void this.lines.push('> change_cipher_spec')
  tolerateChangeCipherSpec = (yes: boolean): void => void this.lines.push(`tolerate ${yes}`)
  skipEarlyData = (limit: number): void => void this.lines.push(`skip ${limit}`)
  endOfFlight = (): void => void this.lines.push('.')
}

/** What can be told of a value that is another one each time. */
function told(value: unknown): string[] {
  if (['string', 'number', 'boolean'].includes(typeof value)) return [String(value)]
  if (Array.isArray(value) && value.length > 0)
    return [value.flatMap(told).join() || `${value.length}`]
  if (value !== null && typeof value === 'object' && 'name' in value) return [String(value.name)]
  return []
}

/** The groups of the configuration's own provider. */
function withItsGroups<T extends ClientConfig | ServerConfig>(config: T): T {
  const own = ({ name }: Group) => config.crypto.groups[name] as Group
  const shares = 'shares' in config ? { shares: config.shares.map(own) } : {}
  return { ...config, groups: config.groups.map(own), ...shares }
}

export interface ConverseOptions {
  readonly client?: Partial<ClientConfig>
  readonly server?: Partial<ServerConfig>
  readonly clientAnswers?: Answers
  readonly serverAnswers?: Answers
  /** Both stop for good where one of them comes to this many wants. */
  readonly until?: number
}

/** Lets both shake hands, as far as they come. */
export function converse(options: ConverseOptions = {}): {
  readonly client: End
  readonly server: End
} {
  const mine = withItsGroups({ ...clientConfig, ...options.client })
  const theirs = withItsGroups({ ...serverConfig, ...options.server })
  const near = new Side(options.clientAnswers ?? {}, mine, talk => client(talk, mine))
  const far = new Side(options.serverAnswers ?? {}, theirs, talk => server(talk, theirs))
  near.peer = far
  far.peer = near
  const { until = Number.POSITIVE_INFINITY } = options
  while ([near.run(until), far.run(until)].includes(true));
  near.giveUp()
  far.giveUp()
  return { client: near, server: far }
}
