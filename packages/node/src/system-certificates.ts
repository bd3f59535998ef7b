/** Where the system keeps its certificates: the places that OpenSSL's and Go's programs look at. */
import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import {
  certificatesOfDirectory,
  certificatesOfFile,
  type Found,
  together,
} from './certificate-files.ts'

interface Places {
  /** Bundles, of which the first that is there counts. */
  readonly files: readonly string[]
  readonly directories: readonly string[]
}

const bsd: Places = {
  files: [
    '/usr/local/etc/ssl/cert.pem',
    '/etc/ssl/cert.pem',
    '/usr/local/share/certs/ca-root-nss.crt',
    '/etc/openssl/certs/ca-certificates.crt',
  ],
  directories: ['/etc/ssl/certs', '/usr/local/share/certs', '/etc/openssl/certs'],
}

/** By `process.platform`. macOS and Windows keep theirs where no file system shows them. */
const places: Readonly<Record<string, Places>> = {
  aix: { files: ['/var/ssl/certs/ca-bundle.crt'], directories: ['/var/ssl/certs'] },
  android: {
    files: [],
    directories: ['/system/etc/security/cacerts', '/data/misc/keychain/certs-added'],
  },
  freebsd: bsd,
  linux: {
    files: [
      // Debian, Ubuntu, Gentoo, Arch; Fedora and RHEL 6; openSUSE; OpenELEC; RHEL 7 and later; Alpine.
      '/etc/ssl/certs/ca-certificates.crt',
      '/etc/pki/tls/certs/ca-bundle.crt',
      '/etc/ssl/ca-bundle.pem',
      '/etc/pki/tls/cacert.pem',
      '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
      '/etc/ssl/cert.pem',
    ],
    directories: ['/etc/ssl/certs', '/etc/pki/tls/certs'],
  },
  netbsd: bsd,
  openbsd: bsd,
  sunos: {
    files: ['/etc/certs/ca-certificates.crt', '/etc/ssl/certs/ca-certificates.crt'],
    directories: ['/etc/certs/CA'],
  },
}

/**
 * The system's certificates by its files: SSL_CERT_FILE or else the usual bundle, and SSL_CERT_DIR or else the usual directories, as OpenSSL has it; where the
 * usual bundle is there and neither is set, directories are not read, since they hold the same. Undefined where there is no such place.
 */
export function systemFiles(
  platform: string,
  { SSL_CERT_FILE: file, SSL_CERT_DIR: directories }: Readonly<Record<string, string | undefined>>,
): Found | undefined {
  const usual = places[platform] ?? { files: [], directories: [] }
  const bundle = file || usual.files.find(path => existsSync(path))
  const named = directories
    ? directories.split(delimiter).filter(path => path !== '')
    : file || !bundle
      ? usual.directories.filter(path => existsSync(path))
      : []
  if (!bundle && named.length === 0) return undefined
  return together([
    ...(bundle ? [certificatesOfFile(bundle)] : []),
    ...named.map(certificatesOfDirectory),
  ])
}
