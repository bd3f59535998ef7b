/** A client inside a worker that keeps its key where nobody can read it: over the port that it is posted, and what comes out is plaintext. */
import {
  type MessagePort,
  parentPort,
  type TransferListItem,
  workerData,
} from 'node:worker_threads'
import { webCryptoKey } from '@biopair/ssl'
import { connect } from '@biopair/web'

if (!parentPort) throw new Error('this is a worker')
const page = parentPort
const { ca, cert, pkcs8 } = workerData as { ca: string; cert: string; pkcs8: Uint8Array }
const { subtle } = globalThis.crypto

// As a worker of a page, it lives until it is terminated: a transferred stream alone keeps none of Node's alive.
page.on('message', async (port: MessagePort) => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const kept = await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
  const { readable, writable, closed } = connect(port, {
    ...{ ca, servername: 'server.example' },
    ...webCryptoKey(cert, kept, subtle),
  })
  const list = [readable, writable] as unknown as TransferListItem[]
  page.postMessage({ readable, writable }, list)
  await closed
  page.postMessage('closed')
})
