/** What an OCSP response said when a session began is not forgotten when it is resumed: nobody becomes `authorized` by coming back. */
import { type ContextOptions, type OcspMode, SslContext, sessionToBytes } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { clientOptions, connectedEnds, serverOptions } from '../support/ends.ts'
import { mint } from '../support/mint.ts'
import { mintOcsp, mustStaple } from '../support/ocsp-mint.ts'
import { visit } from '../support/resume.ts'
import { intermediate, keyPem, leaf, pem, request, root, settle, willing } from './auth-support.ts'

const stapler = mint({
  issuer: intermediate,
  names: ['server.example'],
  extensions: [mustStaple()],
})
const identities = {
  plain: { cert: pem, key: keyPem, leaf },
  stapler: { cert: stapler.pem + intermediate.pem, key: stapler.keyPem, leaf: stapler },
}
const responses = (one: typeof leaf) => ({
  good: mintOcsp({ leaf: one, issuer: intermediate }),
  revoked: mintOcsp({ leaf: one, issuer: intermediate, status: 'revoked' }),
  garbage: Uint8Array.of(0x30, 0),
  none: undefined,
})
const made = { plain: responses(leaf), stapler: responses(stapler) }
const ticketKeys = new Uint8Array(48).fill(3)

const modes: readonly OcspMode[] = ['ignore', 'check', 'require']

/** What a context that judges in a mode makes of a response that is there, by itself. */
function content(mode: OcspMode, must: boolean, response: string): boolean {
  if (mode === 'ignore') return true
  if (response === 'none') return mode === 'check' && !must
  return response === 'good'
}

for (const role of ['client', 'server'] as const)
  test(`a ${role} that judges is not talked out of it by a session, of whatever mode it began in`, async t => {
    const seen = new Set<string>()
    const space = fc.record({
      before: fc.constantFrom(...modes),
      after: fc.constantFrom(...modes),
      response: fc.constantFrom('good', 'revoked', 'garbage', 'none'),
      who: fc.constantFrom('plain', 'stapler'),
      bytes: fc.boolean(),
    })
    const property = fc.asyncProperty(space, async one => {
      const { before, after, bytes } = one
      const who = one.who as keyof typeof identities
      const response = one.response as keyof (typeof made)['plain']
      const { cert, key } = identities[who]
      const judging = (ocsp: OcspMode): ContextOptions => ({
        ...(role === 'client'
          ? clientOptions
          : { ...serverOptions, ca: root.pem, requestCert: true, numTickets: 1, ticketKeys }),
        ocsp,
        rejectUnauthorized: false,
      })
      const base =
        role === 'client' ? { ...serverOptions, numTickets: 1, ticketKeys } : clientOptions
      const ocspResponse = made[who][response]
      const showing = new SslContext({
        ...base,
        ...{ cert, key },
        ocspRequestCallback: () => ocspResponse,
      })
      const pair = (judge: SslContext): [SslContext, SslContext] =>
        role === 'client' ? [judge, showing] : [showing, judge]
      const must = who === 'stapler'
      const first = await visit(...pair(new SslContext(judging(before))))
      t.is(first[role].authorized, content(before, must, response))
      const { session } = first.client
      if (!session) throw new Error('no ticket came')
      const offer = bytes ? sessionToBytes(session) : session
      const second = await visit(...pair(new SslContext(judging(after))), { session: offer })
      t.true(second[role].resumed)
      // What nobody read when it came is as if it had not come.
      const known = before === 'ignore' ? 'none' : response
      t.is(second[role].authorized, content(after, must, known))
      seen.add(`${second[role].authorized} ${second[role].verdict?.ok}`)

      // Who insists gets a full handshake in the place of what cannot be known, and with it an answer.
      const strict = new SslContext({ ...judging(after), rejectUnauthorized: true })
      const third = await visit(...pair(strict), {
        session: bytes ? offer : { ...session },
      })
      t.is(third[role].authorized, content(after, must, known) || content(after, must, response))
      t.is(third[role].resumed, content(after, must, known))
    })
    await fc.assert(property, { numRuns: 60 })
    t.is(seen.size, 2)
  })

test('a context that SNICallback puts in place asks for the OCSP responses and timestamps that it demands, then and later', t => {
  for (const requestCert of [true, 'later'] as const) {
    const chosen = new SslContext({
      ...serverOptions,
      ...{ ca: root.pem, requestCert, ocsp: 'require', requestSCT: true },
    })
    const ocspResponse = made.plain.good
    const { client, server } = connectedEnds({
      client: { ...willing, ocspResponse, scts: [Uint8Array.of(1)] },
      server: { requestCert, SNICallback: () => chosen },
    })
    if (requestCert === 'later') request(server)
    settle({ client, server })
    t.true(server.authorized)
    t.deepEqual(server.ocspResponse, ocspResponse)
    t.is(server.scts.length, 1)
  }
})
