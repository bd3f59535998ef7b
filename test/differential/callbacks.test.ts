/** What the information and the message callback are told, beside libssl's: the same, but for what is written down here. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  type SSL,
  SSL_accept,
  SSL_CB_ALERT,
  SSL_CB_HANDSHAKE_DONE,
  SSL_CB_HANDSHAKE_START,
  SSL_CB_LOOP,
  SSL_CB_WRITE,
  type SSL_CTX,
  SSL_CTX_load_verify,
  SSL_CTX_set_info_callback,
  SSL_CTX_set_max_early_data,
  SSL_CTX_set_msg_callback,
  SSL_CTX_set_post_handshake_auth,
  SSL_CTX_set_verify,
  SSL_CTX_set1_groups_list,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_do_handshake,
  SSL_get1_session,
  SSL_is_server,
  SSL_KEY_UPDATE_REQUESTED,
  SSL_key_update,
  SSL_read,
  SSL_read_early_data,
  type SSL_SESSION,
  SSL_SESSION_get_max_early_data,
  SSL_set_session,
  SSL_shutdown,
  SSL_state_string,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_PEER,
  SSL_VERIFY_POST_HANDSHAKE,
  SSL_verify_client_post_handshake,
  SSL_write,
  SSL_write_early_data,
} from '@biopair/ssl/openssl'
import type { ExecutionContext } from 'ava'
import { filesFor, scratch } from '../interop/support/files.ts'
import { clientContext, endsOver, serverContext } from '../openssl/support/tls.ts'
import { chainFor } from '../support/mint.ts'
import { libsslTest } from './support/libssl.ts'

const scenarios = [
  'full',
  'retried',
  'resumed',
  'authenticated',
  'asked',
  'updated',
  'early',
  'refused',
] as const
type Scenario = (typeof scenarios)[number]

for (const scenario of scenarios)
  libsslTest(
    `S10: information and message callbacks are told what libssl's are: ${scenario}`,
    async t => {
      const theirs = theirLines(scenario)
      const ours = ourLines(scenario)
      for (const side of ['client', 'server'] as const) {
        const [us, them] = [of(side, ours), of(side, theirs)]
        t.true(them.length > 30)
        t.deepEqual(steps(us), libsslSteps(them))
        t.deepEqual(messages(us), messages(them))
        t.is(count(us, '> ccs'), count(them, '> ccs'))
        t.deepEqual(exits(us), exits(them))
        paired(t, us)
        paired(t, them)
      }
    },
  )

const of = (side: string, lines: readonly string[]) =>
  lines.filter(line => line.startsWith(`${side} `)).map(line => line.slice(side.length + 1))

/** Starts, states that are left, and ends; a state that is left several times in a row counts once. */
function steps(lines: readonly string[]): string[] {
  const all = lines.filter(line => /^(start|loop|done)/.test(line))
  return all.filter((line, i) => line !== all[i - 1])
}

/**
 * What is meant to differ: no step is told where nothing is sent or read (TWCCS of a change_cipher_spec, TPEDE before EndOfEarlyData), and a server is connected when it says that
 * it is done, where libssl's is about to write tickets.
 */
function libsslSteps(lines: readonly string[]): string[] {
  const told = lines
    .filter(line => !/^loop (TWCCS|TPEDE)$/.test(line))
    .flatMap(line => (line === 'done TWST' ? ['done SSLOK', 'loop SSLOK'] : [line]))
  return steps(told)
}

/** Messages and alerts, each once it is whole; records are cut in other places. */
function messages(lines: readonly string[]): string[] {
  return lines.filter(line => /^[<>] (message|alert)/.test(line))
}

/** Our client's change_cipher_spec goes out before its first encrypted alert might, libssl's behind what it has read. */
const count = (lines: readonly string[], one: string) => lines.filter(line => line === one).length

/** How calls came back, and what alerts came and went. */
function exits(lines: readonly string[]): string[] {
  return lines.filter(line => /^(exit|alert)/.test(line))
}

/** A message stands behind the header of its record, and behind an inner type where it is encrypted. */
function paired(t: ExecutionContext, lines: readonly string[]): void {
  const records = lines.filter(line => / (header|inner|message|alert|ccs)/.test(line))
  t.is(records[0]?.slice(2), 'header')
  for (const [i, line] of records.entries())
    if (line.includes('inner')) t.is(records[i - 1], `${line[0]} header`)
}

function theirLines(scenario: Scenario): string[] {
  const { certFile, keyFile, caFile } = filesFor('p256')
  const { status, stdout } = spawnSync(program(), [certFile, keyFile, caFile, scenario], {
    encoding: 'latin1',
    timeout: 100_000,
  })
  if (status !== 0) throw new Error(`callbacks: ${status}`)
  return stdout.trim().split('\n')
}

let built: string | undefined

function program(): string {
  if (built !== undefined) return built
  const path = scratch('callbacks')
  const source = fileURLToPath(new URL('../../differential/callbacks.c', import.meta.url))
  const args = ['-std=c11', '-O1', '-o', path, source, '-lssl', '-lcrypto']
  const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8', timeout: 200_000 })
  if (status !== 0) throw new Error(`cc: ${stderr}`)
  built = path
  return path
}

/** The same calls as in callbacks.c. */
function ourLines(scenario: Scenario): string[] {
  const lines: string[] = []
  const { pem, keyPem, root } = chainFor('p256')
  const contexts = { client: clientContext(), server: serverContext() }
  SSL_CTX_use_certificate_chain(contexts.client, pem)
  SSL_CTX_use_PrivateKey(contexts.client, keyPem)
  SSL_CTX_load_verify(contexts.server, root.pem)
  SSL_CTX_set1_groups_list(contexts.client, 'X25519:P-256')
  SSL_CTX_set1_groups_list(contexts.server, scenario === 'retried' ? 'P-256' : 'X25519')
  if (scenario === 'authenticated')
    SSL_CTX_set_verify(contexts.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, null)
  if (scenario === 'asked')
    SSL_CTX_set_verify(contexts.server, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, null)
  SSL_CTX_set_post_handshake_auth(contexts.client, scenario === 'asked' ? 1 : 0)
  const early = scenario === 'early' || scenario === 'refused'
  if (early) SSL_CTX_set_max_early_data(contexts.server, 100)
  const session = scenario === 'resumed' || early ? converse(contexts, null, scenario) : null
  for (const ctx of Object.values(contexts)) tell(ctx, lines)
  converse(contexts, session, scenario)
  return lines
}

/** Shakes hands, reads what follows, and says goodbye. */
function converse(
  contexts: { readonly client: SSL_CTX; readonly server: SSL_CTX },
  session: SSL_SESSION | null,
  scenario: Scenario,
): SSL_SESSION | null {
  const { client, server } = endsOver(17408, undefined, contexts)
  SSL_set_session(client, session)
  if (session && SSL_SESSION_get_max_early_data(session) > 0) sendEarly(client, server, scenario)
  for (let i = 0, done = 0; i < 10 && done !== 3; i++) {
    if (SSL_connect(client) === 1) done |= 1
    if (SSL_accept(server) === 1) done |= 2
  }
  SSL_read(client, into)
  if (scenario === 'updated') {
    SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED)
    SSL_write(client, Buffer.from('ask'))
    SSL_read(server, into)
    SSL_write(server, Buffer.from('yes'))
    SSL_read(client, into)
  }
  if (scenario === 'asked') {
    SSL_verify_client_post_handshake(server)
    SSL_do_handshake(server)
    SSL_read(client, into)
    SSL_read(server, into)
    SSL_read(client, into)
  }
  const kept = SSL_get1_session(client)
  SSL_shutdown(client)
  SSL_read(server, into)
  SSL_shutdown(server)
  SSL_shutdown(client)
  return kept
}

const into = new Uint8Array(100)

/** What a session permits goes first; the server reads it before it answers, unless the scenario is that it refuses. */
function sendEarly(client: SSL, server: SSL, scenario: Scenario): void {
  SSL_write_early_data(client, Buffer.from('early'))
  if (scenario !== 'early') return
  SSL_read_early_data(server, into)
  SSL_connect(client)
  SSL_read_early_data(server, into)
}

function tell(ctx: SSL_CTX, lines: string[]): void {
  SSL_CTX_set_info_callback(ctx, (ssl, where, ret) => {
    const side = SSL_is_server(ssl) ? 'server' : 'client'
    const state = SSL_state_string(ssl)
    if (where & SSL_CB_HANDSHAKE_START) lines.push(`${side} start ${state}`)
    else if (where & SSL_CB_HANDSHAKE_DONE) lines.push(`${side} done ${state}`)
    else if (where & SSL_CB_ALERT)
      lines.push(
        `${side} alert ${where & SSL_CB_WRITE ? 'write' : 'read'} ${ret.toString(16).padStart(4, '0')}`,
      )
    else if (where & SSL_CB_LOOP) lines.push(`${side} loop ${state}`)
    else lines.push(`${side} exit ${ret}`)
  })
  const names: Record<number, string> = { 20: 'ccs', 21: 'alert', 256: 'header' }
  SSL_CTX_set_msg_callback(ctx, (write, _version, type, bytes, ssl) => {
    const side = SSL_is_server(ssl) ? 'server' : 'client'
    const what =
      type === 22 ? `message ${bytes[0]}` : type === 257 ? `inner ${bytes[0]}` : names[type]
    lines.push(`${side} ${write ? '>' : '<'} ${what}`)
  })
}
