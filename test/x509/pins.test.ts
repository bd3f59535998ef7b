/** Pins: one of the path's keys has to be among them; without anchors, the peer's own, and that is enough. */
import { createHash } from 'node:crypto'
import {
  type Pins,
  pinsFrom,
  trustStore,
  type VerifyOptions,
  verifyChain,
  X509InputError,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { chainFor, type Minted, mint, serverAuth } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'

const { root, intermediate, leaf } = chainFor('p256')
const now = Date.UTC(2026, 5, 1)
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const text = (spki: Uint8Array) => `sha256/${Buffer.from(sha256(spki)).toString('base64')}`
const pinsOf = (...minted: Minted[]): Pins => ({
  digests: pinsFrom(minted.map(({ spki }) => text(spki))),
  sha256,
})
const stranger = mint({ subject: 'stranger' })

function verify(options: Partial<VerifyOptions>) {
  return verifyChain({
    chain: [leaf.der, intermediate.der],
    anchors: trustStore([root.der]),
    time: now,
    purpose: 'serverAuth',
    keyUsage: ['digitalSignature'],
    name: 'server.example',
    crypto: nodeVerify,
    ...options,
  })
}

test('a pin is read as it is written, from text and from bytes', t => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), digest => {
      const base64 = Buffer.from(digest).toString('base64')
      const expected = [digest, digest, digest].map(bytes => Array.from(bytes))
      const read = pinsFrom([`sha256/${base64}`, `sha256//${base64}`, digest])
      t.deepEqual(
        read.map(bytes => Array.from(bytes)),
        expected,
      )
    }),
  )
})

const good = Buffer.alloc(32, 7).toString('base64')
for (const [title, pins] of [
  ['none', []],
  ['no text of ours', ['']],
  ['another hash', [`sha1/${Buffer.alloc(20).toString('base64')}`]],
  ['the base64 alone', [good]],
  ['another length', [`sha256/${Buffer.alloc(31).toString('base64')}`, `sha256/${good}A`]],
  ['no padding', [`sha256/${good.slice(0, -1)}`]],
  ['bits left over', [`sha256/${good.slice(0, -2)}d=`]],
  ['base64url', [`sha256/${Buffer.alloc(32, 0xff).toString('base64url')}=`]],
  ['space', [` sha256/${good}`]],
  ['31 bytes', [new Uint8Array(31)]],
  ['33 bytes', [new Uint8Array(33)]],
  ['a good one and a bad one', [`sha256/${good}`, 'x']],
] as const)
  test(`a list of pins is refused: ${title}`, t => {
    t.throws(() => pinsFrom(pins), { instanceOf: X509InputError, code: 'ERR_PIN_INVALID' })
  })

test('a pin on any key of the path will do, and no other', t => {
  for (const one of [leaf, intermediate, root]) {
    t.true(verify({ pins: pinsOf(one) }).ok)
    t.true(verify({ pins: pinsOf(stranger, one) }).ok)
  }
  t.like(verify({ pins: pinsOf(stranger) }), {
    ok: false,
    code: 'ERR_TLS_CERT_NOT_PINNED',
    number: 50,
    depth: 0,
  })
  const code = 'ERR_TLS_CERT_NOT_PINNED'
  t.true(verify({ pins: pinsOf(stranger), forgiven: [{ code, depth: 0 }] }).ok)
})

test('a certificate that came along and is not of the path does not count', t => {
  const chain = [leaf.der, intermediate.der, stranger.der]
  t.like(verify({ chain, pins: pinsOf(stranger) }), { code: 'ERR_TLS_CERT_NOT_PINNED' })
})

test('of several paths that are good otherwise, the one with a pin is found, in whatever order', t => {
  const other = mint({ subject: 'other root', ca: true })
  // The intermediate again, under another root.
  const cross = mint({ subject: 'p256 intermediate', key: intermediate.key, ca: 0, issuer: other })
  const anchors = trustStore([root.der, other.der])
  for (const chain of [
    [leaf.der, intermediate.der, cross.der],
    [leaf.der, cross.der, intermediate.der],
  ])
    for (const top of [root, other]) {
      const verdict = verify({ chain, anchors, pins: pinsOf(top) })
      t.true(verdict.ok)
      t.deepEqual(verdict.path.at(-1)?.raw, top.der)
    }
})

test('an anchor that is not pinned may have one above it that is', t => {
  const anchors = trustStore([intermediate.der, root.der])
  const verdict = verify({ anchors, pins: pinsOf(root), allowPartialTrustChain: true })
  t.true(verdict.ok)
  t.is(verdict.path.length, 3)
  const short = verify({ anchors, pins: pinsOf(leaf), allowPartialTrustChain: true })
  t.true(short.ok)
})

test('a pin is no excuse: everything else is looked at as ever', t => {
  const pins = pinsOf(leaf, intermediate, root)
  t.like(verify({ pins, name: 'other.example' }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  t.like(verify({ pins, time: Date.UTC(2055, 0) }), { code: 'CERT_HAS_EXPIRED' })
  t.like(verify({ pins, anchors: trustStore([]) }), { ok: false })
})

test('without anchors, the owner of a pinned key is believed, whoever vouches for it', t => {
  const own = mint({ subject: 'own', extKeyUsage: [serverAuth] })
  const anchors = undefined
  t.like(verify({ anchors, chain: [own.der], pins: pinsOf(own) }), {
    ok: true,
    name: 'server.example',
  })
  // What is above is not looked at, be it nonsense, and so is the signature.
  const forged = mint({ issuer: stranger, spoilSignature: bytes => bytes.map(() => 1) })
  t.true(verify({ anchors, chain: [forged.der, Uint8Array.of(1)], pins: pinsOf(forged) }).ok)
})

test('without anchors, only a pin on the very key of the peer counts', t => {
  const anchors = undefined
  for (const pins of [pinsOf(intermediate, root), pinsOf(stranger), undefined])
    t.like(verify({ anchors, pins }), { ok: false, code: 'ERR_TLS_CERT_NOT_PINNED', depth: 0 })
  // To put up with that would be to believe everybody.
  const forgiven = [{ code: 'ERR_TLS_CERT_NOT_PINNED', depth: 0 } as const]
  t.false(verify({ anchors, pins: pinsOf(stranger), forgiven }).ok)
})

test('without anchors, what the peer says of itself is still looked at', t => {
  const cases = [
    [{ notAfter: Date.UTC(2021, 0) }, 'CERT_HAS_EXPIRED'],
    [{ notBefore: Date.UTC(2040, 0) }, 'CERT_NOT_YET_VALID'],
    [{ names: ['other.example'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [{ extKeyUsage: ['1.3.6.1.5.5.7.3.2'] }, 'INVALID_PURPOSE'],
    [{ keyUsage: [2] }, 'INVALID_PURPOSE'],
    [{ key: 'rsa-1024' }, 'EE_KEY_TOO_SMALL'],
  ] as const
  for (const [change, code] of cases) {
    const own = mint(change)
    const verdict = verify({ anchors: undefined, chain: [own.der], pins: pinsOf(own) })
    t.like(verdict, { ok: false, code, depth: 0 })
  }
})
