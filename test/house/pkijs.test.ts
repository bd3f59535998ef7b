/** pkijs, and what it brings, is loaded by who asks for `pki`, and by nobody else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { modulesFrom } from './support/modules.ts'
import { packages, root } from './support/rooms.ts'

const brought = /\/node_modules\/(?:pkijs|asn1js|bytestreamjs|@peculiar)\//

/** The files of pkijs and its like that an entry of a package reaches. */
function reached(room: string, entry: string): string[] {
  const files = [...modulesFrom(join(root, 'packages', room, 'dist', entry)).keys()]
  return files.map(file => file.replaceAll('\\', '/')).filter(file => brought.test(file))
}

for (const { room, manifest } of packages())
  for (const [subpath, target] of Object.entries((manifest.exports ?? {}) as object)) {
    const entry = (target as { default: string }).default.replace('./dist/', '')
    if (entry === 'pki.js') continue
    test(`${manifest.name}${subpath.slice(1)} reaches no pkijs`, t => {
      t.deepEqual(reached(room, entry), [])
    })
  }

test('the walk is one that finds pkijs where it is: in pki', t => {
  for (const room of ['x509', 'biopair'])
    t.true(reached(room, 'pki.js').some(file => file.includes('/pkijs/')))
})

test('no type of pkijs stands in what pki declares, whose users need no types of the DOM', t => {
  const declared = ['pki', 'pki/identity', 'pki/pfx-bags'].map(name =>
    readFileSync(join(root, 'packages/x509/dist', `${name}.d.ts`), 'utf8'),
  )
  for (const text of declared) t.false(/pkijs|asn1js/.test(text.replace(/\/\*[\s\S]*?\*\//g, '')))
})
