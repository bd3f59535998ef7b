/** What the reviews of authentication share: a client that may be asked later, and what an end came to. */
import { type ContextOptions, type Ssl, TlsAlert } from '@biopair/ssl'
import { connectedEnds, type Ends, type EndsOptions, readAll } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

export const { root, pem, keyPem, der, leaf, intermediate } = chainFor('p256')

/** A client that has a certificate and may be asked for it after the handshake. */
export const willing: ContextOptions = { postHandshakeAuth: true, cert: pem, key: keyPem }

/** Ends that have shaken hands, of which the server may ask. */
export function open(options: EndsOptions = {}): Ends {
  return connectedEnds({
    ...options,
    client: { ...willing, ...options.client },
    server: { ca: root.pem, ...options.server },
  })
}

/** A request that was sent. */
export function request(server: Ssl, ...options: Parameters<Ssl['requestCertificate']>) {
  const outcome = server.requestCertificate(...options)
  if (outcome.status !== 'done') throw new Error(outcome.status)
  return outcome.request
}

/** Both read until neither has anything to do. */
export function settle({ client, server }: Pick<Ends, 'client' | 'server'>): void {
  for (let i = 0; i < 4; i++) {
    readAll(client)
    readAll(server)
  }
}

/** How an end stands: the status of a read, or the alert and reason that it failed with. */
export function standing(end: Ssl): string {
  const outcome = end.read(new Uint8Array(1))
  if (outcome.status !== 'failed') return outcome.status
  const { error } = outcome
  return error instanceof TlsAlert ? `${error.alert} ${error.reason}` : error.message
}
