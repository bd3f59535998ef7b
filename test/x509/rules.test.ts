/** Rules 73 and 74 of what stacks get wrong about certificates: constraints, critical extensions, path lengths, the CA bit, names. */
import {
  extension,
  type GeneralNameInput,
  type Minted,
  type MintOptions,
  nameConstraints,
  octetString,
} from '@biopair/testkit/mint'
import { keyPurposes, type VerifyOptions } from '@biopair/x509'
import test from 'ava'
import { judge, said } from './judge.ts'
import { minter } from './shapes.ts'

const root = minter.root()

/** Code and depth, or `believed`, of leaf, intermediate and root. */
function verdict(
  above: MintOptions,
  below: MintOptions,
  rest: Partial<VerifyOptions> = {},
  anchor: Minted = root,
): string {
  const intermediate = minter.intermediate(anchor, above)
  const leaf = minter.leaf(intermediate, below)
  return said(judge([leaf, intermediate], [anchor], rest)).split(',')[0] as string
}

const good: readonly GeneralNameInput[] = [
  'server.example',
  '192.0.2.1',
  '2001:db8::1',
  'email:someone@mail.example',
  'uri:https://host.example/',
]
const bad = {
  dNSName: ['other.test', 'test'],
  'iPAddress (4)': ['10.0.0.1', '10.0.0.0/255.0.0.0'],
  'iPAddress (6)': ['fd00::1', 'fd00::/ff00::'],
  rfc822Name: ['email:someone@other.test', 'email:other.test'],
  uniformResourceIdentifier: ['uri:https://other.test/', 'uri:other.test'],
  directoryName: [[['O', 'Other']], [['O', 'Other']]],
} as const satisfies Record<string, readonly [GeneralNameInput, GeneralNameInput]>

for (const [form, [name, base]] of Object.entries(bad))
  test(`rule 73: name constraints hold for every subject alternative name, whichever place a ${form} has among them`, t => {
    const excluded = { extensions: [nameConstraints([], [base])] }
    for (let place = 0; place <= good.length; place++)
      t.is(verdict(excluded, { names: good.toSpliced(place, 0, name) }), 'EXCLUDED_VIOLATION at 0')
    t.is(verdict(excluded, { names: good }), 'believed')
    // Of this form, only what is permitted; good names of the form are, and the others are not looked at.
    const permits =
      form === 'directoryName'
        ? [[['CN', 'leaf']] as const]
        : [
            'example',
            '192.0.2.0/255.255.255.0',
            '2001:db8::/ffff:ffff::',
            'email:mail.example',
            'uri:host.example',
          ]
    const permitted = { extensions: [nameConstraints(permits)] }
    t.is(verdict(permitted, { subject: 'leaf', names: good }), 'believed')
    t.is(
      verdict(permitted, { subject: 'leaf', names: [...good, name] }),
      'PERMITTED_VIOLATION at 0',
    )
  })

test('rule 73: name constraints hold for a name of any form that says the same to whoever reads it loosely', t => {
  const excluded = { extensions: [nameConstraints([], ['other.example'])] }
  for (const name of ['OTHER.example', 'a.other.EXAMPLE', '*.other.example'])
    t.is(verdict(excluded, { names: ['server.example', name] }), 'EXCLUDED_VIOLATION at 0', name)
  for (const name of ['other.example.', 'other .example', 'other.example\0.test'])
    t.is(
      verdict(excluded, { names: ['server.example', name] }),
      'UNSUPPORTED_NAME_SYNTAX at 0',
      name,
    )
  t.is(verdict(excluded, { names: ['server.example', 'another.example'] }), 'believed')
})

test('rule 73: name constraints hold for the names of intermediates, of all that stand below', t => {
  const constrained = minter.intermediate(root, { extensions: [nameConstraints(['example'])] })
  const outside = { subject: 'below', names: ['other.test'] }
  const between = minter.intermediate(constrained, outside)
  t.is(
    said(judge([minter.leaf(between), between, constrained], [root])).split(',')[0],
    'PERMITTED_VIOLATION at 1',
  )
})

test('rule 73: an unknown critical extension is refused wherever it stands, and one that is not critical is not', t => {
  const unknown = (critical: boolean) => ({
    extensions: [extension('1.3.6.1.4.1.55738.666.1', critical, octetString())],
  })
  t.is(verdict({}, unknown(true)), 'UNHANDLED_CRITICAL_EXTENSION at 0')
  t.is(verdict(unknown(true), {}), 'UNHANDLED_CRITICAL_EXTENSION at 1')
  const anchor = minter.root(unknown(true))
  t.is(verdict({}, {}, {}, anchor), 'UNHANDLED_CRITICAL_EXTENSION at 2')
  t.is(verdict(unknown(false), unknown(false), {}, minter.root(unknown(false))), 'believed')
})

test('rule 73: a path length does not count self-issued intermediates, and counts all others', t => {
  for (const [most, others, expected] of [
    [0, 0, 'believed'],
    [0, 1, 'PATH_LENGTH_EXCEEDED'],
    [1, 1, 'believed'],
    [1, 2, 'PATH_LENGTH_EXCEEDED'],
  ] as const)
    for (const renewals of [0, 1, 3]) {
      const top = minter.intermediate(root, { subject: 'top', ca: most })
      const chain: Minted[] = [top]
      for (let i = 0; i < renewals; i++)
        chain.unshift(minter.intermediate(chain[0] as Minted, { subject: 'top', serial: i + 1 }))
      for (let i = 0; i < others; i++)
        chain.unshift(minter.intermediate(chain[0] as Minted, { subject: `other ${i}` }))
      const leaf = minter.leaf(chain[0] as Minted)
      const answer = said(judge([leaf, ...chain], [root])).split(' ')[0]
      t.is(answer, expected, `${most}, ${others} others, ${renewals} renewals`)
    }
})

test('rule 73: the CA bit has to be there: without basicConstraints there is no authority, whatever else is said', t => {
  const nothings: readonly MintOptions[] = [
    { ca: 'none' },
    { ca: 'none', keyUsage: [5, 6] },
    { ca: 'none', keyUsage: 'none', extKeyUsage: 'none' },
    { ca: 'none', keyUsage: [5], extKeyUsage: 'none', keyIdentifiers: false },
    { ca: false, keyUsage: [5, 6] },
    { ca: false, keyUsage: 'none', extKeyUsage: 'none' },
    { version: 1 },
  ]
  for (const above of nothings) t.is(verdict(above, {}), 'INVALID_CA at 1', JSON.stringify(above))
  t.is(verdict({ ca: true, keyUsage: 'none' }, {}), 'believed')
})

test('rule 73: a purpose that an authority has not got, nobody below it has', t => {
  const { serverAuth, clientAuth, anyExtendedKeyUsage } = keyPurposes
  const both = { extKeyUsage: [serverAuth, clientAuth] }
  for (const [purpose, other] of [
    ['serverAuth', clientAuth],
    ['clientAuth', serverAuth],
  ] as const) {
    t.is(verdict({ extKeyUsage: [other] }, both, { purpose }), 'INVALID_PURPOSE at 1')
    t.is(verdict({ extKeyUsage: [keyPurposes[purpose]] }, both, { purpose }), 'believed')
    t.is(verdict({ extKeyUsage: [anyExtendedKeyUsage] }, both, { purpose }), 'believed')
    t.is(verdict({}, { extKeyUsage: [other] }, { purpose }), 'INVALID_PURPOSE at 0')
    t.is(
      verdict({}, both, { purpose }, minter.root({ extKeyUsage: [other] })),
      'INVALID_PURPOSE at 2',
    )
  }
})

/** Whether a leaf with these names is believed for a name; its common name is `server.example`, which must not count. */
function named(names: readonly GeneralNameInput[], name: string): string {
  return verdict({}, { subject: 'server.example', names }, { name })
}
const refused = 'ERR_TLS_CERT_ALTNAME_INVALID at 0'

test('rule 74: the common name is never looked at', t => {
  t.is(named([], 'server.example'), refused)
  t.is(named(['other.example'], 'server.example'), refused)
  t.is(named(['192.0.2.1'], 'server.example'), refused)
  t.is(
    named(['email:someone@server.example', 'uri:https://server.example/'], 'server.example'),
    refused,
  )
  t.is(named(['server.example'], 'server.example'), 'believed')
  t.is(verdict({}, { subject: '192.0.2.1', names: [] }, { name: '192.0.2.1' }), refused)
})

test('rule 74: a wildcard is the whole left-most label, and stands for one label', t => {
  for (const [pattern, name, expected] of [
    ['*.example.com', 'a.example.com', 'believed'],
    ['*.example.com', 'A.EXAMPLE.COM', 'believed'],
    ['*.example.com', 'example.com', refused],
    ['*.example.com', 'a.b.example.com', refused],
    ['a*.example.com', 'ab.example.com', refused],
    ['*a.example.com', 'ba.example.com', refused],
    ['a*b.example.com', 'acb.example.com', refused],
    ['a.*.example.com', 'a.b.example.com', refused],
    ['*.*.example.com', 'a.b.example.com', refused],
    ['*', 'localhost', refused],
    ['xn--*.example.com', 'xn--a.example.com', refused],
  ] as const)
    t.is(named([pattern], name), expected, `${pattern} for ${name}`)
})

test('rule 74: a wildcard matches no address and no name below a single label', t => {
  t.is(named(['*.0.2.1'], '192.0.2.1'), refused)
  t.is(named(['*'], '192.0.2.1'), refused)
  t.is(named(['*.1'], '192.0.2.1'), refused)
  t.is(named(['192.0.2.1'], '192.0.2.1'), 'believed')
  t.is(named(['*.com'], 'example.com'), refused)
  t.is(named(['*.localhost'], 'a.localhost'), refused)
  t.is(named(['*.'], 'a.'), refused)
})
