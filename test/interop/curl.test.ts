/** curl and `biopair s_server -www`, the command itself. */

import { Child } from './support/child.ts'
import { biopair } from './support/command.ts'
import { filesFor } from './support/files.ts'
import { peerTest } from './support/peers.ts'

for (const provider of ['node', 'noble'])
  peerTest('curl', `curl gets a page from biopair s_server over ${provider}`, async t => {
    const { certFile, keyFile, caFile } = filesFor('p256')
    const args = ['-accept', '127.0.0.1:0', '-www', '-provider', provider]
    const server = biopair(t, ['s_server', ...args, '-cert', certFile, '-key', keyFile])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const url = `https://server.example:${port}/page`
    const resolve = `server.example:${port}:127.0.0.1`
    const get = ['-sS', '-m', '10', '--http1.1', '--cacert', caFile, '--resolve', resolve]
    const client = new Child(t, 'curl', [...get, '-i', url])
    t.is(await client.exit(), 0, client.stderr)
    t.regex(client.stdout, /^HTTP\/1\.1 200 OK\r\n/)
    t.regex(client.stdout, /New, TLSv1\.3, Cipher is TLS_/)
    t.regex(client.stdout, /Server name asked for: server\.example/)

    const head = new Child(t, 'curl', [...get, '-I', url])
    t.is(await head.exit(), 0, head.stderr)
    const post = new Child(t, 'curl', [...get, '-i', '-d', 'a=b', url])
    t.is(await post.exit(), 0, post.stderr)
    t.regex(post.stdout, /^HTTP\/1\.1 405 /)

    const stranger = new Child(t, 'curl', ['-sS', '-m', '10', '--resolve', resolve, url])
    t.is(await stranger.exit(), 60)
    await server.says(
      /unknown_ca received in WAIT_FINISHED \(TLSV1_ALERT_UNKNOWN_CA, RFC 9846 6\.2\)/,
    )
  })
