/** What a cipher suite says of itself, held against `openssl ciphers` where there is one; and older names of groups. */
import { execFileSync } from 'node:child_process'
import { ccmCipherSuites, cipherSuites, cipherSuites12 } from '@biopair/crypto'
import {
  SSL_CIPHER_get_bits,
  SSL_CIPHER_get_name,
  SSL_CIPHER_get_version,
  SSL_CTX_set1_curves_list,
  SSL_get_cipher_bits,
  SSL_get_cipher_version,
  SSL_get0_group_name,
  SSL_set1_curves_list,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { versionOf } from '../interop/support/peers.ts'
import { clientContext, endsOver, shake, versions } from './support/tls.ts'

const all = [
  ...Object.values(cipherSuites),
  ...Object.values(ccmCipherSuites),
  ...Object.values(cipherSuites12),
]

test('the bits and the version of each suite', t => {
  const said = all.map(suite => {
    const key = { value: -1 }
    const bits = SSL_CIPHER_get_bits(suite, key)
    return [SSL_CIPHER_get_name(suite), SSL_CIPHER_get_version(suite), bits, key.value].join(' ')
  })
  t.deepEqual(said.slice(0, 5), [
    'TLS_AES_128_GCM_SHA256 TLSv1.3 128 128',
    'TLS_AES_256_GCM_SHA384 TLSv1.3 256 256',
    'TLS_CHACHA20_POLY1305_SHA256 TLSv1.3 256 256',
    'TLS_AES_128_CCM_SHA256 TLSv1.3 128 128',
    'TLS_AES_128_CCM_8_SHA256 TLSv1.3 64 128',
  ])
  t.true(said.includes('ECDHE-RSA-AES256-GCM-SHA384 TLSv1.2 256 256'))
  const key = { value: -1 }
  t.is(SSL_CIPHER_get_bits(null, key), 0)
  t.is(key.value, -1)
  t.is(SSL_CIPHER_get_version(null), '(NONE)')
})

if (versionOf('openssl') === undefined && process.env.BIOPAIR_REQUIRE_PEERS !== '1')
  test('the versions and keys of suites are those of OpenSSL (skipped: no openssl)', t => {
    t.is(versionOf('openssl'), undefined)
  })
else
  test('the versions and keys of suites are those of OpenSSL', t => {
    const text = execFileSync('openssl', ['ciphers', '-v', '-tls1_3', 'ALL:COMPLEMENTOFALL'], {
      encoding: 'utf8',
    }).concat(execFileSync('openssl', ['ciphers', '-v', 'ALL'], { encoding: 'utf8' }))
    let known = 0
    for (const suite of all) {
      const line = text.split('\n').find(each => each.startsWith(`${SSL_CIPHER_get_name(suite)} `))
      const [, version, bits] = /^\S+\s+(\S+) .*Enc=\S+\((\d+)\)/.exec(line ?? '') ?? []
      if (version === undefined) continue
      known++
      const key = { value: 0 }
      SSL_CIPHER_get_bits(suite, key)
      t.deepEqual([SSL_CIPHER_get_version(suite), key.value], [version, Number(bits)], suite.name)
    }
    t.true(known >= 8, `${known} suites in common`)
  })

test('a connection says the bits and the version of its suite; curves are groups by their older name', t => {
  for (const version of versions) {
    const client = clientContext(version)
    t.is(SSL_CTX_set1_curves_list(client, 'P-384:X25519:P-256'), 1)
    t.is(SSL_CTX_set1_curves_list(client, 'no-such-curve'), 0)
    const ends = endsOver(17_408, version, { client })
    t.is(SSL_get_cipher_version(ends.client), '(NONE)')
    t.is(SSL_get_cipher_bits(ends.client), 0)
    t.is(SSL_set1_curves_list(ends.server, 'P-384:P-256'), 1)
    shake(ends)
    const key = { value: 0 }
    t.is(SSL_get_cipher_version(ends.client), version.name)
    t.true([128, 256].includes(SSL_get_cipher_bits(ends.client, key)))
    t.is(key.value, SSL_get_cipher_bits(ends.server))
    t.is(SSL_get0_group_name(ends.client), 'secp384r1')
  }
})
