/** What was negotiated, as OpenSSL's programs print it. */
import type { PublicKeyMaterial } from '@biopair/crypto'
import type { Session, Ssl } from '@biopair/ssl'
import { type Certificate, isX509Failure, parseCertificate } from '@biopair/x509'
import { oneLine } from './failure.ts'

/** The short form (-brief). */
export function briefReport(ssl: Ssl): string[] {
  const leaf = leafOf(ssl)
  return [
    'CONNECTION ESTABLISHED',
    `Protocol version: ${ssl.version}`,
    `Ciphersuite: ${ssl.cipher?.name}`,
    ssl.peerRawPublicKey
      ? 'Peer used raw public key'
      : `Peer certificate: ${leaf ? oneLine(leaf.subject.text) : 'none'}`,
    ...(ssl.peerSignatureScheme ? [`Signature scheme: ${ssl.peerSignatureScheme}`] : []),
    `Verification: ${verification(ssl)}`,
    `Temp Key: ${ssl.group ?? 'none'}`,
    ...(ssl.alpnProtocol === undefined ? [] : [`ALPN protocol: ${oneLine(ssl.alpnProtocol)}`]),
  ]
}

/** The long form of s_client. */
export function clientReport(ssl: Ssl, traffic: { read: number; written: number }): string[] {
  const leaf = leafOf(ssl)
  return [
    '---',
    'Certificate chain',
    ...ssl.peerCertificates.flatMap(chainLines),
    '---',
    'Server certificate',
    ...(leaf ? [pem('CERTIFICATE', leaf.raw), ...nameLines(leaf)] : ['none']),
    ...rawKeyLines('Server', ssl),
    '---',
    ...(ssl.peerSignatureScheme ? [`Peer signature scheme: ${ssl.peerSignatureScheme}`] : []),
    `Server Temp Key: ${ssl.group ?? 'none'}`,
    '---',
    `SSL handshake has read ${traffic.read} bytes and written ${traffic.written} bytes`,
    `Verification: ${verification(ssl)}`,
    '---',
    ...sessionLines(ssl),
    ...(leaf ? [`Server public key is ${keySize(leaf.publicKey)}`] : []),
    `Verify return code: ${verification(ssl)}`,
    '---',
  ]
}

/** The long form of s_server. */
export function serverReport(ssl: Ssl, name: string): string[] {
  const leaf = leafOf(ssl)
  return [
    '---',
    `Connection ${name}`,
    ...(leaf
      ? ['Client certificate', ...nameLines(leaf), `Verification: ${verification(ssl)}`]
      : ['No client certificate']),
    ...rawKeyLines('Client', ssl),
    ...(ssl.servername === undefined ? [] : [`Server name asked for: ${oneLine(ssl.servername)}`]),
    `Temp Key: ${ssl.group ?? 'none'}`,
    ...sessionLines(ssl),
    '---',
  ]
}

/** What a client has shown after the handshake (RFC 9846 §4.7.2). */
export function laterReport(ssl: Ssl, came: 'authenticated' | 'declined'): string[] {
  const leaf = leafOf(ssl)
  if (came === 'declined') return ['---', 'No client certificate after the handshake', '---']
  return [
    '---',
    'Client certificate after the handshake',
    ...(leaf ? nameLines(leaf) : []),
    ...rawKeyLines('Client', ssl),
    `Verification: ${verification(ssl)}`,
    '---',
  ]
}

/** What -keymatexport asks for, at the end of either long form. */
export function keyingMaterial(ssl: Ssl, label: string | undefined, length: number): string[] {
  if (label === undefined) return []
  const material = Buffer.from(ssl.exportKeyingMaterial(length, label)).toString('hex')
  return [
    'Keying material exporter:',
    `    Label: '${oneLine(label)}'`,
    `    Length: ${length} bytes`,
    `    Keying material: ${material.toUpperCase()}`,
    '---',
  ]
}

/** A ticket that came. */
export function ticketReport(session: Session): string[] {
  return [
    '---',
    session.tls12 ? 'New Session arrived:' : 'Post-Handshake New Session Ticket arrived:',
    `    Cipher: ${session.suite.name}`,
    `    Ticket lifetime hint: ${session.lifetime} (seconds)`,
    `    Ticket: ${session.ticket.length} bytes`,
    ...(session.tls12 ? [] : [`    Max Early Data: ${session.maxEarlyData}`]),
    '---',
  ]
}

/** The path from the anchor down, as OpenSSL's verify callback prints it. */
export function verifyLines(ssl: Ssl): string[] {
  const { verdict } = ssl
  if (!verdict) return []
  if (!verdict.ok)
    return [
      `verify error:${verdict.code} at depth ${verdict.depth}: ${oneLine(verdict.why)}`,
      'verify return:1',
    ]
  return verdict.path
    .map((certificate, depth) => [
      `depth=${depth} ${oneLine(certificate.subject.text)}`,
      'verify return:1',
    ])
    .reverse()
    .flat()
}

/** `OK`, or why not. */
export function verification(ssl: Ssl): string {
  const { verdict } = ssl
  if (!verdict) return ssl.pskIdentity ? 'none, a pre-shared key' : 'no certificate was shown'
  return verdict.ok ? 'OK' : `error: ${verdict.code}`
}

function sessionLines(ssl: Ssl): string[] {
  const { alpnProtocol } = ssl
  return [
    `${ssl.resumed ? 'Reused' : 'New'}, ${ssl.version}, Cipher is ${ssl.cipher?.name}`,
    alpnProtocol === undefined ? 'No ALPN negotiated' : `ALPN protocol: ${oneLine(alpnProtocol)}`,
    ...(ssl.pskIdentity ? [`PSK identity: ${oneLine(identityText(ssl.pskIdentity))}`] : []),
    ...(ssl.retried ? ['After a HelloRetryRequest'] : []),
    `Early data was ${ssl.earlyData === 'none' ? 'not sent' : ssl.earlyData}`,
  ]
}

function identityText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function leafOf(ssl: Ssl): Certificate | undefined {
  const [der] = ssl.peerCertificates
  const leaf = der && parseCertificate(der)
  return leaf && !isX509Failure(leaf) ? leaf : undefined
}

function chainLines(der: Uint8Array, index: number): string[] {
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate)) return [` ${index} unreadable: ${oneLine(certificate.why)}`]
  const { subject, issuer, publicKey, notBefore, notAfter } = certificate
  return [
    ` ${index} s:${oneLine(subject.text)}`,
    `   i:${oneLine(issuer.text)}`,
    `   a:PKEY: ${keySize(publicKey)}`,
    `   v:NotBefore: ${date(notBefore)}; NotAfter: ${date(notAfter)}`,
  ]
}

function nameLines({ subject, issuer }: Certificate): string[] {
  return [`subject=${oneLine(subject.text)}`, `issuer=${oneLine(issuer.text)}`]
}

/** A time, in milliseconds since 1970. */
export function date(milliseconds: number): string {
  return new Date(milliseconds).toUTCString()
}

function keySize(key: Certificate['publicKey']): string {
  if (isX509Failure(key)) return 'of an unknown kind'
  return sizeOf(key)
}

function sizeOf(key: PublicKeyMaterial): string {
  if (key.kind === 'ec') return `${key.curve.slice(2)} bit (EC ${key.curve})`
  if (key.kind === 'ed25519') return '256 bit (Ed25519)'
  if (key.kind === 'ml-dsa') return `${8 * key.key.length} bit (${key.set})`
  const bits = key.n.length * 8 - Math.clz32(key.n[0] ?? 0) + 24
  return `${bits} bit (RSA${key.pss ? '-PSS' : ''})`
}

function rawKeyLines(whose: string, { peerRawPublicKey: key }: Ssl): string[] {
  return key ? [`${whose} raw public key`, pem('PUBLIC KEY', key)] : []
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n')
}
