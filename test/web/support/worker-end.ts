/** A server inside a worker: answers with what it heard, and closes. */
import { parentPort, workerData } from 'node:worker_threads'
import { accept } from '@biopair/web'

if (!parentPort) throw new Error('this is a worker')
const { cert, key } = workerData as { cert: string; key: string }
const connection = accept(parentPort, { cert, key })
await connection.readable.pipeTo(connection.writable)
await connection.closed
