/** The certificates that Node and the system believe, as trust stores: what an `SslContext` takes as `ca`. */
import * as tls from 'node:tls'
import { type LenientTrustStore, lenientTrustStore } from '@biopair/ssl'
import {
  certificatesOf,
  certificatesOfDirectory,
  certificatesOfFile,
  type Found,
  together,
} from './certificate-files.ts'
import { systemFiles } from './system-certificates.ts'

/** As tls.getCACertificates() has them; `system` is `systemTrustStore`. */
export type NodeCertificates = 'default' | 'bundled' | 'extra'

/**
 * What Node believes: `bundled`, the roots that it brings along (tls.rootCertificates); `extra`, those of NODE_EXTRA_CA_CERTS; `default`, which is what node:tls
 * itself goes by: both, and where Node was told to (--use-system-ca, --use-openssl-ca; Node 22.15, 23.9 and later) the system's.
 *
 * Certificates are read when a chain asks for one of their name; those that are no good are left out, and told in `leftOut`. Make one store, and
 * give it to every context: what it has read, it keeps.
 */
export function nodeTrustStore(type: NodeCertificates = 'default'): LenientTrustStore {
  const list = tlsCertificates(type)
  if (list) return store(list)
  const bundled = () => texts(tls.rootCertificates, 'bundled')
  switch (type) {
    case 'bundled':
      return store(bundled())
    case 'extra':
      return store(extra())
    case 'default':
      return store(together([bundled(), extra()]))
    default:
      throw misuse(`nodeTrustStore: expected default, bundled or extra, got ${type}`)
  }
}

/**
 * What the system believes: tls.getCACertificates('system') where Node has that (22.15, 23.9 and later); before, on Linux, BSD and their like, the usual bundle or
 * directories, or those that SSL_CERT_FILE and SSL_CERT_DIR name, as OpenSSL has it. Those two count on every system, and come before Node.
 *
 * Error `ERR_NO_SYSTEM_STORE` where there is none that this Node can read: on macOS and Windows before those versions, or where nothing is installed.
 */
export function systemTrustStore(): LenientTrustStore {
  const { platform, env } = process
  const told = env.SSL_CERT_FILE || env.SSL_CERT_DIR
  const found = (told ? undefined : tlsCertificates('system')) ?? systemFiles(platform, env)
  if (found && found.sources.length > 0) return store(found)
  const [first] = found?.leftOut ?? []
  const hidden = platform === 'darwin' || platform === 'win32'
  const why = first
    ? `${first.from}: ${first.why}`
    : hidden
      ? `Node ${process.versions.node} cannot read the store of this system: Node 22.15, 23.9 or a later one can`
      : 'there is no bundle of certificates where one usually is: install ca-certificates'
  throw Object.assign(
    new Error(
      `systemTrustStore: ${why}; or name a file with SSL_CERT_FILE, or believe what Node does with nodeTrustStore()`,
    ),
    { code: 'ERR_NO_SYSTEM_STORE' },
  )
}

/** The certificates of every file of a directory, PEM; what cannot be read is told in `leftOut`. */
export function directoryTrustStore(path: string): LenientTrustStore {
  return store(certificatesOfDirectory(path))
}

function store({ sources, leftOut }: Found): LenientTrustStore {
  return lenientTrustStore(sources, leftOut)
}

/** What tls.getCACertificates() says, where Node has it. */
function tlsCertificates(type: NodeCertificates | 'system'): Found | undefined {
  const { getCACertificates } = tls as {
    getCACertificates?: (type: string) => readonly string[]
  }
  if (!getCACertificates || !['default', 'bundled', 'extra', 'system'].includes(type))
    return undefined
  return texts(getCACertificates(type), type)
}

function texts(pems: readonly string[], what: string): Found {
  return together(pems.map((pem, index) => certificatesOf(pem, `${what} ${index}`)))
}

function extra(): Found {
  const path = process.env.NODE_EXTRA_CA_CERTS
  return path ? certificatesOfFile(path) : { sources: [], leftOut: [] }
}

function misuse(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' })
}
