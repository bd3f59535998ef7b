/** docs/api.md names what package node exports, and the members of its classes that not every BIO has. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as node from '@biopair/node'
import test from 'ava'
import { root } from '../house/support/rooms.ts'

const page = readFileSync(join(root, 'docs/api.md'), 'utf8')
const [, after = ''] = page.split('\n## Descriptors, files and connections\n')
const chapter = after.split(/^## /m)[0] as string
const named = new Set(
  [...chapter.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => /^(?:new )?(\w+)/.exec(span)?.[1]),
)

/** What every BIO has, and what lends. */
const common = ['read', 'write', 'flush', 'run', 'consume', 'room', 'commit', 'constructor']

test('docs/api.md names every class of package node', t => {
  t.true(Object.keys(node).length > 3)
  t.deepEqual(
    Object.keys(node).filter(name => !named.has(name)),
    [],
  )
})

test('docs/api.md names every member of the classes of package node', t => {
  for (const kind of [node.FdBio, node.FileBio, node.ConnectBio, node.AcceptBio]) {
    const members = Object.getOwnPropertyNames(kind.prototype)
    t.true(members.length > 5)
    t.deepEqual(
      members.filter(name => !common.includes(name) && !named.has(name)),
      [],
      kind.name,
    )
  }
})
