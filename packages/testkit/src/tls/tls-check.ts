/** What has to be true of two ends of TLS once both are done. */
import type { Ssl } from '@biopair/ssl'
import type { Link } from '../schedule/link.ts'
import type { TlsActor } from './tls-actor.ts'
import { sendsEarly, type TlsConfig } from './tls-config.ts'
import { suite12 } from './tls-options.ts'

interface Both {
  readonly client: TlsActor
  readonly server: TlsActor
}

/** Throws with words that say what is wrong. */
export function checkTls(
  config: TlsConfig,
  ends: Both,
  said: readonly [Uint8Array, Uint8Array],
  link: Link,
): void {
  const { client, server } = ends
  for (const [name, end, whole] of [
    ['client', client, said[1]],
    ['server', server, said[0]],
  ] as const) {
    const error = end.lost?.error
    if (error && 'alert' in error && error.alert === 'internal_error')
      throw new Error(`the ${name} says internal_error: ${error.message}`, { cause: error })
    if (link.faithful && end.lost)
      throw new Error(`the ${name} is ${end.lost.status}: ${error?.message}`, { cause: error })
    same(`what the ${name} heard`, hex(end.heard), hex(whole.subarray(0, end.heard.length)))
    // A goodbye stands behind everything: whoever has heard it has heard all.
    if (config.until === 'goodbye' && !end.lost)
      same(`bytes that the ${name} heard`, end.heard.length, whole.length)
  }
  if (!link.faithful || client.lost || server.lost) return
  const [ours, theirs] = [facts(client.ssl), facts(server.ssl)]
  for (const [name, fact] of Object.entries(ours)) same(name, fact, theirs[name])
  same('version', client.ssl.version, config.version)
  same('alpn', client.ssl.alpnProtocol, config.alpn ? 'http/1.1' : undefined)
  const older = config.version === 'TLSv1.2'
  // RFC 5246 §7.3: an abbreviated handshake has no key exchange.
  const exchanges = !older || config.resume !== 'ticket'
  same('group', client.ssl.group, exchanges ? config.group : undefined)
  same('client believed', server.ssl.authorized, believes(config))
  same('suite', client.ssl.cipher?.name, older ? suite12(config) : config.suite)
  same('resumed', client.ssl.resumed, config.resume === 'ticket')
  if (older) return
  same('retried', client.ssl.retried, config.retry || config.cookie === 'always')
  if (sendsEarly(config)) sameEarly(config, ends)
}

/** The client shows a certificate, or showed it in the session before. */
function believes({ client, resume }: TlsConfig): boolean {
  return client !== 'unasked' && client !== 'none' && resume !== 'psk'
}

function sameEarly({ retry, cookie, early, until }: TlsConfig, { client, server }: Both): void {
  const rejected = retry || cookie === 'always' || early === 'refused'
  const status = rejected ? 'rejected' : 'accepted'
  same('early data', client.ssl.earlyData, status)
  same('early data of the server', server.ssl.earlyData, status)
  if (rejected || until !== 'goodbye') return
  server.hearEarly()
  same('early data heard', hex(server.heardEarly), hex([...client.saidEarly]))
}

/** What both have to know alike. */
function facts(ssl: Ssl): Readonly<Record<string, unknown>> {
  return {
    version: ssl.version,
    suite: ssl.cipher?.name,
    group: ssl.group,
    alpn: ssl.alpnProtocol,
    resumed: ssl.resumed,
    retried: ssl.retried,
    exporter: hex([...ssl.exportKeyingMaterial(32, 'EXPORTER-testkit')]),
  }
}

function same(what: string, got: unknown, expected: unknown): void {
  if (got !== expected) throw new Error(`${what}: expected ${expected}, got ${got}`)
}

function hex(bytes: Iterable<number>): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
