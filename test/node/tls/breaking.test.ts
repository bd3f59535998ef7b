/** A carrier that breaks at any of its steps, from the first to the last: its error is the socket's, once, or nothing was lost; and no error is nobody's. */
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { connect, tunnel } from '@biopair/node/tls'
import test from 'ava'
import { type Break, breaks, steppingPair } from './support/breaking.ts'
import { awake, believes, failure, over, pairOfStreams } from './support/ends.ts'

const bytes = 40_000
const dead = () => Object.assign(new Error('the line is dead'), { code: 'E_LINE' })

/** A conversation, both ways and to its end, whose carrier breaks at one step; undefined where it has fewer. */
async function broken(t: Parameters<typeof over>[0], how: Break, at: number, why: Error) {
  let steps = 0
  const pair = steppingPair(() => {
    if (steps++ === at) breaks[how](pair[0], why)
  })
  const { client, server } = over(t, pair)
  const errors: Error[] = []
  let [heard, ended] = [0, false]
  client.on('error', error => errors.push(error)).on('end', () => (ended = true))
  client.on('data', ({ length }: Buffer) => (heard += length))
  server.on('error', () => {}).pipe(server)
  client.once('secureConnect', () => client.end(Buffer.alloc(bytes)))
  await Promise.all([client, server].map(one => new Promise(closed => one.once('close', closed))))
  // What is said afterwards.
  for (let i = 0; i < 3; i++) await turn()
  return steps > at ? { errors, whole: ended && heard === bytes } : undefined
}

for (const how of Object.keys(breaks) as Break[])
  test(`a carrier that ${how} at any of its steps: that is the socket’s error, once, or all was said`, async t => {
    awake(t)
    let [loud, quiet] = [0, 0]
    for (let at = 0; ; at++) {
      const why = dead()
      const seen = await broken(t, how, at, why)
      if (!seen) break
      const { errors, whole } = seen
      t.true(errors.length === 1 || (errors.length === 0 && whole), `${at}: ${errors}`)
      const [error = why] = errors
      if (how !== 'is destroyed without a word') t.is(error, why, `${at}: ${error}`)
      else if (errors.length > 0)
        t.true(
          ['ECONNRESET', 'ERR_CARRIER_GONE'].includes((error as NodeJS.ErrnoException).code ?? ''),
        )
      if (errors.length > 0) loud++
      else quiet++
    }
    t.true(loud > 10 && quiet > 2, `${loud} ${quiet}`)
  })

test('a carrier that is broken when it comes: the socket has its error, and so has a tunnel through it', async t => {
  awake(t)
  const why = dead()
  const ruined = () => {
    const [near] = pairOfStreams()
    near.on('error', () => {}).destroy(why)
    return near
  }
  const late = ruined()
  await new Promise(closed => late.once('close', closed))
  for (const socket of [ruined(), late]) t.is(await failure(connect({ ...believes, socket })), why)
  for (const proxy of [ruined(), late])
    await t.throwsAsync(tunnel(proxy, 'a.example:1'), { is: why })
  const [gone] = pairOfStreams()
  await once(gone.destroy(), 'close')
  await t.throwsAsync(tunnel(gone, 'a.example:1'), { code: 'ERR_PROXY_TUNNEL' })
})

test('destroyed with something unsaid, over streams that do not tell of it: the other side hears an end', async t => {
  awake(t)
  const { client, server } = over(t, pairOfStreams())
  client.resume()
  server.on('error', () => {}).write('said too early', () => {})
  server.destroy()
  t.is((await failure(client)).code, 'ECONNRESET')
})

test('a tunnel that breaks when it is answered, or after it was refused, is nobody’s exception', async t => {
  awake(t)
  const answered = async (words: string) => {
    const [near, far] = pairOfStreams()
    const opened = tunnel(near, 'a.example:1', { timeout: 0 })
    far.write(words)
    // Behind the listener that hears the answer, and before the promise is looked at.
    await new Promise<void>(resolve => {
      near.on('readable', () => {
        near.destroy(dead())
        resolve()
      })
    })
    return opened
  }
  const stream = await answered('HTTP/1.1 200 OK\r\n\r\n')
  t.is((await failure(connect({ ...believes, socket: stream }))).message, 'the line is dead')
  await t.throwsAsync(answered('HTTP/1.1 403 no\r\n\r\n'), { code: 'ERR_PROXY_TUNNEL' })
  const [near] = pairOfStreams()
  const opened = tunnel(near, 'a.example:1', { timeout: 0 })
  near.emit('error', dead())
  near.emit('error', dead())
  await t.throwsAsync(opened, { code: 'E_LINE' })
  await turn()
})
