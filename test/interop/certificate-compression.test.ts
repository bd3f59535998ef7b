/** Certificate compression with tlslite-ng, which has it from 0.8.0 on: brotli where Python's module of that name is there. */
import { fileURLToPath } from 'node:url'
import { brotliCertificates, certificateCompressions, zlibCertificates } from '@biopair/node'
import type { ExecutionContext } from 'ava'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { connectTo, listen, type Ours } from './support/ours.ts'
import { python, said, tlsliteTest } from './support/tlslite.ts'

const { certFile, keyFile, pem, keyPem, root, leaf, intermediate } = filesFor('rsa')
// The tests run from dist/, the Python program stands beside their sources.
const program = fileURLToPath(new URL('../../interop/tlslite/compress.py', import.meta.url))
const ask =
  'from tlslite.handshakesettings import *; print(*set(ALL_COMPRESSION_ALGOS_SEND) & set(ALL_COMPRESSION_ALGOS_RECEIVE))'
const theirs = said(ask)?.split(' ') ?? []

function withPeer(
  algorithm: string,
  title: string,
  body: (t: ExecutionContext) => Promise<void>,
): void {
  const there = theirs.includes(algorithm)
  const wheels = "'tlslite-ng>=0.8.0' brotli"
  tlsliteTest({ there, what: `tlslite-ng with ${algorithm}`, wheels }, title, body)
}

/** The msg_types of the certificates that came or went. */
function certificates({ events }: Ours, direction: 'read' | 'write'): number[] {
  return events.flatMap(event => {
    if (event.event !== 'message' || event.direction !== direction) return []
    const type = event.message[0] as number
    return type === 11 || type === 25 ? [type] : []
  })
}

function bothCompressed(t: ExecutionContext, ours: Ours): void {
  t.deepEqual(certificates(ours, 'read'), [25])
  t.deepEqual(certificates(ours, 'write'), [25])
  t.deepEqual(ours.ssl.peerCertificates, [leaf.der, intermediate.der])
  t.true(ours.ssl.authorized)
}

for (const { name } of [zlibCertificates, brotliCertificates]) {
  withPeer(name, `tlslite-ng's server and our client both compress: ${name}`, async t => {
    const server = new Child(t, python, [program, 'server', certFile, keyFile, name])
    const [, port] = await server.says(/PORT (\d+)/)
    const client = await connectTo(t, Number(port), {
      ...{ ca: root.pem, cert: pem, key: keyPem },
      certificateCompression: certificateCompressions,
    })
    await client.shake()
    await client.write('there and back\n')
    t.is(await client.line(), 'there and back\n')
    bothCompressed(t, client)
    await server.says(new RegExp(`COMPRESSED ${name} ${name}`))
  })

  withPeer(name, `our server and tlslite-ng's client both compress: ${name}`, async t => {
    const { port, accepted } = await listen(t, {
      ...{ ca: root.pem, cert: pem, key: keyPem, requestCert: true },
      certificateCompression: certificateCompressions,
    })
    const args = [program, 'client', String(port), certFile, keyFile, name]
    const client = new Child(t, python, args)
    const server = await (await accepted).shake()
    await server.write(await server.line())
    bothCompressed(t, server)
    await client.says(new RegExp(`COMPRESSED ${name} ${name}`))
  })
}
