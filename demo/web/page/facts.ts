/** What both ends of a connection know, as plain data that a worker can post. */
import type { Connection } from '@biopair/web'

export interface Facts {
  readonly protocol: string
  readonly cipher: string
  readonly group: string | undefined
  readonly alpn: string | undefined
  readonly servername: string | undefined
  readonly authorized: boolean
  /** Of the same secret at both ends, and nowhere else (RFC 9846 §7.5). */
  readonly exporter: string
}

export async function factsOf({ opened, ssl }: Connection): Promise<Facts> {
  const { protocol, cipher, group, alpn, servername, authorized } = await opened
  const exporter = hex(ssl.exportKeyingMaterial(16, 'EXPORTER-biopair-demo'))
  return { protocol, cipher, group, alpn, servername, authorized, exporter }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
