/** Refusal as a test sees it: which alert, under which keys, and nothing after it. */
import type { AlertName, TlsAlert } from '@biopair/wire'
import type { ExecutionContext } from 'ava'
import { documented } from './documented.ts'
import type { Peer, Under } from './peer.ts'

/** Our end answers with one fatal alert under the keys named, says nothing more, and fails alike on every later call. */
export function refused(
  t: ExecutionContext,
  peer: Peer,
  alert: AlertName,
  under: Under,
): TlsAlert | undefined {
  const outcome = peer.step()
  if (outcome.status !== 'failed' || !('alert' in outcome.error)) {
    t.fail(`expected ${alert}, got ${JSON.stringify(outcome)}`)
    return undefined
  }
  const { error } = outcome
  t.deepEqual(
    { alert: error.alert, origin: error.origin },
    { alert, origin: 'sent' },
    error.message,
  )
  t.deepEqual(
    peer.alerts.map(heard => [heard.alert, heard.level, heard.under]),
    [[alert, 2, under]],
    error.message,
  )
  documented(t, error as TlsAlert)
  const last = peer.heard.length
  t.is(peer.heard[last - 1]?.kind, 'alert')
  peer.data(Uint8Array.of(1))
  t.deepEqual(peer.step(), outcome)
  t.is(peer.heard.length, last)
  return error
}

/** Our end takes the peer's alert for what it is, and sends nothing in return. */
export function ended(t: ExecutionContext, peer: Peer, alert: string): void {
  const before = peer.heard.length
  const outcome = peer.step()
  if (outcome.status !== 'failed' || !('alert' in outcome.error)) {
    t.fail(`expected ${alert}, got ${JSON.stringify(outcome)}`)
    return
  }
  const { error } = outcome
  t.deepEqual({ alert: error.alert, origin: error.origin }, { alert, origin: 'received' } as {
    alert: typeof error.alert
    origin: typeof error.origin
  })
  t.is(peer.heard.length, before)
}

/** Data travels both ways. */
export function connected(t: ExecutionContext, peer: Peer): void {
  const before = peer.heard.length
  peer.data(Uint8Array.of(7, 8))
  t.is(peer.step().status, 'want_read')
  t.deepEqual(peer.delivered.at(-1), Uint8Array.of(7, 8))
  t.deepEqual(peer.ssl.write(Uint8Array.of(9)), { status: 'done', bytes: 1 })
  peer.step()
  const data = peer.heard.slice(before).filter(heard => heard.kind === 'data')
  t.deepEqual(
    data.map(heard => heard.kind === 'data' && [...heard.bytes]),
    [[9]],
  )
  t.deepEqual(peer.alerts, [])
}
