/** Each option is for a client, for a server or for both: no table can miss one, and what is the other role's is refused. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext } from '@biopair/ssl'
import { clientOnly, serverOnly, sslFor } from '@biopair/ssl/stream'
import { accept, connect } from '@biopair/web'
import test from 'ava'
import { root } from '../house/support/rooms.ts'
import { chainFor } from '../support/mint.ts'

const { root: anchor, pem, keyPem } = chainFor('p256')
const source = (path: string) => readFileSync(join(root, 'packages/ssl/src', path), 'utf8')

type Side = 'client' | 'server' | 'both'

/** A table as it stands in the source: its types do not let it miss an option. */
function table(name: string): ReadonlyMap<string, Side> {
  const [, after = ''] = source('stream/roles.ts').split(`export const ${name} = {`)
  const [rows = ''] = after.split('}')
  return new Map(
    [...rows.matchAll(/(\w+): '(client|server|both)'/g)].map(
      ([, option = '', side]) => [option, side as Side] as const,
    ),
  )
}

/** The options that an interface has, each with what its comment begins with. */
function documented(path: string, name: string): ReadonlyMap<string, string> {
  const [, after = ''] = source(path).split(`export interface ${name} `)
  const [body = ''] = after.split('\n}\n')
  const found = new Map<string, string>()
  for (const [, comment = '', option = ''] of body.matchAll(
    /\/\*\*([\s\S]*?)\*\/\s*readonly (\w+)\??:/g,
  ))
    found.set(option, comment.replaceAll(/[\s*]+/g, ' ').trim())
  return found
}

const interfaces = [
  ['contextRoles', 'context-options.ts', 'ContextOptions', 75],
  ['connectionRoles', 'ssl-options.ts', 'SslOptions', 5],
  ['streamRoles', 'stream/stream-options.ts', 'SslStreamOptions', 6],
] as const

for (const [name, path, options, least] of interfaces)
  test(`every option of ${options} is a client's, a server's or both's, as its comment says`, t => {
    const roles = table(name)
    const comments = documented(path, options)
    t.true(comments.size >= least, `${comments.size}`)
    for (const [option, comment] of comments) {
      const side = roles.get(option)
      t.truthy(side, `${option} stands in ${name}`)
      const [first] = /^(?:Client|Server)\b/.exec(comment) ?? []
      if (first) t.is(side, first.toLowerCase() as Side, `${option}: ${comment}`)
    }
  })

test('every known option is in one table for its kind: what a context takes is in contextRoles', t => {
  const roles = table('contextRoles')
  const [, after = ''] = source('context-options.ts').split('export const optionTypes')
  const [rows = ''] = after.split('\n}\n')
  const known = [...rows.matchAll(/^ {2}(\w+): '/gm)].map(([, option = '']) => option)
  t.true(known.length > 80)
  t.deepEqual([...roles.keys()].sort(), known.sort())
  const of = (side: Side) => [...roles].filter(([, each]) => each === side).map(([name]) => name)
  t.deepEqual([...clientOnly], of('client') as unknown as (typeof clientOnly)[number][])
  t.deepEqual([...serverOnly], of('server') as unknown as (typeof serverOnly)[number][])
})

test("what is the other role's is refused by its name, for both roles, before the carrier is touched", t => {
  const options = {
    client: { ca: anchor.pem, servername: 'server.example' },
    server: { cert: pem, key: keyPem },
  }
  const { port1 } = new MessageChannel()
  let refused = 0
  for (const name of ['contextRoles', 'connectionRoles', 'streamRoles', 'otherRoles'])
    for (const [option, side] of table(name))
      for (const role of ['client', 'server'] as const) {
        if (side === 'both' || side === role) continue
        refused++
        const given = { ...options[role], [option]: 1 }
        const expected = {
          code: 'ERR_INVALID_ARG_VALUE',
          message: `${option} is no option of a ${role}`,
          instanceOf: TypeError,
        }
        t.throws(() => sslFor(role as 'client', given), expected)
        t.throws(
          () => (role === 'client' ? connect(port1, given) : accept(port1, given as object)),
          expected,
        )
      }
  t.true(refused > 30, `${refused}`)
  port1.close()
})

test("what is a role's own, or both's, is never refused for its role: a wrong value of it is", t => {
  for (const name of ['contextRoles', 'connectionRoles'])
    for (const [option, side] of table(name))
      for (const role of ['client', 'server'] as const) {
        if (side !== 'both' && side !== role) continue
        // No option is a symbol.
        const error = t.throws(() => sslFor(role as 'client', { [option]: Symbol('x') } as object))
        t.notRegex(String(error?.message), /is no option of/, option)
      }
  t.throws(() => sslFor('client', { cA: anchor.pem } as object), {
    code: 'ERR_UNKNOWN_OPTION',
    message: 'there is no option cA: ca is one',
  })
})

test('beside a context that others share, a connection has its own listeners and raw public keys', t => {
  const context = new SslContext({ ca: anchor.pem, crypto: nodeCrypto })
  const own = { servername: 'server.example', keylog: () => {}, onSession: () => {} }
  const { ssl } = sslFor('client', { context, ...own })
  t.true(ssl instanceof Ssl)
  t.is(ssl.context, context)
  t.notThrows(() => sslFor('client', { context, ...own, rawPublicKeys: [] }))
  t.throws(() => sslFor('client', { context, pins: [] }), { code: 'ERR_INVALID_ARG_VALUE' })
})
