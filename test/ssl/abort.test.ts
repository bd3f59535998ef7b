/** What becomes of a callback that is still thinking when nobody waits for its answer any more. */
import type { Bio } from '@biopair/bio'
import { type CallbackContext, type Ssl, TlsAlert } from '@biopair/ssl'
import test from 'ava'
import { type Ends, ends, readAll } from '../support/ends.ts'

const never = new Promise<never>(() => {})

/** Ends whose server thinks about its certificate for ever; and what its callback was told. */
function thinking(wrap?: (near: Bio) => Bio): Ends & { contexts: CallbackContext[] } {
  const contexts: CallbackContext[] = []
  const made = ends({
    server: {
      certificateCallback: (_, context) => {
        contexts.push(context)
        return never
      },
    },
    ...(wrap ? { wrap } : {}),
  })
  made.client.doHandshake()
  return { ...made, contexts }
}

/** The one context of the one callback. */
function only({ contexts }: { contexts: readonly CallbackContext[] }): CallbackContext {
  const [context, ...others] = contexts
  if (!context || others.length > 0) throw new Error(`expected one, got ${contexts.length}`)
  return context
}

test('closing while an answer is awaited aborts the signal, once, and says so with an AbortError', t => {
  const made = thinking()
  t.is(made.server.doHandshake().status, 'want_certificate')
  const { signal } = only(made)
  t.true(signal instanceof AbortSignal)
  t.is(only(made).signal, signal)
  let heard = 0
  signal.addEventListener('abort', () => {
    heard++
  })
  made.server.doHandshake()
  t.false(signal.aborted)
  t.is(made.server.close().status, 'done')
  made.server.close()
  t.true(signal.aborted)
  t.is(heard, 1)
  t.is((signal.reason as Error).name, 'AbortError')
})

test('a signal that is looked at only after the close is aborted already', t => {
  const made = thinking()
  made.server.doHandshake()
  made.server.close()
  t.true(only(made).signal.aborted)
})

test('a close that has to wait for room aborts at once', t => {
  const { server, far, contexts, client } = thinking()
  server.doHandshake()
  far.write(new Uint8Array(far.writeGuarantee))
  t.is(server.close().status, 'want_write')
  t.true(only({ contexts }).signal.aborted)
  t.is(client.state, 'WAIT_SH')
})

test('a peer that ends the connection does not abort before somebody looks, and failing then does', t => {
  const contexts: CallbackContext[] = []
  const made = ends({
    client: {
      verifyCallback: (_verdict, _chain, context) => {
        contexts.push(context)
        return never
      },
    },
  })
  let outcome: ReturnType<Ssl['doHandshake']>
  do {
    outcome = made.client.doHandshake()
    made.server.doHandshake()
  } while (outcome.status !== 'want_verification')
  made.server.close()
  // Nothing is read while the handshake stands still.
  t.is(made.client.doHandshake().status, 'want_verification')
  t.false(only({ contexts }).signal.aborted)
  made.client.close()
  t.true(only({ contexts }).signal.aborted)
})

test('an answer that came is not aborted by what happens later', async t => {
  const contexts: CallbackContext[] = []
  const told = (context: CallbackContext) => {
    contexts.push(context)
    return Promise.resolve('h2')
  }
  const made = ends({
    client: { ALPNProtocols: ['h2'] },
    server: { ALPNCallback: (_, context) => told(context) },
  })
  made.client.doHandshake()
  const outcome = made.server.doHandshake()
  t.is(outcome.status, 'want_alpn')
  await made.server.ready(outcome)
  for (let i = 0; i < 4; i++) {
    made.server.doHandshake()
    made.client.doHandshake()
  }
  t.true(made.client.connected && made.server.connected)
  made.server.close()
  t.is(readAll(made.client).status, 'closed')
  t.false(only({ contexts }).signal.aborted)
})

test('a late refusal after the abort changes nothing and is nobody’s unhandled rejection', async t => {
  let refuse = (_: Error) => {}
  const made = ends({
    server: {
      certificateCallback: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          refuse = reject
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    },
  })
  made.client.doHandshake()
  const outcome = made.server.doHandshake()
  made.server.close()
  refuse(new TlsAlert('access_denied', { reason: 'LATE', section: '6.2', why: 'too late' }))
  if ('ready' in outcome) await t.notThrowsAsync(outcome.ready)
  t.throws(() => made.server.doHandshake(), { code: 'ERR_CLOSED' })
  t.like(made.client.doHandshake(), { status: 'closed' })
})

test.serial('a platform without AbortController gets a small one that does the same', t => {
  const { AbortController } = globalThis
  const made = thinking()
  try {
    Reflect.deleteProperty(globalThis, 'AbortController')
    made.server.doHandshake()
    const { signal } = only(made)
    t.false(signal instanceof AbortSignal)
    const heard: string[] = []
    const removed = () => heard.push('removed')
    signal.addEventListener('abort', removed)
    signal.addEventListener('abort', () => {
      throw new Error('of the listener')
    })
    signal.addEventListener('abort', () => heard.push('second'), { once: true })
    signal.removeEventListener('abort', removed)
    t.notThrows(() => signal.throwIfAborted())
    t.false(signal.aborted)
    t.is(made.server.close().status, 'done')
    t.deepEqual(heard, ['second'])
    t.true(signal.aborted)
    t.throws(() => signal.throwIfAborted(), { name: 'AbortError' })
    signal.addEventListener('abort', () => heard.push('too late'))
    made.server.close()
    t.deepEqual(heard, ['second'])
  } finally {
    globalThis.AbortController = AbortController
  }
})
