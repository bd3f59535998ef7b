/** Which names a peer has to prove, and which one a client asks for: they are the same unless said otherwise. */
import type { Role } from '@biopair/handshake'
import { isReferenceName, parseIp } from '@biopair/x509'
import { misuse } from './misuse.ts'

export interface NameOptions {
  /** The server's name, which a client sends (server_name) and, unless `verifyNames` says otherwise, the certificate has to prove; or its IP address, which is proved and not sent. */
  readonly servername?: string
  /**
   * Names of which the peer's certificate has to prove any one, in place of `servername`: host names, IP addresses, or mailboxes
   * (`email:somebody@example.com`). Addresses match addresses alone. For a server, the names of a client. An empty list demands no name,
   * and needs `rejectUnauthorized: false`.
   */
  readonly verifyNames?: string | readonly string[]
  /** Whether `*.example.com` in a certificate proves `www.example.com`: true. */
  readonly allowWildcards?: boolean
}

export interface NameDemands {
  /** Any one of them will do; undefined for whatever the certificate says. */
  readonly names: readonly string[] | undefined
  readonly allowWildcards: boolean | undefined
  /** Whom a client asked for. */
  readonly asked?: string | undefined
}

/** Reads the options. TypeError for a name that no certificate could prove. */
export function verifyNamesFrom({ verifyNames }: NameOptions): readonly string[] | undefined {
  if (verifyNames === undefined) return undefined
  const names = typeof verifyNames === 'string' ? [verifyNames] : [...verifyNames]
  for (const name of names)
    if (!isReferenceName(name))
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        `verifyNames: expected host names (A-labels), IP addresses or email:mailboxes, got ${JSON.stringify(name)}`,
      )
  return names
}

/** What a peer has to prove to this end. */
export function nameDemands(
  role: Role,
  { servername, allowWildcards }: NameOptions,
  verifyNames: readonly string[] | undefined,
  /** Whether somebody else looks at the name that a client asked for. */
  elsewhere = false,
): NameDemands {
  const asked = role === 'client' && servername !== undefined ? [servername] : undefined
  const names = verifyNames ?? (elsewhere ? undefined : asked)
  return { names: names?.length === 0 ? undefined : names, allowWildcards, asked: asked?.[0] }
}

/** What a client sends: RFC 6066 §3 has a host name, without a trailing dot; IP addresses are not sent. */
export function sniOf({ servername }: NameOptions): string | undefined {
  if (servername === undefined || servername === '' || parseIp(servername)) return undefined
  const bare = servername.endsWith('.') ? servername.slice(0, -1) : servername
  if (/^[\x21-\x7e]{1,255}$/.test(bare) && !/[:@]/.test(bare)) return bare
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `servername: expected an ASCII host name (A-labels) or an IP address, got ${JSON.stringify(servername)}`,
  )
}
