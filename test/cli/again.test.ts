/** -reconnect and -pcapng: connections made anew, and what a file has of them. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import test from 'ava'
import { freePort } from '../support/free-port.ts'
import { Capture } from '../support/pcapng.ts'
import { client, identity, scratch, server } from './support/pairs.ts'
import { Run } from './support/runs.ts'

test('-reconnect connects 5 times more, each with the session of the one before', async t => {
  const { run, port } = await server(t, [...identity, '-naccept', '6'])
  const near = client(t, port, ['-reconnect'])
  await near.says(/(?:Reused, TLSv1\.3[\s\S]*){5}/)
  run.type('data\n')
  await near.says(/data\n/)
  near.type('Q\n')
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  t.is(near.stdout.split('drop connection and then reconnect\n').length, 6)
  for (const { stdout } of [near, run])
    t.deepEqual(stdout.match(/^(?:New|Reused)(?=, TLSv1\.3)/gm), [
      'New',
      ...Array.from({ length: 5 }, () => 'Reused'),
    ])
})

test('-reconnect to a server without tickets is a full handshake each time', async t => {
  const { run, port } = await server(t, [...identity, '-no_ticket', '-rev', '-naccept', '6'])
  const near = client(t, port, ['-reconnect'])
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  t.is(near.stdout.match(/^New, TLSv1\.3/gm)?.length, 6)
  t.notRegex(near.stdout, /^Reused/m)
})

test('-reconnect ends where a connection fails, with one line', async t => {
  const { port } = await server(t, [...identity, '-rev', '-naccept', '2'], await freePort())
  const near = client(t, port, ['-reconnect', '-quiet'])
  t.is(await near.exit, 1)
  t.regex(near.stderr, /^biopair s_client: connect to 127\.0\.0\.1:\d+: ECONNREFUSED\n$/)
})

test('-no_cache changes nothing: tickets hold sessions', async t => {
  const { port } = await server(t, [...identity, '-no_cache', '-naccept', '6'])
  const near = client(t, port, ['-reconnect'])
  await near.says(/(?:Reused, TLSv1\.3[\s\S]*){5}/)
  near.type('Q\n')
  t.is(await near.exit, 0)
})

/** The blocks of a file, one by one. */
function captured(path: string): Capture {
  const file = readFileSync(path)
  const blocks: Uint8Array[] = []
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4)
    blocks.push(file.subarray(at, at + length))
    at += length
  }
  return new Capture(blocks)
}

for (const more of [[], ['-msg']])
  test(`-pcapng has every connection and its keys, for our eyes alone ${more.join('')}`, async t => {
    const [nearFile, farFile] = [scratch(`near${more}.pcapng`), scratch(`far${more}.pcapng`)]
    writeFileSync(nearFile, 'something else', { mode: 0o644 })
    const args = ['-pcapng', farFile, ...more, '-naccept', '6']
    const { run, port } = await server(t, [...identity, ...args])
    const near = client(t, port, ['-reconnect', '-pcapng', nearFile, ...more])
    await near.says(/(?:Reused, TLSv1\.3[\s\S]*){5}/)
    near.type('Q\n')
    t.is(await near.exit, 0)
    t.is(await run.exit, 0)
    const [here, there] = [captured(nearFile), captured(farFile)]
    t.is(here.streams.length, 6)
    t.is(there.streams.length, 6)
    t.deepEqual(
      here.streams.map(({ client: said }) => said),
      there.streams.map(({ client: said }) => said),
    )
    const keys = (capture: Capture) => capture.keys.map(({ line }) => line).sort()
    t.true(keys(here).length >= 24)
    t.deepEqual(keys(here), keys(there))
    for (const packet of here.packets) t.is(packet.serverPort, Number(port))
    for (const file of [nearFile, farFile]) t.is(statSync(file).mode & 0o077, 0)
    if (more.length === 0) t.notRegex(near.stdout + run.stdout, /<<<|===/)
    else t.regex(near.stdout, /NewSessionTicket, redacted/)
  })

test('-pcapng beside -trace and -keylogfile: each has what is its own', async t => {
  const [file, log] = [scratch('both.pcapng'), scratch('both.log')]
  const { port } = await server(t, [...identity, '-rev', '-naccept', '1'])
  const near = client(t, port, ['-pcapng', file, '-keylogfile', log, '-trace'])
  near.type('x\nCLOSE\n')
  t.is(await near.exit, 0)
  t.regex(near.stdout, /=== secret: exporter_secret\n/)
  t.notRegex(near.stdout, /=== bio/)
  const lines = readFileSync(log, 'latin1').trimEnd().split('\n')
  t.deepEqual(
    captured(file)
      .keys.map(({ line }) => line)
      .sort(),
    lines.sort(),
  )
  for (const line of lines) t.false(near.stdout.includes(line.split(' ')[2] as string))
})

test('a capture that cannot be written is one line', async t => {
  const run = new Run(t, ['s_client', '-pcapng', scratch('no/such/folder')])
  t.is(await run.exit, 1)
  t.regex(run.stderr, /^biopair s_client: -pcapng: ENOENT[^\n]+\n$/)
})
