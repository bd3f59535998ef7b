/** The minting helper: one seed, one chain with either provider, and what it writes is what OpenSSL and node:crypto read. */

import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  certificatePolicies,
  chainNames,
  deltaCrlIndicator,
  derBytes,
  derEdit,
  derTree,
  faultNames,
  faultyChain,
  issuingDistributionPoint,
  type KeyKind,
  keyKinds,
  Minter,
  mintPlan,
  mlDsaForms,
  mutateDer,
  nameConstraints,
  policyMappings,
  seededRandom,
  soundPlan,
} from '@biopair/testkit/mint'
import {
  checkOcsp,
  isX509Failure,
  parseCertificate,
  privateKeyFrom,
  trustStore,
  verifyChain,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'

const time = Date.UTC(2026, 5, 1)
const seededMinter = (seed: string, crypto = noble) =>
  new Minter({ time, crypto, random: seededRandom(seed) })
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const old: readonly KeyKind[] = keyKinds.filter(kind => !kind.startsWith('mldsa'))

function everything(minter: Minter): readonly string[] {
  const made = old.flatMap(kind => {
    const chain = mintPlan(minter, soundPlan(minter, { keys: [kind] }))
    const [leaf, issuer] = chain as [(typeof chain)[number], (typeof chain)[number]]
    const revoked = [{ certificate: leaf, reason: 'keyCompromise' as const }]
    return [
      ...chain.flatMap(({ der, key }) => [hex(der), hex(key.pkcs8())]),
      hex(minter.crl(issuer, { revoked }).der),
      hex(minter.ocsp(leaf, issuer, { status: 'revoked' })),
    ]
  })
  const weak = faultyChain(minter, 'ecdsaSha1Signature')
  return [...made, ...weak.faulty.map(({ der }) => hex(der))]
}

test('one seed gives one chain, one CRL and one OCSP response, with either provider', t => {
  const made = everything(seededMinter('a'))
  t.deepEqual(everything(seededMinter('a', nodeCrypto)), made)
  t.deepEqual(everything(seededMinter('a')), made)
  t.notDeepEqual(everything(seededMinter('b')), made)
  t.is(new Set(made).size, made.length)
})

test('one seed gives one chain of ML-DSA keys', t => {
  const made = (crypto = noble) => {
    const minter = seededMinter('ml-dsa', crypto)
    return mintPlan(minter, soundPlan(minter, { intermediates: 0, keys: ['mldsa44'] })).map(
      ({ der }) => hex(der),
    )
  }
  t.deepEqual(made(nodeCrypto), made())
})

test('without a seed the provider draws, and no two keys are alike', t => {
  const minter = new Minter({ time, crypto: nodeCrypto })
  t.not(hex(minter.key().spki), hex(minter.key().spki))
  t.not(hex(minter.key('rsa').spki), hex(minter.key('rsa').spki), 'the fixed RSA keys take turns')
})

for (const kind of keyKinds)
  test(`a chain of ${kind} keys is believed, and its keys are read back as they were`, t => {
    const minter = seededMinter(kind)
    const [leaf, intermediate, root] = mintPlan(minter, soundPlan(minter, { keys: [kind] })) as [
      ReturnType<Minter['leaf']>,
      ReturnType<Minter['leaf']>,
      ReturnType<Minter['leaf']>,
    ]
    const verdict = verifyChain({
      chain: [leaf.der, intermediate.der],
      anchors: trustStore([root.pem]),
      time,
      purpose: 'serverAuth',
      name: 'server.example',
      crypto: noble,
    })
    t.true(verdict.ok, verdict.ok ? '' : verdict.why)
    t.deepEqual(privateKeyFrom(leaf.key.pem()), leaf.key.material)
    if (kind.startsWith('mldsa')) {
      for (const form of mlDsaForms)
        t.deepEqual(minter.keyOf(leaf.key.pem(form)).spki, leaf.key.spki, form)
      return
    }
    t.deepEqual(minter.keyOf(leaf.key.pkcs8()).spki, leaf.key.spki)
    const theirs = createPublicKey(createPrivateKey(leaf.key.pem()))
    t.is(hex(theirs.export({ type: 'spki', format: 'der' })), hex(leaf.spki))
    const parsed = new X509Certificate(leaf.pem)
    t.true(parsed.checkIssued(new X509Certificate(intermediate.der)))
    t.true(parsed.verify(createPublicKey(createPrivateKey(intermediate.key.pem()))))
  })

test('what was made elsewhere can be issued with', t => {
  const minter = seededMinter('elsewhere')
  const root = minter.root({ key: 'rsa' })
  const adopted = minter.adopt(root.pem, root.key.pem())
  const verdict = verifyChain({
    chain: [minter.leaf(adopted).der],
    anchors: trustStore([root.pem]),
    time,
    purpose: 'serverAuth',
    crypto: noble,
  })
  t.true(verdict.ok)
  t.throws(() => minter.adopt('no certificate', root.key.pem()), { instanceOf: TypeError })
  t.throws(() => minter.keyOf({ kind: 'ec', curve: 'P-256', d: new Uint8Array(32) }), {
    instanceOf: TypeError,
  })
})

test('an OCSP response says what it was told to say', t => {
  const minter = seededMinter('ocsp')
  const root = minter.root()
  const leaf = minter.leaf(root)
  const parsed = [leaf, root].map(({ der }) => parseCertificate(der))
  const [subject, issuer] = parsed
  if (!subject || !issuer || isX509Failure(subject) || isX509Failure(issuer)) return t.fail()
  const delegate = minter.responder(root)
  const ask = (response: Uint8Array) => {
    const result = checkOcsp({ leaf: subject, issuer, time, crypto: noble, response })
    return result.ok ? 'ok' : result.code
  }
  t.is(ask(minter.ocsp(leaf, root)), 'ok')
  t.is(ask(minter.ocsp(leaf, root, { status: 'revoked' })), 'CERT_REVOKED')
  t.is(ask(minter.ocsp(leaf, root, { status: 'unknown' })), 'OCSP_CERT_UNKNOWN')
  t.is(ask(minter.ocsp(leaf, root, { signer: delegate, certs: [delegate], by: 'key' })), 'ok')
  t.is(ask(minter.ocsp(leaf, root, { nextUpdate: time - 1000 })), 'OCSP_VERIFY_FAILED')
})

test('any certificate is taken apart and written again as it was, and an edit changes one element', t => {
  fc.assert(
    fc.property(fc.constantFrom(...faultNames), fault => {
      const { sound } = faultyChain(seededMinter(fault), fault, { intermediates: 2 })
      for (const { der } of sound)
        for (const open of [true, false]) t.deepEqual(derBytes(derTree(der, { open })), der)
    }),
    { numRuns: 8 },
  )
  const { der } = seededMinter('edit').root()
  const edited = derEdit(der, [0, 1], node => ({ ...node, content: Uint8Array.of(7) }))
  const parsed = parseCertificate(edited)
  t.deepEqual(isX509Failure(parsed) ? [] : [...parsed.serialNumber], [7])
  t.throws(() => derEdit(der, [9], node => node), { instanceOf: TypeError })
  t.throws(() => derEdit(der, [0, 1, 0], node => node), { instanceOf: TypeError })
  t.throws(() => derTree(der.slice(0, -1)), { instanceOf: TypeError })
})

test('mutations are those that the choices make, of any bytes', t => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constant(seededMinter('mutate').root().der), fc.uint8Array({ maxLength: 40 })),
      fc.nat(),
      (der, seed) => {
        const choices = () => {
          let state = seed + 1
          return (count: number) => {
            state = (state * 48_271) % 2_147_483_647
            return state % count
          }
        }
        t.deepEqual(mutateDer(der, choices()), mutateDer(der, choices()))
      },
    ),
    { numRuns: 300 },
  )
})

const version = spawnSync('openssl', ['version'], { encoding: 'utf8', timeout: 100_000 })
const found = version.status === 0 && version.stdout.startsWith('OpenSSL 3')

if (found)
  test('openssl reads what is minted: keys, extensions, CRLs and OCSP responses', t => {
    const folder = mkdtempSync(join(tmpdir(), 'biopair-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const openssl = (...words: string[]) => {
      const { stdout, stderr, status } = spawnSync('openssl', words, {
        cwd: folder,
        encoding: 'utf8',
        timeout: 100_000,
      })
      t.is(status, 0, `${words.join(' ')}: ${stderr}`)
      return stdout + stderr
    }
    const minter = seededMinter('openssl')
    const root = minter.root({
      key: 'rsa',
      extensions: [
        nameConstraints(['example', '192.0.2.0/255.255.255.0'], [[['O', 'Nobody']]]),
        policyMappings([['1.2.3.4', '1.2.3.5']]),
      ],
    })
    const leaf = minter.leaf(root, {
      names: chainNames,
      extensions: [certificatePolicies(['1.2.3.5'])],
    })
    const revoked = [{ certificate: leaf, reason: 'superseded' as const }]
    const crl = minter.crl(root, { revoked, number: 7 })
    const delta = minter.crl(root, {
      extensions: [deltaCrlIndicator(7), issuingDistributionPoint('onlyContainsUserCerts')],
    })
    writeFileSync(join(folder, 'root.pem'), root.pem)
    writeFileSync(join(folder, 'leaf.pem'), leaf.pem)
    writeFileSync(join(folder, 'crl.pem'), crl.pem)
    writeFileSync(join(folder, 'delta.pem'), delta.pem)
    writeFileSync(join(folder, 'ocsp.der'), minter.ocsp(leaf, root, { status: 'revoked' }))
    for (const kind of old) {
      writeFileSync(join(folder, 'key.pem'), minter.key(kind).pem())
      openssl('pkey', '-in', 'key.pem', '-noout', '-check')
    }
    const text = openssl('x509', '-in', 'leaf.pem', '-noout', '-text')
    for (const word of ['DNS:server.example', 'IP Address:192.0.2.1', 'email:someone@mail.example'])
      t.true(text.includes(word), word)
    const above = openssl('x509', '-in', 'root.pem', '-noout', '-text')
    for (const word of ['IP:192.0.2.0/255.255.255.0', 'DirName:O = Nobody', '1.2.3.4:1.2.3.5'])
      t.true(above.includes(word), word)
    const list = openssl('crl', '-in', 'crl.pem', '-noout', '-text', '-CAfile', 'root.pem')
    for (const word of ['verify OK', 'Superseded', 'X509v3 CRL Number'])
      t.true(list.includes(word), word)
    t.true(openssl('crl', '-in', 'delta.pem', '-noout', '-text').includes('Delta CRL Indicator'))
    const answer = openssl(
      ...['ocsp', '-respin', 'ocsp.der', '-issuer', 'root.pem', '-cert', 'leaf.pem'],
      ...['-CAfile', 'root.pem', '-no_nonce', '-attime', String(time / 1000)],
    )
    // The times are judged by the machine's clock; what is said and who signed it are not.
    t.regex(answer, /\brevoked\n[\s\S]*Response verify OK/)
  })
else
  test('openssl reads what is minted (skipped: no OpenSSL 3 on PATH)', t => {
    t.false(found)
    t.log(`skipped: ${version.error?.message ?? version.stdout}`)
  })
