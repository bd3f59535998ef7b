/** Two ends, of which one has its messages changed: what the other makes of them. */
import type { Edit } from '@biopair/handshake'
import { type AlertName, TlsAlert } from '@biopair/wire'
import type { ExecutionContext } from 'ava'
import { documented } from './documented.ts'
import { type EndsOptions, ends } from './ends.ts'

/** Changes one message of an end. */
export function editing<T>(name: string, change: (message: T) => T): { readonly edit: Edit } {
  return {
    edit: (said, message) =>
      said === name ? (change(message as unknown as T) as unknown as typeof message) : message,
  }
}

/** What the end that is named makes of the other's messages: its own alert. */
export function refusedBy(
  t: ExecutionContext,
  name: 'client' | 'server',
  options: EndsOptions,
  alert: AlertName,
  reason: string,
): void {
  const made = ends(options)
  for (let i = 0; i < 100; i++) {
    const [mine, other] =
      name === 'client' ? [made.client, made.server] : [made.server, made.client]
    other.doHandshake()
    const outcome = mine.doHandshake()
    if (outcome.status === 'done') break
    if (outcome.status !== 'failed') continue
    const { error } = outcome
    if (!(error instanceof TlsAlert)) throw error
    t.deepEqual([error.origin, error.alert, error.reason], ['sent', alert, reason], error.message)
    documented(t, error)
    const heard = other.read(new Uint8Array(1))
    t.is(heard.status, 'failed')
    return
  }
  t.fail('nothing was refused')
}
