/** A verify callback that puts up with one problem, and learns whether it is the only one. */
import type { VerifyCallback } from '@biopair/ssl'
import test from 'ava'
import { ends } from '../support/ends.ts'
import { chainFor, mint } from '../support/mint.ts'

const { intermediate } = chainFor('p256')
const past = Date.UTC(2021, 0)

function outcomeWith(names: readonly string[], notAfter: number, verifyCallback: VerifyCallback) {
  const leaf = mint({ issuer: intermediate, names, notAfter })
  const { client, server } = ends({
    client: { verifyCallback },
    server: { cert: leaf.pem + intermediate.pem, key: leaf.keyPem },
  })
  for (let i = 0; i < 5; i++) {
    client.doHandshake()
    server.doHandshake()
  }
  return { outcome: client.doHandshake().status, client }
}

const expiredWillDo: VerifyCallback = (verdict, _chain, { verdictExcept }) =>
  verdict.ok || (verdict.code === 'CERT_HAS_EXPIRED' && verdictExcept([verdict]).ok)

test('an expired certificate will do where that is all that is wrong with it', t => {
  const { outcome, client } = outcomeWith(['server.example'], past, expiredWillDo)
  t.is(outcome, 'done')
  // The verdict stays what it was: the peer is let in, not believed.
  t.like(client.verdict, { ok: false, code: 'CERT_HAS_EXPIRED' })
  t.false(client.authorized)
  t.is(outcomeWith(['stranger.example'], past, expiredWillDo).outcome, 'failed')
})

test('the callback sees root first what OpenSSL would show it', t => {
  const shown: string[] = []
  outcomeWith(['stranger.example'], past, (verdict, _chain, { verdictExcept }) => {
    const forgiven = []
    let last = verdict
    for (; !last.ok; last = verdictExcept(forgiven)) {
      shown.push(`${last.code} ${last.depth} ${last.path[last.depth]?.subject.text}`)
      forgiven.push(last)
    }
    for (const [i, { subject }] of [...last.path.entries()].reverse())
      shown.push(`ok ${i} ${subject.text}`)
    return false
  })
  t.deepEqual(shown, [
    'CERT_HAS_EXPIRED 0 CN = server.example',
    'ERR_TLS_CERT_ALTNAME_INVALID 0 CN = server.example',
    'ok 2 CN = p256 root',
    'ok 1 CN = p256 intermediate',
    'ok 0 CN = server.example',
  ])
})
