/** What a server tells its clients of whom it believes, and the time at which a chain is judged. */
import { SslContext } from '@biopair/ssl'
import { parseCertificate } from '@biopair/x509'
import test from 'ava'
import { ends } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const { root } = chainFor('p384')

function namesSeen(requestAuthorities?: readonly Uint8Array[]): readonly Uint8Array[] | undefined {
  let seen: readonly Uint8Array[] | undefined
  const { client, server } = ends({
    client: {
      certificateCallback: want => {
        seen = want.authorities
        return undefined
      },
    },
    server: {
      ca: root.pem,
      requestCert: true,
      rejectUnauthorized: false,
      ...(requestAuthorities ? { requestAuthorities } : {}),
    },
  })
  for (let i = 0; i < 3; i++) {
    client.doHandshake()
    server.doHandshake()
  }
  return seen
}

test('a client is told the names of ca, others where they are given, and none where that list is empty', t => {
  const certificate = parseCertificate(root.der)
  const subject = 'subject' in certificate ? new Uint8Array(certificate.subject.raw) : undefined
  const other = Uint8Array.of(0x30, 0)
  t.deepEqual(namesSeen(), subject && [subject])
  t.deepEqual(namesSeen([other]), [other])
  t.deepEqual(namesSeen([]), [])
  for (const requestAuthorities of [[new Uint8Array(0)], ['CN=root'], other])
    t.throws(() => new SslContext({ requestAuthorities } as never), { instanceOf: TypeError })
})

test('a chain is judged at verifyTime where that is given, whatever the clock says', t => {
  const outcome = (verifyTime?: number) => {
    const { client, server } = ends({ client: verifyTime === undefined ? {} : { verifyTime } })
    for (let i = 0; i < 3; i++) {
      client.doHandshake()
      server.doHandshake()
    }
    return [client.doHandshake().status, client.verdict?.ok === false && client.verdict.code]
  }
  t.deepEqual(outcome(), ['done', false])
  t.deepEqual(outcome(Date.UTC(2025, 0)), ['done', false])
  t.deepEqual(outcome(Date.UTC(2015, 0)), ['failed', 'CERT_NOT_YET_VALID'])
  t.deepEqual(outcome(Date.UTC(2051, 0)), ['failed', 'CERT_HAS_EXPIRED'])
})
