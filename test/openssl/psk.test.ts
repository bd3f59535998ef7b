/** Keys that were agreed on elsewhere, by the C names' callbacks (SSL_CTX_set_psk_use_session_callback(3) and its like). */
import { cipherSuites } from '@biopair/crypto'
import {
  ERR_get_error_all,
  SSL_accept,
  SSL_CTX_set_psk_client_callback,
  SSL_CTX_set_psk_find_session_callback,
  SSL_CTX_set_psk_server_callback,
  SSL_CTX_set_psk_use_session_callback,
  SSL_CTX_set1_groups_list,
  SSL_connect,
  SSL_ERROR_SSL,
  SSL_get_error,
  SSL_get_peer_certificate,
  SSL_get_SSL_CTX,
  SSL_get0_group_name,
  SSL_ready,
  type SSL_SESSION,
  SSL_SESSION_new,
  SSL_SESSION_set_cipher,
  SSL_SESSION_set1_master_key,
  SSL_session_reused,
  SSL_set_psk_client_callback,
  SSL_set_psk_find_session_callback,
  SSL_set_psk_server_callback,
  SSL_set_psk_use_session_callback,
} from '@biopair/ssl/openssl'
import test, { type ExecutionContext } from 'ava'
import {
  clientContext,
  type Ends,
  endsOver,
  only13,
  serverContext,
  shake,
  versions,
} from './support/tls.ts'

const key = new Uint8Array(32).map((_, i) => i)
const name = Uint8Array.from('lathe', character => character.charCodeAt(0))

function shared(suite: keyof typeof cipherSuites = 'TLS_AES_128_GCM_SHA256'): SSL_SESSION {
  const session = SSL_SESSION_new()
  SSL_SESSION_set1_master_key(session, key)
  SSL_SESSION_set_cipher(session, cipherSuites[suite])
  return session
}

function keyed(t: ExecutionContext, { client, server }: Ends): void {
  t.deepEqual([SSL_session_reused(client), SSL_session_reused(server)], [1, 1])
  t.is(SSL_get_peer_certificate(client), null)
}

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`

  test(title('the client names a key, the server finds it, and a hit counts as reused'), t => {
    const client = clientContext(version)
    const server = serverContext(version)
    const asked: unknown[] = []
    SSL_CTX_set_psk_client_callback(client, (ssl, hint, longest) => {
      asked.push(SSL_get_SSL_CTX(ssl) === client, hint, longest)
      return ['lathe', key]
    })
    SSL_CTX_set_psk_server_callback(server, (ssl, identity) => {
      asked.push(SSL_get_SSL_CTX(ssl) === server, identity)
      return identity === 'lathe' ? key : 0
    })
    const ends = endsOver(17408, version, { client, server })
    shake(ends)
    keyed(t, ends)
    t.deepEqual(asked, [true, null, 256, true, 'lathe'])
  })

  // A key as a session is TLS 1.3's (SSL_CTX_set_psk_use_session_callback(3)); in TLS 1.2 nobody is asked for one.
  for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] as const)
    if (only13(version))
      test(title(`a key is a session with a master key and a cipher: ${suite}`), t => {
        const ends = endsOver(17408, version)
        SSL_set_psk_use_session_callback(ends.client, (_, md) => {
          t.is(md, null)
          return [1, name, shared(suite)]
        })
        SSL_set_psk_find_session_callback(ends.server, (_, identity) => {
          t.deepEqual(identity, name)
          return [1, shared(suite)]
        })
        shake(ends)
        keyed(t, ends)
      })

  test(title('without a key at either end the handshake is one with certificates'), t => {
    for (const [use, find] of [
      [[1] as const, [1, shared()] as const],
      [[1, name, shared()] as const, [1] as const],
    ] as const) {
      const ends = endsOver(17408, version)
      SSL_set_psk_use_session_callback(ends.client, () => use)
      SSL_set_psk_find_session_callback(ends.server, () => find)
      shake(ends)
      t.is(SSL_session_reused(ends.client), 0)
      t.truthy(SSL_get_peer_certificate(ends.client))
    }
    const ends = endsOver(17408, version)
    SSL_set_psk_client_callback(ends.client, () => ['lathe', key])
    SSL_set_psk_server_callback(ends.server, () => 0)
    if (only13(version)) {
      shake(ends)
      t.is(SSL_session_reused(ends.client), 0)
      return
    }
    // The suite of TLS 1.2 says that there is a key before anybody looks for it.
    t.throws(() => shake(ends))
    t.is(ERR_get_error_all(ends.server)?.reason, 'PSK_IDENTITY_NOT_FOUND')
  })

  // TLS 1.2 has no HelloRetryRequest.
  if (only13(version))
    test(title('each callback is asked once, also where a HelloRetryRequest comes between'), t => {
      const client = clientContext(version)
      const server = serverContext(version)
      SSL_CTX_set1_groups_list(client, 'X25519:P-256')
      SSL_CTX_set1_groups_list(server, 'P-256')
      const ends = endsOver(17408, version, { client, server })
      const asked: string[] = []
      SSL_set_psk_use_session_callback(ends.client, () => {
        asked.push('client')
        return [1, name, shared()]
      })
      SSL_set_psk_find_session_callback(ends.server, () => {
        asked.push('server')
        return [1, shared()]
      })
      shake(ends)
      keyed(t, ends)
      t.is(SSL_get0_group_name(ends.client), 'secp256r1')
      t.deepEqual(asked, ['client', 'server'])
    })

  // TLS 1.2 asks no session callback: that there is one changes nothing, as the test above has it.
  if (only13(version))
    test(title('0 from a session callback fails the handshake'), t => {
      const client = clientContext(version)
      SSL_CTX_set_psk_use_session_callback(client, () => 0)
      const first = endsOver(17408, version, { client })
      t.is(SSL_connect(first.client), -1)
      t.is(SSL_get_error(first.client, -1), SSL_ERROR_SSL)
      const server = serverContext(version)
      SSL_CTX_set_psk_find_session_callback(server, () => 0)
      const second = endsOver(17408, version, { server })
      SSL_set_psk_client_callback(second.client, () => ['lathe', key])
      SSL_connect(second.client)
      t.is(SSL_accept(second.server), -1)
      t.is(SSL_get_error(second.server, -1), SSL_ERROR_SSL)
    })

  test(title('a callback may answer later'), async t => {
    const ends = endsOver(17408, version)
    SSL_set_psk_client_callback(ends.client, async () => ['lathe', key])
    SSL_set_psk_server_callback(ends.server, async () => key)
    for (let round = 0; round < 10; round++) {
      const [near, far] = [SSL_connect(ends.client), SSL_accept(ends.server)]
      if (near === 1 && far === 1) break
      await Promise.race([SSL_ready(ends.client), SSL_ready(ends.server)])
    }
    keyed(t, ends)
  })
}
