/** A state of OpenSSL's that RFC 9846 appendix A has no name for. */
import type { Ssl } from '../ssl.ts'

/** A server that has asked for another ClientHello: appendix A has it in START again, OpenSSL where its flight is out. */
export function waitsAgain({ role, state, retried }: Ssl): boolean {
  return role === 'server' && state === 'START' && retried
}
