/** Looking like others: whatever the policy, a ClientHello offers what it would offer without one, and any server can read it. */

import { bioPair } from '@biopair/bio'
import {
  ClientHello,
  decodeMessage,
  extensionTypes,
  type GreasePlace,
  isGrease,
  type RawExtension,
  readExtension,
} from '@biopair/handshake'
import { type ClientHelloPolicy, type ContextOptions, type Session, Ssl } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { anyPolicy, everyPlace } from '../support/client-hello-policies.ts'
import { shake } from '../support/ends.ts'
import { clientContext, serverContext, sessionOf } from '../support/resume.ts'
import { seeded } from '../support/seeded.ts'

interface Said {
  readonly hello: ClientHello
  readonly length: number
}

interface Visited {
  readonly client: Ssl
  readonly server: Ssl
  readonly said: readonly Said[]
}

const protocols = { ALPNProtocols: ['h2', 'http/1.1'] }

interface More {
  readonly client?: ContextOptions
  readonly server?: ContextOptions
  readonly session?: Session
  readonly seed?: string
}

const ticketKeys = new Uint8Array(48).fill(1)

/** A client, and the hellos that it says. */
function speaker(clientHello: ClientHelloPolicy | undefined, more: More) {
  const said: Said[] = []
  const client = new Ssl(
    clientContext({
      ...protocols,
      random: seeded(more.seed ?? 'policy'),
      groups: 'x25519:P-256:P-384',
      keyShares: 'x25519:P-384',
      ticketRequest: { newSessions: 1, resumptions: 1 },
      trace: event => {
        if (event.event !== 'message' || event.direction !== 'write') return
        const { message } = event
        if (message[0] !== ClientHello.msg_type) return
        said.push({
          hello: decodeMessage(ClientHello, message.subarray(4)),
          length: message.length,
        })
      },
      ...(clientHello ? { clientHello } : {}),
      ...more.client,
    }),
    { servername: 'server.example', session: more.session },
  )
  return { client: client.setConnectState(), said }
}

/** The first hello of a client. */
function first(clientHello: ClientHelloPolicy | undefined, seed = 'policy'): Said {
  const { client, said } = speaker(clientHello, { seed })
  client.setBio(bioPair()[0]).doHandshake()
  return said[0] as Said
}

/** A handshake, and the hellos of its client. */
function visit(clientHello: ClientHelloPolicy | undefined, more: More = {}): Visited {
  const { client, said } = speaker(clientHello, more)
  const [near, far] = bioPair()
  const options = { ...protocols, ticketKeys, groups: 'x25519:P-256', ...more.server }
  const server = new Ssl(serverContext(options))
  client.setBio(near)
  server.setBio(far).setAcceptState()
  shake({ client, server })
  return { client, server, said }
}

const idsOf = ({ extensions = [] }: ClientHello) => extensions.map(raw => raw.extension_type)
const idOf = (name: keyof typeof extensionTypes): number => extensionTypes[name]

/** What a hello offers, its look taken away: lists without GREASE, extensions by number. */
function offered(hello: ClientHello): object {
  const own = (hello.extensions ?? []).filter(
    ({ extension_type }) => !isGrease(extension_type) && extension_type !== idOf('padding'),
  )
  const read = (raw: RawExtension): unknown => {
    const plain = (list: readonly (number | string)[]) =>
      list.filter(value => typeof value !== 'number' || !isGrease(value))
    switch (raw.extension_type) {
      case idOf('supported_groups'):
        return plain(
          readExtension('ClientHello', 'supported_groups', [raw])?.named_group_list ?? [],
        )
      case idOf('supported_versions'):
        return plain(readExtension('ClientHello', 'supported_versions', [raw])?.versions ?? [])
      case idOf('signature_algorithms'):
        return plain(
          readExtension('ClientHello', 'signature_algorithms', [raw])
            ?.supported_signature_algorithms ?? [],
        )
      case idOf('psk_key_exchange_modes'):
        return readExtension('ClientHello', 'psk_key_exchange_modes', [raw])?.ke_modes.filter(
          mode => typeof mode === 'string',
        )
      case idOf('application_layer_protocol_negotiation'):
        return readExtension('ClientHello', 'application_layer_protocol_negotiation', [raw])
          ?.protocol_name_list.map(name => Buffer.from(name).toString('latin1'))
          .filter(name => name.length > 2 || name[0] !== name[1])
      case idOf('key_share'):
        return readExtension('ClientHello', 'key_share', [raw])
          ?.client_shares.filter(({ group }) => !isGrease(group))
          .map(({ group, key_exchange }) => [group, key_exchange.length])
      case idOf('cookie'):
        return raw.extension_data.length
      case idOf('pre_shared_key'):
        return readExtension('ClientHello', 'pre_shared_key', [raw])?.identities.length
      default:
        return Buffer.from(raw.extension_data).toString('hex')
    }
  }
  return {
    suites: hello.cipher_suites.filter(suite => !isGrease(suite)),
    version: hello.legacy_version,
    compression: [...hello.legacy_compression_methods],
    session: hello.legacy_session_id.length,
    extensions: Object.fromEntries(own.map(raw => [raw.extension_type, read(raw)])),
  }
}

/** The extensions whose place a policy decides, in their order. */
function core(hello: ClientHello): readonly number[] {
  const apart = [idOf('padding'), idOf('pre_shared_key')]
  return idsOf(hello).filter(id => !isGrease(id) && !apart.includes(id))
}

const session = await sessionOf(
  clientContext(protocols),
  serverContext({ ...protocols, ticketKeys }),
)

const retries: readonly ContextOptions[] = [
  {},
  { groups: 'P-256' },
  { cookie: 'always' },
  { groups: 'P-256', cookie: 'with_retry' },
]

test('whatever the policy, a hello offers the same, our server takes it, and a second one is of the same look', t => {
  fc.assert(
    fc.property(
      anyPolicy,
      fc.constantFrom(...retries),
      fc.boolean(),
      fc.string(),
      (policy, server, resumes, seed) => {
        const more = { server, seed, ...(resumes ? { session: { ...session } } : {}) }
        const plain = visit(undefined, more)
        const { client, said } = visit(policy, more)
        t.is(client.resumed, resumes)
        t.is(client.retried, plain.client.retried)
        t.is(client.alpnProtocol, 'h2')
        t.is(said.length, plain.said.length)
        for (const [i, { hello, length }] of said.entries()) {
          t.deepEqual(offered(hello), offered((plain.said[i] as Said).hello))
          t.is(new Set(idsOf(hello)).size, idsOf(hello).length)
          if (resumes) t.is(idsOf(hello).at(-1), idOf('pre_shared_key'))
          if (typeof policy.padding === 'number') t.is(length % policy.padding, 0)
          if (typeof policy.padding === 'function') t.true(length >= policy.padding(0))
          if (Array.isArray(policy.order)) {
            const wanted = policy.order.map(idOf).filter(id => core(hello).includes(id))
            t.deepEqual(core(hello).slice(0, wanted.length), wanted)
          }
        }
        const [before, second] = said
        if (!second || !before) return
        t.deepEqual(second.hello.cipher_suites, before.hello.cipher_suites)
        t.deepEqual(idsOf(second.hello).filter(isGrease), idsOf(before.hello).filter(isGrease))
        const withoutCookie = core(second.hello).filter(id => id !== idOf('cookie'))
        t.deepEqual(withoutCookie, core(before.hello))
        const shares = readExtension('ClientHello', 'key_share', second.hello.extensions ?? [])
        if (server.groups) t.is(shares?.client_shares.length, 1)
      },
    ),
    { numRuns: 60 },
  )
})

test('without a policy nothing is drawn for one, and with an empty one the hello is the same', t => {
  const drawn: string[] = []
  const random = seeded('plain')
  const noting = (purpose: string, length: number) => {
    drawn.push(purpose)
    return random(purpose, length)
  }
  visit(undefined, { client: { random: noting } })
  t.deepEqual(
    drawn.filter(purpose => /grease|order/.test(purpose)),
    [],
  )
  t.deepEqual(first({}), first(undefined))
  t.deepEqual(first({ grease: false, order: [] }), first(undefined))
})

test('GREASE stands where it is asked for, and nowhere else', t => {
  const has = (hello: ClientHello): Record<GreasePlace, boolean> => {
    const raw = hello.extensions ?? []
    const groups = readExtension('ClientHello', 'supported_groups', raw)?.named_group_list ?? []
    const shares = readExtension('ClientHello', 'key_share', raw)?.client_shares ?? []
    const versions = readExtension('ClientHello', 'supported_versions', raw)?.versions ?? []
    const schemes = readExtension('ClientHello', 'signature_algorithms', raw)
    const modes = readExtension('ClientHello', 'psk_key_exchange_modes', raw)?.ke_modes ?? []
    const alpn = readExtension('ClientHello', 'application_layer_protocol_negotiation', raw)
    const [start, last] = [raw[0], raw.at(-1)]
    t.is(groups.some(isGrease), isGrease(shares[0]?.group ?? 0))
    if (groups.some(isGrease)) t.deepEqual(shares[0]?.key_exchange, new Uint8Array(1))
    t.is(idsOf(hello).filter(isGrease).length, isGrease(start?.extension_type ?? 0) ? 2 : 0)
    if (isGrease(start?.extension_type ?? 0)) {
      t.is(start?.extension_data.length, 0)
      t.deepEqual(last?.extension_data, new Uint8Array(1))
      t.true(isGrease(last?.extension_type ?? 0))
    }
    return {
      cipher_suites: hello.cipher_suites.some(isGrease),
      extensions: idsOf(hello).some(isGrease),
      supported_groups: groups.some(isGrease),
      supported_versions: versions.some(isGrease),
      signature_algorithms: schemes?.supported_signature_algorithms.some(isGrease) ?? false,
      psk_key_exchange_modes: modes.some(
        mode => typeof mode === 'number' && (mode - 0x0b) % 0x1f === 0 && mode <= 0xe4,
      ),
      application_layer_protocol_negotiation: (alpn?.protocol_name_list ?? []).some(
        ([high = 0, low = 0, ...rest]) => rest.length === 0 && isGrease((high << 8) | low),
      ),
    }
  }
  for (let seed = 0; seed < 30; seed++)
    for (const places of [[], everyPlace, ...everyPlace.map(place => [place])]) {
      const { hello } = first({ grease: places }, `grease ${seed}`)
      const expected = everyPlace.map(place => [place, places.includes(place)])
      t.deepEqual<unknown, unknown>(has(hello), Object.fromEntries(expected))
    }
  t.deepEqual(
    Object.entries(has(first({ grease: true }).hello)).flatMap(([place, there]) =>
      there ? [place] : [],
    ),
    ['cipher_suites', 'extensions', 'supported_groups', 'supported_versions'],
  )
})

test('a shuffled hello has another order for each seed, and the same for the same', t => {
  const order = (seed: string) => core(first({ order: 'shuffled' }, seed).hello)
  const orders = Array.from({ length: 20 }, (_, i) => order(`shuffle ${i}`))
  t.true(new Set(orders.map(String)).size > 15)
  t.true(new Set(orders.map(([one]) => one)).size > 3)
  t.deepEqual(order('shuffle 3'), orders[3])
})

test('GREASE values are another for each seed, and the two extensions differ always', t => {
  const seen = new Set<number>()
  for (let i = 0; i < 60; i++) {
    const { hello } = first({ grease: ['extensions'] }, `values ${i}`)
    const [one, last, ...more] = idsOf(hello).filter(isGrease)
    t.not(one, last)
    t.deepEqual(more, [])
    seen.add(one as number)
  }
  t.true(seen.size > 10)
})

test('rule 3: padding is made anew for the second hello, and stands before pre_shared_key', t => {
  const more = { server: { groups: 'P-256', cookie: 'always' }, session: { ...session } } as const
  const { said, client } = visit({ padding: 512 }, more)
  t.true(client.resumed && client.retried)
  t.is(said.length, 2)
  for (const { hello, length } of said) {
    t.is(length % 512, 0)
    t.deepEqual(idsOf(hello).slice(-2), [idOf('padding'), idOf('pre_shared_key')])
    const bytes = readExtension('ClientHello', 'padding', hello.extensions ?? [])
    t.true(bytes?.every(byte => byte === 0))
  }
  const sizes = said.map(
    ({ hello }) => readExtension('ClientHello', 'padding', hello.extensions ?? [])?.length,
  )
  t.not(sizes[0], sizes[1])
})

test('a padding function that asks for less than there is pads nothing', t => {
  const { length } = first(undefined)
  for (const less of [0, -5, Number.NaN, length])
    t.is(first({ padding: () => less }).length, length)
  t.is(first({ padding: () => length + 1 }).length, length + 5)
  t.is(first({ padding: () => length + 5 }).length, length + 5)
  t.is(first({ padding: () => length + 100.7 }).length, length + 100)
})

test('a policy that names what we do not have, or has a place of its own, is refused where it is made', t => {
  const refused = (clientHello: unknown, code = 'ERR_INVALID_ARG_VALUE') =>
    t.throws(() => clientContext({ clientHello: clientHello as ClientHelloPolicy }), {
      instanceOf: TypeError,
      code,
    })
  refused({ order: ['encrypted_client_hello'] })
  refused({ order: ['extension_17513'] })
  refused({ order: ['pre_shared_key'] })
  refused({ order: ['padding'] })
  refused({ order: ['oid_filters'] })
  refused({ order: ['key_share', 'key_share'] })
  refused({ order: 'sorted' })
  refused({ grease: ['key_share'] })
  refused({ grease: ['extensions', 'extensions'] })
  refused({ padding: 0 })
  refused({ padding: 16_385 })
  refused({ padding: 1.5 }, 'ERR_INVALID_ARG_TYPE')
  refused({ order: 5 }, 'ERR_INVALID_ARG_TYPE')
  refused({ grease: 'all' }, 'ERR_INVALID_ARG_TYPE')
  refused({ extensions: [] }, 'ERR_UNKNOWN_OPTION')
  refused('chrome', 'ERR_INVALID_ARG_TYPE')
})

test('an order of a policy is what it was when the context was made', t => {
  const order: ('key_share' | 'server_name')[] = ['key_share']
  const options = { clientHello: { order } }
  const context = clientContext(options)
  order[0] = 'server_name'
  t.deepEqual(context.look, { order: ['key_share'] })
})

/** Makes a server answer with a value that means nothing and that the client has offered. */
const choices: Readonly<
  Record<string, (name: string, message: unknown, value: Values) => unknown>
> = {
  'a cipher suite': (name, message, { suite }) =>
    name === 'ServerHello' ? { ...(message as object), cipher_suite: suite } : message,
  'a version': (name, message, { version }) =>
    name === 'ServerHello' ? put(message, idOf('supported_versions'), two(version)) : message,
  'a group, with a share': (name, message, { group }) =>
    name === 'ServerHello' ? put(message, idOf('key_share'), [...two(group), 0, 1, 0]) : message,
  'an extension': (name, message, { extension }) =>
    name === 'EncryptedExtensions' ? put(message, extension, []) : message,
  'a protocol': (name, message, { protocol }) =>
    name === 'EncryptedExtensions'
      ? put(message, idOf('application_layer_protocol_negotiation'), [0, 3, 2, ...two(protocol)])
      : message,
  'a signature scheme': (name, message, { scheme }) =>
    name === 'CertificateVerify' ? { ...(message as object), algorithm: scheme } : message,
}

interface Values {
  readonly suite: number
  readonly version: number
  readonly group: number
  readonly extension: number
  readonly protocol: number
  readonly scheme: number
}

const two = (value: number) => [value >> 8, value & 0xff]

function put(message: unknown, extension_type: number, data: readonly number[]): unknown {
  const { extensions } = message as { extensions: readonly RawExtension[] }
  const others = extensions.filter(raw => raw.extension_type !== extension_type)
  const extension = { extension_type, extension_data: Uint8Array.from(data) }
  return { ...(message as object), extensions: [...others, extension] }
}

/** The values of a client whose draws are known. */
function valuesOf({ hello }: Said): Values {
  const raw = hello.extensions ?? []
  const number = (list: readonly (number | string)[] | undefined): number =>
    list?.find(value => typeof value === 'number' && isGrease(value)) as number
  const alpn = readExtension('ClientHello', 'application_layer_protocol_negotiation', raw)
  const [high = 0, low = 0] = alpn?.protocol_name_list[0] ?? []
  return {
    suite: number(hello.cipher_suites),
    version: number(readExtension('ClientHello', 'supported_versions', raw)?.versions),
    group: number(readExtension('ClientHello', 'supported_groups', raw)?.named_group_list),
    extension: number(idsOf(hello)),
    protocol: (high << 8) | low,
    scheme: number(
      readExtension('ClientHello', 'signature_algorithms', raw)?.supported_signature_algorithms,
    ),
  }
}

for (const [what, choose] of Object.entries(choices))
  test(`rule 68: a server that chooses GREASE that it was offered is illegal_parameter: ${what}`, t => {
    const clientHello = { grease: everyPlace }
    const values = valuesOf(first(clientHello))
    t.true(Object.values(values).every(isGrease))
    const { client } = speaker(clientHello, {})
    const [near, far] = bioPair()
    let chosen = false
    const edit: ContextOptions['edit'] = (name, message) => {
      const edited = choose(name, message, values) as typeof message
      chosen ||= edited !== message
      return edited
    }
    const context = serverContext({ ...protocols, edit })
    const server = new Ssl(context).setBio(far).setAcceptState()
    client.setBio(near)
    for (let i = 0; i < 10; i++) {
      client.doHandshake()
      server.doHandshake()
    }
    const outcome = client.doHandshake()
    if (outcome.status !== 'failed') return t.fail(outcome.status)
    t.true(chosen)
    t.like(outcome.error, { alert: 'illegal_parameter', origin: 'sent' })
  })
