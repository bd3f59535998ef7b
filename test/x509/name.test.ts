import { type GeneralName, matchName, parseIp } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'

function dns(...texts: string[]): { subjectAltName: GeneralName[] } {
  return { subjectAltName: texts.map(text => ({ kind: 'dNSName', text })) }
}

function ip(...texts: string[]): { subjectAltName: GeneralName[] } {
  return {
    subjectAltName: texts.map(text => ({
      kind: 'iPAddress',
      address: parseIp(text) ?? new Uint8Array(0),
    })),
  }
}

const label = fc
  .tuple(
    fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
    fc.string({ unit: fc.constantFrom(...'abcxyz0189-'), maxLength: 8 }),
  )
  .map(([first, rest]) => `${first}${rest.replace(/-$/, '')}`)
const host = fc.array(label, { minLength: 2, maxLength: 5 }).map(labels => labels.join('.'))

/** The same name with some letters in upper case. */
function shout(text: string, mask: number): string {
  return Array.from(text, (letter, i) =>
    (mask >> (i % 30)) & 1 ? letter.toUpperCase() : letter,
  ).join('')
}

test('a host is matched by its own name, in any case, with a trailing dot or without, and by no other', t => {
  fc.assert(
    fc.property(host, host, fc.nat(), fc.boolean(), (name, other, mask, dot) => {
      const reference = shout(name, mask) + (dot ? '.' : '')
      const match = matchName(dns(other, name), reference)
      return match.ok && matchName(dns(other), reference).ok === (other === name)
    }),
  )
  t.pass()
})

test('a wildcard stands for exactly one label', t => {
  fc.assert(
    fc.property(label, label, host, fc.nat(), (first, second, domain, mask) => {
      const presented = dns(shout(`*.${domain}`, mask))
      return (
        matchName(presented, `${first}.${domain}`).ok &&
        !matchName(presented, domain).ok &&
        !matchName(presented, `${first}.${second}.${domain}`).ok
      )
    }),
  )
  t.deepEqual(matchName(dns('*.example.com'), 'www.example.com'), {
    ok: true,
    matched: '*.example.com',
  })
})

for (const presented of [
  '*',
  '*.com',
  '*.',
  'w*.example.com',
  '*w.example.com',
  'www.*.com',
  '*.*.com',
  '**.example.com',
])
  test(`${presented} matches nothing`, t => {
    for (const reference of ['com', 'www.com', 'www.example.com', 'www.www.com', presented])
      t.false(matchName(dns(presented), reference).ok, reference)
  })

test('a wildcard matches no address, and a dNSName none either', t => {
  for (const presented of ['*.0.2.1', '192.0.2.1', '*.1', '::1', '0x7f.1'])
    for (const reference of ['192.0.2.1', '::1', '0x7f.1'])
      t.false(matchName(dns(presented), reference).ok, `${presented} ${reference}`)
  t.false(matchName(ip('192.0.2.1'), '192.0.2.1.example').ok)
})

test('an iPAddress matches the address in whatever text it comes', t => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(), (address, mask) => {
      const presented = { subjectAltName: [{ kind: 'iPAddress', address } as const] }
      return texts(address).every(
        text => matchName(presented, shout(text, mask)).ok && matchName(presented, `[${text}]`).ok,
      )
    }),
  )
  t.true(matchName(ip('127.0.0.1'), '127.0.0.1').ok)
  t.false(matchName(ip('127.0.0.1'), '127.0.0.2').ok)
  t.false(matchName(ip('127.0.0.1'), '::ffff:127.0.0.1').ok)
  t.false(matchName(ip('127.0.0.1'), 'localhost').ok)
})

for (const text of [
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '256.1.1.1',
  '1.2.3.-4',
  ' 1.2.3.4',
  '1.2.3.4 ',
  '0x1.2.3.4',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  '12345::',
  'g::',
  '::1%eth0',
  '1.2.3.4::',
  '::1.2.3',
  '::1.2.3.4:5',
  '[::1',
  '::1]',
  '[1.2.3.4]',
])
  test(`${JSON.stringify(text)} is no IP address`, t => {
    t.is(parseIp(text), undefined)
  })

test('what parseIp reads is what RFC 4291 says', t => {
  const bytes = (text: string) => Array.from(parseIp(text) ?? [])
  t.deepEqual(bytes('192.0.2.255'), [192, 0, 2, 255])
  t.deepEqual(bytes('::'), new Array(16).fill(0))
  t.deepEqual(bytes('2001:db8::1'), [0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 1])
  t.deepEqual(bytes('::ffff:192.0.2.1'), [...new Array(10).fill(0), 255, 255, 192, 0, 2, 1])
  t.deepEqual(bytes('1:2:3:4:5:6:7::'), [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0])
})

test('no certificate matches a name that is none', t => {
  for (const reference of [
    '',
    '.',
    '..',
    'a..b',
    '*.example.com',
    'exämple.com',
    'a b.com',
    '-a.com',
    `${'a'.repeat(64)}.com`,
    'a.com..',
    'a.com\0.b.com',
  ])
    t.false(matchName(dns(reference, 'example.com'), reference).ok, reference)
})

test('A-labels and underscores are names; a presented trailing dot is not', t => {
  t.true(matchName(dns('xn--bcher-kva.example'), 'xn--bcher-kva.example').ok)
  t.true(matchName(dns('*.example.com'), 'xn--bcher-kva.example.com').ok)
  t.true(matchName(dns('my_service.internal'), 'my_service.internal').ok)
  t.true(matchName(dns('localhost'), 'localhost').ok)
  t.false(matchName(dns('example.com.'), 'example.com').ok)
})

test('a mismatch says what was there', t => {
  const names = {
    subjectAltName: [...dns('a.example').subjectAltName, ...ip('::1').subjectAltName],
  }
  const match = matchName(names, 'b.example')
  t.false(match.ok)
  if (!match.ok) {
    t.true(match.why.includes('expected b.example'))
    t.true(match.why.includes('DNS:a.example, IP:0:0:0:0:0:0:0:1'))
  }
  t.false(matchName({ subjectAltName: undefined }, 'b.example').ok)
})

/** An IPv6 address in full, compressed at each run of zeros, and with a dotted tail. */
function texts(address: Uint8Array): string[] {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16),
  )
  const full = groups.join(':')
  const dotted = `${groups.slice(0, 6).join(':')}:${address.slice(12).join('.')}`
  const padded = groups.map(group => group.padStart(4, '0')).join(':')
  const compressed = groups.flatMap((group, i) =>
    group === '0' ? [`${groups.slice(0, i).join(':')}::${groups.slice(i + 1).join(':')}`] : [],
  )
  return [full, dotted, padded, ...compressed]
}
