/** Where to connect and to listen, as texts: `host:port` (BIO_parse_hostserv). */

export interface HostService {
  readonly host: string | null
  readonly service: string | null
}

/**
 * `host:port`, `[::1]:port`, `host:`, `:port`; one word alone is what `alone` says. `*` and nothing are null. undefined for a text that can be read
 * in two ways: an IPv6 address without brackets.
 */
export function parseHostService(text: string, alone: 'host' | 'service'): HostService | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(text)
  if (!match) return undefined
  const [, bracketed, plain = '', service] = match
  const first = bracketed ?? plain
  if (service === undefined && bracketed === undefined && alone === 'service')
    return { host: null, service: given(first) }
  return { host: given(first), service: given(service ?? '') }
}

/** The port of a service: a number, or one of the names that BIO_get_port(3) has always known; undefined for any other name. */
export function portOf(service: string): number | undefined {
  if (/^\d+$/.test(service)) return Number(service)
  return services.get(service)
}

function given(word: string): string | null {
  return word === '' || word === '*' ? null : word
}

const services: ReadonlyMap<string, number> = new Map([
  ['ftp', 21],
  ['telnet', 23],
  ['gopher', 70],
  ['http', 80],
  ['wais', 210],
  ['https', 443],
  ['ssl', 443],
  ['socks', 1080],
])
