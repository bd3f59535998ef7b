/** What both ends know at the end, side by side. */
import type { Ssl } from '@biopair/ssl'
import { isX509Failure, parseCertificate } from '@biopair/x509'

export interface Fact {
  readonly name: string
  readonly client: string
  readonly server: string
}

/** The facts; `shown` is the certificate that the server has shown. */
export function factsOf(client: Ssl, server: Ssl, shown: Uint8Array | undefined): Fact[] {
  const ask = (name: string, of: (ssl: Ssl) => string | undefined): Fact => ({
    name,
    client: of(client) ?? 'none',
    server: of(server) ?? 'none',
  })
  const certificate = (ssl: Ssl) => (ssl === client ? ssl.peerCertificates[0] : shown)
  return [
    ask('version', ssl => ssl.version),
    ask('cipher suite', ssl => ssl.cipher?.name),
    ask('group', ssl => ssl.group),
    ask('server name', ssl => ssl.servername),
    ask('alpn', ssl => ssl.alpnProtocol),
    ask('certificate', ssl => subject(certificate(ssl))),
    ask('exporter', ssl => hex(ssl.exportKeyingMaterial(16, 'EXPORTER-biopair-demo'))),
    ask('closed', ssl => (ssl.sentShutdown && ssl.receivedShutdown ? 'by both' : 'not by both')),
  ]
}

function subject(der: Uint8Array | undefined): string | undefined {
  if (!der) return undefined
  const read = parseCertificate(der)
  return isX509Failure(read) ? read.why : `${read.subject.text} #${hex(read.serialNumber)}`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
