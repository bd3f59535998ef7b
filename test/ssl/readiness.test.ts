import { type Bio, retryRead, retryWrite } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'

/** A promise that stays pending and counts who listens to it. */
function pending(): { readonly promise: Promise<void>; readonly listeners: () => number } {
  let listeners = 0
  const method = 'then'
  const promise = new Promise<void>(() => {})
  const original = promise[method].bind(promise)
  Reflect.defineProperty(promise, method, {
    value: (...reactions: Parameters<typeof original>) => {
      listeners++
      return original(...reactions)
    },
  })
  return { promise, listeners: () => listeners }
}

test('a wait that never ends is listened to once, however often the other half becomes ready', async t => {
  const idle = pending()
  const bio: Bio = {
    read: () => retryRead,
    write: () => retryWrite,
    flush: () => 'done',
    end: () => 'done',
    close: () => {},
    ready: on => (on === 'read' ? idle.promise : Promise.resolve()),
  }
  const context = new SslContext({ crypto: nodeCrypto, rejectUnauthorized: false })
  const client = new Ssl(context).setBio(bio).setConnectState()
  for (let i = 0; i < 100; i++) {
    const outcome = client.doHandshake()
    t.is(outcome.status, 'want_write')
    await client.ready(outcome)
  }
  t.is(idle.listeners(), 1)
})
