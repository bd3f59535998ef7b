/** NSS, the library of Firefox: its `tstclnt` and `selfserv`, with databases made of our chains. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import type { ContextOptions, Session } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { chainFor, chainNames, type KeyKind, mint } from '../../support/mint.ts'
import { Child } from './child.ts'
import { filesFor, scratch, written } from './files.ts'
import { connectTo, freePort, listen, type Ours } from './ours.ts'

/** Kinds of keys that its certificates can have: it has no Ed25519. */
export type NssKind = Exclude<KeyKind, 'ed25519' | 'rsa-1024'>

const made = new Map<NssKind, string>()

/** The chain of `chainFor`; of RSA, with a leaf that may also encipher: NSS asks for that though TLS 1.3 has no use for it. */
function chainForNss(kind: NssKind): { readonly pem: string; readonly keyPem: string } {
  if (kind !== 'rsa') return filesFor(kind)
  const { leaf, intermediate: issuer, keyPem } = chainFor(kind)
  const { pem } = mint({ key: leaf.key, issuer, names: chainNames, keyUsage: [0, 2] })
  return { pem: pem + issuer.pem, keyPem }
}

/** A database with that chain: `root` is believed in, `ca` and `leaf` have their keys with them. */
function databaseFor(kind: NssKind): string {
  const before = made.get(kind)
  if (before) return before
  const { caFile, intermediate } = filesFor(kind)
  const { pem, keyPem } = chainForNss(kind)
  const folder = scratch(`nss-${kind}`)
  mkdirSync(folder)
  const database = `sql:${folder}`
  run('certutil', '-N', '-d', database, '--empty-password')
  run('certutil', '-A', '-d', database, '-n', 'root', '-t', 'CT,,', '-i', caFile)
  for (const [name, text] of [
    ['ca', intermediate.pem + intermediate.keyPem],
    ['leaf', pem + keyPem],
  ] as const) {
    const bag = scratch(`nss-${kind}-${name}.p12`)
    const both = written(`nss-${kind}-${name}.pem`, text)
    const bagged = ['-export', '-in', both, '-name', name, '-passout', 'pass:', '-out', bag]
    run('openssl', 'pkcs12', ...bagged)
    run('pk12util', '-i', bag, '-d', database, '-W', '', '-K', '')
  }
  made.set(kind, database)
  return database
}

/** `selfserv`, which has answered nobody yet, and its port. */
export async function selfserv(
  t: ExecutionContext,
  args: readonly string[] = [],
  kind: NssKind = 'p256',
): Promise<{ server: Child; port: number }> {
  const port = await freePort()
  // It waits for a password where it has none, and says of itself what it does.
  const server = new Child(t, 'selfserv', [
    ...['-n', 'leaf', '-d', databaseFor(kind), '-w', '', '-p', String(port)],
    ...['-V', 'tls1.3:', '-v', ...args],
  ])
  await server.says(/About to call accept/)
  return { server, port }
}

/** `tstclnt`, which says what it reads, and sends what is typed. */
export function tstclnt(
  t: ExecutionContext,
  port: number,
  args: readonly string[] = [],
  kind: NssKind = 'p256',
): Child {
  return new Child(t, 'tstclnt', [
    ...['-4', '-h', '127.0.0.1', '-p', String(port), '-a', 'server.example'],
    ...['-d', databaseFor(kind), '-w', '', '-V', 'tls1.3:', '-v', ...args],
  ])
}

/** `tstclnt`, connected to our server. */
export async function fromNss(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions = {},
  kind: NssKind = 'p256',
): Promise<{ client: Child; server: Ours }> {
  const { port, accepted } = await listen(t, { ...certified(kind), ...options })
  const client = tstclnt(t, port, args, kind)
  return { client, server: await (await accepted).shake() }
}

/** Our client, connected to a `selfserv`. */
export async function toNss(
  t: ExecutionContext,
  port: number,
  options: ContextOptions = {},
  kind: NssKind = 'p256',
  session?: Session,
): Promise<Ours> {
  const all = { ca: filesFor(kind).root.pem, ...options }
  return (await connectTo(t, port, all, undefined, session)).shake()
}

/** `cert` and `key` of such a chain. */
export function certified(kind: NssKind = 'p256'): ContextOptions {
  const { pem, keyPem } = chainForNss(kind)
  return { cert: pem, key: keyPem }
}

/** A line each way, and the ends of both. */
export async function talk(t: ExecutionContext, client: Child, server: Ours): Promise<void> {
  client.type('there\n')
  t.is(await server.line(), 'there\n')
  await server.write('and back\n')
  await client.says(/and back\n/)
  client.end()
  t.is((await server.goodbye()).status, 'closed')
  t.is(await client.exit(), 0, client.stderr)
}

/** A request of ours and its answer, which ends with close_notify. */
export async function ask(t: ExecutionContext, client: Ours): Promise<void> {
  await client.write('GET /nothing-of-this-name HTTP/1.0\r\n\r\n')
  t.is(await client.line(), 'HTTP/1.0 200 OK\r\n')
  t.is((await client.goodbye()).status, 'closed')
}

function run(program: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`)
}
