/** Ends of TLS 1.2 that are not ours, each started with one suite, certificates both ways, and extended_master_secret or none. */
import { type CipherSuite12, groups } from '@biopair/crypto'
import type { ExecutionContext } from 'ava'
import type { KeyKind } from '../../support/mint.ts'
import { Child } from './child.ts'
import { filesFor, written } from './files.ts'
import { program } from './go.ts'
import { freePort } from './ours.ts'

/** What a connection is to be. */
export interface Wanted {
  readonly suite: CipherSuite12
  readonly kind: KeyKind
  /** Whether the peer has extended_master_secret. */
  readonly extended: boolean
}

export interface Peer12 {
  readonly name: string
  /** The programs that have to be there. */
  readonly programs: { readonly server: string; readonly client: string }
  /** Whether it can be had without extended_master_secret. */
  readonly mayLackExtended: boolean
  /** Listens, and sends back each line. */
  server(
    t: ExecutionContext,
    wanted: Wanted,
  ): Promise<{ readonly child: Child; readonly port: number }>
  /** Connects; sends what it is told on its stdin, a line, and prints what comes. */
  client(t: ExecutionContext, wanted: Wanted, port: number): Child
}

/** A configuration of OpenSSL's under which nobody has extended_master_secret. */
export const lacksExtended = [
  'openssl_conf = main',
  '[main]',
  'ssl_conf = ssl',
  '[ssl]',
  'system_default = off',
  '[off]',
  'Options = -ExtendedMasterSecret',
  '',
].join('\n')

const opensslEnv = (extended: boolean): Record<string, string> =>
  extended ? {} : { OPENSSL_CONF: written('without-ems.cnf', lacksExtended) }

const openssl: Peer12 = {
  name: 'OpenSSL',
  programs: { server: 'openssl', client: 'openssl' },
  mayLackExtended: true,
  async server(t, { suite, kind, extended }) {
    const { certFile, keyFile, caFile } = filesFor(kind)
    const child = new Child(
      t,
      'openssl',
      [
        ...['s_server', '-accept', '127.0.0.1:0', '-tls1_2', '-naccept', '1', '-rev'],
        ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile, '-cipher', suite.alias],
        ...['-Verify', '3', '-verify_return_error', '-CAfile', caFile],
      ],
      opensslEnv(extended),
    )
    const [, port] = await child.says(/ACCEPT \S*:(\d+)/)
    return { child, port: Number(port) }
  },
  client(t, { suite, kind, extended }, port) {
    const { certFile, keyFile, caFile } = filesFor(kind)
    return new Child(
      t,
      'openssl',
      [
        ...['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2', '-cipher', suite.alias],
        ...['-servername', 'server.example', '-verify_hostname', 'server.example', '-quiet'],
        ...['-CAfile', caFile, '-verify_return_error'],
        ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
      ],
      opensslEnv(extended),
    )
  },
}

/** GnuTLS's name of a cipher. */
const ciphers = {
  'aes-128-gcm': 'AES-128-GCM',
  'aes-256-gcm': 'AES-256-GCM',
  'chacha20-poly1305': 'CHACHA20-POLY1305',
} as const

function priority({ suite, extended }: Wanted): string {
  const cipher = ciphers[suite.aead as keyof typeof ciphers]
  const exchange = suite.auth === 'rsa' ? 'ECDHE-RSA' : 'ECDHE-ECDSA'
  const without = extended ? '' : ':%NO_SESSION_HASH'
  return `NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+${cipher}:-KX-ALL:+${exchange}${without}`
}

const gnutls: Peer12 = {
  name: 'GnuTLS',
  programs: { server: 'gnutls-serv', client: 'gnutls-cli' },
  mayLackExtended: true,
  async server(t, wanted) {
    const port = await freePort()
    const { certFile, keyFile, caFile } = filesFor(wanted.kind)
    const child = new Child(t, 'gnutls-serv', [
      ...['--echo', '--port', String(port), '--x509certfile', certFile, '--x509keyfile', keyFile],
      ...['--x509cafile', caFile, '--require-client-cert', '--verify-client-cert'],
      ...['--priority', priority(wanted)],
    ])
    await child.says(/listening on IPv4/)
    return { child, port }
  },
  client(t, wanted, port) {
    const { certFile, keyFile, caFile } = filesFor(wanted.kind)
    return new Child(t, 'gnutls-cli', [
      ...['--port', String(port), '--x509cafile', caFile, '--sni-hostname', 'server.example'],
      ...['--verify-hostname', 'server.example', '--priority', priority(wanted)],
      ...['--x509certfile', certFile, '--x509keyfile', keyFile, '127.0.0.1'],
    ])
  },
}

function goEnv({ suite, kind }: Wanted): Record<string, string> {
  const { certFile, keyFile, caFile } = filesFor(kind)
  return {
    ...{ SUITE: String(suite.id), GROUP: String(groups.x25519.id) },
    ...{ CERT: certFile, KEY: keyFile, CA: caFile },
  }
}

const go: Peer12 = {
  name: 'Go',
  programs: { server: 'go', client: 'go' },
  mayLackExtended: false,
  async server(t, wanted) {
    const { certFile, keyFile } = filesFor(wanted.kind)
    const child = new Child(t, program(t), ['server', certFile, keyFile], goEnv(wanted))
    const [, port] = await child.says(/ACCEPT \S*:(\d+)/)
    return { child, port: Number(port) }
  },
  // It says a line of its own.
  client: (t, wanted, port) =>
    new Child(t, program(t), ['client', String(port), filesFor(wanted.kind).caFile], goEnv(wanted)),
}

export const peers12: readonly Peer12[] = [openssl, gnutls, go]
