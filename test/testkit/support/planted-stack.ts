/** Faults of the stack, for the fuzz targets to find: each is one expression that becomes another. */
import type { FuzzName } from '@biopair/testkit/fuzz'

export interface StackFault {
  /** A sentence of the stack that has it. */
  readonly name: string
  readonly target: FuzzName
  /** Below `packages`, compiled. */
  readonly module: string
  /** Stands in the module once, and `was` in it. */
  readonly code: string
  readonly was: string
  readonly becomes: string
  /** How the law that it breaks begins. */
  readonly law: string
  /** Executions within which the loop finds it. */
  readonly within: number
}

export const stackFaults: readonly StackFault[] = [
  {
    name: 'a Finished of TLS 1.3 is not compared',
    target: 'client',
    module: 'handshake/dist/tls13/finished.js',
    code: 'if (!matches(finished.verify_data))',
    was: '!matches(finished.verify_data)',
    becomes: 'false',
    law: 'who is connected has had a Finished',
    within: 10_000,
  },
  {
    name: 'a key share is taken of a group for which none was sent',
    target: 'client',
    module: 'handshake/dist/tls13/answer.js',
    code: 'if (!ours || !group)',
    was: '!ours || !group',
    becomes: 'false',
    law: 'no peer can cause internal_error',
    within: 10_000,
  },
  {
    name: 'a signature scheme that nobody knows is looked at',
    target: 'server',
    module: 'handshake/dist/tls13/authentication.js',
    code: 'if (!scheme?.handshake || !schemes.includes(scheme))',
    was: '!scheme?.handshake || !schemes.includes(scheme)',
    becomes: 'false',
    law: 'no peer can cause internal_error',
    within: 10_000,
  },
  {
    name: 'a Finished of TLS 1.2 is not compared',
    target: 'server',
    module: 'handshake/dist/tls12/finish.js',
    code: 'if (!finishedMatches12(expected, verify_data))',
    was: '!finishedMatches12(expected, verify_data)',
    becomes: 'false',
    law: 'who is connected has had a Finished',
    within: 10_000,
  },
  {
    name: 'a record is waited for that is longer than one may be',
    target: 'record',
    module: 'record/dist/record-reader.js',
    code: 'return reduced ? this.#maxPlaintext + overhead : maxBody;',
    was: 'reduced ? this.#maxPlaintext + overhead : maxBody',
    becomes: '65_535',
    law: 'no more than a record is held',
    within: 10_000,
  },
  {
    name: 'content that is too long is taken',
    target: 'record',
    module: 'record/dist/admission.js',
    code: 'if (whole > limit)',
    was: 'whole > limit',
    becomes: 'false',
    law: 'a record keeps to its limit',
    within: 10_000,
  },
  {
    name: 'a record is whole a byte too early',
    target: 'record',
    module: 'record/dist/record-reader.js',
    code: 'if (part === missing)',
    was: 'part === missing',
    becomes: 'part + 1 >= missing',
    law: 'cuts change nothing',
    within: 10_000,
  },
  {
    name: 'the highest byte of a length of three is lost',
    target: 'message',
    module: 'wire/dist/reader.js',
    code: 'return ((bytes[at] << 16) |',
    was: 'bytes[at] << 16',
    becomes: '0',
    law: 'what is read is what was there',
    within: 10_000,
  },
  {
    name: 'a number of four bytes has a sign',
    target: 'message',
    module: 'wire/dist/reader.js',
    code: 'return high * 0x10000 + ((bytes[at + 2] << 8) | bytes[at + 3]);',
    was: 'high * 0x10000 + ((bytes[at + 2] << 8) | bytes[at + 3])',
    becomes: '(high << 16) | (bytes[at + 2] << 8) | bytes[at + 3]',
    law: 'what was read can be written',
    within: 10_000,
  },
  {
    name: 'a signature is not verified',
    target: 'certificate',
    module: 'x509/dist/search.js',
    code: '!isX509Failure(signatureAlgorithm) && key.verify(signatureAlgorithm, tbs, signature)',
    was: 'key.verify(signatureAlgorithm, tbs, signature)',
    becomes: 'true',
    law: 'nothing is believed without a signature',
    within: 10_000,
  },
  {
    name: 'a time may be none',
    target: 'certificate',
    module: 'x509/dist/time.js',
    code: 'if (!real || Number.isNaN(year))',
    was: '!real || Number.isNaN(year)',
    becomes: 'false',
    law: 'a time is one',
    within: 10_000,
  },
  {
    name: 'a certificate that has expired is believed',
    target: 'certificate',
    module: 'x509/dist/rules.js',
    code: 'if (time >= notAfter + 1000)',
    was: 'time >= notAfter + 1000',
    becomes: 'false',
    law: 'who is believed is valid now',
    within: 10_000,
  },
  {
    name: 'the end of a list that is odd is passed over',
    target: 'ClientHello',
    module: 'wire/dist/codec.js',
    code: 'while (elements.left > 0)',
    was: 'elements.left > 0',
    becomes: 'elements.left > 1',
    law: 'what is read is what was there',
    within: 10_000,
  },
  {
    name: 'a key share that is no point is agreed on',
    target: 'ClientHello',
    module: 'handshake/dist/tls13/server.js',
    code: 'if (failed(answer))',
    was: 'failed(answer)',
    becomes: 'false',
    law: 'no peer can cause internal_error',
    within: 10_000,
  },
]
