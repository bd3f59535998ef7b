/** Exporting a live connection and importing it: what is asked before the bytes are made or believed. */
import type { Role } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { isPromise } from './answers.ts'
import type { ClaimStore } from './claims.ts'
import { forgetAny } from './connected-facts.ts'
import type { ConnectionState } from './connection-state.ts'
import type { SslContext } from './context.ts'
import { Facts } from './facts.ts'
import { misuse } from './misuse.ts'
import type { Moving } from './moving-common.ts'
import { openExport, sealExport } from './moving-seal.ts'
import { checkOptions } from './option-types.ts'

export interface ExportOptions {
  /** Seconds after which nobody may import it any more: 60. At most 604800. Whoever remembers imports has to do so for as long. */
  readonly lifetime?: number
}

export interface ImportOptions<C extends ClaimStore = ClaimStore> {
  /** Asked once, after the context has looked whether it imported the same bytes before. Without it nobody else is asked. */
  readonly claims?: C
}

const keyLength = 32
const longestLifetime = 604_800

/** The bytes of a connection, for `lifetime` seconds. */
export function exported(
  context: SslContext,
  connection: ConnectionState,
  facts: Facts,
  servername: string | undefined,
  key: Uint8Array,
  lifetime: number,
): Bytes {
  const { clientRandom, retried, pskIdentity, peerScheme, verdict, delegated, types } = facts
  const ownLeaf = connection.connected.role === 'server' ? facts.ownChain[0] : undefined
  const moving: Moving = {
    until: Math.floor(context.now()) + lifetime * 1000,
    connection,
    facts: {
      ...{ clientRandom, servername, retried, pskIdentity, peerScheme, verdict, delegated },
      ...{ types, ownLeaf },
    },
  }
  return sealExport(moving, key, context.draw('export id', 32), context.crypto)
}

/** The seconds of the options. TypeError for a key or a time that is none. */
export function checkExport(key: Uint8Array, options: ExportOptions): number {
  checkKey(key, 'exportConnection')
  checkOptions(options, { lifetime: 'whole number' })
  const { lifetime = 60 } = options
  if (lifetime >= 1 && lifetime <= longestLifetime) return lifetime
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `lifetime: expected 1 to ${longestLifetime} seconds, got ${lifetime}`,
  )
}

/** The connection of an export that may be gone on with, now or when the store has answered. What is refused is wiped. */
export function imported(
  context: SslContext,
  bytes: Uint8Array,
  key: Uint8Array,
  options: ImportOptions,
): Moving | Promise<Moving> {
  checkKey(key, 'importConnection')
  checkOptions(options, { claims: 'object' })
  if (!(bytes instanceof Uint8Array))
    throw misuse('ERR_INVALID_ARG_TYPE', 'importConnection: expected the bytes as a Uint8Array')
  const opened = bytes.length <= mostBytes(context) && openExport(bytes, key, context.crypto)
  if (!opened)
    throw misuse(
      'ERR_EXPORT_INVALID',
      'importConnection: expected the bytes of exportConnection, unchanged, under the same key, and of a cipher suite that this provider has',
    )
  const { id, moving } = opened
  const { until } = moving
  const decide = (first: boolean): Moving => {
    // Nothing but `true` lets it go on.
    if (first === true) return moving
    forgetAny(moving.connection.connected)
    throw misuse('ERR_EXPORT_USED', 'importConnection: these bytes were imported before')
  }
  const lost = (error: unknown): never => {
    forgetAny(moving.connection.connected)
    throw error
  }
  if (until <= context.now()) {
    forgetAny(moving.connection.connected)
    throw misuse('ERR_EXPORT_EXPIRED', 'importConnection: the time of this export is over')
  }
  if (!context.claims.claim(id, until)) return decide(false)
  if (!options.claims) return decide(true)
  let answer: boolean | Promise<boolean>
  try {
    answer = options.claims.claim(id, until)
  } catch (error) {
    return lost(error)
  }
  return isPromise(answer) ? Promise.resolve(answer).then(decide, lost) : decide(answer)
}

/** What was known of the connection that moved here. */
export function factsOf({ connection, facts: moved }: Moving, context: SslContext): Facts {
  const { connected } = connection
  const { role } = connected
  const facts = new Facts(
    context,
    role,
    nameOf(moved.servername, role, 'client'),
    context.tracer(role),
  )
  facts.suite = connected.suite
  facts.group = connected.group
  facts.alpn = connected.alpn
  facts.askedName = nameOf(moved.servername, role, 'server')
  facts.peerChain = connected.peerChain
  facts.peerShown = connected.peerShown
  facts.delegated = moved.delegated
  Object.assign(facts.types, moved.types)
  facts.peerScheme = moved.peerScheme
  if (moved.ownLeaf) facts.ownChain = [moved.ownLeaf]
  facts.verdict = moved.verdict
  facts.retried = moved.retried
  facts.resumed = connected.resumed
  facts.pskIdentity = moved.pskIdentity
  if (moved.clientRandom) facts.learn({ fact: 'client_random', random: moved.clientRandom })
  return facts
}

function nameOf(name: string | undefined, role: Role, whose: Role): string | undefined {
  return role === whose ? name : undefined
}

/** The longest export that is looked at: a chain and its path of the longest that we take, and all the rest. */
function mostBytes({ limits }: SslContext): number {
  return 2 * limits.maxCertificateMessage + 2 ** 18
}

function checkKey(key: Uint8Array, call: string): void {
  if (key instanceof Uint8Array && key.length === keyLength) return
  throw misuse('ERR_INVALID_ARG_VALUE', `${call}: expected a key of ${keyLength} bytes`)
}
