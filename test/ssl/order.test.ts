/** In which order a call asks its BIO: what we say goes out before what we wait to hear. */
import type { Bio, Stopped } from '@biopair/bio'
import { Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { clientOptions, ends, serverOptions } from '../support/ends.ts'

/** Notes each read and write of a BIO by a letter. */
function noted(bio: Bio): { readonly bio: Bio; readonly calls: string[] } {
  const calls: string[] = []
  const said = <T extends number | Stopped>(letter: string, answer: T): T => {
    calls.push(letter)
    return answer
  }
  return {
    calls,
    bio: {
      read: into => said('r', bio.read(into)),
      write: bytes => said('w', bio.write(bytes)),
      flush: () => bio.flush(),
      end: () => bio.end(),
      close: error => bio.close(error),
    },
  }
}

test('a client writes its ClientHello before it waits for the answer, a server its flight before the next one', t => {
  const made = ends()
  const client = noted(made.near)
  const server = noted(made.far)
  const one = new Ssl(new SslContext(clientOptions), { servername: 'server.example' })
    .setBio(client.bio)
    .setConnectState()
  const other = new Ssl(new SslContext(serverOptions)).setBio(server.bio).setAcceptState()
  t.is(one.doHandshake().status, 'want_read')
  t.is(client.calls.join(''), 'wr')
  t.is(other.doHandshake().status, 'want_read')
  t.regex(server.calls.join(''), /^r+wr$/)
  client.calls.length = 0
  t.is(one.doHandshake().status, 'done')
  t.regex(client.calls.join(''), /^r+w$/)
  t.is(other.doHandshake().status, 'done')
})
