/** Plays one end of a recorded handshake with our Ssl: the peer's records go in, ours come out and are compared. */
import { MemoryBio } from '@biopair/bio'
import type { CryptoProvider, SignatureSchemeName } from '@biopair/crypto'
import { signatureSchemes } from '@biopair/crypto'
import {
  type CertificateTypeName,
  ClientHello,
  decodeMessage,
  type Edit,
  extensionTypes,
  type Identity,
  isHelloRetryRequest,
  type MessageType,
  type NewSessionTicket,
  type RawExtension,
  type ServerHello,
  ServerHello as ServerHelloMessage,
} from '@biopair/handshake'
import {
  type ContextOptions,
  type PskOption,
  type Session,
  type SessionCache,
  Ssl,
  SslContext,
} from '@biopair/ssl'
import type { Bytes } from './key-schedule.ts'
import type { Transcript } from './transcripts.ts'

/** The recorded values of one handshake, by name. */
export class Recording {
  readonly section: string
  readonly #values: ReadonlyMap<string, Uint8Array>

  constructor({ section, entries }: Transcript) {
    this.section = section
    this.#values = new Map(entries.map(({ name, bytes }) => [name, bytes]))
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  bytes(name: string): Bytes {
    const value = this.#values.get(name)
    if (!value) throw new Error(`${this.section} has no ${name}`)
    return new Uint8Array(value)
  }

  /** The records of a name; none where the handshake has none. */
  records(name: string): Bytes {
    return this.has(name) ? this.bytes(name) : new Uint8Array(0)
  }

  /** The message in a record in the clear. */
  inRecord<T>(name: string, type: MessageType<T>): T {
    return decodeMessage(type, this.bytes(name).subarray(9))
  }

  /** A message that is listed with its header. */
  message<T>(name: string, type: MessageType<T>): T {
    return decodeMessage(type, this.bytes(name).subarray(4))
  }
}

/** Hands out a pool of recorded draws in order, and notes what for. Draws that the recorded end did not make are zeros. */
export class Pool {
  readonly purposes: string[] = []
  #left: Bytes
  readonly #foreign: readonly string[]

  constructor(pool: Bytes, foreign: readonly string[] = []) {
    this.#left = pool
    this.#foreign = foreign
  }

  get left(): number {
    return this.#left.length
  }

  readonly draw = (purpose: string, length: number): Bytes => {
    if (this.#foreign.includes(purpose)) return new Uint8Array(length)
    this.purposes.push(purpose)
    if (this.#left.length < length) throw new Error(`the pool is too short for ${purpose}`)
    const bytes = this.#left.slice(0, length)
    this.#left = this.#left.slice(length)
    return bytes
  }
}

/** One end of ours between two memory BIOs. */
export class End {
  readonly ssl: Ssl
  readonly lines: string[] = []
  readonly #toUs = new MemoryBio()
  readonly #fromUs = new MemoryBio()

  constructor(
    role: 'client' | 'server',
    options: ContextOptions,
    servername?: string,
    session?: Session,
  ) {
    const context = new SslContext({ ...options, keylog: line => this.lines.push(line) })
    this.ssl = new Ssl(context, {
      ...(servername === undefined ? {} : { servername }),
      ...(session ? { session } : {}),
    })
    this.ssl.setBio(this.#toUs, this.#fromUs)
    if (role === 'client') this.ssl.setConnectState()
    else this.ssl.setAcceptState()
  }

  /** Feeds records of the peer. */
  feed(records: Uint8Array): void {
    this.#toUs.write(records)
  }

  /** What our end wrote since the last time, as hex. */
  written(): string {
    const run = new Uint8Array(this.#fromUs.pending)
    this.#fromUs.read(run)
    return Buffer.from(run).toString('hex')
  }

  /** A secret of the key log, as hex. */
  secret(label: string): string | undefined {
    return this.lines.find(line => line.startsWith(`${label} `))?.split(' ')[2]
  }

  /** What one call of `read` gives, as hex, or how it ended. */
  read(): string {
    const into = new Uint8Array(1024)
    const outcome = this.ssl.read(into)
    if (outcome.status !== 'done')
      return outcome.status === 'failed' ? String(outcome.error) : outcome.status
    return Buffer.from(into.subarray(0, outcome.bytes)).toString('hex')
  }
}

/** Recorded ClientHellos are ours but for the extensions that we do not write, and their order. */
export function recordedExtensions(
  recorded: readonly RawExtension[],
  ours: readonly RawExtension[],
): RawExtension[] {
  const own: readonly number[] = [
    extensionTypes.key_share,
    extensionTypes.cookie,
    extensionTypes.pre_shared_key,
  ]
  return recorded.map(extension => {
    if (!own.includes(extension.extension_type)) return extension
    const written = ours.find(other => other.extension_type === extension.extension_type)
    if (!written) throw new Error(`our end wrote no extension ${extension.extension_type}`)
    return written
  })
}

const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_256_GCM_SHA384',
] as const

export interface Replay {
  readonly end: End
  readonly pool: Pool
  /** What our end was asked to sign. */
  readonly signed: Bytes[]
}

interface Signer {
  readonly chain: readonly Bytes[]
  readonly type?: CertificateTypeName
  readonly scheme: SignatureSchemeName
}

/** Our client in the place of the recorded one. */
export function replayClient(
  recording: Recording,
  crypto: CryptoProvider,
  signer?: Signer,
  session?: Session,
): Replay {
  const pool = new Pool(recording.bytes('Client_RNG_Pool'))
  const signed: Bytes[] = []
  let hellos = 0
  const edit = onMessages({
    ClientHello: (hello: ClientHello) => {
      const recorded = recording.inRecord(`Record_ClientHello_${++hellos}`, ClientHello)
      const extensions = recordedExtensions(recorded.extensions ?? [], hello.extensions ?? [])
      return { ...hello, extensions }
    },
  })
  const hello = recording.inRecord('Record_ClientHello_1', ClientHello)
  const end = new End(
    'client',
    {
      crypto,
      random: pool.draw,
      now: () => timeOf(recording),
      psks: keysOf(recording),
      ciphers: suites,
      groups: ['x25519', 'secp256r1', 'secp384r1'],
      keyShares: ['x25519'],
      middleboxCompat: hello.legacy_session_id.length > 0,
      verifyCallback: () => true,
      edit,
      serverCertTypes: [signer?.type ?? 'x509'],
      clientCertTypes: [signer?.type ?? 'x509'],
      ...(signer
        ? {
            certificateCallback: () => identity(signer),
            signCallback: ({ content }) => {
              signed.push(content)
              return recording.bytes('Client_MessageSignature')
            },
          }
        : {}),
    },
    'server',
    session,
  )
  return { end, pool, signed }
}

/** Our server in the place of the recorded one; `parts` are the recorded messages that it is told to send. */
export function replayServer(
  recording: Recording,
  crypto: CryptoProvider,
  signer: Signer,
  parts: {
    readonly extensions: readonly RawExtension[]
    readonly requestExtensions?: readonly RawExtension[]
    readonly ticket?: Pick<NewSessionTicket, 'ticket' | 'extensions'>
    readonly retry?: ServerHello
    readonly sessionCache?: SessionCache
    readonly maxEarlyData?: number
  },
): Replay {
  const pool = new Pool(recording.bytes('Server_RNG_Pool'), ['cookie', 'ticket nonce', 'ticket id'])
  const signed: Bytes[] = []
  const edit = onMessages({
    ServerHello: (hello: ServerHello) =>
      parts.retry && isHelloRetryRequest(hello)
        ? { ...hello, extensions: parts.retry.extensions }
        : inOrder(hello, recording),
    EncryptedExtensions: () => ({ extensions: parts.extensions }),
    CertificateRequest: (request: object) => ({ ...request, extensions: parts.requestExtensions }),
    NewSessionTicket: (ticket: NewSessionTicket) => ({ ...ticket, ...parts.ticket }),
  })
  const end = new End('server', {
    crypto,
    random: pool.draw,
    now: () => timeOf(recording),
    psks: keysOf(recording),
    ...(parts.sessionCache ? { sessionCache: parts.sessionCache } : {}),
    ...(parts.maxEarlyData ? { maxEarlyData: parts.maxEarlyData } : {}),
    replayStore: { claim: () => true },
    ciphers: suites,
    groups: parts.retry ? ['secp256r1', 'secp384r1'] : ['x25519'],
    cookie: parts.retry ? 'with_retry' : 'never',
    requestCert: parts.requestExtensions !== undefined,
    verifyCallback: () => true,
    serverCertTypes: [signer.type ?? 'x509'],
    clientCertTypes: [signer.type ?? 'x509'],
    numTickets: parts.ticket ? 1 : 0,
    ticketLifetime: 30,
    ticketKeys: new Uint8Array(48),
    certificateCallback: () => identity(signer),
    signCallback: ({ content }) => {
      signed.push(content)
      return recording.bytes('Server_MessageSignature')
    },
    edit,
  })
  return { end, pool, signed }
}

/** Milliseconds since 1970, as text in the recording: its digits were taken for hexadecimal. */
function timeOf(recording: Recording): number {
  return Number(Buffer.from(recording.bytes('CurrentTimestamp')).toString('hex'))
}

/** The key that both ends of a recording were given. */
function keysOf(recording: Recording): PskOption[] {
  if (!recording.has('PskSecret')) return []
  return [{ identity: 'rfc8448', key: recording.bytes('PskSecret') }]
}

/** Extensions in the order that the recorded server had. */
function inOrder(hello: ServerHello, recording: Recording): ServerHello {
  const recorded = recording.inRecord('Record_ServerHello', ServerHelloMessage).extensions
  const place = ({ extension_type }: RawExtension) =>
    recorded.findIndex(other => other.extension_type === extension_type)
  return { ...hello, extensions: hello.extensions.toSorted((a, b) => place(a) - place(b)) }
}

function identity({ chain, scheme, type }: Signer): Identity {
  return { chain, type, schemes: [signatureSchemes[scheme]] }
}

/** An edit hook out of one function per message. */
function onMessages(edits: Readonly<Record<string, (message: never) => unknown>>): Edit {
  return <T>(name: string, message: T): T => {
    const edit = edits[name] as ((message: T) => T) | undefined
    return edit ? edit(message) : message
  }
}
