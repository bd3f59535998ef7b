/** `tls`: a client and a server of ours as a play, for any configuration; and what has to be true of them in the end. */
import type { CryptoProvider } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { Ssl, SslContext, sessionToBytes } from '@biopair/ssl'
import { linked } from '../schedule/linked.ts'
import type { Play, Source } from '../schedule/play.ts'
import { sourceOf } from '../schedule/program.ts'
import { Seed, seededTime } from '../seeds/seed.ts'
import { TlsActor } from './tls-actor.ts'
import { checkTls } from './tls-check.ts'
import { plainTls, type TlsConfig, unlikePlain } from './tls-config.ts'
import { Identities, tlsName, tlsOptions } from './tls-options.ts'

/** What a play of TLS is made with, which changes no byte of it. */
export interface TlsMeans {
  /** Noble, unless given. */
  readonly crypto?: CryptoProvider
  /** The server's, where it has another one: to see a provider of one's own meet one that works. */
  readonly serverCrypto?: CryptoProvider
  /** Chains that were minted before, to be minted once for many plays. */
  readonly identities?: Identities
  /** How a program names these means; without it, providers that are not noble are `means` of `./play.js`. */
  readonly source?: Source
}

/**
 * A connection: what is not said is as in `plainTls`. Where the link is faithful, both ends have to come to the end that `until` names and to agree on
 * every fact; where it loses or changes something, no end may deliver what was not said, and both have to notice.
 */
export function tls(
  config: Partial<TlsConfig> = {},
  {
    crypto = noble,
    serverCrypto = crypto,
    identities = new Identities(serverCrypto),
    source: named,
  }: TlsMeans = {},
): Play {
  const strange = Object.keys(config).find(name => !(name in plainTls))
  if (strange !== undefined)
    throw new TypeError(`tls: expected one of ${Object.keys(plainTls).join(', ')}, got ${strange}`)
  const whole: TlsConfig = { ...plainTls, ...config }
  let before: Uint8Array | undefined
  const play: Play = (link, seed) => {
    const options = tlsOptions(whole, crypto, identities, () => link.now)
    const resumes = whole.resume === 'ticket'
    if (resumes) before ??= sessionBefore(whole, serverCrypto, identities)
    const client = new Ssl(new SslContext({ ...options.client, random: seed.random('client') }), {
      servername: tlsName,
      ...(resumes ? { session: before } : {}),
    })
    const server = new Ssl(
      new SslContext({
        ...options.server,
        crypto: serverCrypto,
        random: seed.random('server'),
      }),
    )
    client.setBio(link.near).setConnectState()
    server.setBio(link.far).setAcceptState()
    const said = whole.says.map((length, at) => seed.bytes(`said ${at}`, length)) as [
      Uint8Array,
      Uint8Array,
    ]
    const ends = {
      client: new TlsActor(client, link.near, whole, said[0], link.faithful),
      server: new TlsActor(server, link.far, whole, said[1], link.faithful),
    }
    return { ...ends, check: () => checkTls(whole, ends, said, link) }
  }
  const unlike = crypto !== noble || serverCrypto !== noble
  const means = named ?? { imports: `import { means } from './play.js'`, expression: 'means' }
  const [imports, given] = [`import { tls } from '@biopair/testkit'`, sourceOf(unlikePlain(whole))]
  const source =
    named || unlike
      ? {
          imports: `${imports}\n${means.imports}`,
          expression: `tls(${given}, ${means.expression})`,
        }
      : { imports, expression: `tls(${given})` }
  return Object.assign(play, { source })
}

/** The session that a configuration goes on with, from a connection of its own. */
function sessionBefore(
  config: TlsConfig,
  crypto: CryptoProvider,
  identities: Identities,
): Uint8Array {
  const plain: TlsConfig = {
    ...config,
    group: 'x25519',
    retry: false,
    cookie: 'never',
    tickets: 1,
    maxFragment: 16_384,
  }
  const link = linked(1 << 17)
  const seed = new Seed('the session before')
  const options = tlsOptions(plain, crypto, identities, () => seededTime)
  const client = new Ssl(new SslContext({ ...options.client, random: seed.random('client') }), {
    servername: tlsName,
  })
  const server = new Ssl(new SslContext({ ...options.server, random: seed.random('server') }))
  client.setBio(link.near).setConnectState()
  server.setBio(link.far).setAcceptState()
  for (let i = 0; i < 3; i++) {
    client.read(new Uint8Array(1))
    server.read(new Uint8Array(1))
  }
  if (!client.session) throw new Error('there is no session to go on with')
  return sessionToBytes(client.session)
}
