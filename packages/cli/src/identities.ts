/** What we show of ourselves: certificates with their keys, keys by themselves, and which schemes sign. */
import { signatureSchemes } from '@biopair/crypto'
import type { ContextOptions, Credential, RawCredential, SslContext } from '@biopair/ssl'
import type { ClientFlags, EitherFlags, ServerFlags } from './arguments.ts'
import { certificates, read } from './files.ts'
import { passphrase } from './pass.ts'
import { UsageError } from './usage-error.ts'

interface Shown {
  readonly cert: string
  readonly key: Uint8Array
}

/** -cert, -key and -cert_chain; at a server -dcert, -dkey and -dcert_chain beside them. A -key without its -cert is shown by itself, where that was asked for. */
export function identity(flags: EitherFlags): ContextOptions {
  const first = shown(flags, 'cert', 'key', 'cert_chain')
  const second = shown(flags, 'dcert', 'dkey', 'dcert_chain')
  if (second && !first) throw new UsageError('-dcert without -cert')
  const both = [first, second].filter(one => one !== undefined)
  const alone = first === undefined && flags.key !== undefined
  return {
    ...passphrase(flags.pass),
    ...(both.length > 0
      ? { cert: both.map(({ cert }) => cert), key: both.map(({ key }) => key) }
      : {}),
    ...(alone ? { rawKey: read('key', flags.key) } : {}),
  }
}

/** The certificate for the name of -servername: -cert2 and -key2. */
export function secondIdentity(flags: ServerFlags): ContextOptions | undefined {
  const second = shown(flags, 'cert2', 'key2', undefined)
  return second && { ...second, ...passphrase(flags.pass) }
}

function shown(
  flags: EitherFlags,
  certFlag: 'cert' | 'dcert' | 'cert2',
  keyFlag: 'key' | 'dkey' | 'key2',
  chainFlag: 'cert_chain' | 'dcert_chain' | undefined,
): Shown | undefined {
  const { [certFlag]: cert, [keyFlag]: key } = flags
  const chain = chainFlag && flags[chainFlag]
  if (cert === undefined) {
    if (key !== undefined && !(keyFlag === 'key' && showsRawKey(flags)))
      throw new UsageError(`-${keyFlag} without -${certFlag}`)
    if (chain !== undefined) throw new UsageError(`-${chainFlag} without -${certFlag}`)
    return undefined
  }
  const own = read(certFlag, cert)
  const whole = chain === undefined ? [own] : [own, read(chainFlag as string, chain)]
  return {
    cert: whole.map(pem => new TextDecoder().decode(pem)).join('\n'),
    key: read(key === undefined ? certFlag : keyFlag, key ?? cert),
  }
}

/** Whether a key may stand there without a certificate. */
function showsRawKey(flags: EitherFlags): boolean {
  return Boolean(flags.enable_server_rpk || flags.enable_client_rpk)
}

/** -enable_server_rpk and -enable_client_rpk: keys are taken and shown without certificates (RFC 7250), rather than with them; -expected_rpk: whose is believed. */
export function rawKeys(flags: ClientFlags | ServerFlags): ContextOptions {
  const { expected_rpk, enable_server_rpk, enable_client_rpk } = flags
  if (expected_rpk !== undefined && !enable_server_rpk && !enable_client_rpk)
    throw new UsageError('-expected_rpk without -enable_server_rpk or -enable_client_rpk')
  return {
    ...(enable_server_rpk ? { serverCertTypes: ['rpk', 'x509'] } : {}),
    ...(enable_client_rpk ? { clientCertTypes: ['rpk', 'x509'] } : {}),
    ...(expected_rpk === undefined ? {} : { rawPublicKeys: read('expected_rpk', expected_rpk) }),
  }
}

/** -requestCAfile and -no_ca_names: the authorities whose certificates would do, as the peer is told. */
export function authorities(flags: EitherFlags): ContextOptions {
  const { requestCAfile, no_ca_names } = flags
  if (requestCAfile === undefined) return no_ca_names ? { requestAuthorities: [] } : {}
  if (no_ca_names) throw new UsageError('-requestCAfile and -no_ca_names exclude each other')
  return {
    requestAuthorities: certificates('requestCAfile', requestCAfile).map(
      ({ subject }) => new Uint8Array(subject.raw),
    ),
  }
}

/** A client's -client_sigalgs: the certificate is shown to a server that takes one of these, and signs with no other. */
export function signsWith(
  names: readonly string[],
  context: () => SslContext,
): Required<Pick<ContextOptions, 'certificateCallback'>> {
  for (const name of names)
    if (!Object.hasOwn(signatureSchemes, name))
      throw new UsageError(
        `-client_sigalgs: expected some of ${Object.keys(signatureSchemes).join(', ')}, got ${name}`,
      )
  return {
    certificateCallback: want => {
      const { credentials, rawCredentials } = context()
      const all = want.types.flatMap<Credential | RawCredential>(type =>
        type === 'rpk' ? rawCredentials : credentials,
      )
      return all
        .map(one => ({ ...one, schemes: one.schemes.filter(({ name }) => names.includes(name)) }))
        .find(({ schemes }) => schemes.some(scheme => want.schemes.includes(scheme)))
    },
  }
}

/** Schemes as text: OpenSSL's `key+hash` names beside the RFC's. */
export function schemes(list: string): string[] {
  return list.split(':').map(name => {
    const [, key, bits] = /^(ECDSA|RSA-PSS|PSS|RSA)\+SHA(256|384|512)$/i.exec(name) ?? []
    if (key === undefined || bits === undefined)
      return /^(ed25519|mldsa\d\d)$/i.test(name) ? name.toLowerCase() : name
    if (/^ecdsa$/i.test(key)) return `ecdsa_secp${bits === '512' ? '521' : bits}r1_sha${bits}`
    return /pss/i.test(key) ? `rsa_pss_rsae_sha${bits}` : `rsa_pkcs1_sha${bits}`
  })
}
