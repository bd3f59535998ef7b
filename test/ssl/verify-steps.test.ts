/** What a verify callback is shown: every step of the verdict. */
import type { VerifyCallback } from '@biopair/ssl'
import test from 'ava'
import { type EndsOptions, ends } from '../support/ends.ts'
import { chainFor, type MintOptions, mint } from '../support/mint.ts'

const { intermediate, leaf } = chainFor('p256')
type Steps = Parameters<VerifyCallback>[2]['steps']

/** The steps that a callback sees and then answers later. */
async function stepsWith(
  change: MintOptions | undefined,
  more: EndsOptions = {},
): Promise<{ steps: Steps; done: boolean }> {
  const own = change ? mint({ issuer: intermediate, ...change }) : leaf
  let steps: Steps | undefined
  const made = ends({
    client: {
      ...more.client,
      verifyCallback: async (verdict, _chain, context) => {
        steps = context.steps
        await new Promise(setImmediate)
        return verdict.ok || steps.every(({ ok, check }) => ok || check === 'validity')
      },
    },
    server: { cert: own.pem + intermediate.pem, key: own.keyPem, ...more.server },
  })
  for (let i = 0; i < 6; i++) {
    made.client.doHandshake()
    made.server.doHandshake()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
  }
  if (!steps) throw new Error('expected to be asked')
  return { steps, done: made.client.doHandshake().status === 'done' }
}

const told = (steps: Steps) =>
  steps
    .filter(({ ok }) => !ok)
    .map(({ depth, check, problem }) => `${depth} ${check} ${problem?.code}`)

test('all that is wrong is shown at once, and a callback may put up with a part of it', async t => {
  const notAfter = Date.UTC(2021, 0)
  const late = await stepsWith({ notAfter })
  t.deepEqual(told(late.steps), ['0 validity CERT_HAS_EXPIRED'])
  t.true(late.done)
  const both = await stepsWith({ notAfter, names: ['other.example'] })
  t.deepEqual(told(both.steps), [
    '0 validity CERT_HAS_EXPIRED',
    '0 name ERR_TLS_CERT_ALTNAME_INVALID',
  ])
  t.false(both.done)
})

test('a good chain has no step that is wrong, and each certificate is shown, the anchor first', async t => {
  const { steps, done } = await stepsWith(undefined)
  t.true(done)
  t.deepEqual(told(steps), [])
  t.deepEqual(
    [...new Set(steps.map(({ certificate }) => certificate?.subject.text))],
    ['CN = p256 root', 'CN = p256 intermediate', 'CN = server.example'],
  )
  t.true(steps.some(({ check, depth }) => check === 'name' && depth === 0))
})

test('what checkServerIdentity says is the step of the name', async t => {
  const passed = await stepsWith(undefined, { client: { checkServerIdentity: () => undefined } })
  t.deepEqual(told(passed.steps), [])
  t.is(passed.steps.at(-1)?.check, 'name')
  const another = new Error('another')
  const failed = await stepsWith(undefined, { client: { checkServerIdentity: () => another } })
  t.deepEqual(told(failed.steps), ['0 name ERR_TLS_CERT_ALTNAME_INVALID'])
  t.false(failed.done)
})

test('an OCSP response that is missing is a step of the peer', async t => {
  const { steps, done } = await stepsWith(undefined, { client: { ocsp: 'require' } })
  t.deepEqual(told(steps), ['0 revocation OCSP_VERIFY_NEEDED'])
  t.false(done)
})

test('a raw public key has one step', async t => {
  const server = { rawKey: leaf.keyPem, serverCertTypes: ['rpk'] } as const
  const spki = (keys: readonly Uint8Array[]) =>
    ({ serverCertTypes: ['rpk'], rawPublicKeys: keys }) as const
  const known = await stepsWith(undefined, { server, client: spki([leaf.spki]) })
  t.deepEqual(known.steps, [{ depth: 0, certificate: undefined, check: 'rawKey', ok: true }])
  const stranger = await stepsWith(undefined, { server, client: spki([intermediate.spki]) })
  t.deepEqual(told(stranger.steps), ['0 rawKey RPK_UNTRUSTED'])
})
