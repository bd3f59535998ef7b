import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import test from 'ava'
import { oid, sequence } from '../support/der-writer.ts'
import { ends, shake } from '../support/ends.ts'
import { extension, mint } from '../support/mint.ts'

const policy = '1.3.6.1.4.1.55738.7.1'
const policies = extension('2.5.29.32', false, sequence(sequence(oid(policy))))
const root = mint({ subject: 'root', ca: true })
const leaf = mint({ issuer: root, extensions: [policies] })

/** What a client with these options makes of a server whose certificate asserts one policy. */
function judge(client: ContextOptions, own = leaf): object {
  const pair = ends({
    client: { ca: root.pem, ...client },
    server: { cert: own.pem, key: own.keyPem },
  })
  try {
    shake(pair)
  } catch {
    const { verdict } = pair.client
    return { code: verdict && !verdict.ok ? verdict.code : undefined }
  }
  const { verdict } = pair.client
  return { policies: verdict?.ok ? verdict.policies?.userConstrained : undefined }
}

test('a context asks for certificate policies', t => {
  t.deepEqual(judge({}), { policies: [policy] })
  t.deepEqual(judge({ verifyPolicies: { requireExplicit: true, initial: [policy] } }), {
    policies: [policy],
  })
  t.deepEqual(judge({ verifyPolicies: { requireExplicit: true, initial: ['1.2.3'] } }), {
    code: 'NO_EXPLICIT_POLICY',
  })
})

test('a context asks for a profile', t => {
  const bare = mint({ issuer: root, extKeyUsage: 'none' })
  t.deepEqual(judge({ verifyProfile: 'strict' }, bare), { policies: [] })
  t.deepEqual(judge({ verifyProfile: 'webpki' }, bare), { code: 'ERR_X509_PROFILE' })
})

test('a profile that there is none of, and policies that are no OIDs, are told at once', t => {
  const bad: unknown[] = [
    { verifyProfile: 'lax' },
    { verifyPolicies: { initial: ['policy'] } },
    { verifyPolicies: { initial: policy } },
    { verifyPolicies: { requireExplicit: 1 } },
    { verifyPolicies: { explicit: true } },
  ]
  for (const options of bad)
    t.throws(
      () => new SslContext({ crypto: nodeCrypto, ...(options as ContextOptions) }),
      { instanceOf: TypeError },
      JSON.stringify(options),
    )
})
