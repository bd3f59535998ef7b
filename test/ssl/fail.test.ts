/** A fatal alert of the program's own, between two calls. */
import { TlsAlert } from '@biopair/ssl'
import test from 'ava'
import { bytes, ends } from '../support/ends.ts'

const denied = () =>
  new TlsAlert('access_denied', { reason: 'CALLBACK_FAILED', section: '6.2', why: 'not you' })

for (const calls of [1, 2, 4])
  test(`fail after ${calls} calls tells the peer, and every later call the same`, t => {
    const { client, server } = ends({})
    for (let i = 0; i < calls; i++) {
      client.doHandshake()
      server.doHandshake()
    }
    const alert = denied()
    t.deepEqual(client.fail(alert), { status: 'failed', error: alert })
    for (let i = 0; i < 3; i++) {
      t.deepEqual(client.doHandshake(), { status: 'failed', error: alert })
      t.deepEqual(client.write(bytes('more')), { status: 'failed', error: alert })
    }
    const heard = server.read(new Uint8Array(1))
    t.is(heard.status, 'failed')
    if (heard.status === 'failed' && heard.error instanceof TlsAlert) {
      t.is(heard.error.alert, 'access_denied')
      t.is(heard.error.origin, 'received')
    }
    // What has failed stays as it was.
    t.deepEqual(client.fail(denied()), { status: 'failed', error: alert })
    t.deepEqual(server.fail(denied()), heard)
  })
