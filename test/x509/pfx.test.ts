import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import { passphraseBounds, privateKeyFrom, X509InputError } from '@biopair/x509'
import { loadIdentity, loadPfx, pfxBounds } from '@biopair/x509/pki'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { context, integer, octetString, oid, sequence, tlv } from '../support/der-writer.ts'
import { type EncryptionOptions, pbes2Identifier } from '../support/encrypted-key-writer.ts'
import { materialOf } from '../support/key-forms.ts'
import { chainFor, type KeyKind, keyKinds, mint } from '../support/mint.ts'
import {
  certBag,
  clearPart,
  encryptedPart,
  keyBag,
  macData,
  nestedBag,
  otherBag,
  pfx,
  shroudedBag,
} from '../support/pfx-writer.ts'

const chain = chainFor('p256')
const { leaf, intermediate, root } = chain
const passphrase = 'päss € 😀'
const quick: EncryptionOptions = { passphrase }

/** The error of a load, with this code; its message shows no secret. */
async function refusal(
  t: ExecutionContext,
  loading: Promise<unknown>,
  code: string,
): Promise<string> {
  const error = await t.throwsAsync(loading, { instanceOf: X509InputError })
  t.is(error?.code, code as never, error?.message)
  t.false(error?.message.includes(passphrase))
  return error?.message ?? ''
}

/** What is shown with a loaded identity. */
const shown = (identity: Awaited<ReturnType<typeof loadPfx>>) =>
  new SslContext({ crypto: nodeCrypto, ...identity }).credentials[0]?.chain

test('bags in any order, any parts and any MAC give the leaf of the key, and its chain', async t => {
  const kinds = fc.constantFrom(...keyKinds)
  const hashes = fc.constantFrom('sha1', 'sha256', 'sha384', 'sha512')
  const ways = fc.constantFrom('clear', 'shrouded', 'encrypted', 'nested')
  await fc.assert(
    fc.asyncProperty(
      kinds,
      hashes,
      ways,
      fc.infiniteStream(fc.nat()),
      async (kind, hash, way, dice) => {
        const own = chainFor(kind)
        const stranger = chainFor(kind === 'p256' ? 'p384' : 'p256').root
        const certificates = [own.leaf, own.intermediate, own.root, stranger].map(({ der }) =>
          certBag(der),
        )
        const key =
          way === 'shrouded' ? shroudedBag(own.leaf.keyDer, quick) : keyBag(own.leaf.keyDer)
        const bags = [key, ...certificates]
          .map(bag => ({ bag, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ bag }) => bag)
        const part = {
          clear: () => [clearPart(...bags)],
          shrouded: () => [clearPart(...bags.slice(0, 2)), encryptedPart(quick, ...bags.slice(2))],
          encrypted: () => [encryptedPart(quick, ...bags)],
          nested: () => [encryptedPart(quick, nestedBag(...bags.slice(0, 3)), ...bags.slice(3))],
        }
        const file = pfx(
          { passphrase, hash: hash as 'sha1', iterations: 3 },
          ...part[way as 'clear'](),
        )
        const identity = await loadPfx(file, passphrase)
        t.deepEqual(privateKeyFrom(identity.key), materialOf(kind))
        t.deepEqual(shown(identity), [...own.der])
        const beside = identity.ca.map(der => Buffer.from(der).toString('hex')).sort()
        const expected = [own.root, stranger].map(({ der }) => Buffer.from(der).toString('hex'))
        t.deepEqual(beside, expected.sort())
        t.deepEqual(await loadIdentity(file, { passphrase }), identity)
      },
    ),
    { numRuns: 20 },
  )
})

test('of several keys the first that has its certificate counts, and localKeyId tells two certificates of one key apart', async t => {
  const orphan = chainFor('p384').leaf
  const renewed = mint({ key: leaf.key, issuer: intermediate, serial: 77 })
  const bags = [
    keyBag(orphan.keyDer, { localKeyId: 'one' }),
    keyBag(leaf.keyDer, { localKeyId: 'two' }),
    certBag(leaf.der, { localKeyId: 'one' }),
    certBag(renewed.der, { localKeyId: 'two' }),
  ]
  const identity = await loadPfx(pfx({ passphrase }, clearPart(...bags)), passphrase)
  t.deepEqual(shown(identity), [renewed.der])
  // Without such an attribute it is the first.
  const plain = [keyBag(leaf.keyDer), certBag(leaf.der), certBag(renewed.der)]
  t.deepEqual(shown(await loadPfx(pfx({ passphrase }, clearPart(...plain)), passphrase)), [
    leaf.der,
  ])
})

test('a file that is BER, its OCTET STRING in pieces and of indefinite length, is read', async t => {
  const safe = sequence(clearPart(keyBag(leaf.keyDer), certBag(leaf.der)))
  const pieces = [octetString(safe.subarray(0, 100)), octetString(safe.subarray(100))]
  const end = Uint8Array.of(0, 0)
  const indefinite = (tag: number, ...content: Uint8Array[]) =>
    new Uint8Array(Buffer.concat([Uint8Array.of(tag, 0x80), ...content, end]))
  const content = indefinite(
    0x30,
    oid('1.2.840.113549.1.7.1'),
    indefinite(0xa0, indefinite(0x24, ...pieces)),
  )
  const file = indefinite(0x30, integer(3), content, macData(safe, { passphrase }))
  t.deepEqual(shown(await loadPfx(file, passphrase)), [leaf.der])
})

test('a wrong passphrase, and any change of what the MAC covers, is one error', async t => {
  const file = pfx(
    { passphrase },
    clearPart(shroudedBag(leaf.keyDer, quick)),
    encryptedPart(quick, certBag(leaf.der)),
  )
  const messages = new Set<string>()
  for (const wrong of ['', 'x', `${passphrase} `, new Uint8Array(3)])
    messages.add(await refusal(t, loadPfx(file, wrong), 'ERR_PRIVATE_KEY_PASSPHRASE'))
  // The last byte of the safe, whose content is a ciphertext.
  const safeEnd = file.length - macData(new Uint8Array(0), { passphrase }).length
  const changed = file.slice()
  changed[safeEnd - 1] = (changed[safeEnd - 1] as number) ^ 1
  messages.add(await refusal(t, loadPfx(changed, passphrase), 'ERR_PRIVATE_KEY_PASSPHRASE'))
  // The MAC is right, and what it covers was encrypted with another passphrase.
  const mixed = pfx(
    { passphrase },
    clearPart(certBag(leaf.der), shroudedBag(leaf.keyDer, { passphrase: 'other' })),
  )
  messages.add(await refusal(t, loadPfx(mixed, passphrase), 'ERR_PRIVATE_KEY_PASSPHRASE'))
  t.is(messages.size, 1)
})

test('any truncation or bit flip of a file is our error, or changes nothing', async t => {
  const file = pfx({ passphrase }, clearPart(shroudedBag(leaf.keyDer, quick), certBag(leaf.der)))
  const whole = await loadPfx(file, passphrase)
  const attempt = async (bytes: Uint8Array) => {
    try {
      return await loadPfx(bytes, passphrase)
    } catch (error) {
      t.true(error instanceof X509InputError, String((error as Error).stack))
      t.false((error as Error).message.includes(passphrase))
      return undefined
    }
  }
  for (let length = 0; length < file.length; length += 7)
    t.is(await attempt(file.subarray(0, length)), undefined)
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length * 8 - 1), async bit => {
      const copy = file.slice()
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
      const loaded = await attempt(copy)
      if (loaded !== undefined) t.deepEqual(loaded, whole)
    }),
    { numRuns: 300 },
  )
})

test('what is older than PBES2 is refused by name before the MAC is even looked at', async t => {
  const old = (id: string) => ({
    ...quick,
    said: sequence(oid(id), sequence(octetString(new Uint8Array(8)), integer(2048))),
  })
  for (const [name, id] of [
    ['pbeWithSHA1And3-KeyTripleDES-CBC', '1.2.840.113549.1.12.1.3'],
    ['pbeWithSHA1And40BitRC2-CBC', '1.2.840.113549.1.12.1.6'],
    ['pbeWithSHAAnd128BitRC4', '1.2.840.113549.1.12.1.1'],
    ['pbeWithMD5AndDES-CBC', '1.2.840.113549.1.5.3'],
  ] as const)
    for (const part of [
      encryptedPart(old(id), certBag(leaf.der)),
      clearPart(shroudedBag(leaf.keyDer, old(id))),
      encryptedPart(quick, shroudedBag(leaf.keyDer, old(id))),
    ]) {
      const message = await refusal(
        t,
        loadPfx(pfx({ passphrase }, part), passphrase),
        'ERR_PFX_UNSUPPORTED',
      )
      t.true(message.includes(`got ${name}`), message)
    }
  const visible = pfx(
    { passphrase },
    encryptedPart(old('1.2.840.113549.1.12.1.6'), certBag(leaf.der)),
  )
  await refusal(t, loadPfx(visible, 'wrong'), 'ERR_PFX_UNSUPPORTED')
})

test('integrity of another kind is refused by name', async t => {
  const part = clearPart(keyBag(leaf.keyDer), certBag(leaf.der))
  const mac = (id: string, iterations = integer(1)) =>
    sequence(
      sequence(sequence(oid(id)), octetString(new Uint8Array(32))),
      octetString(new Uint8Array(8)),
      iterations,
    )
  const signed = sequence(oid('1.2.840.113549.1.7.2'), context(0, sequence()))
  for (const [file, message] of [
    [pfx({ passphrase, mac: 'none' }, part), /a MAC over the file, got none/],
    [pfx({ passphrase, mac: mac('1.2.840.113549.1.5.14') }, part), /got PBMAC1 \(RFC 9579\)/],
    [pfx({ passphrase, mac: mac('1.2.840.113549.2.5') }, part), /got 1\.2\.840\.113549\.2\.5/],
    [pfx({ passphrase, version: 4 }, part), /version 3, got 4/],
    [sequence(integer(3), signed), /integrity by a passphrase, got by a signature/],
    [
      pfx({ passphrase }, sequence(oid('1.2.840.113549.1.7.3'), context(0, sequence()))),
      /privacy by a passphrase, got by a public key/,
    ],
    [
      pfx({ passphrase, mac: mac('2.16.840.1.101.3.4.2.1', integer(2_000_001)) }, part),
      /at most 2000000 iterations of the MAC, got 2000001/,
    ],
  ] as const)
    t.regex(await refusal(t, loadPfx(file, passphrase), 'ERR_PFX_UNSUPPORTED'), message)
})

// Serial: it measures what the process spends.
test.serial('what a file would cost is bounded before anything is spent', async t => {
  t.deepEqual(pfxBounds, { bytes: 2 ** 20, bags: 256, iterations: 3 * passphraseBounds.iterations })
  const costly = (iterations: number) => ({
    ...quick,
    said: pbes2Identifier({ passphrase, kdf: { iterations } }),
  })
  const begun = process.cpuUsage()
  for (const [file, message] of [
    [new Uint8Array(2 ** 20 + 1), /at most 1048576 bytes, got 1048577/],
    [
      pfx({ passphrase }, encryptedPart(costly(2_000_001), certBag(leaf.der))),
      /at most 2000000 iterations of PBKDF2/,
    ],
    [
      pfx(
        { passphrase },
        ...new Array(4).fill(encryptedPart(costly(1_999_999), certBag(leaf.der))),
      ),
      /at most 6000000 iterations together/,
    ],
    [
      pfx(
        { passphrase },
        clearPart(
          ...new Array(257).fill(otherBag(5, sequence(oid('1.2.3'), context(0, octetString())))),
        ),
      ),
      /at most 256 bags/,
    ],
  ] as const)
    t.regex(await refusal(t, loadPfx(file, passphrase), 'ERR_PFX_UNSUPPORTED'), message)
  t.true(process.cpuUsage(begun).user < 3_000_000)
})

test('a file without a key, without its certificate, or that is none, says so', async t => {
  const load = (...bags: Uint8Array[]) =>
    loadPfx(pfx({ passphrase }, clearPart(...bags)), passphrase)
  await refusal(t, load(certBag(leaf.der)), 'ERR_NO_PRIVATE_KEY')
  t.regex(
    await refusal(t, load(keyBag(leaf.keyDer), certBag(root.der)), 'ERR_X509_NO_CERTIFICATE'),
    /got 1 certificates of other keys/,
  )
  await refusal(t, load(keyBag(leaf.keyDer)), 'ERR_X509_NO_CERTIFICATE')
  for (const file of [
    new Uint8Array(0),
    leaf.der,
    leaf.keyDer,
    sequence(),
    tlv(0x30, new Uint8Array(50)),
    [0],
  ])
    await refusal(t, loadPfx(file as Uint8Array, passphrase), 'ERR_PFX_INVALID')
  await refusal(t, loadPfx('text'), 'ERR_PFX_INVALID')
  const trailing = Buffer.concat([
    pfx({ passphrase }, clearPart(keyBag(leaf.keyDer), certBag(leaf.der))),
    Buffer.alloc(1),
  ])
  await refusal(t, loadPfx(trailing, passphrase), 'ERR_PFX_INVALID')
})

const absent = spawnSync('openssl', ['version'], { timeout: 20_000 }).error !== undefined
const withOpenssl = absent ? ' (skipped: no openssl)' : ''

/** Runs openssl pkcs12 -export over a chain; the file. */
function exported(
  kind: KeyKind,
  pass: string,
  ...words: readonly string[]
): { file?: Buffer; said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-pfx-'))
  const own = chainFor(kind)
  try {
    writeFileSync(join(folder, 'all.pem'), own.pem + own.root.pem + own.keyPem)
    const args = [
      'pkcs12',
      '-export',
      '-in',
      'all.pem',
      '-out',
      'out.p12',
      '-passout',
      `pass:${pass}`,
    ]
    const ran = spawnSync('openssl', [...args, ...words], {
      cwd: folder,
      timeout: 30_000,
      encoding: 'utf8',
    })
    return ran.status === 0
      ? { file: readFileSync(join(folder, 'out.p12')), said: '' }
      : { said: ran.stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test(`files of openssl pkcs12 are read${withOpenssl}`, async t => {
  if (absent) {
    t.log('skipped: no openssl')
    t.pass()
    return
  }
  const aes = ['-keypbe', 'AES-256-CBC', '-certpbe', 'AES-128-CBC']
  for (const kind of ['p256', 'ed25519', 'rsa', 'rsa-pss'] as const)
    for (const words of [
      [],
      [...aes, '-macalg', 'SHA1', '-iter', '10000'],
      ['-macalg', 'SHA512', '-name', 'a friendly name'],
      ['-keypbe', 'NONE', '-certpbe', 'NONE'],
    ]) {
      const { file, said } = exported(kind, 'pass wörd', ...words)
      if (file === undefined) throw new Error(said)
      const identity = await loadPfx(file, 'pass wörd')
      t.deepEqual(privateKeyFrom(identity.key), materialOf(kind))
      t.deepEqual(shown(identity), [...chainFor(kind).der])
      t.deepEqual(identity.ca, [chainFor(kind).root.der])
      await refusal(t, loadPfx(file, 'another'), 'ERR_PRIVATE_KEY_PASSPHRASE')
    }
  const { file, said } = exported('p256', '')
  if (file === undefined) throw new Error(said)
  t.deepEqual(shown(await loadPfx(file)), [...chain.der])
})

test(`older files of openssl pkcs12 are refused by name${withOpenssl}`, async t => {
  if (absent) {
    t.log('skipped: no openssl')
    t.pass()
    return
  }
  for (const [words, name] of [
    [['-legacy'], /pbeWithSHA1And40BitRC2-CBC/],
    [['-certpbe', 'PBE-SHA1-3DES'], /pbeWithSHA1And3-KeyTripleDES-CBC/],
    [['-keypbe', 'PBE-SHA1-3DES'], /pbeWithSHA1And3-KeyTripleDES-CBC/],
    [['-nomac'], /a MAC over the file, got none/],
  ] as const) {
    const { file, said } = exported('p256', 'x', ...words)
    if (file === undefined) t.fail(said)
    else t.regex(await refusal(t, loadPfx(file, 'x'), 'ERR_PFX_UNSUPPORTED'), name)
  }
})
