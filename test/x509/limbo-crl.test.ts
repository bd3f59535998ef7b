/** What the x509-limbo cases on CRLs are refused for: not only that they are. */
import { crlStore, pemBlocks, trustStore, verifyChain } from '@biopair/x509'
import { nodeVerify } from '../support/node-verify.ts'
import { dataTest, dataText } from '../support/x509-data.ts'

interface Case {
  readonly id: string
  readonly trusted_certs: readonly string[]
  readonly peer_certificate: string
  readonly validation_time: string
  readonly crls: readonly string[]
}

const reasons: Readonly<Record<string, string>> = {
  'crl::revoked-certificate-with-crl': 'CERT_REVOKED',
  'crl::issuer-missing-crlsign': 'KEYUSAGE_NO_CRL_SIGN',
}

dataTest(
  'x509-limbo',
  'x509-limbo: CRLs speak against each case of theirs for its own reason',
  t => {
    const { testcases } = JSON.parse(dataText('x509-limbo/limbo-part.json')) as {
      testcases: readonly Case[]
    }
    const cases = testcases.filter(({ id }) => id.startsWith('crl::'))
    t.true(cases.length >= 3)
    for (const { id, ...one } of cases) {
      if (id === 'crl::crlnumber-missing') {
        const { message } = t.throws(() => crlStore(one.crls), { code: 'ERR_X509_INVALID_CRL' })
        t.regex(message, /expected cRLNumber, got none/)
        continue
      }
      const question = {
        chain: pemBlocks(one.peer_certificate).map(({ bytes }) => bytes),
        anchors: trustStore(one.trusted_certs),
        time: Date.parse(one.validation_time),
        purpose: 'serverAuth',
        crypto: nodeVerify,
        allowPartialTrustChain: true,
      } as const
      t.true(verifyChain(question).ok, id)
      const verdict = verifyChain({
        ...question,
        revocation: { check: 'hard', crls: crlStore(one.crls) },
      })
      t.is(verdict.ok ? 'ok' : verdict.code, reasons[id] as string, id)
    }
  },
)
