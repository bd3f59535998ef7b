/** What rides with a certificate: OCSP responses (-status, -status_file) and signed certificate timestamps (-ct), asked for, shown and printed. */
import type { ContextOptions, Sct, Ssl } from '@biopair/ssl'
import { isX509Failure, type OcspResponse, parseOcspResponse } from '@biopair/x509'
import type { ClientFlags, ServerFlags } from './arguments.ts'
import { oneLine } from './failure.ts'
import { certificates, read } from './files.ts'
import { date } from './report.ts'
import type { Speaker } from './speaker.ts'
import { UsageError } from './usage-error.ts'

/** What a client asks for. A response that came has to say that the certificate is good, unless -noverify is beside it. */
export function asksForStatus({ status, ct, noct, noverify }: ClientFlags): ContextOptions {
  if (ct && noct) throw new UsageError('-ct and -noct exclude each other')
  if (!status && !ct) return {}
  return {
    requestOCSP: true,
    ocsp: status && !noverify ? 'check' : 'ignore',
    ...(ct ? { requestSCT: true } : {}),
  }
}

/** What a server shows with -cert to a client that asks. -status_verbose says what becomes of each question. */
export function showsStatus(flags: ServerFlags, speaker: Speaker): ContextOptions {
  const { status, status_file, status_verbose, cert } = flags
  if (status_file === undefined) {
    if (!status && !status_verbose) return {}
    throw new UsageError(
      `-${status ? 'status' : 'status_verbose'} needs -status_file: no responder is asked`,
    )
  }
  if (cert === undefined) throw new UsageError('-status_file without -cert')
  const response = read('status_file', status_file)
  if (!status_verbose) return { ocspResponse: response }
  const [leaf] = certificates('cert', cert)
  return {
    ocspResponse: response,
    ocspRequestCallback: ({ certificate }) => {
      const ours = leaf && Buffer.compare(leaf.raw, certificate) === 0
      speaker.tell([
        'cert_status: callback called',
        ...(ours
          ? ['cert_status: ocsp response sent:', ...responseLines(response)]
          : ['cert_status: no response for this certificate']),
      ])
      return ours ? response : null
    },
  }
}

/** -status of a client: what came. */
export function statusReport(ssl: Ssl): string[] {
  if (ssl.ocspResponse === undefined) return ['OCSP response: no response sent']
  return ['OCSP response:', ...responseLines(ssl.ocspResponse)]
}

const rule = '======================================'
const numbers: Readonly<Record<OcspResponse['status'], number>> = {
  successful: 0,
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
}

function responseLines(der: Uint8Array): string[] {
  const response = parseOcspResponse(der)
  if (isX509Failure(response)) return [rule, `unreadable: ${oneLine(response.why)}`, rule]
  const { status, basic } = response
  return [
    rule,
    'OCSP Response Data:',
    `    OCSP Response Status: ${status.toLowerCase()} (0x${numbers[status]})`,
    ...(basic
      ? [
          `    Responder Id: ${responder(basic.responder)}`,
          `    Produced At: ${date(basic.producedAt)}`,
          ...basic.responses.flatMap(single => [
            `    Serial Number: ${hex(single.certId.serialNumber)}`,
            `    Cert Status: ${single.status.is}`,
            ...(single.status.is === 'revoked'
              ? [`    Revocation Time: ${date(single.status.at)}`]
              : []),
            `    This Update: ${date(single.thisUpdate)}`,
            ...(single.nextUpdate === undefined
              ? []
              : [`    Next Update: ${date(single.nextUpdate)}`]),
          ]),
        ]
      : []),
    rule,
  ]
}

function responder(id: NonNullable<OcspResponse['basic']>['responder']): string {
  return id.by === 'name' ? oneLine(id.name.text) : hex(id.keyHash)
}

/** -ct of a client: the timestamps that came, wherever they were. Nobody has verified them: there is no list of logs here. */
export function timestampReport(ssl: Ssl): string[] {
  return [`SCTs present (${ssl.scts.length}), not validated`, ...ssl.scts.flatMap(timestamp), '---']
}

const sources: Readonly<Record<Sct['source'], string>> = {
  tls_extension: 'TLS extension',
  certificate: 'X509v3 extension',
  ocsp_response: 'OCSP response',
}

/** RFC 6962 §3.2: version, log, time; of another version than v1 nothing else is known. */
function timestamp({ source, bytes }: Sct): string[] {
  const heading = ['Signed Certificate Timestamp:', `    Source    : ${sources[source]}`]
  const [version] = bytes
  if (version !== 0 || bytes.length < 41) {
    const number = version === undefined ? '' : ` (0x${version.toString(16)})`
    return [...heading, `    Version   : unknown${number}`, `    Bytes     : ${hex(bytes)}`]
  }
  const time = Number(Buffer.from(bytes).readBigUInt64BE(33))
  return [
    ...heading,
    '    Version   : v1 (0x0)',
    `    Log ID    : ${hex(bytes.subarray(1, 33))}`,
    `    Timestamp : ${date(time)}`,
  ]
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}
