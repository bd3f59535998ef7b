/** Two ends over BIOs, for tests that look at one call of one of them. */
import type { Bio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import { chainFor } from '../support/mint.ts'

export const serverName = 'server.example'

/** A client that believes the server, each over its BIO. */
export function ends(
  near: Bio,
  far: Bio,
  more: { readonly client?: ContextOptions; readonly server?: ContextOptions } = {},
): { client: Ssl; server: Ssl } {
  const { root, pem, keyPem } = chainFor('p256')
  const client = new Ssl(new SslContext({ ca: root.pem, crypto: nodeCrypto, ...more.client }), {
    servername: serverName,
  })
  const server = new Ssl(
    new SslContext({ cert: pem, key: keyPem, crypto: nodeCrypto, ...more.server }),
  )
  return {
    client: client.setBio(near).setConnectState(),
    server: server.setBio(far).setAcceptState(),
  }
}

/** Steps both until both are done. */
export function shake(client: Ssl, server: Ssl, rounds = 20_000): void {
  for (let i = 0; i < rounds; i++) {
    const [ours, theirs] = [client.doHandshake(), server.doHandshake()]
    if (ours.status === 'done' && theirs.status === 'done') return
  }
  throw new Error(`no end after ${rounds} rounds: ${client.state}, ${server.state}`)
}
