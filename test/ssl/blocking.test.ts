/** TLS over BIOs that wait: a call returns once it has finished or failed (SSL_do_handshake(3)). Two threads over shared memory. */
import {
  type Bio,
  retryRead,
  retryWrite,
  SharedPairBio,
  type SharedPairHandle,
  sharedPair,
} from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext, type Trace } from '@biopair/ssl'
import ava from 'ava'
import { chainFor, mint } from '../support/mint.ts'
import { Plain } from '../support/plain.ts'
import { statuses, threads } from '../support/threads.ts'

// One after the other: each has two threads of its own.
const test = ava.serial
const mebibyte = 2 ** 20

/** A client and a server in one thread, over BIOs that wait a moment. */
function sharedEnds(
  size: number,
  {
    plain = false,
    ...traced
  }: Pick<ContextOptions, 'trace' | 'traceSecrets'> & { plain?: boolean } = {},
): readonly [Ssl, Ssl] {
  const { root, pem, keyPem } = chainFor('p256')
  const [a, b] = sharedPair(size)
  const bio = (handle: SharedPairHandle): Bio => {
    const half = new SharedPairBio(handle, { blocking: true, timeout: 2 })
    return plain ? new Plain(half) : half
  }
  const common = { crypto: nodeCrypto, groups: 'x25519' }
  const client = new SslContext({ ...common, ca: root.pem, ...traced })
  const server = new SslContext({ ...common, cert: pem, key: keyPem })
  return [
    new Ssl(client, { servername: 'server.example' }).setBio(bio(a)).setConnectState(),
    new Ssl(server).setBio(bio(b)).setAcceptState(),
  ]
}

function bytesOf(outcome: { readonly status: string; readonly bytes?: number }): number {
  return outcome.bytes ?? 0
}

test('client and server shake hands, and 64 MiB go one way and then the other, in calls that wait', async t => {
  const total = 64 * mebibyte
  const { a, b, trouble } = await threads({
    sizes: [65_536, 65_536],
    a: [['handshake'], ['send', total], ['receive', total], ['shutdown'], ['shutdown'], ['close']],
    b: [
      ['handshake'],
      ['receive', total],
      ['send', total],
      ['receive', 1],
      ['shutdown'],
      ['close'],
    ],
    limit: 240_000,
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses(a), ['done', 'done', 'done', 'sent', 'done', 'done'])
  t.deepEqual(statuses(b), ['done', 'done', 'done', 'closed', 'done', 'done'])
  for (const [sent, received] of [
    [a[1], b[1]],
    [b[2], a[2]],
  ]) {
    t.is(sent?.bytes, total)
    t.is(received?.bytes, total)
    t.is(sent?.digest, received?.digest)
  }
  t.true(a[2]?.session)
})

/** Ring sizes, and how much to send over them. */
const sizes = [
  [1, 300],
  [6, 2000],
  [100, 50_000],
  [17_408, mebibyte],
  [65_536, 4 * mebibyte],
] as const

for (const [size, total] of sizes) {
  test(`over rings of ${size} every call that waits comes to its end`, async t => {
    const { a, b, trouble } = await threads({
      sizes: [size, size],
      a: [['handshake'], ['send', total], ['receive', total], ['shutdown'], ['shutdown']],
      b: [['handshake'], ['receive', total], ['send', total], ['shutdown'], ['shutdown']],
    })
    t.is(trouble, undefined)
    for (const came of [a, b]) {
      t.regex(came[3]?.status ?? '', /^(sent|done)$/)
      t.deepEqual(statuses(came.toSpliced(3, 1)), ['done', 'done', 'done', 'done'])
    }
    t.is(a[1]?.digest, b[1]?.digest)
    t.is(b[2]?.digest, a[2]?.digest)
  })

  test(`over rings of ${size} bytes go both ways at once where nothing waits`, async t => {
    const { a, b, trouble } = await threads({
      sizes: [size, size],
      blocking: false,
      a: [['handshake'], ['exchange', total]],
      b: [['handshake'], ['exchange', total]],
    })
    t.is(trouble, undefined)
    t.deepEqual(statuses([...a, ...b]), ['done', 'done', 'done', 'done'])
    t.is(a[1]?.bytes, total)
    t.is(a[1]?.digest, b[1]?.digest)
  })
}

test('64 MiB go both ways at once where nothing waits', async t => {
  const total = 64 * mebibyte
  const { a, b, trouble } = await threads({
    sizes: [65_536, 65_536],
    blocking: false,
    a: [['handshake'], ['exchange', total]],
    b: [['handshake'], ['exchange', total]],
    limit: 240_000,
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses([...a, ...b]), ['done', 'done', 'done', 'done'])
  t.is(a[1]?.digest, b[1]?.digest)
})

for (const size of [1, 5, 100, 600])
  test(`S11 tickets never block accept: a client that only writes, ${size} bytes of room for the server`, async t => {
    const { a, b, trouble } = await threads({
      sizes: [17_408, size],
      a: [['handshake'], ['send', 40_000], ['sleep', 50], ['receive', 9]],
      b: [['handshake'], ['receive', 40_000], ['send', 9]],
    })
    t.is(trouble, undefined)
    t.deepEqual(statuses([...a, ...b]), Array(7).fill('done'))
    t.is(b[0]?.wpending, 0, 'accept left tickets to a client that does not read')
    t.is(b[1]?.wpending, 0, 'reading wrote tickets')
    t.falsy(a[1]?.session)
    t.true(a[3]?.session, 'they come with the first that is written')
  })

test('S12 a KeyUpdate is not answered by reading, which would wait for a peer that does not read', async t => {
  const { a, b, trouble } = await threads({
    sizes: [17_408, 1],
    server: { numTickets: 0 },
    a: [['handshake'], ['keyUpdate', true], ['send', 40_000], ['sleep', 50], ['receive', 9]],
    b: [['handshake'], ['receive', 40_000], ['send', 9]],
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses([...a, ...b]), Array(8).fill('done'))
  t.is(b[1]?.wpending, 0)
  t.is(b[2]?.digest, a[4]?.digest)
})

test('S5 the first shutdown does not wait for the peer, the second does; data that comes first is to be read', async t => {
  const { a, b, trouble } = await threads({
    a: [['handshake'], ['shutdown'], ['shutdown'], ['receive', 5], ['shutdown']],
    b: [['handshake'], ['sleep', 100], ['send', 5], ['receive', 1], ['shutdown']],
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses(a), ['done', 'sent', 'unread', 'done', 'done'])
  t.deepEqual(statuses(b), ['done', 'done', 'done', 'closed', 'done'])
})

test('a shutdown that answers a goodbye does not wait for room for tickets', async t => {
  const { a, b, trouble } = await threads({
    sizes: [17_408, 30],
    a: [['handshake'], ['send', 5], ['shutdown']],
    b: [['handshake'], ['receive', 5], ['receive', 1], ['shutdown']],
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses(a), ['done', 'done', 'sent'])
  t.deepEqual(statuses(b), ['done', 'done', 'closed', 'done'])
})

for (const [size, unread] of [
  [1, 0],
  [5, 0],
  [100, 60],
  [17_408, 16_000],
] as const)
  test(`two ends that close at once make room for each other: rings of ${size}, ${unread} bytes unread in each`, async t => {
    const left = unread > 0 ? [['send', unread] as const] : []
    const { a, b, trouble } = await threads({
      sizes: [size, size],
      server: { numTickets: 0 },
      a: [['handshake'], ...left, ['close']],
      b: [['handshake'], ...left, ['close']],
    })
    t.is(trouble, undefined)
    for (const came of [...a, ...b]) t.is(came.status, 'done', came.line)
  })

for (const size of [1, 17_408])
  test(`a handshake that fails ends on both sides, rings of ${size}`, async t => {
    const { a, b, trouble } = await threads({
      sizes: [size, size],
      client: { ca: mint({ ca: true }).pem },
      a: [['handshake'], ['handshake'], ['close']],
      b: [['handshake'], ['handshake'], ['close']],
    })
    t.is(trouble, undefined)
    t.deepEqual(statuses(a), ['failed', 'failed', 'done'])
    t.deepEqual(statuses(b), ['failed', 'failed', 'done'])
    t.truthy(a[0]?.reason)
    t.is(a[1]?.reason, a[0]?.reason)
    t.regex(b[0]?.reason ?? '', /^TLSV1_ALERT_|^SSLV3_ALERT_/)
    t.is(b[1]?.reason, b[0]?.reason)
  })

test('a client that must show a certificate and has none learns it from its next read', async t => {
  const { a, b, trouble } = await threads({
    server: { requestCert: true },
    a: [['handshake'], ['receive', 1]],
    b: [['handshake'], ['close']],
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses(a), ['done', 'failed'])
  t.deepEqual(statuses(b), ['failed', 'done'])
  t.is(b[0]?.reason, 'PEER_DID_NOT_RETURN_A_CERTIFICATE')
})

for (const [how, status] of [
  ['end', 'truncated'],
  ['closeBio', 'truncated'],
  ['break', 'failed'],
] as const) {
  test(`a handshake that waits wakes when the peer's BIO comes to its end by ${how}`, async t => {
    const { b, trouble } = await threads({
      a: [['sleep', 100], [how]],
      b: [['handshake'], ['handshake']],
    })
    t.is(trouble, undefined)
    t.deepEqual(statuses(b), [status, status])
  })

  test(`a read that waits wakes when the peer's BIO comes to its end by ${how}`, async t => {
    const { a, b, trouble } = await threads({
      a: [['handshake'], ['send', 5], ['sleep', 100], [how]],
      b: [['handshake'], ['receive', 5], ['receive', 1], ['receive', 1]],
    })
    t.is(trouble, undefined)
    t.deepEqual(statuses(a), ['done', 'done', 'done', 'done'])
    t.deepEqual(statuses(b), ['done', 'done', status, status])
  })
}

for (const how of ['closeBio', 'break'] as const)
  test(`a write that waits fails when the peer's BIO is closed by ${how}`, async t => {
    const { b, trouble } = await threads({
      a: [['handshake'], ['sleep', 100], [how]],
      b: [['handshake'], ['send', mebibyte], ['send', 1]],
    })
    t.is(trouble, undefined)
    t.is(b[1]?.status, 'failed')
    t.is(b[1]?.reason, 'ERR_CARRIER_BROKEN')
    t.is(b[2]?.reason, 'ERR_CARRIER_BROKEN')
  })

for (const plain of [false, true]) {
  const what = plain ? 'a BIO without select' : 'a shared pair'
  test(`with a timeout, calls that have waited in vain say what they want, and go on when they are called again: ${what}`, t => {
    const [client, server] = sharedEnds(600, { plain })
    t.deepEqual(server.doHandshake(), { status: 'want_read', read: 5, write: 0 })
    for (let turn = 0; turn < 40 && !(client.connected && server.connected); turn++) {
      client.doHandshake()
      server.doHandshake()
    }
    t.is(client.doHandshake().status, 'done')
    t.is(server.doHandshake().status, 'done')
  })

  test(`with a timeout, two ends that write more than there is room for come to an end if each also reads: ${what}`, t => {
    const [client, server] = sharedEnds(600, { plain })
    const total = 4000
    const left = [total, total]
    const got = [0, 0]
    for (let turn = 0; turn < 400 && Math.min(...got) < total; turn++)
      for (const [i, ssl] of [client, server].entries()) {
        const wrote = left[i] ? ssl.write(new Uint8Array(left[i])) : ssl.flush()
        left[i] = Number(left[i]) - bytesOf(wrote)
        got[i] = Number(got[i]) + bytesOf(ssl.read(new Uint8Array(total)))
      }
    t.deepEqual(got, [total, total])
  })
}

test('a call waits once in vain for room, and once for bytes, however often it has something to say', t => {
  let [reads, writes] = [0, 0]
  const bio: Bio = {
    blocking: true,
    read() {
      reads++
      return retryRead
    },
    write() {
      writes++
      return retryWrite
    },
    flush: () => 'done',
    end: () => 'done',
    close() {},
  }
  const ssl = new Ssl(new SslContext({ crypto: nodeCrypto, rejectUnauthorized: false }))
  ssl.setBio(bio)
  t.is(ssl.connect().status, 'want_write')
  t.deepEqual([reads, writes], [1, 1])
  t.is(ssl.connect().status, 'want_write')
  t.deepEqual([reads, writes], [2, 2])
  t.is(ssl.close().status, 'want_write')
  t.deepEqual([reads, writes], [2, 3], 'close reads only what it need not wait for')
})

test('tickets that wait keep their place before one that is asked for', t => {
  const nonces: string[] = []
  const trace: Trace = event => {
    if (event.event === 'message' && event.direction === 'read' && event.message[0] === 4)
      nonces.push(String(event.message.subarray(13, 13 + Number(event.message[12]))))
  }
  const [client, server] = sharedEnds(17_408, { trace, traceSecrets: 'messages' })
  for (let turn = 0; turn < 4; turn++) {
    client.doHandshake()
    server.doHandshake()
  }
  t.is(client.read(new Uint8Array(1)).status, 'want_read')
  t.is(client.session, undefined, 'tickets came without a call that writes')
  t.is(server.newSessionTicket().status, 'done')
  t.is(client.read(new Uint8Array(1)).status, 'want_read')
  t.is(new Set(nonces).size, 3)
})

// A descriptor that waits: no select, nothing pending to be seen. It needs room for what a flight has left when the other begins.
for (const size of [600, 17_408]) {
  test(`a BIO that can wait for one thing only does as well, ${size} bytes of room: calls come to their end`, async t => {
    const total = size * 200
    const { a, b, trouble } = await threads({
      plain: true,
      sizes: [size, size],
      a: [
        ['handshake'],
        ['send', total],
        ['receive', total],
        ['shutdown'],
        ['shutdown'],
        ['close'],
      ],
      b: [
        ['handshake'],
        ['receive', total],
        ['send', total],
        ['receive', 1],
        ['shutdown'],
        ['close'],
      ],
    })
    t.is(trouble, undefined)
    t.deepEqual(statuses(a), ['done', 'done', 'done', 'sent', 'done', 'done'])
    t.deepEqual(statuses(b), ['done', 'done', 'done', 'closed', 'done', 'done'])
    t.is(a[1]?.digest, b[1]?.digest)
    t.is(b[2]?.digest, a[2]?.digest)
    t.true(a[2]?.session)
  })

  test(`S11 over a BIO that can wait for one thing only, ${size} bytes of room, reading writes neither tickets nor KeyUpdates`, async t => {
    const { a, b, trouble } = await threads({
      plain: true,
      sizes: [size, size],
      a: [['handshake'], ['keyUpdate', true], ['send', 40_000], ['sleep', 50], ['receive', 9]],
      b: [['handshake'], ['receive', 40_000], ['send', 9]],
    })
    t.is(trouble, undefined)
    t.deepEqual(statuses([...a, ...b]), Array(8).fill('done'))
    t.deepEqual([b[0]?.wpending, b[1]?.wpending], [0, 0])
    t.true(a[4]?.session)
  })
}

test('over a BIO that can wait for one thing only, a handshake that fails ends on both sides', async t => {
  const { a, b, trouble } = await threads({
    plain: true,
    client: { ca: mint({ ca: true }).pem },
    a: [['handshake'], ['close']],
    b: [['handshake'], ['close']],
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses(a), ['failed', 'done'])
  t.deepEqual(statuses(b), ['failed', 'done'])
  t.regex(b[0]?.reason ?? '', /^TLSV1_ALERT_|^SSLV3_ALERT_/)
})

test('over a BIO that can wait for one thing only, calls wake when the peer goes', async t => {
  const { b, trouble } = await threads({
    plain: true,
    a: [['handshake'], ['send', 5], ['sleep', 100], ['closeBio']],
    b: [['handshake'], ['receive', 5], ['receive', 1], ['send', 100_000], ['close']],
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses(b), ['done', 'done', 'truncated', 'failed', 'done'])
})

test('a close makes room for a peer that writes and does not read, until its own goodbye is out', async t => {
  const { a, b, trouble } = await threads({
    sizes: [16_560, 16_560],
    server: { numTickets: 0 },
    a: [['handshake'], ['send', mebibyte], ['receive', 16_500], ['receive', 1]],
    b: [['handshake'], ['send', 16_500], ['sleep', 50], ['close']],
  })
  t.is(trouble, undefined)
  t.deepEqual(statuses(a), ['done', 'done', 'done', 'closed'])
  t.deepEqual(statuses(b), ['done', 'done', 'done', 'done'])
})
