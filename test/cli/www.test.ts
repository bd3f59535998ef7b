/** -www: what is answered to which request. */
import test, { type ExecutionContext } from 'ava'
import { client, identity, server } from './support/pairs.ts'

async function ask(t: ExecutionContext, request: string): Promise<string> {
  const { port } = await server(t, [...identity, '-www', '-naccept', '1'])
  const near = client(t, port, ['-quiet'])
  near.type(request)
  t.is(await near.exit, 0)
  return near.stdout
}

test('GET is answered with a page about the connection', async t => {
  const answer = await ask(t, 'GET /any/path HTTP/1.1\r\nHost: x\r\n\r\n')
  t.regex(answer, /^HTTP\/1\.1 200 OK\r\n/)
  const [, length] = /Content-Length: (\d+)/.exec(answer) ?? []
  t.is(answer.slice(answer.indexOf('\r\n\r\n') + 4).length, Number(length))
  t.regex(answer, /New, TLSv1\.3, Cipher is TLS_AES_128_GCM_SHA256/)
})

test('a request may come in pieces, and need no version', async t => {
  t.regex(await ask(t, 'GET /\n'), /^HTTP\/1\.1 200 OK\r\n/)
})

test('HEAD has headers alone, other methods are not allowed', async t => {
  t.regex(await ask(t, 'HEAD / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/)
  t.regex(await ask(t, 'POST / HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 405 [\s\S]*Allow: GET, HEAD/)
})

test('what is no request is a bad one, and one without end is too large', async t => {
  t.regex(await ask(t, 'hello world\r\n'), /^HTTP\/1\.1 400 /)
  t.regex(await ask(t, 'x'.repeat(20_000)), /^HTTP\/1\.1 400 /)
  t.regex(await ask(t, `GET / HTTP/1.1\r\na: ${'x'.repeat(20_000)}`), /^HTTP\/1\.1 431 /)
})

test('a client that asks for nothing is let go', async t => {
  const { run, port } = await server(t, [...identity, '-www', '-naccept', '1', '-timeout', '8'])
  const near = client(t, port, ['-quiet'])
  t.is(await near.exit, 1)
  t.is(await run.exit, 0)
  await run.says(/no request after 8 s/)
})
