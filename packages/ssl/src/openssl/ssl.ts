/** SSL: one connection, its BIOs and who owns them (SSL_new(3), SSL_set_bio(3)). */
import type { Bytes } from '@biopair/wire'
import type { CertificateInquiry } from '../certificate-inquiry.ts'
import type { ClientHelloView } from '../client-hello-view.ts'
import { misuse } from '../misuse.ts'
import type { Stop } from '../outcome.ts'
import { Ssl } from '../ssl.ts'
import { type BIO, BIO_free_all, BIO_up_ref } from './bio.ts'
import { Calls } from './caller.ts'
import { SSL_ERROR_NONE, SSL_KEY_UPDATE_NONE, SSL_VERIFY_PEER } from './constants.ts'
import type { SSL_CTX } from './ctx.ts'
import { ErrorList } from './errors.ts'
import { ExData } from './ex-data.ts'
import type { SSL_info_cb } from './info.ts'
import type { SSL_msg_cb } from './msg.ts'
import { Port } from './port.ts'
import { ERR_LIB_SSL } from './reasons.ts'
import type { Settings } from './settings.ts'
import type { SSL_SESSION } from './ssl-session.ts'
import type { Values } from './values.ts'
import {
  X509_CHECK_FLAG_NO_WILDCARDS,
  X509_PURPOSE_SSL_CLIENT,
  X509_PURPOSE_SSL_SERVER,
  X509_VERIFY_PARAM,
} from './verify-param.ts'
import { Watch } from './watch.ts'

/** A connection. Made by SSL_new; its members are for the calls of this folder. */
export class SSL {
  /** The context in force, and the one that this was made with. */
  ctx: SSL_CTX
  readonly firstContext: SSL_CTX
  /** Those of the context when this was made: later changes there do not reach it. */
  settings: Settings
  readonly errors = new ErrorList()
  readonly exData = new ExData<SSL>(this)
  /** What the peer has to be and to prove. */
  readonly param = new X509_VERIFY_PARAM()
  port = new Port()
  references = 1
  role: 'client' | 'server' | undefined
  /** The name that is asked for (server_name). */
  serverName: string | undefined
  /** Our own connection, from the first call that does something. */
  native: Ssl | undefined
  /** Server: its first call was SSL_read_early_data. */
  readsEarly = false
  /** It was told that no more comes. */
  earlyOver = false
  /** Whether a call got as far as that: before, names and settings can still be put right. */
  begun = false
  /** What the last call came to: for SSL_get_error. */
  result = SSL_ERROR_NONE
  /** Whether a call has found that the connection failed. */
  failed = false
  /** Why the last call did not do what it was asked: for SSL_ready and the information callback. */
  waits: Stop | undefined
  /** Whether a call has said that the handshake is done. */
  finished = false
  /** Bits of SSL_set_shutdown, and of a quiet SSL_shutdown. */
  shutdownBits = 0
  quiet: boolean
  /** An SSL_write that has to be repeated. */
  writing: { readonly length: number; readonly taken: number } | undefined
  /** SSL_key_update and SSL_new_session_ticket wait for the next call that does something. */
  keyUpdate = SSL_KEY_UPDATE_NONE
  tickets = 0
  /** So does SSL_verify_client_post_handshake. */
  ordersRequest = false
  /** The last request that was sent. */
  inquiry: CertificateInquiry | undefined
  /** What the peer said when it asked for a certificate. */
  peerAuthorities: readonly Bytes[] = []
  /** What was ordered so has not been flushed. */
  ordered = false
  /** Calls under way; a free from inside one waits for its end. */
  depth = 0
  readonly calls: Calls
  /** What is told of the handshake, and to whom. */
  watch = new Watch(this)
  info: SSL_info_cb | undefined
  message: SSL_msg_cb | undefined
  messageArg: unknown
  /** The ClientHello that a callback is looking at. */
  hello: ClientHelloView | undefined
  /** What SSL_set_tlsext_status_ocsp_resp said. */
  statusResponse: Uint8Array | undefined
  /** What SSL_set_session was given, and the object that SSL_get_session answers. */
  offered: SSL_SESSION | undefined
  session: SSL_SESSION | undefined
  /** The connection has failed, so that its session is none. */
  discards = false
  /** What SSL_set_verify said for this SSL alone. */
  ownVerification: Pick<Values, 'verifyMode' | 'verify'> = {}
  /** Raw public keys that the peer may have, DER; undefined where none was named. */
  expectedRpks: readonly Bytes[] | undefined
  /** What verify callbacks left behind, and whether they want to be asked again. */
  verifyError: number | undefined
  retryVerify = false

  constructor(ctx: SSL_CTX) {
    this.ctx = ctx
    this.firstContext = ctx
    this.settings = ctx.settings
    this.calls = new Calls(this, ctx.settings.caller)
    const { info, message, messageArg } = ctx.settings.values
    this.info = info
    this.message = message
    this.messageArg = messageArg
    this.quiet = ctx.settings.values.quiet
    this.param.take(ctx.param)
    this.param.peerName = () => this.native?.peerName
  }

  get freed(): boolean {
    return this.references === 0
  }

  /** Our own connection, made if need be. TypeError for settings that do not fit each other. */
  start(role: 'client' | 'server'): Ssl {
    if (this.native) return this.native
    this.watch = new Watch(this)
    const { serverName, param, port } = this
    const native = new Ssl(this.settings.judging(param).context(role), {
      ...(role === 'client' && serverName !== undefined ? { servername: serverName } : {}),
      ...(role === 'client' && this.offered?.native
        ? { session: this.offered.native, reuseSession: true }
        : {}),
      ...this.#names(role),
      rawPublicKeys: this.expectedRpks,
      ...(role === 'server' ? this.#cookieContext() : {}),
      allowWildcards: (param.hostFlags & X509_CHECK_FLAG_NO_WILDCARDS) === 0,
    })
    native.setBio(port, port.writing)
    if (role === 'client') native.setConnectState()
    else native.setAcceptState()
    this.native = native
    return native
  }

  /** What the cookies of this connection are good for. */
  #cookieContext(): { readonly cookieContext?: Uint8Array } {
    const { generateCookie } = this.settings.values
    if (!generateCookie) return {}
    const cookieContext = generateCookie(this)
    if (cookieContext) return { cookieContext }
    throw misuse('ERR_INVALID_ARG_VALUE', 'the stateless cookie generate callback answered null')
  }

  /** Whether the peer's chain is to be believed. */
  get verifies(): boolean {
    const { verifyMode = this.role === 'server' ? 0 : SSL_VERIFY_PEER } = this.settings.values
    return (verifyMode & SSL_VERIFY_PEER) !== 0
  }

  /** The names to prove: the name that is sent is none of them, unless it was said again. */
  #names(role: 'client' | 'server'): { readonly verifyNames?: readonly string[] } {
    const { kinds, purpose, anyName } = this.param
    if (purpose !== 0 && purpose !== purposes[role])
      throw misuse('ERR_INVALID_ARG_VALUE', `a ${role} cannot verify for purpose ${purpose}`)
    const [names, another] = kinds
    // OpenSSL demands one of each kind. Here there is one list, of which any will do: that would be less.
    if (another)
      throw misuse('ERR_INVALID_ARG_VALUE', 'expected host names, an address or a mailbox')
    if (names) return { verifyNames: names }
    const { serverCertTypes: types = ['x509'] } = this.settings.values
    // A raw public key has no name.
    if (role === 'server' || !types.includes('x509')) return {}
    if (this.verifies && !anyName)
      throw misuse('ERR_NO_SERVERNAME', 'a client that verifies needs SSL_set1_host')
    return { verifyNames: [] }
  }
}

const purposes = { client: X509_PURPOSE_SSL_SERVER, server: X509_PURPOSE_SSL_CLIENT } as const

/** A connection with the context's settings as they are now; null without a context. */
export function SSL_new(ctx: SSL_CTX): SSL
export function SSL_new(ctx: SSL_CTX | null): SSL | null
export function SSL_new(ctx: SSL_CTX | null): SSL | null {
  if (!ctx) return null
  ctx.references++
  return new SSL(ctx)
}

export function SSL_up_ref(ssl: SSL): 1 {
  ssl.references++
  return 1
}

/**
 * One owner less; the last one frees it: secrets are wiped, nothing is sent, its BIOs lose their owner. What a pair holds for
 * the other half stays readable there (OpenSSL drops it).
 */
export function SSL_free(ssl: SSL | null): void {
  if (!ssl || ssl.freed) return
  ssl.references--
  if (ssl.freed && ssl.depth === 0) dispose(ssl)
}

/** Lets go of everything. */
export function dispose(ssl: SSL): void {
  const { port, native } = ssl
  port.letGo()
  native?.close()
  BIO_free_all(port.rbio ?? null)
  BIO_free_all(port.wbio ?? null)
  port.rbio = undefined
  port.wbio = undefined
  ssl.exData.free()
  ssl.ctx.release()
}

/** Where bytes come from and go to. How many references it takes is the table of SSL_set_bio(3). */
export function SSL_set_bio(ssl: SSL, rbio: BIO | null, wbio: BIO | null): void {
  const { rbio: oldRead = null, wbio: oldWrite = null } = ssl.port
  if (rbio === oldRead && wbio === oldWrite) return
  if (rbio && rbio === wbio) BIO_up_ref(rbio)
  if (rbio === oldRead) {
    SSL_set0_wbio(ssl, wbio)
    return
  }
  SSL_set0_rbio(ssl, rbio)
  if (wbio === oldWrite && oldRead !== oldWrite) return
  SSL_set0_wbio(ssl, wbio)
}

/** Takes one reference, also where it is the BIO that is set already. */
export function SSL_set0_rbio(ssl: SSL, rbio: BIO | null): void {
  BIO_free_all(ssl.port.rbio ?? null)
  ssl.port.rbio = rbio ?? undefined
}

/** Takes one reference, also where it is the BIO that is set already. */
export function SSL_set0_wbio(ssl: SSL, wbio: BIO | null): void {
  BIO_free_all(ssl.port.wbio ?? null)
  ssl.port.wbio = wbio ?? undefined
}

/** Borrowed. */
export function SSL_get_rbio(ssl: SSL): BIO | null {
  return ssl.port.rbio ?? null
}

/** Borrowed. */
export function SSL_get_wbio(ssl: SSL): BIO | null {
  return ssl.port.wbio ?? null
}

/** This end is the client. Once the handshake has begun it changes nothing (in OpenSSL it breaks the connection). */
export function SSL_set_connect_state(ssl: SSL): void {
  setRole(ssl, 'client')
}

/** This end is the server. Once the handshake has begun it changes nothing (in OpenSSL it breaks the connection). */
export function SSL_set_accept_state(ssl: SSL): void {
  setRole(ssl, 'server')
}

function setRole(ssl: SSL, role: 'client' | 'server'): void {
  ssl.errors.clear()
  if (ssl.begun && ssl.role !== role)
    ssl.errors.push(ERR_LIB_SSL, 'SHOULD_NOT_HAVE_BEEN_CALLED', 'the handshake has begun')
  else ssl.role = role
}
