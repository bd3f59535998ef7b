import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { passphraseKey } from '@biopair/crypto/pbes2'
import { passphraseBounds, privateKeyFrom, X509InputError } from '@biopair/x509'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { integer, nothing, octetString, oid, pem, sequence } from '../support/der-writer.ts'
import {
  cipherOids,
  type EncryptionOptions,
  encryptedKey,
  kdfIdentifier,
  pbes2Identifier,
  prfOids,
} from '../support/encrypted-key-writer.ts'
import { keyOf, materialOf, refusal, signs } from '../support/key-forms.ts'
import { chainFor, type KeyKind, keyKinds } from '../support/mint.ts'

const { leaf } = chainFor('p256')
const ciphers = Object.keys(cipherOids) as (keyof typeof cipherOids)[]
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('any key that node:crypto encrypts is the same key behind its passphrase, PEM or DER', t => {
  fc.assert(
    fc.property(
      fc.constantFrom(...keyKinds),
      fc.constantFrom(...ciphers),
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: 20 })
        .filter(text => !text.includes('\0')),
      fc.constantFrom('pem', 'der'),
      (kind, cipher, passphrase, format) => {
        const options = { type: 'pkcs8', cipher, passphrase } as const
        const file = keyOf(kind).export({ ...options, format: format as 'pem' })
        t.deepEqual(privateKeyFrom(file, { passphrase }), materialOf(kind))
        const bytes = Buffer.from(passphrase)
        t.deepEqual(privateKeyFrom(file, { passphrase: bytes }), materialOf(kind))
        t.is(bytes.toString(), passphrase, 'the bytes are the caller’s')
      },
    ),
    { numRuns: 25 },
  )
})

test('every key derivation, hash and cipher of PBES2 is undone', t => {
  const kdfs: NonNullable<EncryptionOptions['kdf']>[] = [
    { N: 2, r: 1, p: 1 },
    { N: 1024, r: 8, p: 3 },
    { prf: 'default', iterations: 3 },
    ...Object.keys(prfOids).map(prf => ({ prf: prf as keyof typeof prfOids, iterations: 7 })),
  ]
  for (const kdf of kdfs)
    for (const cipher of ciphers)
      for (const keyLength of [false, true]) {
        const options = { passphrase: 'päss', cipher, kdf, keyLength }
        const file = encryptedKey(leaf.keyDer, options)
        t.deepEqual(privateKeyFrom(file, options), materialOf('p256'), JSON.stringify(options))
      }
})

test('a wrong passphrase says so, in the same words whatever it decrypts to', t => {
  const file = encryptedKey(leaf.keyDer, { passphrase: 'right' })
  const messages = new Set<string>()
  // Of so many, some have a padding that is one.
  for (let i = 0; i < 1500; i++)
    messages.add(
      refusal(
        t,
        () => privateKeyFrom(file, { passphrase: `wrong ${i}` }),
        'ERR_PRIVATE_KEY_PASSPHRASE',
      ),
    )
  // The right one around what is no key reads the same.
  for (const content of [
    new Uint8Array(0),
    new Uint8Array(20),
    sequence(),
    sequence(integer(0), sequence()),
  ])
    messages.add(
      refusal(
        t,
        () => privateKeyFrom(encryptedKey(content, { passphrase: 'x' }), { passphrase: 'x' }),
        'ERR_PRIVATE_KEY_PASSPHRASE',
      ),
    )
  t.is(messages.size, 1)
})

test('what a passphrase cannot be is refused, and none at all has a code of its own', t => {
  const file = encryptedKey(leaf.keyDer, { passphrase: '' })
  t.deepEqual(privateKeyFrom(file, { passphrase: '' }), materialOf('p256'))
  t.deepEqual(privateKeyFrom(file, { passphrase: new ArrayBuffer(0) }), materialOf('p256'))
  refusal(t, () => privateKeyFrom(file), 'ERR_PRIVATE_KEY_ENCRYPTED')
  refusal(t, () => privateKeyFrom(file, { passphrase: undefined }), 'ERR_PRIVATE_KEY_ENCRYPTED')
  for (const passphrase of [5, null, {}, '\ud800', 'a\udc00b'])
    t.regex(
      refusal(
        t,
        () => privateKeyFrom(file, { passphrase: passphrase as string }),
        'ERR_PRIVATE_KEY_PASSPHRASE',
      ),
      /^passphrase: expected/,
    )
  t.deepEqual(privateKeyFrom(leaf.keyDer, { passphrase: 'needless' }), materialOf('p256'))
})

test('a kind of key that we do not have is named, not called a wrong passphrase', t => {
  const ed448 = sequence(integer(0), sequence(oid('1.3.101.113')), octetString(octetString()))
  const file = encryptedKey(ed448, { passphrase: 'x' })
  t.regex(
    refusal(t, () => privateKeyFrom(file, { passphrase: 'x' }), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
    /1\.3\.101\.113/,
  )
})

test('any change to an encrypted file gives a key or our error, and every truncation the error', t => {
  const secret = 'open sesame'
  const file = encryptedKey(leaf.keyDer, { passphrase: secret })
  const attempt = (bytes: Uint8Array, all: boolean) => {
    try {
      privateKeyFrom(bytes, { passphrase: secret })
      t.false(all)
    } catch (error) {
      t.true(error instanceof X509InputError, String(error))
      t.false((error as Error).message.includes(secret))
    }
  }
  for (let length = 0; length < file.length; length++) attempt(file.subarray(0, length), true)
  for (let at = 0; at < file.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const copy = file.slice()
      copy[at] = (copy[at] as number) ^ (1 << bit)
      attempt(copy, false)
    }
})

test('what a file would cost is bounded, and the error names the bound before anything is spent', t => {
  const begun = process.cpuUsage()
  const said = (options: Partial<EncryptionOptions>, message: RegExp) => {
    const passphrase = 'x'
    const file = encryptedKey(leaf.keyDer, {
      passphrase,
      said: pbes2Identifier({ passphrase, ...options }),
    })
    for (const given of [{}, { passphrase }])
      t.regex(
        refusal(t, () => privateKeyFrom(file, given), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
        message,
      )
  }
  t.deepEqual(passphraseBounds, {
    iterations: 2_000_000,
    scryptMemory: 2 ** 26,
    scryptWork: 2 ** 21,
  })
  said({ kdf: { iterations: 2_000_001 } }, /at most 2000000 iterations of PBKDF2, got 2000001/)
  said({ kdf: { iterations: 2 ** 31 - 1 } }, /got 2147483647/)
  said({ kdf: { N: 2 ** 17, r: 8, p: 1 } }, /at most 67108864 bytes of memory .* got 134217728/)
  said({ kdf: { N: 2, r: 2 ** 30, p: 1 } }, /bytes of memory/)
  said({ kdf: { N: 2 ** 14, r: 8, p: 17 } }, /at most 2097152 block mixes .* got 2228224/)
  t.true(process.cpuUsage(begun).user < 2_000_000)
})

test('parameters that cannot be are badly written keys', t => {
  const aes = sequence(oid(cipherOids['aes-256-cbc']), octetString(new Uint8Array(16)))
  const scheme = (kdf: Uint8Array, cipher = aes) =>
    sequence(oid('1.2.840.113549.1.5.13'), sequence(kdf, cipher))
  const fine = kdfIdentifier({ passphrase: 'x' })
  const pbkdf2 = (...fields: Uint8Array[]) =>
    scheme(sequence(oid('1.2.840.113549.1.5.12'), sequence(...fields)))
  const salt = octetString(new Uint8Array(8))
  const blocks = octetString(new Uint8Array(32))
  for (const [said, data] of [
    [pbkdf2(salt, integer(0)), blocks],
    [pbkdf2(salt, integer(Uint8Array.of(1, 0, 0, 0, 0))), blocks],
    [pbkdf2(salt), blocks],
    [pbkdf2(salt, integer(1), integer(16)), blocks],
    [pbkdf2(salt, integer(1), nothing()), blocks],
    [scheme(kdfIdentifier({ passphrase: 'x', kdf: { N: 3, r: 1, p: 1 } })), blocks],
    [scheme(kdfIdentifier({ passphrase: 'x', kdf: { N: 1, r: 1, p: 1 } })), blocks],
    [scheme(kdfIdentifier({ passphrase: 'x', kdf: { N: 2, r: 0, p: 1 } })), blocks],
    [
      scheme(fine, sequence(oid(cipherOids['aes-256-cbc']), octetString(new Uint8Array(12)))),
      blocks,
    ],
    [scheme(fine, sequence(oid(cipherOids['aes-256-cbc']))), blocks],
    [scheme(fine), octetString()],
    [scheme(fine), octetString(new Uint8Array(31))],
  ] as const)
    refusal(
      t,
      () => privateKeyFrom(sequence(said, data), { passphrase: 'x' }),
      'ERR_PRIVATE_KEY_INVALID',
    )
})

const older = {
  'pbeWithMD2AndDES-CBC': '1.2.840.113549.1.5.1',
  'pbeWithMD5AndDES-CBC': '1.2.840.113549.1.5.3',
  'pbeWithMD2AndRC2-CBC': '1.2.840.113549.1.5.4',
  'pbeWithMD5AndRC2-CBC': '1.2.840.113549.1.5.6',
  'pbeWithSHA1AndDES-CBC': '1.2.840.113549.1.5.10',
  'pbeWithSHA1AndRC2-CBC': '1.2.840.113549.1.5.11',
  pbeWithSHAAnd128BitRC4: '1.2.840.113549.1.12.1.1',
  pbeWithSHAAnd40BitRC4: '1.2.840.113549.1.12.1.2',
  'pbeWithSHA1And3-KeyTripleDES-CBC': '1.2.840.113549.1.12.1.3',
  'pbeWithSHA1And2-KeyTripleDES-CBC': '1.2.840.113549.1.12.1.4',
  'pbeWithSHA1And128BitRC2-CBC': '1.2.840.113549.1.12.1.5',
  'pbeWithSHA1And40BitRC2-CBC': '1.2.840.113549.1.12.1.6',
  '1.2.3.4': '1.2.3.4',
}

for (const [name, id] of Object.entries(older))
  test(`the encryption scheme ${name} is refused by name, passphrase or not`, t => {
    const parameters = sequence(octetString(new Uint8Array(8)), integer(2048))
    const file = sequence(sequence(oid(id), parameters), octetString(new Uint8Array(16)))
    for (const options of [{}, { passphrase: 'x' }])
      t.true(
        refusal(t, () => privateKeyFrom(file, options), 'ERR_PRIVATE_KEY_UNSUPPORTED').includes(
          `got ${name}: `,
        ),
      )
  })

test('other ciphers, key derivations and hashes inside PBES2 are refused by name', t => {
  const passphrase = 'x'
  const aes = sequence(oid(cipherOids['aes-256-cbc']), octetString(new Uint8Array(16)))
  const iv = octetString(new Uint8Array(8))
  const kdf = kdfIdentifier({ passphrase })
  const prf = (id: string) =>
    sequence(
      oid('1.2.840.113549.1.5.12'),
      sequence(octetString(Uint8Array.of(1)), integer(1), sequence(oid(id), nothing())),
    )
  for (const [derivation, cipher, message] of [
    [kdf, sequence(oid('1.2.840.113549.3.7'), iv), /got DES-EDE3-CBC/],
    [kdf, sequence(oid('1.3.14.3.2.7'), iv), /got DES-CBC/],
    [kdf, sequence(oid('1.2.840.113549.3.2'), iv), /got RC2-CBC/],
    [kdf, sequence(oid('2.16.840.1.101.3.4.1.46'), iv), /got AES-256-GCM/],
    [kdf, sequence(oid('1.2.3'), iv), /expected AES-CBC, got 1\.2\.3/],
    [sequence(oid('1.2.3')), aes, /expected PBKDF2 or scrypt, got 1\.2\.3/],
    [
      prf('1.2.840.113549.2.5'),
      aes,
      /expected HMAC with SHA-1 or SHA-2, got 1\.2\.840\.113549\.2\.5/,
    ],
    [
      sequence(oid('1.2.840.113549.1.5.12'), sequence(sequence(oid('1.2.3')), integer(1))),
      aes,
      /a salt that is specified/,
    ],
  ] as const) {
    const said = sequence(oid('1.2.840.113549.1.5.13'), sequence(derivation, cipher))
    const file = sequence(said, octetString(new Uint8Array(16)))
    t.regex(
      refusal(t, () => privateKeyFrom(file, { passphrase }), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
      message,
    )
  }
})

test('PEM that is encrypted in the old way, or for OpenSSH, is refused by name', t => {
  const old = keyOf('rsa').export({
    type: 'pkcs1',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  t.regex(
    refusal(t, () => privateKeyFrom(old, { passphrase: 'x' }), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
    /Proc-Type: 4,ENCRYPTED with AES-256-CBC: openssl pkcs8 -topk8/,
  )
  const ssh = pem('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1\0'))
  t.regex(
    refusal(t, () => privateKeyFrom(ssh), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
    /OPENSSH PRIVATE KEY: ssh-keygen -p -m PKCS8/,
  )
  const pfx = sequence(integer(3), sequence(oid('1.2.840.113549.1.7.1')))
  t.regex(
    refusal(t, () => privateKeyFrom(pfx), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
    /PKCS#12: loadPfx of biopair\/pki/,
  )
})

test('RFC 6070: PBKDF2 with HMAC-SHA-1', t => {
  for (const [password, salt, iterations, length, expected] of [
    ['password', 'salt', 1, 20, '0c60c80f961f0e71f3a9b524af6012062fe037a6'],
    ['password', 'salt', 2, 20, 'ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957'],
    ['password', 'salt', 4096, 20, '4b007901b765489abead49d926f721d065a429c1'],
    [
      'passwordPASSWORDpassword',
      'saltSALTsaltSALTsaltSALTsaltSALTsalt',
      4096,
      25,
      '3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038',
    ],
    ['pass\0word', 'sa\0lt', 4096, 16, '56fa6aa75548099dcc37d7f03425e0c3'],
  ] as const) {
    const kdf = { kind: 'pbkdf2', hash: 'sha1', salt: Buffer.from(salt), iterations } as const
    t.is(hex(passphraseKey(kdf, Buffer.from(password), length)), expected)
  }
})

test('RFC 7914: PBKDF2 with HMAC-SHA-256, and scrypt', t => {
  for (const [password, salt, iterations, expected] of [
    [
      'passwd',
      'salt',
      1,
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    ],
    [
      'Password',
      'NaCl',
      80_000,
      '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
    ],
  ] as const) {
    const kdf = { kind: 'pbkdf2', hash: 'sha256', salt: Buffer.from(salt), iterations } as const
    t.is(hex(passphraseKey(kdf, Buffer.from(password), 64)), expected)
  }
  for (const [password, salt, cost, blockSize, parallelization, expected] of [
    [
      '',
      '',
      16,
      1,
      1,
      '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
    ],
    [
      'password',
      'NaCl',
      1024,
      8,
      16,
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    ],
    [
      'pleaseletmein',
      'SodiumChloride',
      16_384,
      8,
      1,
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    ],
  ] as const) {
    const kdf = {
      kind: 'scrypt',
      salt: Buffer.from(salt),
      cost,
      blockSize,
      parallelization,
    } as const
    t.is(hex(passphraseKey(kdf, Buffer.from(password), 64)), expected)
  }
})

/** A test with a program that may not be here. */
function withProgram(
  program: string,
  version: readonly string[],
  title: string,
  body: (t: ExecutionContext, folder: string, run: (...words: string[]) => void) => void,
): void {
  const absent = spawnSync(program, version, { timeout: 20_000 }).error !== undefined
  if (absent) {
    test(`${title} (skipped: no ${program})`, t => {
      t.log(`skipped: no ${program}`)
      t.pass()
    })
    return
  }
  test(title, t => {
    const folder = mkdtempSync(join(tmpdir(), 'biopair-key-'))
    try {
      body(t, folder, (...words) => {
        const ran = spawnSync(program, words, { cwd: folder, timeout: 30_000, encoding: 'utf8' })
        t.is(ran.status, 0, `${words.join(' ')}\n${ran.stderr}`)
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

const opensslForms: readonly (readonly string[])[] = [
  ['-v2', 'aes-128-cbc'],
  ['-v2', 'aes-192-cbc', '-v2prf', 'hmacWithSHA1'],
  ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512', '-iter', '5000'],
  ['-scrypt'],
  ['-scrypt', '-scrypt_N', '1024', '-scrypt_r', '4', '-scrypt_p', '2'],
]

withProgram('openssl', ['version'], 'files of openssl pkcs8 are read', (t, folder, run) => {
  for (const kind of ['p384', 'ed25519', 'rsa', 'rsa-pss'] as const satisfies KeyKind[])
    for (const [i, form] of opensslForms.entries())
      for (const outform of i % 2 === 0 ? ['PEM'] : ['DER']) {
        writeFileSync(join(folder, 'key.pem'), chainFor(kind).keyPem)
        const words = ['pkcs8', '-topk8', '-in', 'key.pem', '-out', 'out', '-outform', outform]
        run(...words, '-passout', 'pass:pass word', ...form)
        const file = readFileSync(join(folder, 'out'))
        const material = privateKeyFrom(file, { passphrase: 'pass word' })
        t.deepEqual(material, materialOf(kind), form.join(' '))
        if (i === 0) signs(t, material, kind)
      }
})

withProgram(
  'openssl',
  ['version'],
  'older files of openssl pkcs8 are refused by name',
  (t, folder, run) => {
    for (const [form, name] of [
      [['-v2', 'des3'], 'DES-EDE3-CBC'],
      [['-v1', 'PBE-SHA1-3DES'], 'pbeWithSHA1And3-KeyTripleDES-CBC'],
      [
        ['-v1', 'PBE-MD5-DES', '-provider', 'legacy', '-provider', 'default'],
        'pbeWithMD5AndDES-CBC',
      ],
    ] as const) {
      writeFileSync(join(folder, 'key.pem'), leaf.keyPem)
      run('pkcs8', '-topk8', '-in', 'key.pem', '-out', 'out', '-passout', 'pass:x', ...form)
      const file = readFileSync(join(folder, 'out'))
      const message = refusal(
        t,
        () => privateKeyFrom(file, { passphrase: 'x' }),
        'ERR_PRIVATE_KEY_UNSUPPORTED',
      )
      t.true(message.includes(name), message)
    }
  },
)

withProgram('ssh-keygen', ['-?'], 'files of ssh-keygen -m PKCS8 are read', (t, folder, run) => {
  for (const [type, kind] of [
    ['ecdsa', 'ec'],
    ['rsa', 'rsa'],
  ] as const) {
    run('-q', '-t', type, '-m', 'PKCS8', '-N', 'sesame', '-f', join(folder, type))
    const file = readFileSync(join(folder, type))
    t.is(privateKeyFrom(file, { passphrase: 'sesame' }).kind, kind)
    refusal(t, () => privateKeyFrom(file, { passphrase: 'x' }), 'ERR_PRIVATE_KEY_PASSPHRASE')
  }
})

withProgram('certtool', ['--version'], 'files of certtool are read', (t, folder, run) => {
  writeFileSync(join(folder, 'key.pem'), leaf.keyPem)
  for (const cipher of ['aes-128', 'aes-192', 'aes-256']) {
    const words = [
      '--to-p8',
      '--load-privkey',
      'key.pem',
      '--outfile',
      'out',
      '--password',
      'sesame',
    ]
    run(...words, '--pkcs-cipher', cipher)
    const file = readFileSync(join(folder, 'out'))
    t.deepEqual(privateKeyFrom(file, { passphrase: 'sesame' }), materialOf('p256'), cipher)
  }
})
