/** Calls of a schedule on early data, keys that were agreed on elsewhere, and later authentication. */
import { cipherSuites } from '@biopair/crypto'
import * as C from '@biopair/ssl/openssl'
import { pattern, turn } from './pattern.ts'
import type { Came, Named } from './said.ts'

/** What such a call came to; undefined where it is none. */
export function resuming(call: string, object: Named, ssl: C.SSL, word: string): Came | undefined {
  const number = Number(word)
  switch (call) {
    case 'early_write': {
      const from = pattern.subarray(object.sent % turn)
      const [ret, passed] = C.SSL_write_early_data(ssl, from, number)
      object.sent += passed
      return { ret, of: ssl, ...(ret === 1 ? { passed } : {}) }
    }
    case 'early_read': {
      const into = new Uint8Array(number)
      const [early, got] = C.SSL_read_early_data(ssl, into)
      return { ret: early > 0 ? 1 : 0, of: ssl, early, out: into.subarray(0, got) }
    }
    case 'psk':
      C.SSL_set_psk_use_session_callback(ssl, () =>
        word === 'no' ? 0 : [1, Buffer.from(word), sharedKey()],
      )
      C.SSL_set_psk_find_session_callback(ssl, (_, identity) => {
        if (word === 'no') return 0
        return Buffer.from(identity).toString() === word ? [1, sharedKey()] : [1]
      })
      return { ret: 1 }
    case 'psk_before':
      C.SSL_set_psk_client_callback(ssl, () => (word === 'no' ? 0 : [word, keyBefore]))
      C.SSL_set_psk_server_callback(ssl, (_, identity) => (identity === word ? keyBefore : 0))
      return { ret: 1 }
    case 'verify':
      C.SSL_set_verify(ssl, number, null)
      return { ret: 1 }
    case 'pha':
      C.SSL_set_post_handshake_auth(ssl, number)
      return { ret: 1 }
    case 'ask':
      return { ret: C.SSL_verify_client_post_handshake(ssl), of: ssl, only: 'error' }
  }
  return undefined
}

const keyBefore = new Uint8Array(32).fill(7)

function sharedKey(): C.SSL_SESSION {
  const session = C.SSL_SESSION_new()
  const key = new Uint8Array(32)
  key.set([1, 2, 3])
  C.SSL_SESSION_set1_master_key(session, key)
  C.SSL_SESSION_set_cipher(session, cipherSuites.TLS_AES_128_GCM_SHA256)
  return session
}
