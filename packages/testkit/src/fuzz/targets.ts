/** The six targets, with mutators and starting corpora. */
import { certificateSubject } from './certificate-target.ts'
import { clientHelloSubject } from './client-hello-target.ts'
import { endpointSubjects } from './endpoint-targets.ts'
import type { FuzzSubject } from './fuzz-target.ts'
import { messageSubject } from './message-target.ts'
import { recordSubject } from './record-target.ts'

export const fuzzNames = [
  'client',
  'server',
  'record',
  'message',
  'certificate',
  'ClientHello',
] as const
export type FuzzName = (typeof fuzzNames)[number]

/** Makes the targets: contexts, certificates and recordings, which costs some tenths of a second. */
export function fuzzSubjects(): Readonly<Record<FuzzName, FuzzSubject>> {
  const { client, server, scenarios } = endpointSubjects()
  return {
    client,
    server,
    record: recordSubject,
    message: messageSubject,
    certificate: certificateSubject(),
    ClientHello: clientHelloSubject(scenarios),
  }
}
