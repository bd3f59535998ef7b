/** A thread that is a C program over blocking descriptors: no retry, no loop around a call. Tells what each call answered. */
import { parentPort, workerData } from 'node:worker_threads'
import * as C from '@biopair/node/openssl'
import { bytes, into, opened, text } from './c.ts'

const { inward, outward, ca } = workerData as Readonly<Record<string, string>>
const ctx = C.SSL_CTX_new(C.TLS_client_method())
C.SSL_CTX_load_verify(ctx, ca as string)
const ssl = C.SSL_new(ctx)
C.SSL_set1_host(ssl, 'server.example')
const answers: unknown[] = [
  C.SSL_set_rfd(ssl, opened(inward as string, false)),
  C.SSL_set_wfd(ssl, opened(outward as string, false)),
]
const buf = into(100)
answers.push(C.SSL_connect(ssl))
answers.push(C.SSL_write(ssl, bytes('hello')))
const count = C.SSL_read(ssl, buf)
answers.push(text(buf.subarray(0, Math.max(count, 0))))
answers.push(C.SSL_shutdown(ssl), C.SSL_shutdown(ssl))
C.SSL_free(ssl)
parentPort?.postMessage(answers)
