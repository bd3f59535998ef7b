/** Setting the callbacks for keys that were agreed on elsewhere, of a context and of one connection. */
import { type Configured, type SSL_CTX, set } from './ctx.ts'
import type {
  SSL_psk_client_cb_func,
  SSL_psk_find_session_cb_func,
  SSL_psk_server_cb_func,
  SSL_psk_use_session_cb_func,
} from './psk.ts'
import type { SSL } from './ssl.ts'

/** For suites with SHA-256, as in OpenSSL. */
export function SSL_CTX_set_psk_client_callback(
  ctx: SSL_CTX,
  callback: SSL_psk_client_cb_func | null,
): void {
  set(ctx, { pskClient: callback ?? undefined })
}

export function SSL_set_psk_client_callback(
  ssl: SSL,
  callback: SSL_psk_client_cb_func | null,
): void {
  set(ssl, { pskClient: callback ?? undefined })
}

export function SSL_CTX_set_psk_server_callback(
  ctx: SSL_CTX,
  callback: SSL_psk_server_cb_func | null,
): void {
  set(ctx, { pskServer: callback ?? undefined })
}

export function SSL_set_psk_server_callback(
  ssl: SSL,
  callback: SSL_psk_server_cb_func | null,
): void {
  set(ssl, { pskServer: callback ?? undefined })
}

/** It is asked once, with null for `md`; the session's cipher says which hash its key goes with. */
export function SSL_CTX_set_psk_use_session_callback(
  ctx: SSL_CTX,
  callback: SSL_psk_use_session_cb_func | null,
): void {
  use(ctx, callback)
}

export function SSL_set_psk_use_session_callback(
  ssl: SSL,
  callback: SSL_psk_use_session_cb_func | null,
): void {
  use(ssl, callback)
}

export function SSL_CTX_set_psk_find_session_callback(
  ctx: SSL_CTX,
  callback: SSL_psk_find_session_cb_func | null,
): void {
  find(ctx, callback)
}

export function SSL_set_psk_find_session_callback(
  ssl: SSL,
  callback: SSL_psk_find_session_cb_func | null,
): void {
  find(ssl, callback)
}

function use(owner: Configured, callback: SSL_psk_use_session_cb_func | null): void {
  set(owner, { pskUse: callback ?? undefined })
}

function find(owner: Configured, callback: SSL_psk_find_session_cb_func | null): void {
  set(owner, { pskFind: callback ?? undefined })
}
