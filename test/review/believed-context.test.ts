/** Faults that a review found in how a context asks who is believed. */
import { checkServerIdentity, SslContext } from '@biopair/ssl'
import test from 'ava'
import { mint } from '../support/mint.ts'
import { mintOcsp } from '../support/ocsp-mint.ts'
import { clientContext, serverContext, visit } from '../support/resume.ts'

test('a session remembers no response as good that nobody has read: that of a server which is an anchor itself', async t => {
  const own = mint({ names: ['server.example'] })
  const server = serverContext({
    cert: own.pem,
    key: own.keyPem,
    ocspResponse: mintOcsp({ leaf: own, issuer: own, status: 'revoked' }),
  })
  const asking = { ca: own.pem, requestOCSP: true } as const
  const careless = clientContext({ ...asking, revocation: 'soft' })
  const { client } = await visit(careless, server)
  t.truthy(client.session)
  t.is(client.verdict?.ok, true)
  const careful = clientContext({ ...asking, ocsp: 'require' })
  const fresh = await visit(careful, server)
  t.deepEqual(fresh.statuses, ['failed', 'failed'])
  const again = await visit(careful, server, { session: client.session })
  t.false(again.client.resumed)
  t.deepEqual(again.statuses, ['failed', 'failed'])
})

test('a limit that there is none of, or that is no number, is refused and not passed over', t => {
  const limits = (verifyLimits: object) =>
    t.throws(() => new SslContext({ verifyLimits }), { instanceOf: TypeError })
  t.like(limits({ dept: 3 }), { code: 'ERR_UNKNOWN_OPTION' })
  for (const depth of [-1, Number.NaN, '3', null])
    t.like(limits({ depth }), { code: 'ERR_INVALID_ARG_TYPE' })
  t.notThrows(() => new SslContext({ verifyLimits: { depth: 3, signatures: 5 } }))
})

test('checkServerIdentity takes one dot off a name, as a verdict does, and no second one', t => {
  const cert = { subjectaltname: 'DNS:server.example' }
  t.is(checkServerIdentity('server.example.', cert), undefined)
  t.is(checkServerIdentity('server.example..', cert)?.code, 'ERR_TLS_CERT_ALTNAME_INVALID')
})
