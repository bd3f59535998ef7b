/** Who is who, with NSS, both ways: client certificates, delegated credentials, and what rides with a certificate. */
import { delegatedCredential } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { chainOf, delegatingLeaf, schemeFor } from '../support/delegation.ts'
import { chainFor, type KeyKind, mint } from '../support/mint.ts'
import { mintOcsp } from '../support/ocsp-mint.ts'
import { ask, certified, fromNss, selfserv, talk, toNss } from './support/nss.ts'
import type { Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { root, intermediate: issuer, leaf } = chainFor('p256')
const mine = certified()

/** The server says certificate_required. */
async function missed(t: ExecutionContext, client: Ours): Promise<void> {
  const end = await client.ending()
  const { error } = end as { error?: { alert?: string; origin?: string } }
  t.deepEqual(
    [end.status, error?.alert, error?.origin],
    ['failed', 'certificate_required', 'received'],
  )
}

peerTest('tstclnt', 'tstclnt shows our server a certificate', async t => {
  const { client, server } = await fromNss(t, ['-n', 'leaf'], { requestCert: true, ca: root.pem })
  t.true(server.ssl.authorized)
  t.deepEqual(server.ssl.peerCertificates[0], leaf.der)
  await talk(t, client, server)
})

peerTest('tstclnt', 'tstclnt has no certificate for our server', async t => {
  const options = { requestCert: true, rejectUnauthorized: false, ca: root.pem }
  const { client, server } = await fromNss(t, ['-n', 'nobody'], options)
  t.false(server.ssl.authorized)
  t.deepEqual(server.ssl.peerCertificates, [])
  await talk(t, client, server)
})

peerTest('selfserv', 'our client shows selfserv a certificate', async t => {
  const { server, port } = await selfserv(t, ['-r', '-r'])
  await ask(t, await toNss(t, port, mine))
  await server.says(/SSL3: Certificate Validated/)
})

peerTest(
  'selfserv',
  'our client has no certificate for selfserv, which says that it requires one',
  async t => {
    const { port } = await selfserv(t, ['-r', '-r'])
    await missed(t, await toNss(t, port))
  },
)

for (const [what, nickname, state] of [
  ['shows our server a', 'leaf', 'authenticated'],
  ['has no', 'nobody', 'declined'],
] as const)
  peerTest(
    'tstclnt',
    `tstclnt ${what} certificate after the handshake, each time it is asked`,
    async t => {
      const { client, server } = await fromNss(t, ['-E', '-n', nickname], { ca: root.pem })
      const states: string[] = []
      for (let i = 0; i < 2; i++) {
        const asked = server.ssl.requestCertificate({ required: false })
        if (asked.status !== 'done') throw new Error(asked.status)
        await server.write(`round ${i}\n`)
        // What it answers to the request is on its way before it prints what came behind it.
        await client.says(new RegExp(`round ${i}`))
        client.type(`${i}\n`)
        t.is(await server.line(), `${i}\n`)
        states.push(asked.request.state)
      }
      t.deepEqual(states, [state, state])
      t.is(server.ssl.authorized, state === 'authenticated')
      await talk(t, client, server)
    },
  )

peerTest('tstclnt', 'tstclnt without -E may not be asked after the handshake', async t => {
  const { client, server } = await fromNss(t, [], { ca: root.pem })
  t.is(server.ssl.requestCertificate().status, 'unsupported')
  await talk(t, client, server)
})

const later = ['-E', '-r', '-r', '-r']

peerTest('selfserv', 'our client shows selfserv a certificate after the handshake', async t => {
  const { server, port } = await selfserv(t, [...later, '-r'])
  await ask(t, await toNss(t, port, { ...mine, postHandshakeAuth: true }))
  await server.says(/SSL3: Certificate Validated/)
})

peerTest('selfserv', 'our client has no certificate for selfserv after the handshake', async t => {
  const { port } = await selfserv(t, later)
  await ask(t, await toNss(t, port, { postHandshakeAuth: true }))
})

peerTest(
  'selfserv',
  'our client has no certificate for selfserv, which requires one after the handshake',
  async t => {
    const { port } = await selfserv(t, [...later, '-r'])
    const client = await toNss(t, port, { postHandshakeAuth: true })
    await client.write('GET / HTTP/1.0\r\n\r\n')
    await missed(t, client)
  },
)

/** Our server's options with a credential for a key of this kind. */
function delegating(kind: KeyKind) {
  const delegator = delegatingLeaf()
  const key = mint({ key: kind })
  const credential = delegatedCredential({
    ...{ cert: delegator.pem, key: delegator.keyPem, publicKey: key.spki },
    ...{ scheme: schemeFor[kind], lifetime: 3600 },
  })
  return {
    cert: chainOf(delegator).pem,
    key: delegator.keyPem,
    delegatedCredentials: [{ credential, key: key.keyPem }],
  }
}

for (const kind of ['p256', 'p384', 'p521', 'rsa-pss'] as const) {
  const scheme = schemeFor[kind]
  peerTest('tstclnt', `tstclnt takes our server's delegated credential with ${scheme}`, async t => {
    const schemes = [...new Set([schemeFor.p256, scheme])].join()
    const { client, server } = await fromNss(t, ['-B', '-J', schemes], delegating(kind))
    t.true(server.ssl.delegatedCredentialUsed)
    await talk(t, client, server)
    t.regex(client.stderr, /Received a Delegated Credential/)
  })
}

for (const [why, args, kind] of [
  ['without -B', [], 'p256'],
  ['of a scheme that is not offered', ['-B', '-J', schemeFor.p256], 'p384'],
] as const)
  peerTest('tstclnt', `tstclnt is not shown a delegated credential ${why}`, async t => {
    const { client, server } = await fromNss(t, args, delegating(kind))
    t.false(server.ssl.delegatedCredentialUsed)
    await talk(t, client, server)
    t.notRegex(client.stderr, /Delegated Credential/)
  })

peerTest(
  'selfserv',
  'our client would take a delegated credential, and selfserv has none',
  async t => {
    const { port } = await selfserv(t)
    const client = await toNss(t, port, { delegatedSigalgs: schemeFor.p256 })
    t.is(client.ssl.peerDelegatedCredential, undefined)
    await ask(t, client)
  },
)

for (const [status, code] of [
  ['good', 0],
  ['revoked', 3],
  ['unknown', 2],
  ['none', 2],
] as const)
  peerTest('tstclnt', `tstclnt finds in our server's staple what it says: ${status}`, async t => {
    const staple = status === 'none' ? {} : { ocspResponse: mintOcsp({ leaf, issuer, status }) }
    // It hangs up once it knows.
    const { client } = await fromNss(t, ['-T', '-O', '-F', '-M', '1'], staple)
    t.is(await client.exit(), code, client.stderr)
  })

peerTest('tstclnt', 'tstclnt has what our server staples, timestamps too', async t => {
  const options = { ocspResponse: mintOcsp({ leaf, issuer }), scts: [new Uint8Array(40).fill(1)] }
  const { client, server } = await fromNss(t, ['-T', '-U'], options)
  await talk(t, client, server)
  t.regex(client.stderr, /Received 1 Cert Status items/)
  t.regex(client.stderr, /Received a Signed Certificate Timestamp of length 44/)
})

for (const [mode, why] of [
  // selfserv signs with SHA-1, and nothing else.
  ['good', /expected a signature with SHA-256 or better, got sha1WithRSAEncryption/],
  ['failure', /expected a successful response, got tryLater/],
  ['corrupted', /expected OCSPResponse/],
] as const)
  peerTest(
    'selfserv',
    `our client has what selfserv staples, and what it makes of it: ${mode}`,
    async t => {
      // It staples for RSA alone.
      const { port } = await selfserv(t, ['-T', mode, '-A', 'ca'], 'rsa')
      const client = await toNss(t, port, { requestOCSP: true, ocsp: 'ignore' }, 'rsa')
      t.truthy(client.ssl.ocspResponse)
      await ask(t, client)
      const message = new RegExp(`^bad_certificate_status_response .*${why.source}`)
      await t.throwsAsync(toNss(t, port, { ocsp: 'check' }, 'rsa'), { message })
    },
  )
