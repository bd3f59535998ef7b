/** CRLs as `openssl verify -crl_check_all` sees them: the same chains and the same lists, where it differs with the reason. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crlStore, isX509Failure, parseCrl, trustStore, verifyChain } from '@biopair/x509'
import test from 'ava'
import {
  type CrlMint,
  deltaIndicator,
  distribution,
  distributionPointsOf,
  type MintedCrl,
  mintCrl,
  unknownExtension,
} from '../support/crl-mint.ts'
import { chainFor, type Minted, mint } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'

const version = spawnSync('openssl', ['version'], { encoding: 'utf8', timeout: 20_000 })
const found = version.status === 0 && version.stdout.startsWith('OpenSSL 3')

const { root, intermediate } = chainFor('p256')
const point = 'http://crl.example/1'
const leaf = mint({ issuer: intermediate, extensions: [distributionPointsOf({ names: [point] })] })
const now = Date.UTC(2026, 5, 1)
const day = 86_400_000

/** What `openssl verify` says: 0, or the number of its first error. */
function openssl(crls: readonly MintedCrl[], chain: readonly Minted[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-'))
  try {
    const file = (name: string, parts: readonly { readonly pem: string }[]) => {
      const path = join(folder, name)
      writeFileSync(path, parts.map(({ pem }) => pem).join(''))
      return path
    }
    const { stderr, stdout, status } = spawnSync(
      'openssl',
      [
        'verify',
        ...['-no-CApath', '-no-CAstore', '-auth_level', '2', '-purpose', 'sslserver'],
        ...['-attime', String(now / 1000), '-crl_check_all'],
        ...crls.flatMap((crl, i) => ['-CRLfile', file(`crl${i}`, [crl])]),
        ...['-CAfile', file('root', [root]), '-untrusted', file('untrusted', chain.slice(1))],
        file('leaf', chain.slice(0, 1)),
      ],
      { encoding: 'utf8', timeout: 20_000 },
    )
    if (status === 0) return 0
    return Number(/^error (\d+) at/m.exec(stderr + stdout)?.[1] ?? -1)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What is no CRL for us says nothing. */
function ours(crls: readonly MintedCrl[], chain: readonly Minted[]): string {
  const lists = crls.map(({ der }) => der).filter(der => !isX509Failure(parseCrl(der)))
  const verdict = verifyChain({
    chain: chain.map(({ der }) => der),
    anchors: trustStore([root.der]),
    time: now,
    purpose: 'serverAuth',
    crypto: nodeVerify,
    revocation: { check: 'hard', crls: crlStore(lists) },
  })
  return verdict.ok ? 'ok' : verdict.code
}

interface Row {
  /** Lists of the intermediate, about the leaf. */
  readonly crls: readonly Partial<CrlMint>[]
  readonly ours: string
  readonly openssl: number
  /** Where that is another answer. */
  readonly because?: string
  readonly beside?: readonly Minted[]
}

const revoked = [{ serial: leaf }]
const stranger = mint({ subject: intermediate.subject, ca: true })
const signer = mint({
  ...{ subject: intermediate.subject, issuer: root },
  ...{ keyUsage: [6], extKeyUsage: 'none', names: [] },
})
const old = { thisUpdate: now - 9 * day, nextUpdate: now - 2 * day }
const idp = (options: Parameters<typeof distribution>[0]) => ({
  distribution: distribution(options),
})
const hold = [{ serial: leaf, reason: 6 }]

const rows: Readonly<Record<string, Row>> = {
  good: { crls: [{}], ours: 'ok', openssl: 0 },
  none: { crls: [], ours: 'UNABLE_TO_GET_CRL', openssl: 3 },
  revoked: { crls: [{ revoked }], ours: 'CERT_REVOKED', openssl: 23 },
  'on hold': { crls: [{ revoked: hold }], ours: 'CERT_REVOKED', openssl: 23 },
  'others revoked': { crls: [{ revoked: [{ serial: 5 }] }], ours: 'ok', openssl: 0 },
  'revoked from tomorrow': {
    crls: [{ revoked: [{ serial: leaf, at: now + day }] }],
    ours: 'CERT_REVOKED',
    openssl: 23,
  },
  expired: { crls: [old], ours: 'CRL_HAS_EXPIRED', openssl: 12 },
  'expired, revoked': {
    crls: [{ ...old, revoked }],
    ours: 'CERT_REVOKED',
    openssl: 12,
    because: 'a revocation does not end with its CRL; OpenSSL says the other thing first',
  },
  'not yet valid': {
    crls: [{ thisUpdate: now + day, nextUpdate: now + 2 * day }],
    ours: 'CRL_NOT_YET_VALID',
    openssl: 11,
  },
  'too late by a minute': {
    crls: [{ thisUpdate: now - day, nextUpdate: now - 60_000 }],
    ours: 'ok',
    openssl: 12,
    because: 'clocks may be off by five minutes',
  },
  'a damaged signature': {
    crls: [{ signer: stranger, keyIdentifier: false }],
    ours: 'CRL_SIGNATURE_FAILURE',
    openssl: 8,
  },
  "a stranger's": {
    crls: [{ signer: stranger }],
    ours: 'CRL_SIGNATURE_FAILURE',
    openssl: 3,
    because:
      'its key identifier is none that we know; that is a hint, and it is tried all the same',
  },
  'critical, unknown': {
    crls: [{ extensions: [unknownExtension(true)] }],
    ours: 'UNHANDLED_CRITICAL_CRL_EXTENSION',
    openssl: 36,
  },
  unknown: { crls: [{ extensions: [unknownExtension(false)] }], ours: 'ok', openssl: 0 },
  'an entry that is critical, unknown': {
    crls: [{ revoked: [{ serial: 5, extensions: [unknownExtension(true)] }] }],
    ours: 'UNHANDLED_CRITICAL_CRL_EXTENSION',
    openssl: 36,
  },
  'for users': { crls: [idp({ only: 'user' })], ours: 'ok', openssl: 0 },
  'for authorities': { crls: [idp({ only: 'ca' })], ours: 'DIFFERENT_CRL_SCOPE', openssl: 44 },
  'for attribute certificates': {
    crls: [idp({ only: 'attribute' })],
    ours: 'DIFFERENT_CRL_SCOPE',
    openssl: 44,
  },
  'of its point': { crls: [idp({ names: [point] })], ours: 'ok', openssl: 0 },
  'of another point': {
    crls: [idp({ names: ['http://other.example'] })],
    ours: 'DIFFERENT_CRL_SCOPE',
    openssl: 44,
  },
  'for some reasons': {
    crls: [idp({ reasons: [1, 2] })],
    ours: 'UNABLE_TO_GET_CRL',
    openssl: 3,
  },
  indirect: {
    crls: [idp({ indirect: true })],
    ours: 'UNABLE_TO_GET_CRL',
    openssl: 3,
  },
  delta: {
    crls: [{ extensions: [deltaIndicator(1)] }],
    ours: 'UNABLE_TO_GET_CRL',
    openssl: 0,
    because: 'OpenSSL takes a delta CRL for a whole one; refused when it is given',
  },
  'without cRLNumber': {
    crls: [{ number: 'none' }],
    ours: 'UNABLE_TO_GET_CRL',
    openssl: 0,
    because: 'RFC 5280 5.2.3 demands one; refused when it is given',
  },
  'of version 1': {
    crls: [{ version: 'none', crlExtensions: 'none' }],
    ours: 'UNABLE_TO_GET_CRL',
    openssl: 0,
    because: 'RFC 5280 5.1.2.1 demands version 2; refused when it is given',
  },
  'without nextUpdate': {
    crls: [{ nextUpdate: 'none' }],
    ours: 'UNABLE_TO_GET_CRL',
    openssl: 0,
    because: 'RFC 5280 5.1.2.5 demands it: it would count for ever; refused when it is given',
  },
  "with the issuer's other key": {
    crls: [{ signer }],
    beside: [signer],
    ours: 'ok',
    openssl: 3,
    because: 'PKITS 4.4.19 has it valid; OpenSSL does with -extended_crl',
  },
  'an old and a new one': { crls: [{ ...old }, {}], ours: 'ok', openssl: 0 },
  'hold, and a newer one without': {
    crls: [{ revoked: hold, thisUpdate: now - 2 * day }, { thisUpdate: now - day }],
    ours: 'ok',
    openssl: 0,
  },
  'revoked, and a newer one without': {
    crls: [{ revoked, thisUpdate: now - 2 * day }, { thisUpdate: now - day }],
    ours: 'CERT_REVOKED',
    openssl: 0,
    because: 'whatever says so counts: RFC 5280 5.3.1 lets a hold be taken back and nothing else',
  },
}

if (found)
  for (const [name, row] of Object.entries(rows))
    test(`openssl verify and ours on a CRL: ${name}${row.because ? ` (differs: ${row.because})` : ''}`, t => {
      const times = { thisUpdate: now - day, nextUpdate: now + day }
      const crls = [
        mintCrl({ issuer: root, ...times }),
        ...row.crls.map(options => mintCrl({ issuer: intermediate, ...times, ...options })),
      ]
      const chain = [leaf, intermediate, ...(row.beside ?? [])]
      t.is(ours(crls, chain), row.ours)
      t.is(openssl(crls, chain), row.openssl)
    })
else
  test('openssl verify agrees with us on CRLs (skipped: no OpenSSL 3 on PATH)', t => {
    t.false(found)
    t.log(`skipped: ${version.error?.message ?? version.stdout}`)
  })
