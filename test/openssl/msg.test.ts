/** The message callback: whole messages behind the headers of their records, with types and versions. */
import {
  type SSL_CTX,
  SSL_CTX_set_max_send_fragment,
  SSL_CTX_set_msg_callback,
  SSL_CTX_set_msg_callback_arg,
  SSL_CTX_set_num_tickets,
  SSL_connect,
  SSL_read,
  SSL_set_msg_callback,
  SSL_set_msg_callback_arg,
  SSL_shutdown,
  SSL_write,
  SSL3_RT_ALERT,
  SSL3_RT_CHANGE_CIPHER_SPEC,
  SSL3_RT_HANDSHAKE,
  SSL3_RT_HEADER,
  SSL3_RT_INNER_CONTENT_TYPE,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { failure, play } from './support/play.ts'
import {
  clientContext,
  counted,
  drained,
  endsOver,
  ringSizes,
  serverContext,
  shakeWired,
  versions,
  wiredEnds,
} from './support/tls.ts'

interface Told {
  readonly write: 0 | 1
  readonly version: number
  readonly type: number
  readonly bytes: Uint8Array
}

function told(ctx: SSL_CTX): Told[] {
  const seen: Told[] = []
  SSL_CTX_set_msg_callback(ctx, (write, version, type, bytes) => {
    seen.push({ write, version, type, bytes })
  })
  return seen
}

function toldEnds(size = 17408) {
  const [client, server] = [clientContext(), serverContext()]
  SSL_CTX_set_num_tickets(server, 0)
  const seen = { client: told(client), server: told(server) }
  return { ends: endsOver(size, versions[0], { client, server }), seen }
}

const names: Record<number, string> = { 20: 'ccs', 21: 'alert', 256: 'header', 257: 'inner' }
const line = ({ write, type, bytes }: Told) =>
  `${write ? '>' : '<'} ${type === 22 ? `message ${bytes[0]}` : type === 257 ? `inner ${bytes[0]}` : names[type]}`
const messages = (seen: readonly Told[], write: 0 | 1) =>
  seen
    .filter(one => one.type === SSL3_RT_HANDSHAKE && one.write === write)
    .map(one => [...one.bytes])

test('the pseudo types are OpenSSL’s', t => {
  t.deepEqual(
    [
      SSL3_RT_CHANGE_CIPHER_SPEC,
      SSL3_RT_ALERT,
      SSL3_RT_HANDSHAKE,
      SSL3_RT_HEADER,
      SSL3_RT_INNER_CONTENT_TYPE,
    ],
    [20, 21, 22, 256, 257],
  )
})

test('each record is told by its header and its inner type, and then what it completes', t => {
  const { ends, seen } = toldEnds()
  t.true(play(ends).done)
  t.deepEqual(seen.client.map(line), [
    '> header',
    '> message 1',
    '< header',
    '< message 2',
    '> header',
    '> ccs',
    ...['< header', '< inner 22', '< message 8', '< message 11', '< message 15', '< message 20'],
    ...['> header', '> inner 22', '> message 20'],
  ])
  t.deepEqual(seen.server.map(line), [
    '< header',
    '< message 1',
    '> header',
    '> message 2',
    '> header',
    '> ccs',
    ...['> header', '> inner 22', '> message 8', '> message 11', '> message 15', '> message 20'],
    ...['< header', '< inner 22', '< message 20'],
  ])
})

for (const size of ringSizes)
  test(`what one end says that it wrote, the other says that it read, over rings of ${size}`, t => {
    const { ends, seen } = toldEnds(size)
    t.true(play(ends).done)
    t.deepEqual(messages(seen.client, 1), messages(seen.server, 0))
    t.deepEqual(messages(seen.server, 1), messages(seen.client, 0))
    for (const bytes of [...messages(seen.client, 1), ...messages(seen.server, 1)]) {
      const [, a = 0, b = 0, c = 0] = bytes
      t.is(bytes.length, 4 + ((a << 16) | (b << 8) | c), 'a whole message')
    }
  })

test('headers are the bytes on the wire; their version is the record’s, all else is of TLS 1.3', t => {
  const client = clientContext()
  const seen = told(client)
  const ends = wiredEnds(17408, versions[0], { client })
  SSL_connect(ends.client)
  const wire = drained(ends.clientWire)
  t.deepEqual(
    seen.map(({ version, type }) => [version, type]),
    [
      [0x0301, SSL3_RT_HEADER],
      [0x0304, SSL3_RT_HANDSHAKE],
    ],
  )
  t.deepEqual(seen[0]?.bytes, wire.slice(0, 5))
  t.deepEqual(seen[1]?.bytes, wire.slice(5))
  const other = told(client)
  const more = wiredEnds(17408, versions[0], { client })
  shakeWired(more)
  for (const { version, type, bytes } of other.slice(2))
    t.is(version, type === SSL3_RT_HEADER ? 0x0303 : 0x0304, String(bytes))
})

test('a message that takes several records is told once, behind the last of them', t => {
  const { pem } = chainFor('p256')
  const server = serverContext()
  SSL_CTX_set_num_tickets(server, 0)
  t.is(SSL_CTX_set_max_send_fragment(server, 512), 1)
  const seen = told(server)
  const ends = endsOver(17408, versions[0], { server })
  t.true(play(ends).done)
  t.true(pem.length > 1024)
  const lines = seen.map(line)
  const at = lines.indexOf('> message 11')
  t.true(at > 0)
  t.is(lines.filter(one => one === '> message 11').length, 1)
  const records = lines.slice(lines.indexOf('> message 8') + 1, at)
  t.true(records.length >= 2)
  for (const record of records) t.regex(record, /header|inner 22/)
  t.deepEqual(
    lines.filter(one => one.startsWith('> message')),
    ['> message 2', '> message 8', '> message 11', '> message 15', '> message 20'],
  )
})

test('application data shows as records alone, alerts as level and number', t => {
  const { ends, seen } = toldEnds()
  t.true(play(ends).done)
  seen.client.length = 0
  t.is(SSL_write(ends.client, counted(5)), 5)
  t.is(SSL_shutdown(ends.client), 0)
  t.deepEqual(seen.client.map(line), [
    '> header',
    '> inner 23',
    '> header',
    '> inner 21',
    '> alert',
  ])
  t.deepEqual([...(seen.client.at(-1)?.bytes ?? [])], [1, 0])
  seen.server.length = 0
  const into = new Uint8Array(5)
  t.is(SSL_read(ends.server, into), 5)
  t.is(SSL_read(ends.server, into), 0)
  t.deepEqual(seen.server.map(line), [
    '< header',
    '< inner 23',
    '< header',
    '< inner 21',
    '< alert',
  ])
})

test('the callback is given its SSL and its argument; an SSL may have its own', t => {
  const client = clientContext()
  const seen: unknown[][] = []
  SSL_CTX_set_msg_callback(client, (...args) => void seen.push(args.slice(4)))
  SSL_CTX_set_msg_callback_arg(client, 'of the context')
  const first = endsOver(17408, versions[0], { client })
  SSL_connect(first.client)
  t.deepEqual(seen[0], [first.client, 'of the context'])
  const second = endsOver(17408, versions[0], { client })
  SSL_set_msg_callback_arg(second.client, 'its own')
  SSL_connect(second.client)
  t.deepEqual(seen.at(-1), [second.client, 'its own'])
  const count = seen.length
  SSL_set_msg_callback(second.client, null)
  t.true(play(second).done)
  t.is(seen.length, count)
})

test('what the callback does to its bytes changes nothing', t => {
  const client = clientContext()
  SSL_CTX_set_msg_callback(client, (_write, _version, _type, bytes) => void bytes.fill(0))
  t.true(play(endsOver(100, versions[0], { client })).done)
})

test('a message callback that throws ends the connection with internal_error, wherever it does', t => {
  for (let nth = 0; nth < 12; nth++) {
    const client = clientContext()
    const mistake = new TypeError(`call ${nth}`)
    let calls = 0
    SSL_CTX_set_msg_callback(client, () => {
      if (calls++ === nth) throw mistake
    })
    const ends = endsOver(17408, versions[0], { client })
    t.false(play(ends).done)
    t.is(SSL_connect(ends.client), -1)
    t.is(failure(ends.client).thrown, mistake)
  }
})
