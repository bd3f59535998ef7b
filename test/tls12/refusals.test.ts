/** What an end of TLS 1.2 refuses of messages that are well made and say something that they may not (RFC 5246 §7.4, RFC 8422 §5, RFC 6066 §8). */
import {
  CertificateStatus,
  type ClientKeyExchange,
  type PskServerKeyExchange,
  type ServerHello,
} from '@biopair/handshake'
import { decode } from '@biopair/wire'
import test from 'ava'
import { editing, refusedBy } from '../support/edited-ends.ts'

const older = { maxVersion: 'TLSv1.2' } as const
/** X25519 of it is zero (RFC 7748 §6.1), and no point of a curve begins so. */
const bad = { x25519: new Uint8Array(32), secp256r1: new Uint8Array(65).fill(5) } as const

for (const groups of ['x25519', 'secp256r1'] as const) {
  test(`a server refuses a client's share that is no point of ${groups}, or leads to none`, t => {
    const share = editing<ClientKeyExchange>('ClientKeyExchange', said => ({
      ...said,
      ecdh_Yc: bad[groups],
    }))
    const client = { ...older, groups, ...share }
    refusedBy(t, 'server', { client, server: older }, 'illegal_parameter', 'BAD_ECPOINT')
  })

  test(`a client refuses a server's share that is no point of ${groups}, or leads to none`, t => {
    // A key that both have stands behind it, and no signature that would not fit.
    const share = editing<PskServerKeyExchange>('ServerKeyExchange', said => ({
      ...said,
      params: { ...said.params, public: bad[groups] },
    }))
    const psks = [{ identity: 'both', key: new Uint8Array(32).fill(7), hash: 'sha256' as const }]
    refusedBy(
      t,
      'client',
      {
        client: { ...older, psks, groups },
        server: { ...older, psks, cert: [], key: [], ...share },
      },
      'illegal_parameter',
      'BAD_ECPOINT',
    )
  })
}

const hello = (change: Partial<ServerHello>) =>
  editing<ServerHello>('ServerHello', said => ({ ...said, ...change }))

test('a client refuses a server that would compress', t => {
  const server = { ...older, ...hello({ legacy_compression_method: 1 }) }
  refusedBy(
    t,
    'client',
    { client: older, server },
    'illegal_parameter',
    'INVALID_COMPRESSION_ALGORITHM',
  )
})

test('a client refuses a suite that the key in the certificate does not go with', t => {
  // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, over a key of P-256.
  const server = { ...older, ...hello({ cipher_suite: 0xc02f }) }
  refusedBy(t, 'client', { client: older, server }, 'illegal_parameter', 'WRONG_CERTIFICATE_TYPE')
})

test('a client refuses a status of a type that it did not ask for', t => {
  const other = decode(CertificateStatus.body, Uint8Array.of(2, 1, 2, 3))
  const server = {
    ...older,
    ocspResponse: Uint8Array.of(48, 3, 10, 1, 6),
    ...editing<CertificateStatus>('CertificateStatus', () => other),
  }
  const client = { ...older, requestOCSP: true, ocsp: 'ignore' } as const
  refusedBy(t, 'client', { client, server }, 'illegal_parameter', 'UNSUPPORTED_STATUS_TYPE')
})
