/** The stores of Node and of the system, and host names in A-labels. */
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { aLabels, directoryTrustStore, nodeTrustStore, systemTrustStore } from '@biopair/node'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import { isX509Failure, parseCertificate, type TrustStore } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { connectedEnds, ends } from '../support/ends.ts'
import { chainFor, mint } from '../support/mint.ts'

const { root, intermediate } = chainFor('p256')

/** A folder, and the process's environment as it was, put back. */
const folder = mkdtempSync(join(tmpdir(), 'biopair-stores-'))
const before = { ...process.env }
const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
const names = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'] as const
test.beforeEach(() => {
  for (const name of names) delete process.env[name]
})
test.afterEach.always(() => Object.defineProperty(process, 'platform', platform))
test.after.always(() => {
  for (const name of names) if (before[name] !== undefined) process.env[name] = before[name]
  rmSync(folder, { recursive: true, force: true })
})

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function pretend(name: string): void {
  Object.defineProperty(process, 'platform', { ...platform, value: name })
}

const raws = (store: TrustStore) =>
  store.certificates.map(({ raw }) => Buffer.from(raw).toString('hex')).sort()
const hex = (...ders: readonly Uint8Array[]) =>
  ders.map(der => Buffer.from(der).toString('hex')).sort()

/** Node says what it believes by itself from here on; the process's environment then counts for nothing. */
const tells = 'getCACertificates' in (await import('node:tls'))

test.serial(
  'the roots of Node are all there, each found by its name, and none left out unless its bytes are wrong',
  t => {
    const store = nodeTrustStore('bundled')
    t.is(store.size, rootCertificates.length)
    const ders = rootCertificates.map(pem => new Uint8Array(new X509Certificate(pem).raw))
    const bad = ders.filter(der => isX509Failure(parseCertificate(der)))
    t.is(store.leftOut.length, bad.length)
    t.deepEqual(raws(store), hex(...ders.filter(der => !bad.includes(der))))
    for (const certificate of store.certificates) {
      t.true(store.has(certificate))
      t.true(store.issuers(certificate.subject).includes(certificate))
    }
  },
)

test.serial('a store is given as ca, alone or beside others', t => {
  process.env.SSL_CERT_FILE = file('alone.pem', root.pem)
  const system = systemTrustStore()
  const other = mint({ subject: 'other', ca: true })
  const bundled = nodeTrustStore('bundled')
  const cas: NonNullable<ContextOptions['ca']>[] = [
    system,
    [system],
    [bundled, system],
    [other.pem, system],
    [bundled, root.pem],
  ]
  for (const ca of cas) t.true(connectedEnds({ client: { ca } }).client.authorized)
  const { client, server } = ends({ client: { ca: bundled } })
  for (let i = 0; i < 5; i++) {
    client.doHandshake()
    server.doHandshake()
  }
  t.like(client.doHandshake(), { status: 'failed', error: { alert: 'unknown_ca' } })
  // What is shared is not read again.
  t.is(new SslContext({ ca: system }).anchors, new SslContext({ ca: system }).anchors)
})

test.serial('a certificate that is no good is left out by name, and costs no other', t => {
  const bad = '-----BEGIN CERTIFICATE-----\nAAECAwQ=\n-----END CERTIFICATE-----\n'
  const trusted = root.pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')
  const padded = Uint8Array.from([...intermediate.der, 0])
  const pad = `-----BEGIN CERTIFICATE-----\n${Buffer.from(padded).toString('base64')}\n-----END CERTIFICATE-----\n`
  const cut = '-----BEGIN CERTIFICATE-----\nMIIB\n'
  const path = file('mixed.pem', `# a note\n${bad}${root.pem}${trusted}${pad}${root.pem}${cut}`)
  process.env.SSL_CERT_FILE = path
  process.env.SSL_CERT_DIR = join(folder, 'none')
  const store = systemTrustStore()
  t.deepEqual(raws(store), hex(root.der))
  t.deepEqual(
    store.leftOut.map(({ from }) => from).sort(),
    [join(folder, 'none'), path, ...[0, 2, 3].map(i => `${path}, certificate ${i}`)].sort(),
  )
  for (const { why } of store.leftOut) t.true(why.length > 10)
})

test.serial('whatever stands between and inside the blocks, the good ones are read', t => {
  const noise = fc.string({ unit: fc.constantFrom(...'-BEGINCRTFA \n=+0'), maxLength: 30 })
  fc.assert(
    fc.property(fc.array(noise, { minLength: 1, maxLength: 4 }), parts => {
      process.env.SSL_CERT_FILE = file(
        'noise.pem',
        parts.map(part => `${part}\n${root.pem}`).join('\n'),
      )
      process.env.SSL_CERT_DIR = folder
      t.true(raws(systemTrustStore()).includes(hex(root.der)[0] as string))
    }),
    { numRuns: 50 },
  )
})

test.serial('SSL_CERT_DIR names directories, of which every file counts, and links once', t => {
  const [first, second] = ['first', 'second'].map(name => join(folder, name)) as [string, string]
  for (const path of [first, second]) mkdirSync(join(path, 'below'), { recursive: true })
  file('first/a.pem', root.pem)
  file('first/readme', 'no certificate')
  symlinkSync('a.pem', join(first, '0123abcd.0'))
  file('second/b.crt', intermediate.pem)
  process.env.SSL_CERT_DIR = `${first}:${second}`
  process.env.SSL_CERT_FILE = file('empty.pem', '')
  const store = systemTrustStore()
  t.deepEqual(raws(store), hex(root.der, intermediate.der))
  t.deepEqual(
    store.leftOut.map(({ from }) => from),
    [process.env.SSL_CERT_FILE],
  )
  t.deepEqual(raws(directoryTrustStore(first)), hex(root.der))
  t.is(directoryTrustStore(join(folder, 'none')).leftOut.length, 1)
})

test.serial('a system without a store that can be read is an error that says what to do', t => {
  if (tells) {
    t.log('skipped: this Node reads the store of every system')
    t.true(systemTrustStore().size >= 0)
    return
  }
  for (const [name, message] of [
    ['darwin', /Node 22\.15.*SSL_CERT_FILE.*nodeTrustStore/],
    ['win32', /Node 22\.15/],
    ['aix', /install ca-certificates/],
  ] as const) {
    pretend(name)
    t.throws(() => systemTrustStore(), { code: 'ERR_NO_SYSTEM_STORE', message })
    process.env.SSL_CERT_FILE = file('told.pem', root.pem)
    t.deepEqual(raws(systemTrustStore()), hex(root.der))
    process.env.SSL_CERT_FILE = join(folder, 'none.pem')
    t.throws(() => systemTrustStore(), { code: 'ERR_NO_SYSTEM_STORE', message: /none\.pem/ })
    delete process.env.SSL_CERT_FILE
  }
})

test.serial('NODE_EXTRA_CA_CERTS is believed beside what Node brings along', t => {
  if (tells) {
    t.log('skipped: this Node has read its environment when it started')
    t.true(nodeTrustStore().size >= nodeTrustStore('bundled').size)
    return
  }
  t.is(nodeTrustStore('extra').size, 0)
  process.env.NODE_EXTRA_CA_CERTS = file('extra.pem', root.pem)
  t.deepEqual(raws(nodeTrustStore('extra')), hex(root.der))
  t.is(nodeTrustStore().size, rootCertificates.length + 1)
  process.env.NODE_EXTRA_CA_CERTS = join(folder, 'nowhere.pem')
  t.is(nodeTrustStore().size, rootCertificates.length)
  t.regex(nodeTrustStore().leftOut.at(-1)?.why ?? '', /ENOENT/)
  t.throws(() => nodeTrustStore('system' as 'extra'), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('a host name is turned into A-labels, and what is none is refused', t => {
  const names: [string, string][] = [
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['BÜCHER.Example.', 'xn--bcher-kva.example.'],
    ['faß.example', 'xn--fa-hia.example'],
    ['日本。jp', 'xn--wgv71a.jp'],
    // What is ASCII stays as it is, be it a name or not.
    ['Server.example', 'Server.example'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['1.2.3', '1.2.3'],
    ['email:a@b.example', 'email:a@b.example'],
    ['', ''],
  ]
  for (const [name, expected] of names) t.is(aLabels(name), expected)
  for (const name of [
    '１２７.0.0.1',
    'ü b',
    'ü/b',
    'ü%2e.example',
    'ü@b',
    'ü:1',
    '*.ü.de',
    'ü#',
    '\u202eü',
    'ü\0',
  ])
    t.throws(() => aLabels(name), { code: 'ERR_INVALID_ARG_VALUE', instanceOf: TypeError }, name)
})
