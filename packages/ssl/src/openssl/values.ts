/** What an SSL_CTX or an SSL was set to, as plain data. */
import type { CertificateTypeName, FragmentLength } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { ContextOptions } from '../context-options.ts'
import type { SSL_CTX_alpn_select_cb_func } from './alpn-select.ts'
import type { SSL_cert_cb, SSL_client_cert_cb } from './certificate-cb.ts'
import type { SSL_client_hello_cb_fn } from './client-hello.ts'
import {
  SSL_MODE_AUTO_RETRY,
  SSL_OP_ENABLE_MIDDLEBOX_COMPAT,
  SSL_OP_NO_COMPRESSION,
  SSL_SESS_CACHE_SERVER,
} from './constants.ts'
import type { SSL_allow_early_data_cb_fn } from './early-data.ts'
import type { SSL_info_cb } from './info.ts'
import type { SSL_msg_cb } from './msg.ts'
import type {
  SSL_psk_client_cb_func,
  SSL_psk_find_session_cb_func,
  SSL_psk_server_cb_func,
  SSL_psk_use_session_cb_func,
} from './psk.ts'
import type { SSL_servername_cb } from './servername.ts'
import type { SSL } from './ssl.ts'
import type { SSL_SESSION } from './ssl-session.ts'
import type { SSL_gen_stateless_cookie_cb } from './stateless.ts'
import type { SSL_tlsext_status_cb } from './status.ts'
import type { SSL_cert_verify_cb, SSL_verify_cb } from './verify.ts'
import type { CrlScope } from './verify-crl.ts'

export type Pem = string | Uint8Array

/** What OpenSSL takes from its process, and here is given: primitives, randomness, time, and what has no C name. */
export type Surroundings = Pick<
  ContextOptions,
  | 'allowPartialTrustChain'
  | 'certificateCompression'
  | 'cookie'
  | 'cookieKeys'
  | 'cookieLifetime'
  | 'crypto'
  | 'earlyDataWindow'
  | 'edit'
  | 'keyShares'
  | 'limits'
  | 'minimumRsaBits'
  | 'now'
  | 'passphrase'
  | 'random'
  | 'replayStore'
  | 'requestSCT'
  | 'sessionCache'
  | 'singleUseTickets'
  | 'ticketKeys'
  | 'ticketSealer'
  | 'trace'
  | 'traceEvents'
  | 'traceSecrets'
  | 'verifyLimits'
  | 'verifyPolicies'
  | 'verifyProfile'
>

/** A callback, and what it is given as its last argument. */
export interface Callback<F> {
  readonly call: F
  readonly arg: unknown
}

export interface Values {
  readonly surroundings: Surroundings
  readonly ca: readonly Pem[]
  /** CRLs that came with them. */
  readonly crls?: readonly Pem[]
  /** Whole pairs, and the halves of one that is not whole yet. */
  readonly credentials: readonly { readonly cert: Pem; readonly key: Pem; readonly kind: string }[]
  readonly certificate?: Pem | undefined
  readonly key?: Pem | undefined
  /** Of TLS 1.3. */
  readonly ciphers?: string
  /** Of TLS 1.2, by name. */
  readonly cipherList?: readonly string[]
  readonly groups?: string
  readonly sigalgs?: string
  readonly clientSigalgs?: string
  /** DER names that the peer is told, in either role. */
  readonly authorities: readonly Bytes[]
  readonly postHandshakeAuth?: boolean
  /** undefined: X.509 alone. */
  readonly serverCertTypes?: readonly CertificateTypeName[] | undefined
  readonly clientCertTypes?: readonly CertificateTypeName[] | undefined
  readonly alpn: readonly string[]
  readonly selectAlpn?: Callback<SSL_CTX_alpn_select_cb_func> | undefined
  readonly keylog?: ((ssl: SSL, line: string) => void) | undefined
  readonly newSession?: ((ssl: SSL, session: SSL_SESSION) => unknown) | undefined
  readonly pskClient?: SSL_psk_client_cb_func | undefined
  readonly pskServer?: SSL_psk_server_cb_func | undefined
  readonly pskHint?: string | undefined
  readonly pskUse?: SSL_psk_use_session_cb_func | undefined
  readonly pskFind?: SSL_psk_find_session_cb_func | undefined
  /** SSL_SESS_CACHE_ bits. */
  readonly sessionMode: number
  /** Seconds. */
  readonly sessionTimeout: number
  readonly sessionIdContext: string
  readonly ticketKeys?: Bytes
  readonly info?: SSL_info_cb | undefined
  readonly message?: SSL_msg_cb | undefined
  readonly messageArg?: unknown
  readonly clientHello?: Callback<SSL_client_hello_cb_fn> | undefined
  readonly generateCookie?: SSL_gen_stateless_cookie_cb | undefined
  readonly servername?: SSL_servername_cb | undefined
  readonly servernameArg?: unknown
  readonly statusType?: number
  readonly status?: SSL_tlsext_status_cb | undefined
  readonly statusArg?: unknown
  readonly certificateCb?: Callback<SSL_cert_cb> | undefined
  readonly clientCertificateCb?: SSL_client_cert_cb | undefined
  readonly certVerify?: Callback<SSL_cert_verify_cb> | undefined
  /** undefined: a client verifies, a server asks for no certificate. */
  readonly verifyMode?: number
  readonly verify?: SSL_verify_cb | undefined
  readonly verifyDepth?: number | undefined
  /** Milliseconds since 1970. */
  readonly verifyTime?: number | undefined
  readonly partialChain?: boolean
  readonly policyFlags?: number
  readonly crlScope?: CrlScope | undefined
  /** Acceptable certificate policies. */
  readonly policies?: readonly string[] | undefined
  /** The chain has to be believed, whatever name it is for (SSL_set1_host with null). */
  readonly anyName: boolean
  /** DER names of the authorities whose certificates a server asks for. */
  readonly clientCa: readonly Bytes[]
  readonly tickets: number
  readonly maxEarlyData: number
  readonly recvMaxEarlyData: number
  readonly allowEarlyData?: Callback<SSL_allow_early_data_cb_fn> | undefined
  readonly options: number
  readonly mode: number
  readonly quiet: boolean
  readonly readAhead: boolean
  readonly maxFragment?: number
  /** What max_fragment_length asks for. */
  readonly askedFragment?: FragmentLength | undefined
  readonly minVersion: number
  readonly maxVersion: number
}

/** Bytes of refused early data that are passed over. */
export const usualSkip = 16_384

/** What SSL_CTX_new(3) starts from. */
export function initialValues(surroundings: Surroundings): Values {
  return {
    surroundings,
    ca: [],
    credentials: [],
    alpn: [],
    anyName: false,
    clientCa: [],
    authorities: [],
    readAhead: false,
    minVersion: 0,
    maxVersion: 0,
    tickets: 2,
    sessionMode: SSL_SESS_CACHE_SERVER,
    sessionTimeout: 7200,
    sessionIdContext: '',
    maxEarlyData: 0,
    recvMaxEarlyData: usualSkip,
    options: SSL_OP_NO_COMPRESSION | SSL_OP_ENABLE_MIDDLEBOX_COMPAT,
    mode: SSL_MODE_AUTO_RETRY,
    quiet: false,
  }
}
