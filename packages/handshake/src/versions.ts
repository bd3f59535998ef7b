/** The versions of TLS that we speak. */

/** As node:tls names them. */
export type VersionName = 'TLSv1.2' | 'TLSv1.3'

/** ProtocolVersion on the wire. */
export const versionIds = { 'TLSv1.2': 0x0303, 'TLSv1.3': 0x0304 } as const satisfies Record<
  VersionName,
  number
>

/** Whether a configuration has TLS 1.2: TLS 1.3 alone unless it says otherwise. */
export function speaks12({
  versions,
}: {
  readonly versions?: readonly VersionName[] | undefined
}): boolean {
  return versions?.includes('TLSv1.2') ?? false
}

/** Whether a configuration has TLS 1.3. */
export function speaks13({
  versions,
}: {
  readonly versions?: readonly VersionName[] | undefined
}): boolean {
  return versions?.includes('TLSv1.3') ?? true
}
