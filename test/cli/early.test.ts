/** Early data on the command line: a file with the first flight, what a server prints of it, and what a client is told. */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { client, identity, scratch, server, written } from './support/pairs.ts'
import { Run } from './support/runs.ts'

const file = written('early.txt', 'early from afar\n')

/** A session that a server gave to a client, in a file of its name. */
async function session(t: ExecutionContext, port: string, name: string, args: readonly string[]) {
  const path = scratch(name)
  const near = client(t, port, ['-sess_out', path, ...args])
  await near.says(/New Session Ticket arrived/)
  near.type('Q\n')
  t.is(await near.exit, 0)
  return path
}

/** A client that sends the file with the session of another; -reconnect has it where it is. */
async function meet(t: ExecutionContext, far: readonly string[], near: readonly string[] = []) {
  const { run, port } = await server(t, [...identity, '-naccept', '2', ...far])
  const path = await session(t, port, `${port}.session`, near.slice(0, 2))
  const there = client(t, port, [...near.slice(2), '-sess_in', path, '-early_data', file])
  await there.says(/Verify return code/)
  there.type('typed\n')
  await run.says(/typed\n/)
  there.type('Q\n')
  t.is(await there.exit, 0)
  t.is(await run.exit, 0)
  return { run, there }
}

test('-early_data at both ends: the file comes with the first flight, and both say so', async t => {
  const { run, there } = await meet(t, ['-early_data'])
  t.regex(there.stdout, /Max Early Data: 16384|Reused/)
  t.regex(there.stdout, /^Reused, TLSv1\.3[\s\S]*^Early data was accepted$/m)
  t.regex(run.stdout, /^No early data received$/m)
  t.regex(run.stdout, /^Early data received:\nearly from afar\n\nEnd of early data\n---\n/m)
  t.regex(run.stdout, /^Early data was accepted$/m)
  t.notRegex(there.stderr, /early data/)
})

for (const [what, far] of [
  ['a server without -early_data', ['-max_early_data', '1000']],
  [
    '-recv_max_early_data below what tickets permit',
    ['-early_data', '-recv_max_early_data', '999', '-max_early_data', '1000'],
  ],
] as const)
  test(`${what} refuses the file: the client says so, and sends nothing again`, async t => {
    const { run, there } = await meet(t, far)
    t.regex(there.stdout, /^Reused, TLSv1\.3[\s\S]*^Early data was rejected$/m)
    t.regex(
      there.stderr,
      /^early data: the server has taken none of 16 bytes: type them again, if they still make sense$/m,
    )
    t.notRegex(run.stdout, /from afar/)
    if (far.length > 2) t.regex(run.stdout, /^Early data was rejected\n---$/m)
  })

test('early data of another protocol than the one that was agreed on is not to be sent again', async t => {
  const far = ['-early_data', '-alpn', 'b,a']
  const { run, there } = await meet(t, far, ['-alpn', 'a', '-alpn', 'b,a'])
  t.regex(there.stdout, /^Early data was rejected$/m)
  t.regex(there.stderr, /none of 16 bytes: another protocol was agreed on/)
  t.notRegex(run.stdout, /from afar/)
})

test('a session that permits no early data sends none, and says so', async t => {
  const { run, there } = await meet(t, [])
  t.regex(there.stdout, /^Reused, TLSv1\.3[\s\S]*^Early data was not sent$/m)
  t.regex(
    there.stderr,
    /^early data: 16 of 16 bytes were not sent: the session permits none, or was not offered$/m,
  )
  t.notRegex(run.stdout, /arly data received|from afar/)
})

test('-max_early_data is as much as goes', async t => {
  const { run, there } = await meet(t, ['-early_data', '-max_early_data', '10'])
  t.regex(there.stderr, /^early data: 6 of 16 bytes were not sent: the session permits no more$/m)
  t.regex(run.stdout, /^Early data received:\nearly from\nEnd of early data$/m)
})

test('-quiet leaves early data and nothing else', async t => {
  const far = new Run(t, [
    's_server',
    '-accept',
    '127.0.0.1:0',
    ...identity,
    '-early_data',
    '-quiet',
  ])
  const [, port = ''] = await far.says(/ACCEPT 127\.0\.0\.1:(\d+)/)
  const near = client(t, port, ['-reconnect', '-early_data', file, '-quiet'])
  await far.says(/(?:early from afar\n){5}/)
  t.is(far.stdout, 'early from afar\n'.repeat(5))
  t.is(near.stdout + near.stderr, '')
})

test('-reconnect sends the file with each connection but the first', async t => {
  const { run, port } = await server(t, [...identity, '-early_data', '-naccept', '6'])
  const near = client(t, port, ['-reconnect', '-early_data', file])
  await near.says(/(?:Early data was accepted[\s\S]*){5}/)
  near.type('Q\n')
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  t.is(run.stdout.split('Early data received:\nearly from afar\n\nEnd of early data\n').length, 6)
})

/** Passes a connection on, and keeps what the client says before the server has said anything. */
async function recorder(t: ExecutionContext, port: string) {
  const flight: Buffer[] = []
  const middle = net.createServer(near => {
    const far = net.connect(Number(port), '127.0.0.1')
    let answered = false
    near
      .on('error', () => {})
      .on('data', bytes => {
        if (!answered) flight.push(bytes)
        far.write(bytes)
      })
    far
      .on('error', () => {})
      .on('data', bytes => {
        answered = true
        near.write(bytes)
      })
    far.on('end', () => near.end())
    near.on('end', () => far.end())
  })
  middle.listen(0, '127.0.0.1')
  await once(middle, 'listening')
  t.teardown(() => middle.close())
  return { flight, port: String((middle.address() as AddressInfo).port) }
}

for (const [args, times] of [
  [[], 1],
  [['-anti_replay'], 1],
  [['-anti_replay', '-msg'], 1],
  [['-no_anti_replay'], 2],
] as const)
  test(`a first flight that comes twice is taken ${times === 1 ? 'once' : 'twice'}: ${args.join(' ')}`, async t => {
    const { run, port } = await server(t, [...identity, '-early_data', '-naccept', '3', ...args])
    const path = await session(t, port, `${port}.session`, [])
    const between = await recorder(t, port)
    const near = client(t, between.port, ['-sess_in', path, '-early_data', file])
    await near.says(/Early data was accepted/)
    near.type('Q\n')
    t.is(await near.exit, 0)
    const again = net.connect(Number(port), '127.0.0.1').on('error', () => {})
    again.resume()
    again.write(Buffer.concat(between.flight))
    if (times === 1) await run.says(/^Early data was rejected$/m)
    else await run.says(/(?:Early data received:\nearly from afar\n[\s\S]*){2}/)
    again.destroy()
    t.is(await run.exit, 0)
    t.is(run.stdout.split('early from afar\n').length - 1, times)
  })

const refused: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
  'early data without a session': [
    ['s_client', '-early_data', file],
    /-early_data needs -sess_in or -reconnect/,
  ],
  'early data from no file': [
    ['s_client', '-reconnect', '-early_data', scratch('none')],
    /-early_data: ENOENT/,
  ],
  'early data and pages': [
    ['s_server', ...identity, '-early_data', '-www'],
    /-early_data and -www exclude/,
  ],
  'early data and lines': [
    ['s_server', ...identity, '-early_data', '-rev'],
    /-early_data and -rev exclude/,
  ],
  'early data without end': [
    ['s_server', ...identity, '-early_data', '-max_early_data', '4294967295'],
    /-max_early_data: expected a number from 0 to 1048576/,
  ],
  'a limit for what is not taken': [
    ['s_server', ...identity, '-recv_max_early_data', '5'],
    /-recv_max_early_data without -early_data/,
  ],
  'once and as often as it comes': [
    ['s_server', ...identity, '-anti_replay', '-no_anti_replay'],
    /-anti_replay and -no_anti_replay exclude/,
  ],
}

for (const [what, [argv, line]] of Object.entries(refused))
  test(`${what} is refused with one line`, async t => {
    const run = new Run(t, argv)
    t.is(await run.exit, 1)
    t.regex(run.stderr, line)
    t.regex(run.stderr, /^[^\n]+\n$/)
  })
