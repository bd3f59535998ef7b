/** CRLs, read: minted ones come out as they were made, anything else is refused for what it is, and long ones in bounded time. */
import { crlStore, isX509Failure, parseCrl } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import {
  type CrlMint,
  deltaIndicator,
  distribution,
  entryIssuer,
  mintCrl,
  type RevokedMint,
  unknownExtension,
} from '../support/crl-mint.ts'
import { integer, nothing, sequence, tlv } from '../support/der-writer.ts'
import { chainFor, extension } from '../support/mint.ts'

const { intermediate: issuer } = chainFor('p256')
const now = Date.UTC(2026, 5, 1)
const hour = 3_600_000
const base = { issuer, thisUpdate: now - hour, nextUpdate: now + hour }
const minted = (options: Partial<CrlMint> = {}) => mintCrl({ ...base, ...options })

function parsed(options: Partial<CrlMint> = {}) {
  const crl = parseCrl(minted(options).der)
  if (isX509Failure(crl)) throw new Error(crl.why)
  return crl
}

const serials = fc.uint8Array({ minLength: 1, maxLength: 20 })
/** Content octets of a serial number. */
const content = (magnitude: Uint8Array) => {
  const der = integer(magnitude)
  return der.subarray(2)
}

test('whatever is revoked is found, and nothing else', t => {
  const entries = fc.array(
    fc.record({
      serial: serials,
      at: fc.integer({ min: 0, max: 2_000_000_000 }).map(seconds => seconds * 1000),
      reason: fc.constantFrom(undefined, 0, 1, 2, 3, 4, 5, 6, 9, 10),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(
      entries,
      fc.array(serials, { maxLength: 20 }),
      fc.boolean(),
      (list, others, twice) => {
        const revoked = list.map(({ serial, at, reason }) => ({
          serial: integer(serial),
          at,
          ...(reason === undefined ? {} : { reason }),
        }))
        const { entries: found } = parsed({ revoked: twice ? [...revoked, ...revoked] : revoked })
        const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(content(a), content(b)) === 0
        for (const { serial } of [...list, ...others.map(serial => ({ serial }))]) {
          const expected = list.filter(other => same(other.serial, serial))
          const got = found.find(content(serial))
          if (got.length !== expected.length * (twice ? 2 : 1)) return false
          for (const { at, reason } of expected)
            if (!got.some(one => one.revocationDate === at && one.reasonCode === reason))
              return false
        }
        return found.size === list.length * (twice ? 2 : 1)
      },
    ),
    { numRuns: 150 },
  )
  t.pass()
})

test('what a CRL says of itself is read', t => {
  const crl = parsed({
    number: 4711,
    distribution: distribution({ names: ['http://crl.example/1'], only: 'user', reasons: [1, 2] }),
  })
  t.is(crl.thisUpdate, now - hour)
  t.is(crl.nextUpdate, now + hour)
  t.is(crl.issuer.text, 'CN = p256 intermediate')
  t.deepEqual([...crl.cRLNumber], [0x12, 0x67])
  t.is(crl.authorityKeyIdentifier?.keyIdentifier?.length, 20)
  t.deepEqual(crl.issuingDistributionPoint, {
    distributionPoint: {
      fullName: [{ kind: 'uniformResourceIdentifier', text: 'http://crl.example/1' }],
    },
    only: 'user certificates',
    onlySomeReasons: 0b110,
  })
  t.deepEqual(crl.unknownCritical, [])
  t.is(parsed().entries.size, 0)
})

const entry: RevokedMint = { serial: 5 }
const withEntry = (...extensions: Uint8Array[]) => ({ revoked: [{ ...entry, extensions }] })
const empty = tlv(0xa0, sequence())
/** Each fault, its kind, and the section that it breaks. */
const faults: Readonly<
  Record<string, readonly [Partial<CrlMint>, 'malformed' | 'unsupported', string]>
> = {
  'version 1': [{ version: 'none', crlExtensions: 'none' }, 'malformed', '5.1.2.1'],
  'version 3': [{ version: 2 }, 'malformed', '5.1.2.1'],
  'no nextUpdate': [{ nextUpdate: 'none' }, 'malformed', '5.1.2.5'],
  'nextUpdate before thisUpdate': [{ nextUpdate: now - 2 * hour }, 'malformed', '5.1.2.5'],
  'no extensions': [{ crlExtensions: 'none' }, 'malformed', '5.1.2.7'],
  'no cRLNumber': [{ number: 'none' }, 'malformed', '5.2.3'],
  'a cRLNumber of 21 octets': [
    {
      number: 'none',
      extensions: [extension('2.5.29.20', false, integer(new Uint8Array(21).fill(1)))],
    },
    'malformed',
    '5.2.3',
  ],
  'a critical cRLNumber': [
    { number: 'none', extensions: [extension('2.5.29.20', true, integer(1))] },
    'malformed',
    '5.2.3',
  ],
  'no issuer': [{ issuerName: sequence() }, 'malformed', '5.1.2.3'],
  'an extension twice': [
    { extensions: [unknownExtension(false), unknownExtension(false)] },
    'malformed',
    '5.2',
  ],
  'an entry extension twice': [
    withEntry(unknownExtension(false), unknownExtension(false)),
    'malformed',
    '5.3',
  ],
  'a reason that is none': [{ revoked: [{ ...entry, reason: 7 }] }, 'malformed', '5.3.1'],
  removeFromCRL: [{ revoked: [{ ...entry, reason: 8 }] }, 'malformed', '5.3.1'],
  'an empty list': [{ spoilTbs: withEmptyList }, 'malformed', '5.1.2.6'],
  'an empty IDP': [{ distribution: sequence() }, 'malformed', '5.2.5'],
  'an IDP for users and authorities': [
    { distribution: distribution({ only: 'both' }) },
    'malformed',
    '5.2.5',
  ],
  'a delta': [{ extensions: [deltaIndicator(3)] }, 'unsupported', '5.2.4'],
  'an indirect one': [{ distribution: distribution({ indirect: true }) }, 'unsupported', '5.2.5'],
  'entries of another issuer': [withEntry(entryIssuer(issuer.subject)), 'unsupported', '5.3.3'],
}

/** revokedCertificates without any, which DER could have. */
function withEmptyList(tbs: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const inside = tbs.subarray(tbs[1] === 0x81 ? 3 : 2)
  const at = inside.findIndex(
    (byte, i) => byte === 0xa0 && inside.length - i === (inside[i + 1] ?? 0) + 2,
  )
  return sequence(inside.subarray(0, at), sequence(), inside.subarray(at))
}

for (const [name, [options, kind, section]] of Object.entries(faults))
  test(`a CRL with a fault is refused for it: ${name}`, t => {
    const { der } = minted(options)
    const failure = parseCrl(der)
    if (!isX509Failure(failure)) return t.fail('it was taken')
    t.is(failure.failure, kind, failure.why)
    t.is(failure.section, `RFC 5280 ${section}`, failure.why)
    t.throws(() => crlStore([der]), { code: 'ERR_X509_INVALID_CRL' })
    return undefined
  })

test('extensions that nobody knows are noted where they are critical', t => {
  t.deepEqual(parsed({ extensions: [unknownExtension(false)] }).unknownCritical, [])
  t.deepEqual(parsed({ extensions: [unknownExtension(true)] }).unknownCritical, ['1.2.3.4.5'])
  t.deepEqual(parsed(withEntry(unknownExtension(false))).unknownCritical, [])
  t.deepEqual(parsed(withEntry(unknownExtension(true))).unknownCritical, ['1.2.3.4.5'])
})

test('no change of a CRL makes the reader throw, and none of its length is taken', t => {
  const { der } = minted({
    revoked: [{ serial: 5, reason: 1 }, { serial: 700 }],
    distribution: distribution({ names: ['http://crl.example/1'], reasons: [1] }),
  })
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = der.slice()
      changed[at] = (changed[at] as number) ^ mask
      const crl = parseCrl(changed)
      return isX509Failure(crl) || crl.entries.find(Uint8Array.of(5)).length >= 0
    }),
    { numRuns: 1500 },
  )
  fc.assert(
    fc.property(fc.nat(der.length), fc.uint8Array({ maxLength: 30 }), (cut, tail) => {
      const crl = parseCrl(Uint8Array.from([...der.subarray(0, cut), ...tail]))
      // Another signature of the same length is one, too.
      return isX509Failure(crl) || cut + tail.length === der.length
    }),
    { numRuns: 500 },
  )
  t.true(isX509Failure(parseCrl(Uint8Array.from([...der, 0]))))
  t.true(isX509Failure(parseCrl(empty)))
  t.true(isX509Failure(parseCrl(nothing())))
})

test('200 000 entries, in the worst order, are read once and searched at once', t => {
  const count = 200_000
  // Made by hand: entries of a CRL of 10 MB and more, with reasons, serial numbers scattered.
  const reason = extension('2.5.29.21', false, tlv(0x0a, Uint8Array.of(1)))
  const model = sequence(
    integer(new Uint8Array(20).fill(0x11)),
    tlv(0x17, new Uint8Array(Buffer.from('240101000000Z'))),
    sequence(reason),
  )
  const list = new Uint8Array(count * model.length)
  for (let i = 0; i < count; i++) {
    list.set(model, i * model.length)
    new DataView(list.buffer).setUint32(i * model.length + 4, scattered(i))
  }
  const { der } = minted({
    revoked: [entry],
    spoilTbs: tbs => swapped(tbs, list),
  })
  t.true(der.length > 10_000_000)
  const started = process.cpuUsage()
  const since = () => process.cpuUsage(started).user / 1000
  const crl = parseCrl(der)
  if (isX509Failure(crl)) return t.fail(crl.why)
  const read = since()
  t.is(crl.entries.size, count)
  const serial = new Uint8Array(20).fill(0x11)
  const find = (first: number) => {
    new DataView(serial.buffer).setUint32(0, first)
    return crl.entries.find(serial).length
  }
  t.is(find(scattered(77)), 1)
  const sorted = since()
  for (let i = 0; i < 1000; i++) t.is(find(scattered(i * 199)), 1)
  t.is(find(0x3fff_ffff), 0)
  const searched = since()
  t.log(
    `${der.length} bytes: read in ${Math.round(read)} ms, sorted in ${Math.round(sorted - read)} ms, ${Math.round(searched - sorted)} µs a search`,
  )
  t.true(searched < 10_000)
  return undefined
})

/** A number from 2^30 to 2^31, another for each. */
function scattered(i: number): number {
  return 0x4000_0000 | (Math.imul(i + 1, 0x9e37_79b1) & 0x3fff_ffff)
}

/** tbsCertList with another list of entries. */
function swapped(tbs: Uint8Array<ArrayBuffer>, list: Uint8Array): Uint8Array<ArrayBuffer> {
  const inside = Buffer.from(tbs.subarray(tbs[1] === 0x82 ? 4 : 3))
  const one = sequence(integer(5), tlv(0x17, new Uint8Array(Buffer.from('240101000000Z'))))
  const at = inside.indexOf(sequence(one))
  return sequence(
    inside.subarray(0, at),
    sequence(list),
    inside.subarray(at + sequence(one).length),
  )
}

test('a store takes PEM, bundles and DER, and says what else it was given', t => {
  const [a, b] = [minted({ number: 1 }), minted({ number: 2, thisUpdate: now })]
  const store = crlStore([
    `about this one\n${a.pem}\nand that\n${b.pem}`,
    a.der,
    Buffer.from(b.pem),
  ])
  t.is(store.crls.length, 4)
  const of = store.crls[0]?.issuer
  const newest = of && store.by(of).map(({ cRLNumber }) => cRLNumber[0])
  t.deepEqual(newest, [2, 2, 1, 1])
  t.deepEqual(crlStore([]).crls, [])
  for (const wrong of [5, null, {}])
    t.throws(() => crlStore([wrong as unknown as string]), { code: 'ERR_X509_INVALID_CRL' })
  for (const wrong of [issuer.pem, 'nothing', ''])
    t.throws(() => crlStore([wrong]), { code: 'ERR_X509_NO_CRL' })
  t.throws(() => crlStore([issuer.der]), { code: 'ERR_X509_INVALID_CRL' })
  t.throws(() => crlStore(['-----BEGIN X509 CRL-----\n*\n-----END X509 CRL-----']), {
    code: 'ERR_PEM_INVALID',
  })
})

test('serial numbers whose hashes collide, and one that stands there again and again, are found as fast', t => {
  // FNV-1a of 32 bits: pairs of serial numbers with one hash are soon found among 2^17.
  const seen = new Map<number, Uint8Array>()
  const colliding: Uint8Array[] = []
  for (let i = 0; i < 2 ** 17; i++) {
    const serial = new Uint8Array(8)
    new DataView(serial.buffer).setUint32(0, scattered(i))
    const hash = serial.reduce((sum, byte) => Math.imul(sum ^ byte, 0x0100_0193), 0x811c_9dc5) >>> 0
    const other = seen.get(hash)
    if (other) colliding.push(other, serial)
    seen.set(hash, serial)
  }
  t.true(colliding.length > 1)
  const all = parsed({ revoked: colliding.map(serial => ({ serial: integer(serial) })) })
  for (const serial of colliding) t.is(all.entries.find(serial).length, 1)
  const one = Array.from({ length: 1000 }, () => ({ serial: 5 }))
  t.is(
    parsed({ revoked: [{ serial: 4 }, ...one, { serial: 6 }] }).entries.find(Uint8Array.of(5))
      .length,
    16,
  )
})
