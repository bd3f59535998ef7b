/** Public keys by themselves: written as they are read, and judged by whether somebody expects them. */

import { generateKeyPairSync } from 'node:crypto'
import {
  encodePublicKey,
  isX509Failure,
  parsePublicKey,
  publicKeysFrom,
  verifyRawKey,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { pem } from '../support/der-writer.ts'
import { chainFor, keyKinds } from '../support/mint.ts'

const spkis = keyKinds.map(kind => chainFor(kind).leaf.spki)
const exported = (type: 'rsa-pss', options: object) =>
  new Uint8Array(
    generateKeyPairSync(type, { modulusLength: 2048, ...options }).publicKey.export({
      type: 'spki',
      format: 'der',
    }),
  )

test('a public key is written as it was read', t => {
  const restricted = ['sha256', 'sha384', 'sha512'].map(hash =>
    exported('rsa-pss', { hashAlgorithm: hash, mgf1HashAlgorithm: hash, saltLength: 20 }),
  )
  for (const spki of [...spkis, ...restricted, exported('rsa-pss', {})]) {
    const material = parsePublicKey(spki)
    if (isX509Failure(material)) t.fail(material.why)
    else t.deepEqual(encodePublicKey(material), spki)
  }
})

test('rule 64: a raw key is believed where these very bytes are expected, and nowhere else', t => {
  const all = fc.constantFrom(...spkis)
  fc.assert(
    fc.property(all, fc.subarray(spkis), fc.nat(), (spki, expected, at) => {
      const verdict = verifyRawKey({ spki, expected })
      t.is(verdict.ok, expected.includes(spki))
      if (!verdict.ok)
        t.deepEqual([verdict.code, verdict.field], ['RPK_UNTRUSTED', 'subjectPublicKeyInfo'])
      const other = spki.slice()
      other[at % other.length] = (other[at % other.length] as number) ^ 1
      t.false(verifyRawKey({ spki: other, expected }).ok)
    }),
    { numRuns: 200 },
  )
})

test('keys are read from PEM, one or several, and from DER', t => {
  const [first, second] = spkis as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]
  const both = `a comment\n${pem('PUBLIC KEY', first)}${pem('PUBLIC KEY', second)}`
  t.deepEqual(publicKeysFrom(both), [first, second])
  t.deepEqual(publicKeysFrom([second, pem('PUBLIC KEY', first)]), [second, first])
  t.deepEqual(publicKeysFrom(Buffer.from(both)), [first, second])
  const [copy] = publicKeysFrom(first)
  t.not(copy, first)
  for (const wrong of [
    '',
    'nothing',
    pem('CERTIFICATE', first),
    pem('RSA PUBLIC KEY', first),
    first.slice(1),
  ])
    t.throws(() => publicKeysFrom(wrong), { code: 'ERR_PUBLIC_KEY_INVALID' })
  t.throws(() => publicKeysFrom([5 as never]), { code: 'ERR_PUBLIC_KEY_INVALID' })
})
