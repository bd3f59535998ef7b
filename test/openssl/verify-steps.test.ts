/** The order in which a verify callback is asked, beside libcrypto's: SSL_CTX_set_verify(3) in a C program over the same chains. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_set_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_get_verify_result,
  SSL_VERIFY_PEER,
  TLS_client_method,
  X509_STORE_CTX_get_error,
  X509_STORE_CTX_get_error_depth,
  X509_V_ERR_CERT_HAS_EXPIRED,
  X509_V_OK,
  X509_verify_cert_error_string,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { type Minted, mint, nameConstraints, serverAuth } from '../support/mint.ts'
import { play } from './support/play.ts'
import { endsOver, serverContext, versions } from './support/tls.ts'

/** Prints what the callback is asked, `ok 2` or `10 at 0`, and in the end the result; goes on `argv[4]` times. */
const program = String.raw`
#include <stdio.h>
#include <stdlib.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

static int left;

static int asked(int ok, X509_STORE_CTX *ctx) {
  int depth = X509_STORE_CTX_get_error_depth(ctx);
  if (ok) printf("ok %d\n", depth);
  else printf("%d at %d\n", X509_STORE_CTX_get_error(ctx), depth);
  return left-- > 0;
}

static X509 *next(BIO *bio) { return PEM_read_bio_X509(bio, NULL, NULL, NULL); }

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  BIO *sent = BIO_new_file(argv[1], "r"), *believed = BIO_new_file(argv[2], "r");
  STACK_OF(X509) *others = sk_X509_new_null();
  X509_STORE *store = X509_STORE_new();
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  X509 *leaf = next(sent), *one;
  while ((one = next(sent))) sk_X509_push(others, one);
  while ((one = next(believed))) X509_STORE_add_cert(store, one);
  left = atoi(argv[4]);
  X509_STORE_CTX_init(ctx, store, leaf, others);
  X509_STORE_CTX_set_default(ctx, "ssl_server");
  X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
  X509_VERIFY_PARAM_set1_host(param, argv[3], 0);
  X509_VERIFY_PARAM_set_auth_level(param, 2);
  X509_STORE_CTX_set_verify_cb(ctx, asked);
  int believedIt = X509_verify_cert(ctx);
  printf("%s %d\n", believedIt == 1 ? "believed" : "refused", X509_STORE_CTX_get_error(ctx));
  return 0;
}
`

const folder = mkdtempSync(join(tmpdir(), 'biopair-steps-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'steps.c'), program)
const compiled = spawnSync('cc', ['steps.c', '-o', 'steps', '-lcrypto'], {
  cwd: folder,
  timeout: 60_000,
})

/** What libcrypto's callback is asked. */
function libcrypto(sent: readonly Minted[], believed: Minted, times: number): string[] {
  const pem = (name: string, list: readonly Minted[]) => {
    writeFileSync(join(folder, name), list.map(one => one.pem).join(''))
    return name
  }
  const args = [pem('sent', sent), pem('believed', [believed]), 'server.example', String(times)]
  const { stdout, status } = spawnSync(join(folder, 'steps'), args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (status !== 0) throw new Error(`the C program ended with ${status}`)
  return stdout.trim().split('\n')
}

/** What ours is asked over a connection. */
function ours(sent: readonly Minted[], believed: Minted, times: number): string[] {
  const seen: string[] = []
  let left = times
  const client = SSL_CTX_new(TLS_client_method(), { crypto: nodeCrypto })
  SSL_CTX_load_verify(client, believed.pem)
  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, (ok, store) => {
    const depth = X509_STORE_CTX_get_error_depth(store)
    seen.push(ok ? `ok ${depth}` : `${X509_STORE_CTX_get_error(store)} at ${depth}`)
    return left-- > 0 ? 1 : 0
  })
  const server = serverContext()
  SSL_CTX_use_certificate_chain(server, sent.map(({ pem }) => pem).join(''))
  SSL_CTX_use_PrivateKey(server, (sent[0] as Minted).keyPem)
  const ends = endsOver(17408, versions[0], { client, server })
  const { done } = play(ends)
  return [...seen, `${done ? 'believed' : 'refused'} ${SSL_get_verify_result(ends.client)}`]
}

const past = Date.UTC(2021, 0)
const root = mint({ subject: 'root', ca: true })
const stranger = mint({ subject: 'somebody else', ca: true })

interface Faults {
  readonly late?: boolean
  readonly lateAbove?: boolean
  readonly name?: boolean
  readonly purpose?: boolean
  readonly unsigned?: boolean
  readonly constraint?: boolean
  readonly unknown?: boolean
  readonly path?: boolean
  /** The leaf is sent alone. */
  readonly bare?: boolean
}

function chainWith(wrong: Faults): { sent: readonly Minted[]; believed: Minted } {
  const upper = mint({
    ...{ subject: 'upper', issuer: root, ca: wrong.path ? 0 : true },
    extensions: wrong.constraint ? [nameConstraints(['elsewhere.example'])] : [],
  })
  const lower = mint({
    ...{ subject: 'lower', issuer: upper, ca: 0 },
    ...(wrong.lateAbove ? { notAfter: past } : {}),
  })
  const leaf = mint({
    issuer: lower,
    names: [wrong.name ? 'other.example' : 'server.example'],
    extKeyUsage: [wrong.purpose ? '1.3.6.1.5.5.7.3.4' : serverAuth],
    ...(wrong.late ? { notAfter: past } : {}),
    ...(wrong.unsigned
      ? { spoilSignature: bytes => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) }
      : {}),
  })
  return {
    sent: wrong.bare ? [leaf] : [leaf, lower, upper],
    believed: wrong.unknown ? stranger : root,
  }
}

const singles: readonly (keyof Faults)[] = [
  'late',
  'lateAbove',
  'name',
  'purpose',
  'unsigned',
  'unknown',
  'constraint',
  'path',
]

if (compiled.status === 0) {
  test('a good chain is shown as libcrypto shows it', t => {
    const { sent, believed } = chainWith({})
    t.deepEqual(ours(sent, believed, 99), libcrypto(sent, believed, 99))
    t.deepEqual(ours(sent, believed, 99), ['ok 3', 'ok 2', 'ok 1', 'ok 0', 'believed 0'])
  })

  for (const fault of singles)
    test(`one fault, put up with, is asked about as libcrypto asks: ${fault}`, t => {
      const { sent, believed } = chainWith({ [fault]: true })
      const [mine, theirs] = [ours(sent, believed, 99), libcrypto(sent, believed, 99)]
      t.deepEqual(mine, theirs)
    })

  test('one fault, not put up with, ends it where libcrypto ends it', t => {
    for (const fault of singles) {
      const { sent, believed } = chainWith({ [fault]: true })
      const asked = libcrypto(sent, believed, 99).findIndex(line => line.includes(' at '))
      const [mine, theirs] = [ours(sent, believed, asked), libcrypto(sent, believed, asked)]
      t.deepEqual(mine, theirs, fault)
    }
  })

  test('several faults at once, all put up with: the same questions, each once', t => {
    const some = fc.record({
      late: fc.boolean(),
      lateAbove: fc.boolean(),
      name: fc.boolean(),
      purpose: fc.boolean(),
      constraint: fc.boolean(),
      unsigned: fc.boolean(),
      unknown: fc.boolean(),
      path: fc.boolean(),
      bare: fc.boolean(),
    })
    fc.assert(
      fc.property(some, wrong => {
        const { sent, believed } = chainWith(wrong)
        const [mine, theirs] = [ours(sent, believed, 99), libcrypto(sent, believed, 99)]
        t.deepEqual(mine, theirs)
      }),
      { numRuns: 64 },
    )
  })
} else
  test('a verify callback is asked as libcrypto asks (skipped: no C compiler with OpenSSL)', t => {
    t.log('skipped: cc -lcrypto does not compile here')
    t.not(compiled.status, 0)
  })

test('the words of a result are those of its number', t => {
  t.is(X509_verify_cert_error_string(X509_V_OK), 'ok')
  t.is(X509_verify_cert_error_string(X509_V_ERR_CERT_HAS_EXPIRED), 'certificate has expired')
  for (const none of [-1, 96, 1000, Number.NaN])
    t.is(X509_verify_cert_error_string(none), 'unknown certificate verification error')
})
