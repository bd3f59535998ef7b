/** Matching names beside a second statement of RFC 9525, written label by label. */
import { type GeneralName, isReferenceName, matchName } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { shortOf, untilMet } from '../support/met.ts'

/** A domain name by RFC 1034 §3.5 and RFC 5890 §2.3.1 with the underscore: its labels in lower case, or undefined. */
function labelsOf(text: string): string[] | undefined {
  const labels = text.split('.').map(label => {
    let folded = ''
    for (const character of label) {
      const code = character.charCodeAt(0)
      folded += code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 0x20) : character
    }
    return folded
  })
  const allowed = 'abcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const label of labels) {
    if (label.length < 1 || label.length > 63 || label.startsWith('-')) return undefined
    for (const character of label) if (!allowed.includes(character)) return undefined
  }
  // What ends in a number is an address, well written or not.
  const last = labels.at(-1) ?? ''
  if ([...last].every(character => '0123456789'.includes(character))) return undefined
  return text.length > 253 ? undefined : labels
}

/** RFC 9525 §6.3 for one presented DNS-ID. */
function oracle(presented: string, reference: string): boolean {
  const wanted = labelsOf(reference.endsWith('.') ? reference.slice(0, -1) : reference)
  if (!wanted) return false
  const [first = '', ...rest] = presented.split('.')
  // "(1) There is more than one wildcard character", "(2) [...] embedded in an A-label or U-label", "(3) not the left-most label": none of these is one.
  if (!presented.includes('*')) {
    const labels = labelsOf(presented)
    return labels !== undefined && labels.join('.') === wanted.join('.')
  }
  if (first !== '*') return false
  const labels = labelsOf(rest.join('.'))
  // Ours: what a wildcard stands under has two labels at least.
  if (!labels || labels.length < 2) return false
  return wanted.length === labels.length + 1 && labels.every((label, i) => label === wanted[i + 1])
}

const label = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'WWW', 'www', 'xn--bcher-kva', 'x_y', 'a-b') },
  fc.constantFrom(
    '*',
    'a*',
    '*a',
    'a*b',
    '**',
    '',
    '-a',
    'a-',
    '1',
    '0x1',
    'bücher',
    'a b',
    'a\0',
    'é',
    'l'.repeat(63),
    'l'.repeat(64),
  ),
)
const name = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([labels, dot]) => labels.join('.') + (dot ? '.' : ''))
/** A name, and one that was made of it: with other case, another first label, a label more or less. */
const related = fc
  .tuple(name, label, fc.constantFrom('same', 'case', 'first', 'more', 'less', 'star'))
  .map(([one, other, change]) => {
    const [first = '', ...rest] = one.split('.')
    const changed: Record<typeof change, string> = {
      same: one,
      case: one.toUpperCase(),
      first: [other, ...rest].join('.'),
      more: [other, first, ...rest].join('.'),
      less: rest.join('.'),
      star: ['*', ...rest].join('.'),
    }
    return [changed[change], one] as const
  })

function dns(...texts: readonly string[]): { subjectAltName: GeneralName[] } {
  return { subjectAltName: texts.map(text => ({ kind: 'dNSName', text })) }
}

test('rule 74: a dNSName matches where a second reading of RFC 9525 has it match, and nowhere else', async t => {
  let [matches, wild] = [0, 0]
  const pair = fc.oneof(
    related,
    related.map(([a, b]) => [b, a] as const),
    fc.tuple(name, name),
  )
  const property = fc.property(pair, ([presented, reference]) => {
    const expected = oracle(presented, reference)
    if (expected) matches++
    if (expected && presented.startsWith('*')) wild++
    t.is(matchName(dns(presented), reference).ok, expected, `${presented} for ${reference}`)
    // Without wildcards, what is spelled out alone.
    t.is(
      matchName(dns(presented), reference, { allowWildcards: false }).ok,
      expected && !presented.includes('*'),
    )
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 5000 }),
    () => [...shortOf({ matches }, ['matches'], 201), ...shortOf({ wild }, ['wild'], 11)],
  )
  t.log(`${matches} matches, ${wild} by wildcard`)
  t.deepEqual(short, [])
})

test('rule 74: one of several names is enough, and names of another kind never count', t => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 4 }), name, (presented, reference) => {
      const expected = presented.some(text => oracle(text, reference))
      t.is(matchName(dns(...presented), reference).ok, expected)
      const kinds = ['rfc822Name', 'uniformResourceIdentifier'] as const
      const others = presented.flatMap(text => kinds.map(kind => ({ kind, text })))
      t.false(matchName({ subjectAltName: others }, reference).ok)
      t.is(
        isReferenceName(reference),
        labelsOf(reference.endsWith('.') ? reference.slice(0, -1) : reference) !== undefined,
      )
    }),
    { numRuns: 500 },
  )
})

test('rule 74: a wildcard matches no address, and never a top label or one below it', t => {
  const cases: [string, string][] = [
    ['*', 'com'],
    ['*', 'localhost'],
    ['*.', 'com'],
    ['*.com', 'example.com'],
    ['*.co', 'example.co'],
    ['*.localhost', 'a.localhost'],
    ['*.0.2.1', '192.0.2.1'],
    ['*.1', '1.1'],
    ['*:db8::1', '2001:db8::1'],
  ]
  for (const [presented, reference] of cases)
    t.false(matchName(dns(presented), reference).ok, `${presented} for ${reference}`)
  t.true(matchName(dns('*.co.uk'), 'example.co.uk').ok)
})

test('rule 74: a name that is not in A-labels matches nothing, from either side, and says so', t => {
  for (const text of [
    'münchen.example',
    'МОСКВА.example',
    'xn--mnchen-3ya。example',
    'ａ.example',
  ]) {
    const match = matchName(dns(text, 'xn--mnchen-3ya.example'), text)
    t.false(match.ok)
    if (!match.ok) t.regex(match.why, /A-labels/)
    t.false(matchName(dns(text), 'xn--mnchen-3ya.example').ok)
  }
  t.true(matchName(dns('XN--mnchen-3ya.example'), 'xn--MNCHEN-3ya.example').ok)
})

test('rule 74: the common name is never looked at', t => {
  // A certificate is asked for nothing but its alternative names.
  const certificate = { subjectAltName: undefined, subject: { text: 'CN = server.example' } }
  t.false(matchName(certificate, 'server.example').ok)
  const read: string[] = []
  const watched = new Proxy(dns('a.example'), {
    get: (target, key) => {
      read.push(String(key))
      return Reflect.get(target, key)
    },
  })
  matchName(watched, 'b.example')
  t.deepEqual([...new Set(read)], ['subjectAltName'])
})
