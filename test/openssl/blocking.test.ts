/** Over BIOs that wait, a call returns once it has finished or failed (SSL_connect(3), SSL_read(3), SSL_write(3), SSL_shutdown(3)). */
import { type Bio, bioPair } from '@biopair/bio'
import {
  BIO_from,
  ERR_get_error_all,
  type SSL,
  SSL_accept,
  SSL_CTX_clear_mode,
  SSL_connect,
  SSL_do_handshake,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_ZERO_RETURN,
  SSL_get_error,
  SSL_MODE_AUTO_RETRY,
  SSL_new,
  SSL_read,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set1_host,
  SSL_shutdown,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import {
  clientContext,
  counted,
  ringSizes,
  serverContext,
  type Version,
  versions,
} from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const why = (ssl: SSL) => ERR_get_error_all(ssl)?.reason

/** A BIO whose calls come back when something has moved: while nothing has, the other end does its work. */
function waiting(inner: Bio, elsewhere: () => void): Bio {
  const patiently = <T>(call: () => T): T => {
    for (let i = 0; i < 100_000; i++) {
      const answer = call()
      const again = typeof answer === 'object' && (answer as { stop?: string }).stop === 'retry'
      if (!again) return answer
      elsewhere()
    }
    throw new Error('it would wait for ever')
  }
  return {
    blocking: true,
    read: bytes => patiently(() => inner.read(bytes)),
    write: bytes => patiently(() => inner.write(bytes)),
    flush: () => patiently(() => inner.flush()),
    end: () => inner.end(),
    close: error => inner.close(error),
  }
}

/** What the other end does whenever this one waits. */
interface Peer {
  readonly ssl: SSL
  readonly got: number[]
  say: Uint8Array | undefined
  bye: boolean
}

/** A client over a BIO that waits, and a server that is stepped meanwhile. */
function meet(
  version: Version,
  size: number,
  client = clientContext(version),
  step?: (far: Bio) => void,
) {
  const [near, far] = bioPair(size, size)
  const server = SSL_new(serverContext(version))
  const theirs = BIO_from(far)
  SSL_set_bio(server, theirs, theirs)
  SSL_set_accept_state(server)
  const peer: Peer = { ssl: server, got: [], say: undefined, bye: false }
  const buffer = into(20_000)
  const work = () => {
    if (step) return step(far)
    if (SSL_accept(server) !== 1) return
    const count = SSL_read(server, buffer)
    if (count > 0) peer.got.push(...buffer.subarray(0, count))
    if (peer.say && SSL_write(server, peer.say) > 0) peer.say = undefined
    if (peer.bye) SSL_shutdown(server)
  }
  const ssl = SSL_new(client)
  const ours = BIO_from(waiting(near, work))
  SSL_set_bio(ssl, ours, ours)
  SSL_set_connect_state(ssl)
  SSL_set1_host(ssl, 'server.example')
  return { ssl, peer, work }
}

for (const version of versions)
  for (const size of ringSizes) {
    const title = (text: string) => `${text} (${version.name}, rings of ${size})`

    test(title('each call over BIOs that wait comes to its end, without a WANT'), t => {
      const { ssl, peer, work } = meet(version, size)
      t.is(SSL_connect(ssl), 1)
      t.is(SSL_do_handshake(ssl), 1)
      const bytes = counted(40_000)
      t.is(SSL_write(ssl, bytes), 40_000)
      peer.say = counted(20, 9)
      const buffer = into(30)
      t.is(SSL_read(ssl, buffer), 20)
      t.deepEqual(buffer.subarray(0, 20), counted(20, 9))
      for (let i = 0; i < 10 && peer.got.length < bytes.length; i++) work()
      t.deepEqual(Uint8Array.from(peer.got), bytes)
      t.is(SSL_shutdown(ssl), 0)
      peer.bye = true
      t.is(SSL_shutdown(ssl), 1)
      t.is(SSL_read(ssl, buffer), 0)
      t.is(SSL_get_error(ssl, 0), SSL_ERROR_ZERO_RETURN)
    })

    test(title('over BIOs that wait SSL_read and SSL_write shake hands first'), t => {
      const writer = meet(version, size)
      t.is(SSL_write(writer.ssl, counted(3)), 3)
      const reader = meet(version, size)
      reader.peer.say = counted(5)
      t.is(SSL_read(reader.ssl, into(9)), 5)
    })

    test(title('over BIOs that wait a failure is -1, and a goodbye in the handshake is 0'), t => {
      const answering = (bytes: Uint8Array, end: boolean) => {
        let at = 0
        const sink = into(100)
        return (far: Bio) => {
          while (typeof far.read(sink) === 'number');
          const took = at < bytes.length ? far.write(bytes.subarray(at)) : 0
          if (typeof took === 'number') at += took
          if (end && at === bytes.length) far.end()
        }
      }
      const cases = [
        [
          Uint8Array.of(21, 3, 3, 0, 2, 2, 40),
          false,
          -1,
          SSL_ERROR_SSL,
          'SSLV3_ALERT_HANDSHAKE_FAILURE',
        ],
        [Uint8Array.of(21, 3, 3, 0, 2, 1, 0), false, 0, SSL_ERROR_ZERO_RETURN, undefined],
        [Uint8Array.of(22, 3), true, -1, SSL_ERROR_SSL, 'UNEXPECTED_EOF_WHILE_READING'],
      ] as const
      for (const [bytes, end, ret, error, reason] of cases) {
        const { ssl } = meet(version, size, undefined, answering(bytes, end))
        t.is(SSL_connect(ssl), ret)
        t.is(SSL_get_error(ssl, ret), error)
        t.is(why(ssl), reason)
      }
    })

    if (version.name === 'TLSv1.3')
      test(
        title(
          'the one exception of SSL_read(3): with AUTO_RETRY off a ticket is WANT_READ, also over BIOs that wait',
        ),
        t => {
          const client = clientContext(version)
          SSL_CTX_clear_mode(client, SSL_MODE_AUTO_RETRY)
          const { ssl, peer } = meet(version, size, client)
          t.is(SSL_connect(ssl), 1)
          peer.say = counted(5)
          for (let tickets = 0; tickets < 2; tickets++) {
            t.is(SSL_read(ssl, into(9)), -1)
            t.is(SSL_get_error(ssl, -1), SSL_ERROR_WANT_READ)
          }
          t.is(SSL_read(ssl, into(9)), 5)
        },
      )
  }
