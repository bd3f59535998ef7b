/** BIO_s_connect(3) and BIO_s_socket(3). */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import * as C from '@biopair/node/openssl'
import test from 'ava'
import { freePort } from '../support/free-port.ts'
import {
  bytes,
  connection,
  final,
  into,
  listening,
  readAll,
  reason,
  state,
  text,
  until,
  wantsRead,
  wantsSpecial,
} from './support/c.ts'

test('connecting is -1 with SPECIAL and BIO_RR_CONNECT until the connection stands, then 1', async t => {
  const [acpt, where] = await listening()
  const bio = C.BIO_new_connect(where) as C.BIO
  t.is(C.BIO_get_conn_address(bio), null)
  t.is(C.BIO_get_socket(bio), null)
  t.is(C.BIO_do_connect(bio), -1)
  t.deepEqual(state(bio), wantsSpecial)
  t.is(C.BIO_get_retry_reason(bio), C.BIO_RR_CONNECT)
  t.is(C.BIO_read(bio, into(1)), -1)
  t.deepEqual(state(bio), wantsSpecial)
  t.is(C.BIO_puts(bio, 'x'), -1)
  t.deepEqual(C.BIO_get_retry_BIO(bio), [bio, C.BIO_RR_CONNECT])
  t.is(await until(bio, C.BIO_do_connect), 1)
  t.is(C.BIO_do_connect(bio), 1)
  t.deepEqual(C.BIO_get_conn_address(bio), {
    address: '127.0.0.1',
    port: Number(where.split(':')[1]),
  })
  t.is((C.BIO_get_socket(bio) as Socket).remoteAddress, '127.0.0.1')
  t.is(C.BIO_read(bio, into(1)), -1)
  t.deepEqual(state(bio), wantsRead)
  t.is(C.BIO_get_retry_reason(bio), C.BIO_RR_CONNECT, 'the reason stays, as in OpenSSL')
  C.BIO_free(bio)
  C.BIO_free_all(acpt)
})

test('reading or writing connects by itself; a line is read, an end is 0, and what was written before arrives', async t => {
  const [acpt, where] = await listening()
  const bio = C.BIO_new_connect(where) as C.BIO
  const put = until(bio, b => C.BIO_puts(b, 'one\ntw'))
  await until(acpt, C.BIO_do_accept)
  t.is(await put, 6)
  const far = C.BIO_pop(acpt) as C.BIO
  t.is(C.BIO_puts(far, 'answer\nmore'), 11)
  t.is(C.BIO_free(far), 1)
  const buf = into(100)
  t.is(await until(bio, b => C.BIO_gets(b, buf)), 7)
  t.is(text(buf.subarray(0, 7)), 'answer\n')
  t.is(await readAll(bio), 'more')
  t.is(C.BIO_eof(bio), 1)
  t.deepEqual(state(bio), final)
  C.BIO_free(bio)
  C.BIO_free(acpt)
})

test('host and port are set and told together or alone, with brackets around IPv6', t => {
  const bio = C.BIO_new(C.BIO_s_connect())
  const where = () => [C.BIO_get_conn_hostname(bio), C.BIO_get_conn_port(bio)]
  t.is(C.BIO_method_type(bio), C.BIO_TYPE_CONNECT)
  t.is(C.BIO_read(bio, into(1)), -1)
  t.is(reason(bio), 'uninitialized')
  t.is(C.BIO_do_connect(bio), -1)
  t.is(reason(bio), 'no hostname or service specified')
  t.deepEqual(state(bio), final)
  t.deepEqual(where(), [null, null])
  t.is(C.BIO_set_conn_hostname(bio, 'a.example:443'), 1)
  t.deepEqual(where(), ['a.example', '443'])
  t.is(C.BIO_set_conn_hostname(bio, '[::1]:99'), 1)
  t.deepEqual(where(), ['::1', '99'])
  t.is(C.BIO_set_conn_hostname(bio, '::1'), 0)
  t.is(reason(bio), 'ambiguous host or service')
  t.is(C.BIO_set_conn_hostname(bio, 'b.example'), 1)
  t.deepEqual(where(), ['b.example', '99'])
  t.is(C.BIO_set_conn_port(bio, 'https'), 1)
  t.deepEqual(where(), ['b.example', 'https'])
  t.is(C.BIO_set_conn_address(bio, { address: '127.0.0.1', port: 70 }), 1)
  t.deepEqual(where(), ['127.0.0.1', '70'])
  t.is(C.BIO_get_conn_ip_family(bio), C.BIO_FAMILY_IPANY)
  t.is(C.BIO_set_conn_ip_family(bio, C.BIO_FAMILY_IPV4), 1)
  t.is(C.BIO_get_conn_ip_family(bio), C.BIO_FAMILY_IPV4)
  t.is(C.BIO_set_conn_mode(bio, C.BIO_SOCK_NODELAY), 1)
  t.deepEqual(
    [C.BIO_pending(bio), C.BIO_wpending(bio), C.BIO_eof(bio), C.BIO_flush(bio)],
    [0, 0, 0, 1],
  )
  t.is(C.BIO_new_connect('1::2'), null)
  for (const port of ['nonsense', '99999', '']) {
    C.BIO_reset(bio)
    C.BIO_set_conn_port(bio, port)
    t.is(C.BIO_do_connect(bio), -1)
    t.is(reason(bio), 'invalid argument', port)
  }
  t.is(C.BIO_free(bio), 1)
})

test('who cannot be connected to is -1 without a retry and the reason of the system, until BIO_reset, which answers 0', async t => {
  const bio = C.BIO_new_connect(`127.0.0.1:${await freePort()}`) as C.BIO
  for (let i = 0; i < 2; i++) {
    t.is(await until(bio, C.BIO_do_connect), -1)
    t.deepEqual(state(bio), final)
    const error = C.ERR_get_error_all(bio)
    t.is(C.ERR_GET_LIB(error?.code ?? 0), C.ERR_LIB_SYS)
    t.regex(error?.data ?? '', /ECONNREFUSED/)
  }
  t.is(C.BIO_reset(bio), 0)
  t.is(C.BIO_do_connect(bio), -1)
  t.deepEqual(state(bio), wantsSpecial)
  t.is(await until(bio, b => C.BIO_read(b, into(1))), -1)
  C.BIO_free(bio)
})

test('BIO_reset disconnects: the other end reads the end, and the next call connects again', async t => {
  const [acpt, where] = await listening()
  const bio = C.BIO_new_connect(where) as C.BIO
  await until(bio, C.BIO_do_connect)
  await until(acpt, C.BIO_do_accept)
  const first = C.BIO_pop(acpt) as C.BIO
  t.is(C.BIO_puts(bio, 'before'), 6)
  t.is(C.BIO_reset(bio), 0)
  t.is(await readAll(first), 'before')
  t.is(C.BIO_get_conn_address(bio), null)
  t.is(await until(bio, b => C.BIO_puts(b, 'again')), 5)
  await until(acpt, C.BIO_do_accept)
  const second = C.BIO_pop(acpt) as C.BIO
  C.BIO_free(bio)
  t.is(await readAll(second), 'again')
  for (const each of [first, second, acpt]) C.BIO_free(each)
})

test('a BIO over a socket of Node’s cannot be asked to wait, nor for its descriptor', async t => {
  const [near, far] = await connection()
  for (const bio of [near, far]) {
    t.is(C.BIO_set_nbio(bio, 1), 1)
    t.is(C.BIO_set_nbio(bio, 0), 0)
    t.is(reason(bio), 'cannot block')
    t.is(C.BIO_get_fd(bio), -1)
    t.is(reason(bio), 'unsupported method')
    t.is(C.BIO_dup_chain(bio), null)
    C.BIO_free(bio)
  }
})

test('a callback hears of the progress, and what it answers is the answer', async t => {
  const [acpt, where] = await listening()
  const bio = C.BIO_new_connect(where) as C.BIO
  const heard: number[][] = []
  const callback: C.BIO_info_cb = (_, now, res) => {
    heard.push([now, res])
    return res
  }
  t.is(C.BIO_set_info_callback(bio, callback), 1)
  t.deepEqual(C.BIO_get_info_callback(bio), [1, callback])
  t.is(await until(bio, C.BIO_do_connect), 1)
  t.deepEqual(heard, [
    [C.BIO_CONN_S_BLOCKED_CONNECT, -1],
    [C.BIO_CONN_S_OK, 1],
  ])
  t.is(
    C.BIO_set_info_callback(bio, () => 0),
    1,
  )
  t.is(C.BIO_do_connect(bio), 0)
  C.BIO_free(bio)
  C.BIO_free_all(acpt)
})

test('BIO_s_socket stands over a socket that is there; BIO_CLOSE closes it with the BIO, BIO_NOCLOSE does not', async t => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  for (const flag of [C.BIO_CLOSE, C.BIO_NOCLOSE]) {
    const socket = connect(port, '127.0.0.1')
    const [peer] = (await once(server, 'connection')) as [Socket]
    peer.write('hello')
    const bio = C.BIO_new_socket(socket, flag)
    t.is(C.BIO_method_type(bio), C.BIO_TYPE_SOCKET)
    t.is(C.BIO_get_socket(bio), socket)
    const buf = into(10)
    t.is(await until(bio, b => C.BIO_read(b, buf)), 5)
    t.is(C.BIO_write(bio, bytes('answer')), 6)
    const [answer] = (await once(peer, 'data')) as [Buffer]
    t.is(text(answer), 'answer')
    t.is(C.BIO_free(bio), 1)
    t.is(socket.writableEnded, flag === C.BIO_CLOSE)
    if (flag === C.BIO_CLOSE) {
      await once(peer, 'end')
      peer.end()
    }
    socket.destroy()
    peer.destroy()
  }
  server.close()
  const bio = C.BIO_new(C.BIO_s_socket())
  t.is(C.BIO_get_fd(bio), -1)
  t.is(C.BIO_read(bio, into(1)), -1)
  t.is(reason(bio), 'uninitialized')
  t.is(C.BIO_set_fd(bio, 3, C.BIO_NOCLOSE), 0)
  t.is(reason(bio), 'invalid argument')
  t.is(C.BIO_reset(bio), 0)
  t.is(C.BIO_free(bio), 1)
})
