import {
  enumerated,
  fixed,
  named,
  opaque,
  optionalTail,
  rest,
  show,
  showBytes,
  struct,
  uint8,
  uint16,
  variant,
  vector,
} from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { arbitraryOf } from '../support/arbitrary.ts'

const Suite = named('CipherSuite', uint16)
const Item = named('Item', struct({ item_type: Suite, item_data: opaque(0, 300) }))
const Message = struct({
  count: uint8,
  suite: Suite,
  random: fixed(4),
  mode: enumerated(uint8, { on: 1, off: 0 }, { unknown: 'keep' }),
  suites: vector(Suite, 0, 90),
  items: vector(Item, 0, 900),
  choice: variant(
    ['kind', enumerated(uint8, { host: 0 }, { unknown: 'keep' })],
    ['name', { host: opaque(0, 9) }],
    rest(),
  ),
})
const Tail = struct({ a: uint8, tail: optionalTail(struct({ b: uint8 })) })

const names = {
  CipherSuite: (id: number) => (id === 0x1301 ? 'TLS_AES_128_GCM_SHA256' : undefined),
}

test('a value is shown a field a line, with names for ids that have one', t => {
  t.deepEqual(
    show(
      Message,
      {
        count: 3,
        suite: 0x1301,
        random: Uint8Array.of(0, 1, 2, 255),
        mode: 'on',
        suites: [0x1301, 0x000a],
        items: [
          { item_type: 1, item_data: Uint8Array.of(104, 105) },
          { item_type: 2, item_data: new Uint8Array(40) },
        ],
        choice: { kind: 'host', name: new Uint8Array() },
      },
      { names },
    ),
    [
      'count: 3',
      'suite: TLS_AES_128_GCM_SHA256 (0x1301)',
      'random: 000102ff',
      'mode: on',
      'suites: TLS_AES_128_GCM_SHA256 (0x1301), 0x000a',
      'items:',
      '  - item_type: 0x0001',
      '    item_data: 6869 "hi"',
      '  - item_type: 0x0002',
      `    item_data: ${'00'.repeat(32)}... (40 bytes)`,
      'choice:',
      '  kind: host',
      '  name: (empty)',
    ],
  )
})

test('what is found inside a value is shown in its place', t => {
  const lines = show(vector(Item, 0, 900), [{ item_type: 7, item_data: Uint8Array.of(0, 5) }], {
    open: (type, value) =>
      type === 'Item' && (value as { item_type: number }).item_type === 7
        ? { title: 'size_limit', codec: uint16, value: 5 }
        : undefined,
  })
  t.deepEqual(lines, ['- size_limit: 5'])
})

test('absent, empty and single values have lines of their own', t => {
  t.deepEqual(show(Tail, { a: 1, tail: undefined }), ['a: 1', 'tail: (absent)'])
  t.deepEqual(show(Tail, { a: 1, tail: { b: 2 } }), ['a: 1', 'tail:', '  b: 2'])
  t.deepEqual(show(struct({ list: vector(uint8, 0, 9) }), { list: [] }), ['list: (none)'])
  t.deepEqual(show(uint16, 300), ['300'])
})

test('a list that is longer than a line has a line for each element', t => {
  const ids = Array.from({ length: 30 }, (_, i) => i)
  t.deepEqual(show(struct({ suites: vector(Suite, 0, 90) }), { suites: ids }).length, 31)
})

test('bytes are cut beyond 32 and quoted where they are text', t => {
  t.is(showBytes(new Uint8Array()), '(empty)')
  t.is(showBytes(Uint8Array.from('h2', c => c.charCodeAt(0))), '6832 "h2"')
  t.is(showBytes(new Uint8Array(32)), '00'.repeat(32))
  t.is(showBytes(new Uint8Array(33).fill(0x61)), `${'61'.repeat(32)}... (33 bytes)`)
})

test('every value can be shown, in lines of bounded length', t => {
  fc.assert(
    fc.property(arbitraryOf(Message), value => {
      const lines = show(Message, value, { names })
      return (
        lines.length >= 7 && lines.every(line => line.length <= 140 && !line.includes('undefined'))
      )
    }),
  )
  t.pass()
})
