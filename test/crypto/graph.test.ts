/** Which modules an import loads: the rows and the node provider load no crypto library, the kit neither. */
import { readFileSync } from 'node:fs'
import test from 'ava'

/** Every module that a module imports, itself included; a bare specifier that is not ours is a leaf. */
function graph(entry: string): Set<string> {
  const seen = new Set<string>()
  const visit = (url: string): void => {
    if (seen.has(url)) return
    seen.add(url)
    if (!url.includes('/packages/')) return
    const source = readFileSync(new URL(url), 'utf8')
    for (const match of source.matchAll(/(?:from|import) '([^']+)'/g)) {
      const specifier = match[1] as string
      if (specifier.startsWith('.')) visit(new URL(specifier, url).href)
      else if (specifier.startsWith('@biopair/')) visit(import.meta.resolve(specifier))
      else seen.add(specifier)
    }
  }
  visit(import.meta.resolve(entry))
  return seen
}

const libraries = (entry: string): string[] =>
  [...graph(entry)].filter(url => url.startsWith('@noble/') || url.startsWith('micro-rsa'))

for (const entry of ['@biopair/crypto', '@biopair/crypto/kit', '@biopair/crypto-node'])
  test(`importing ${entry} loads no crypto library`, t => {
    t.true(graph(entry).size > 5)
    t.deepEqual(libraries(entry), [])
  })

test('importing the ML-KEM subpath loads @noble/post-quantum alone', t => {
  t.deepEqual(libraries('@biopair/crypto/ml-kem'), ['@noble/post-quantum/ml-kem.js'])
})

test('importing the ML-DSA subpath loads @noble/post-quantum and the hash of its keys alone', t => {
  t.deepEqual(libraries('@biopair/crypto/ml-dsa').sort(), [
    '@noble/hashes/sha3.js',
    '@noble/post-quantum/_crystals.js',
    '@noble/post-quantum/ml-dsa.js',
    '@noble/post-quantum/utils.js',
  ])
})

test('importing the portable provider loads the libraries', t => {
  t.true(libraries('@biopair/crypto/noble').length > 5)
})

test('the portable provider imports nothing of Node', t => {
  t.deepEqual(
    [...graph('@biopair/crypto/noble')].filter(url => url.startsWith('node:')),
    [],
  )
})
