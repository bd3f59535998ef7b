/** The calls that take files: SSL_CTX_use_certificate(3), SSL_CTX_load_verify_locations(3), SSL_load_client_CA_file(3). */
import { mkdirSync, writeFileSync } from 'node:fs'
import * as C from '@biopair/node/openssl'
import { parseCertificate } from '@biopair/x509'
import test from 'ava'
import { chainFor, mint } from '../support/mint.ts'
import { folder, reason, serverContext } from './support/c.ts'

const { pem, keyPem, root, leaf } = chainFor('p256')

/** The client's answer to a handshake with the leaf's server, or with one of this context. */
function shaken(client_ctx: C.SSL_CTX, server_ctx = serverContext()): number {
  const [client, server] = [C.SSL_new(client_ctx), C.SSL_new(server_ctx)]
  const [near, far] = C.BIO_new_bio_pair(0, 0)
  C.SSL_set_bio(client, near, near)
  C.SSL_set_bio(server, far, far)
  C.SSL_set1_host(client, 'server.example')
  let ret = 0
  for (let i = 0; i < 5 && ret !== 1; i++) {
    ret = C.SSL_connect(client)
    C.SSL_accept(server)
  }
  C.SSL_free(client)
  C.SSL_free(server)
  return ret
}

function files() {
  const place = folder()
  const put = (name: string, content: string | Uint8Array) => {
    writeFileSync(place.path(name), content)
    return place.path(name)
  }
  return { ...place, put }
}

test('a chain and its key come from files, in PEM and in DER; together they serve', t => {
  const { put, remove } = files()
  t.teardown(remove)
  const client = C.SSL_CTX_new(C.TLS_client_method())
  t.is(C.SSL_CTX_load_verify_file(client, put('root.pem', `some words\n${root.pem}`)), 1)
  const server = C.SSL_CTX_new(C.TLS_server_method())
  t.is(C.SSL_CTX_use_certificate_chain_file(server, put('chain.pem', pem)), 1)
  t.is(C.SSL_CTX_use_PrivateKey_file(server, put('key.pem', keyPem), C.SSL_FILETYPE_PEM), 1)
  t.is(C.SSL_CTX_check_private_key(server), 1)
  t.is(shaken(client, server), 1)
  // A file of one certificate: the intermediate is missing, unless who verifies has it.
  const alone = C.SSL_CTX_new(C.TLS_server_method())
  const key = put('key.der', Buffer.from(keyPem.split('-----')[2] as string, 'base64'))
  t.is(C.SSL_CTX_use_certificate_file(alone, put('chain.pem', pem), C.SSL_FILETYPE_PEM), 1)
  t.is(C.SSL_CTX_use_PrivateKey_file(alone, key, C.SSL_FILETYPE_ASN1), 1)
  t.is(C.SSL_CTX_check_private_key(alone), 1)
  t.is(shaken(client, alone), -1)
  t.is(C.SSL_CTX_use_certificate_file(alone, put('leaf.der', leaf.der), C.SSL_FILETYPE_ASN1), 1)
  t.is(C.SSL_CTX_load_verify_locations(client, put('chain.pem', pem), null), 1)
})

test('a file that is not there, not what it is said to be, or another’s key is 0 with the reason', t => {
  const { path, put, remove } = files()
  t.teardown(remove)
  const ctx = C.SSL_CTX_new(C.TLS_server_method())
  t.is(C.SSL_CTX_use_certificate_file(ctx, path('none'), C.SSL_FILETYPE_PEM), 0)
  t.is(C.ERR_GET_LIB(C.ERR_peek_error(ctx)), C.ERR_LIB_SYS)
  t.regex(C.ERR_get_error_all(ctx)?.data ?? '', /ENOENT/)
  t.is(C.SSL_CTX_use_certificate_file(ctx, put('c', pem), 7), 0)
  t.is(reason(ctx), 'bad ssl filetype')
  t.is(C.SSL_CTX_use_certificate_file(ctx, put('d', leaf.der), C.SSL_FILETYPE_PEM), 0)
  t.is(reason(ctx), 'no start line')
  t.is(C.SSL_CTX_use_certificate_file(ctx, put('c', pem), C.SSL_FILETYPE_ASN1), 0)
  t.not(reason(ctx), undefined)
  t.is(C.SSL_CTX_use_certificate_chain_file(ctx, put('c', pem)), 1)
  t.is(C.SSL_CTX_use_PrivateKey_file(ctx, put('c', pem), C.SSL_FILETYPE_PEM), 0)
  t.not(reason(ctx), undefined)
  const other = put('k', mint({ key: 'p256' }).keyPem)
  t.is(C.SSL_CTX_use_PrivateKey_file(ctx, other, C.SSL_FILETYPE_PEM), 0)
  t.is(reason(ctx), 'key values mismatch')
  t.is(C.SSL_CTX_load_verify_locations(ctx, null, null), 0)
  t.is(reason(ctx), 'passed null parameter')
  t.is(C.SSL_CTX_load_verify_file(ctx, path('none')), 0)
  t.is(C.SSL_CTX_load_verify_dir(ctx, path('none')), 0)
  t.is(C.SSL_CTX_load_verify_file(ctx, '\0'), 0)
  t.is(reason(ctx), 'invalid argument')
})

test('of a folder, the files with hashed names are believed', t => {
  const { path, put, remove } = files()
  t.teardown(remove)
  mkdirSync(path('ca'))
  put('ca/notes.txt', 'nothing')
  const ctx = C.SSL_CTX_new(C.TLS_client_method())
  t.is(C.SSL_CTX_load_verify_dir(ctx, path('ca')), 1)
  t.is(shaken(ctx), -1)
  put('ca/0123abcd.0', root.pem)
  put('ca/0123abcd.1', mint({ ca: true }).pem)
  t.is(C.SSL_CTX_load_verify_locations(ctx, null, path('ca')), 1)
  t.is(shaken(ctx), 1)
  put('ca/89abcdef.0', 'not PEM')
  t.is(shaken(ctx), 1)
})

test.serial(
  'the default paths are Node’s own list; SSL_CERT_FILE takes its place, SSL_CERT_DIR comes besides',
  t => {
    const { path, put, remove } = files()
    const { SSL_CERT_FILE, SSL_CERT_DIR } = process.env
    t.teardown(() => {
      remove()
      for (const [name, value] of Object.entries({ SSL_CERT_FILE, SSL_CERT_DIR }))
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
    })
    delete process.env.SSL_CERT_FILE
    delete process.env.SSL_CERT_DIR
    const make = () => C.SSL_CTX_new(C.TLS_client_method())
    const usual = make()
    t.is(C.SSL_CTX_set_default_verify_paths(usual), 1)
    t.is(shaken(usual), -1, 'our own root is in no public list')
    process.env.SSL_CERT_FILE = put('root.pem', root.pem)
    const [byFile, byFolder] = [make(), make()]
    t.is(C.SSL_CTX_set_default_verify_paths(byFile), 1)
    t.is(shaken(byFile), 1)
    delete process.env.SSL_CERT_FILE
    mkdirSync(path('ca'))
    put('ca/0123abcd.0', root.pem)
    process.env.SSL_CERT_DIR = path('ca')
    t.is(C.SSL_CTX_set_default_verify_paths(byFolder), 1)
    t.is(shaken(byFolder), 1)
    process.env.SSL_CERT_FILE = path('none')
    const none = make()
    t.is(C.SSL_CTX_set_default_verify_paths(none), 0)
    t.is(C.ERR_GET_LIB(C.ERR_peek_error(none)), C.ERR_LIB_SYS)
  },
)

test('SSL_load_client_CA_file answers each subject once, as DER; null for a file without certificates', t => {
  const { path, put, remove } = files()
  t.teardown(remove)
  const other = mint({ subject: 'other', ca: true })
  const subjects = [root, other].map(({ der }) => {
    const certificate = parseCertificate(der)
    if (!('subject' in certificate)) throw new Error('expected a certificate')
    return new Uint8Array(certificate.subject.raw)
  })
  const file = put('all.pem', root.pem + other.pem + root.pem)
  t.deepEqual(C.SSL_load_client_CA_file(file), subjects)
  t.deepEqual(C.SSL_load_client_CA(root.der), subjects.slice(0, 1))
  t.is(C.SSL_load_client_CA_file(path('none')), null)
  t.is(C.SSL_load_client_CA_file(put('empty', 'nothing')), null)
})
