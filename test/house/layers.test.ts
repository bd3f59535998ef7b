import test from 'ava'
import { arrowFaults, captionFaults, stateFaults, typeFaults } from './support/faults.ts'
import { importsOf, packageOf } from './support/imports.ts'
import { baseOptions, type Package, packages, rooms } from './support/rooms.ts'

const house = packages()

test('no arrow of the drawing itself points upward', t => {
  for (const [name, { floor, may }] of Object.entries(rooms))
    for (const other of may)
      t.true((rooms[other]?.floor ?? floor) < floor, `${name} knows ${other}`)
})

test('every room of the drawing has its package, and every package its room', t => {
  t.deepEqual(house.map(({ room }) => room).sort(), Object.keys(rooms).sort())
  for (const { room, manifest } of house)
    t.is(manifest.name, room === 'biopair' ? 'biopair' : `@biopair/${room}`)
})

test('no import runs upward, sideways or to what is not declared', t => {
  t.deepEqual(house.flatMap(arrowFaults), [])
})

test('the floors below the adapters compile without types of Node or the DOM', t => {
  t.deepEqual(
    house.flatMap(each => typeFaults(each, baseOptions())),
    [],
  )
})

test('no module has state', t => {
  t.deepEqual(house.flatMap(stateFaults), [])
})

test('every file says in its first line what it is', t => {
  t.deepEqual(house.flatMap(captionFaults), [])
})

test('every import of a module is seen, however it is written', t => {
  const text = `/** Says import('in-a-comment'). */
import 'bare'
import { type A, b } from '@scope/named'
import {
  c,
} from '@scope/many/lines.js'
import type { D } from 'types'
export * from './all.ts'
export { e } from "./double.ts"
const f = await import('dynamic')
const g = require('required')
// import 'in-a-line'
const url = 'https://example.com' // not one
import{h}from"tight";import{i}from"beside"
`
  t.deepEqual(
    [...importsOf(text)].sort(),
    [
      './all.ts',
      './double.ts',
      '@scope/many/lines.js',
      '@scope/named',
      'bare',
      'beside',
      'dynamic',
      'required',
      'tight',
      'types',
    ].sort(),
  )
  t.is(packageOf('@scope/many/lines.js'), '@scope/many')
  t.is(packageOf('plain/sub'), 'plain')
})

/** A record package with one source, and whatever else is to be wrong. */
function madeUp(source: string, rest: Partial<Package> = {}): Package {
  return {
    room: 'record',
    manifest: { name: '@biopair/record', dependencies: { '@biopair/wire': 'workspace:*' } },
    tsconfig: { references: [{ path: '../wire' }] },
    sources: [{ name: 'a.ts', text: `/** A file. */\n${source}` }],
    ...rest,
  }
}

test('a made-up house with each fault is found out', t => {
  const fine = madeUp("import { Reader } from '@biopair/wire'\nimport { b } from './b.ts'\n")
  t.deepEqual(arrowFaults(fine), [])
  const faulty: readonly (readonly [source: string, fault: string])[] = [
    ["import { Ssl } from '@biopair/ssl'", 'imports upward'],
    ["const late = await import('@biopair/handshake')", 'imports upward'],
    ["export * from '@biopair/x509'", 'imports upward'],
    ["import { bioPair } from '@biopair/bio'", 'must not know bio'],
    ["import { aead } from '@biopair/crypto'", '@biopair/crypto is not declared'],
    ["import { gcm } from '@noble/ciphers/aes.js'", '@noble/ciphers is not declared'],
    ["import { randomBytes } from 'node:crypto'", 'Node on floor 2'],
    ["import { Ring } from '../../bio/src/ring.ts'", 'leaves its package'],
    ["import { everything } from './index.ts'", "its own package's face"],
  ]
  for (const [source, fault] of faulty) {
    const faults = arrowFaults(madeUp(source)).join('\n')
    t.true(faults.includes(fault), `${source}: ${faults}`)
  }
  const upward = { name: '@biopair/record', dependencies: { '@biopair/ssl': 'workspace:*' } }
  t.regex(arrowFaults(madeUp('', { manifest: upward })).join('\n'), /package\.json: .*upward/)
  t.regex(arrowFaults(madeUp('', { tsconfig: {} })).join('\n'), /no reference to \.\.\/wire/)
  t.regex(arrowFaults(madeUp('', { room: 'attic' })).join('\n'), /no floor/)
  const main = { name: 'index.ts', text: "/** F. */\nimport 'node:fs'\n" }
  t.regex(arrowFaults(madeUp('', { room: 'biopair', sources: [main] })).join('\n'), /Node outside/)
})

test('types of Node or the DOM, state and a missing caption are found out', t => {
  const base = { lib: ['es2023'], types: [] }
  t.deepEqual(typeFaults(madeUp(''), base), [])
  for (const compilerOptions of [{ types: ['node'] }, { lib: ['es2023', 'dom'] }])
    t.is(typeFaults(madeUp('', { tsconfig: { compilerOptions } }), base).length, 1)
  t.is(typeFaults(madeUp('/// <reference types="node" />'), base).length, 1)
  const states = [
    'let count = 0',
    'export var a',
    'const seen = new Set<string>()',
    'const all = []',
  ]
  for (const source of states) t.is(stateFaults(madeUp(source)).length, 1, source)
  const fixed = ['const rows: ReadonlyMap<a, b> = new Map([', '  let inside = 0', 'const one = 1']
  for (const source of fixed) t.deepEqual(stateFaults(madeUp(source)), [], source)
  const bare = { name: 'a.ts', text: "import 'x'\n" }
  t.is(captionFaults(madeUp('', { sources: [bare] })).length, 1)
  t.is(captionFaults(madeUp('', { sources: [{ name: 'a.ts', text: '/** */\n' }] })).length, 1)
  t.deepEqual(captionFaults(madeUp('')), [])
})
