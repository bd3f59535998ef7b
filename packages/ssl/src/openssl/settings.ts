/** What an SSL_CTX was set to, as a value: an SSL keeps the one it was made with, and our own context is made from it. */
import { noble } from '@biopair/crypto/noble'
import type { Bytes } from '@biopair/wire'
import { SslContext } from '../context.ts'
import type { ContextOptions } from '../context-options.ts'
import { MemorySessionCache } from '../memory-session-cache.ts'
import { MemoryReplayStore, type ReplayStore, usualWindow } from '../replay-store.ts'
import type { Session } from '../session.ts'
import { type TraceEvent, type TraceKind, traceKinds } from '../trace.ts'
import { redacted } from '../tracer.ts'
import type { VerifyCallback } from '../verification.ts'
import { askAlpn } from './alpn-select.ts'
import type { Caller } from './caller.ts'
import { askCertificate } from './certificate-cb.ts'
import { askClientHello } from './client-hello.ts'
import {
  SSL_MODE_SEND_FALLBACK_SCSV,
  SSL_OP_DISABLE_TLSEXT_CA_NAMES,
  SSL_OP_ENABLE_MIDDLEBOX_COMPAT,
  SSL_OP_NO_ANTI_REPLAY,
  SSL_OP_NO_TICKET,
  SSL_SESS_CACHE_NO_INTERNAL,
  SSL_SESS_CACHE_SERVER,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_PEER,
  SSL_VERIFY_POST_HANDSHAKE,
} from './constants.ts'
import { allowsEarlyData } from './early-data.ts'
import { policyFlags, policyOptions } from './policy-flags.ts'
import { askPsk } from './psk.ts'
import { askServername } from './servername.ts'
import { arrived } from './session.ts'
import type { SSL } from './ssl.ts'
import { statusAsClient, statusAsServer } from './status.ts'
import { type Pem, usualSkip, type Values } from './values.ts'
import { askVerify } from './verify.ts'
import { crlOptions, crlScope } from './verify-crl.ts'
import {
  X509_V_FLAG_PARTIAL_CHAIN,
  X509_V_FLAG_USE_CHECK_TIME,
  type X509_VERIFY_PARAM,
} from './verify-param.ts'
import { versionOptions } from './version-options.ts'

/** What contexts that were made from one SSL_CTX share. */
interface Kept {
  first?: SslContext
  replays?: ReplayStore
  /** Whether the store has kept silent at first. */
  silent?: boolean
  cookieKeys?: Bytes
}

/** A value: `with` makes another one. */
export class Settings {
  readonly values: Values
  readonly #keys: Kept
  #client: SslContext | undefined
  #server: SslContext | undefined
  /** The last that `judging` made. */
  #judging: Settings | undefined
  /** Whose call is under way, for the callbacks. */
  readonly caller: Caller
  /** The sessions of a server that issues no tickets. */
  readonly cache: MemorySessionCache

  constructor(
    values: Values,
    keys: Kept = {},
    caller: Caller = { ssl: undefined },
    cache = new MemorySessionCache(given('now', values.surroundings.now)),
  ) {
    this.values = values
    this.#keys = keys
    this.caller = caller
    this.cache = cache
  }

  with(changes: Partial<Values>): Settings {
    return new Settings({ ...this.values, ...changes }, this.#keys, this.caller, this.cache)
  }

  /** These with what an X509_VERIFY_PARAM demands, apart from names; connections that demand the same have one context. */
  judging({ depth, time, flags, policies, anyName }: X509_VERIFY_PARAM): Settings {
    const changes = {
      verifyDepth: depth < 0 ? undefined : depth,
      verifyTime:
        flags & X509_V_FLAG_USE_CHECK_TIME && time !== undefined ? time * 1000 : undefined,
      partialChain: (flags & X509_V_FLAG_PARTIAL_CHAIN) !== 0,
      policyFlags: flags & policyFlags,
      policies,
      crlScope: crlScope(flags),
      anyName,
    }
    const same = ({ values }: Settings) =>
      values.verifyDepth === changes.verifyDepth &&
      values.verifyTime === changes.verifyTime &&
      (values.partialChain ?? false) === changes.partialChain &&
      (values.policyFlags ?? 0) === changes.policyFlags &&
      values.policies === policies &&
      values.crlScope === changes.crlScope &&
      values.anyName === anyName
    if (same(this)) return this
    if (!this.#judging || !same(this.#judging)) this.#judging = this.with(changes)
    return this.#judging
  }

  /** Our own context, made once. TypeError for settings that do not fit each other. */
  context(role: 'client' | 'server'): SslContext {
    const made = role === 'client' ? this.#client : this.#server
    if (made) return made
    const context = new SslContext({
      ...this.#common(role),
      ...(role === 'client' ? this.#asClient() : this.#asServer()),
    })
    // Contexts that were made from one SSL_CTX open each other's tickets.
    this.#keys.first ??= context
    if (role === 'client') this.#client = context
    else this.#server = context
    return context
  }

  #common(role: 'client' | 'server'): ContextOptions {
    const { surroundings, ca, credentials, keylog, newSession, verifyDepth, maxFragment } =
      this.values
    const psk = askPsk(() => this.#calling, this.values)
    const { verifyTime, partialChain, policyFlags: flags = 0, policies } = this.values
    const { serverCertTypes, clientCertTypes, crlScope, crls = [] } = this.values
    return {
      ...surroundings,
      ca,
      cert: credentials.map(({ cert }) => cert),
      key: credentials.map(({ key }) => key),
      ...given('serverCertTypes', serverCertTypes),
      ...given('clientCertTypes', clientCertTypes),
      ...given('rawKey', this.#rawKey),
      ...versionOptions(this.values, role),
      ...given('groups', this.values.groups),
      ...(keylog ? { keylog: (line: string) => keylog(this.#calling, line) } : {}),
      ...(newSession
        ? { onSession: (session: Session) => arrived(this.#calling, session, newSession) }
        : {}),
      ...given('pskCallback', psk),
      trace: event => {
        // A connection that is freed is nobody's call.
        this.caller.ssl?.watch.take(event)
        this.#trace(event)
      },
      // SSL_CTX_set_msg_callback(3) shows whole tickets; who is told more has to ask.
      traceSecrets: surroundings.trace && surroundings.traceSecrets === true ? true : 'messages',
      traceEvents: surroundings.trace
        ? [...watched, ...(surroundings.traceEvents ?? traceKinds)]
        : watched,
      ...given('verifyTime', verifyTime),
      ...(partialChain ? { allowPartialTrustChain: true } : {}),
      ...(flags || policies ? policyOptions(flags, policies) : {}),
      ...crlOptions(crlScope, crls),
      verifyLimits: { ...surroundings.verifyLimits, ...given('depth', verifyDepth) },
      limits: { ...surroundings.limits, ...given('maxFragment', maxFragment) },
    }
  }

  /** A private key without a certificate, where it can be shown by itself. */
  get #rawKey(): Pem | undefined {
    const { key, serverCertTypes = [], clientCertTypes = [] } = this.values
    return [...serverCertTypes, ...clientCertTypes].includes('rpk') ? key : undefined
  }

  #asClient(): ContextOptions {
    const { verifyMode = SSL_VERIFY_PEER, anyName, options, alpn, authorities } = this.values
    const verifies = (verifyMode & SSL_VERIFY_PEER) !== 0
    const callback = this.#asked ?? (verifies && anyName ? believed : undefined)
    return {
      ALPNProtocols: alpn,
      fallbackScsv: (this.values.mode & SSL_MODE_SEND_FALLBACK_SCSV) !== 0,
      ...given('maxFragmentLength', this.values.askedFragment),
      ...given('sigalgs', this.values.sigalgs),
      requestAuthorities: options & SSL_OP_DISABLE_TLSEXT_CA_NAMES ? [] : authorities,
      postHandshakeAuth: this.values.postHandshakeAuth ?? false,
      tickets: (options & SSL_OP_NO_TICKET) === 0,
      middleboxCompat: (options & SSL_OP_ENABLE_MIDDLEBOX_COMPAT) !== 0,
      // Where any name will do, which is said explicitly, the callback alone stands between us and a stranger.
      rejectUnauthorized: verifies && !anyName,
      ...given('verifyCallback', callback),
      certificateCallback: want => askCertificate(this.#calling, want),
      ...statusAsClient(this.values, () => this.#calling),
    }
  }

  #asServer(): ContextOptions {
    const { verifyMode = 0, options, tickets, selectAlpn, credentials, clientCa } = this.values
    const {
      clientHello,
      servername,
      certificateCb,
      sigalgs,
      clientSigalgs,
      sessionTimeout,
      sessionIdContext,
    } = this.values
    const authorities = clientCa.length > 0 ? clientCa : this.values.authorities
    const later = (verifyMode & SSL_VERIFY_POST_HANDSHAKE) !== 0
    const asks = (verifyMode & SSL_VERIFY_PEER) !== 0
    const requires = asks && (verifyMode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) !== 0
    // A certificate that is shown has to be believed, whether or not one has to be shown, and by what holds once it is.
    const callback: VerifyCallback =
      this.#asked ??
      ((verdict, chain, asking) => {
        const ssl = this.#calling
        const { verify, certVerify } = ssl.settings.values
        return verify || certVerify ? askVerify(ssl, verdict, chain, asking) : verdict.ok
      })
    const kept = this.#kept
    return {
      ...kept,
      ...given('pskIdentityHint', this.values.pskHint),
      // Without tickets a server has to keep its sessions, or it has none.
      numTickets: options & SSL_OP_NO_TICKET && !kept.sessionCache ? 0 : tickets,
      ticketLifetime: sessionTimeout,
      sessionIdContext,
      ...given('sigalgs', clientSigalgs ?? sigalgs),
      requestCert: asks && later ? 'later' : asks,
      requestAuthorities: options & SSL_OP_DISABLE_TLSEXT_CA_NAMES ? [] : authorities,
      rejectUnauthorized: requires,
      verifyCallback: callback,
      ...(selectAlpn
        ? { ALPNCallback: offer => askAlpn(this.#calling, selectAlpn, offer.protocols) }
        : {}),
      ...(clientHello
        ? { clientHelloCallback: hello => askClientHello(this.#calling, clientHello, hello) }
        : {}),
      ...this.#earlyData(),
      ...this.#cookies(),
      // Either may put another context in place.
      ...(clientHello || servername ? { SNICallback: () => askServername(this.#calling) } : {}),
      ...(certificateCb || credentials.length > 0
        ? { certificateCallback: want => askCertificate(this.#calling, want) }
        : {}),
      ...statusAsServer(this.values, () => this.#calling),
    }
  }

  #trace(event: TraceEvent): void {
    const { trace, traceEvents, traceSecrets } = this.values.surroundings
    if (!trace || traceEvents?.includes(event.event) === false) return
    trace(traceSecrets ? event : redacted(event))
  }

  /** Where a server's sessions are: in a cache, or sealed into tickets. */
  get #kept(): Pick<ContextOptions, 'sessionCache' | 'ticketKeys'> {
    const { surroundings, options, sessionMode, ticketKeys } = this.values
    const { first } = this.#keys
    const keeps = (sessionMode & SSL_SESS_CACHE_SERVER) !== 0
    const internal = keeps && (sessionMode & SSL_SESS_CACHE_NO_INTERNAL) === 0
    if (surroundings.sessionCache || surroundings.ticketSealer) return {}
    if (options & SSL_OP_NO_TICKET) return internal ? { sessionCache: this.cache } : {}
    return given('ticketKeys', ticketKeys ?? (first && joined(first)))
  }

  /** Early data is taken where the program reads it, and once: whatever settings a connection has, all know of it. */
  #earlyData(): ContextOptions {
    const { maxEarlyData, recvMaxEarlyData, surroundings, maxFragment } = this.values
    if (maxEarlyData === 0 && recvMaxEarlyData === usualSkip) return {}
    return {
      maxEarlyData,
      limits: {
        earlyData: Math.max(maxEarlyData, 1),
        ...surroundings.limits,
        ...given('maxFragment', maxFragment),
        skippedEarlyData: Math.max(recvMaxEarlyData, 1),
      },
      replayStore: this.#replayStore,
      earlyDataCallback: () => allowsEarlyData(this.#calling),
    }
  }

  /** Every client is asked for a cookie, where the program says what it is good for. */
  #cookies(): ContextOptions {
    const { generateCookie, surroundings } = this.values
    if (!generateCookie) return {}
    const { crypto = noble, random } = surroundings
    const length = 32
    this.#keys.cookieKeys ??= random ? random('cookie keys', length) : crypto.randomBytes(length)
    return {
      cookie: 'always',
      cookieKeys: this.#keys.cookieKeys,
      ...given('cookie', surroundings.cookie),
      ...given('cookieKeys', surroundings.cookieKeys),
    }
  }

  get #replayStore(): ReplayStore {
    const { options, surroundings, ticketKeys } = this.values
    const { replayStore, sessionCache, ticketSealer, now = Date.now } = surroundings
    if (options & SSL_OP_NO_ANTI_REPLAY) return { claim: () => true }
    if (replayStore) return replayStore
    const kept = this.#keys
    // Whoever has its tickets from outside may be asked about those of before its time.
    const older =
      (ticketKeys ?? surroundings.ticketKeys ?? sessionCache ?? ticketSealer) !== undefined
    if (!kept.replays || (older && !kept.silent)) {
      const silence = older ? 2 * (surroundings.earlyDataWindow ?? usualWindow) : 0
      kept.replays = new MemoryReplayStore({ now, silence })
      kept.silent = older
    }
    return kept.replays
  }

  get #asked(): VerifyCallback | undefined {
    if (!this.values.verify && !this.values.certVerify) return undefined
    return (verdict, chain, asking) => askVerify(this.#calling, verdict, chain, asking)
  }

  get #calling(): SSL {
    return this.caller.ssl as SSL
  }
}

/** What the callbacks of C are made of. */
const watched: readonly TraceKind[] = ['record', 'message', 'alert', 'state']

const believed: VerifyCallback = verdict => verdict.ok

function given<K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: T }
}

function joined({ ticketKey }: SslContext): Bytes {
  const bytes = new Uint8Array(48)
  bytes.set(ticketKey.name)
  bytes.set(ticketKey.secret, ticketKey.name.length)
  return bytes
}
