/** Sessions with rustls: tickets and state, as many as are asked for, and early data. */
import { type ContextOptions, MemoryReplayStore, type Session } from '@biopair/ssl'
import { connectTo, listen } from './ours.ts'
import { RustlsPeer, rustlsTest } from './rustls.ts'
import {
  agree,
  chat,
  echo,
  fromRustls,
  hex,
  identity,
  mine,
  roots,
  theirs,
  toRustls,
} from './rustls-ends.ts'

/** Registers the tests of sessions. */
export function sessionTests(): void {
  for (const resume of ['tickets', 'state'])
    for (const retry of [false, true])
      rustlsTest(
        `our client resumes with rustls: ${resume}${retry ? ', after a HelloRetryRequest' : ''}`,
        async t => {
          const server = new RustlsPeer(t, 'server', {
            ...{ ...theirs, resume, count: 3, groups: 'secp256r1' },
          })
          const keyShares = retry ? 'x25519' : 'P-256'
          const options = { ca: mine.root.pem, groups: 'x25519:P-256', keyShares }
          let session: Session | undefined
          for (const nth of [1, 2, 3]) {
            const port = await server.port()
            const client = await connectTo(t, port, options, undefined, session)
            await client.shake()
            agree(t, client, await server.facts(nth))
            t.is(client.ssl.resumed, nth > 1)
            t.is(client.ssl.retried, retry)
            t.true(client.ssl.authorized)
            await chat(t, client)
            session = client.ssl.session
          }
          await server.over(t)
        },
      )

  for (const [what, options] of [
    ['tickets', { ticketKeys: new Uint8Array(48).fill(6) }],
    ['a cache', { sessionCache: new Map<string, Uint8Array>() }],
    [
      'tickets, after a HelloRetryRequest',
      { ticketKeys: new Uint8Array(48).fill(7), cookie: 'always' },
    ],
  ] as readonly (readonly [string, ContextOptions])[])
    rustlsTest(`rustls resumes with our server: ${what}`, async t => {
      const ends = []
      for (let i = 0; i < 3; i++) ends.push(await listen(t, { ...identity, ...options }))
      const ports = ends.map(({ port }) => port).join(',')
      const client = new RustlsPeer(t, 'client', { ...roots, ports, say: 'hello' })
      for (const [i, { accepted }] of ends.entries()) {
        const server = await (await accepted).shake()
        agree(t, server, await client.facts(i + 1))
        t.is(server.ssl.resumed, i > 0)
        t.is(server.ssl.retried, options.cookie === 'always')
        await echo(t, server, 1)
      }
      await client.over(t)
    })

  rustlsTest('our client has as many tickets of rustls as it asks for', async t => {
    let tickets = 0
    const { client, server } = await toRustls(
      t,
      { tickets: 5, resume: 'tickets' },
      { ticketRequest: { newSessions: 4, resumptions: 1 }, onSession: () => tickets++ },
    )
    await client.shake()
    await chat(t, client)
    t.is(tickets, 4)
    await server.over(t)
  })

  rustlsTest('rustls has as many tickets of our server as it asks for', async t => {
    const { client, server } = await fromRustls(t, { tickets: '5,1', say: 'hello' })
    await server.shake()
    await echo(t, server, 1)
    await client.over(t)
    t.regex(client.stdout, /TICKETS 5\n/)
  })

  for (const [title, words, options, status] of [
    ['takes', {}, {}, 'accepted'],
    ['takes, without compatibility mode,', {}, { middleboxCompat: false }, 'accepted'],
    [
      'asks for another ClientHello in the place of',
      { groups: 'secp256r1' },
      { groups: 'x25519:P-256', keyShares: 'x25519' },
      'rejected',
    ],
  ] as const)
    rustlsTest(`rustls ${title} early data of our client`, async t => {
      const server = new RustlsPeer(t, 'server', {
        ...{ ...theirs, ...words, early: 1000, count: 2, alpn: 'echo' },
      })
      const port = await server.port()
      const all = { ca: mine.root.pem, ALPNProtocols: ['echo'], ...options }
      const first = await (await connectTo(t, port, all)).shake()
      await chat(t, first)
      t.is(first.ssl.session?.maxEarlyData, 1000)
      const second = await connectTo(t, port, all, undefined, first.ssl.session)
      t.is((await second.settled(ssl => ssl.writeEarly(Buffer.from('early\n')))).status, 'done')
      await second.shake()
      t.is(second.ssl.earlyData, status)
      const facts = await server.facts(2)
      agree(t, second, facts)
      const accepted = status === 'accepted'
      t.like(facts, { accepted, early: accepted ? 'early\n' : '' })
      t.is(hex(second.ssl.rejectedEarlyData()?.bytes), accepted ? '' : hex(Buffer.from('early\n')))
      await chat(t, second)
      await server.over(t)
    })

  for (const [title, options, accepted] of [
    ['takes', {}, true],
    ['refuses', { earlyDataCallback: () => false }, false],
    ['asks for another ClientHello in the place of', { cookie: 'always' }, false],
  ] as readonly (readonly [string, ContextOptions, boolean])[])
    rustlsTest(`our server ${title} early data of rustls`, async t => {
      const common: ContextOptions = {
        ...identity,
        ticketKeys: new Uint8Array(48).fill(8),
        maxEarlyData: 1000,
        replayStore: new MemoryReplayStore({ silence: 0 }),
      }
      const ends = [await listen(t, common), await listen(t, { ...common, ...options })] as const
      const ports = ends.map(({ port }) => port).join(',')
      const client = new RustlsPeer(t, 'client', { ...roots, ports, early: 'early', say: 'hello' })
      const first = await (await ends[0].accepted).shake()
      await echo(t, first, 1)
      const second = await ends[1].accepted
      const into = Buffer.alloc(100)
      const got = await second.settled(ssl => ssl.readEarly(into))
      t.is(got.status, accepted ? 'done' : 'end')
      if (accepted) {
        t.is(into.toString('latin1', 0, 6), 'early\n')
        t.is((await second.settled(ssl => ssl.writeEarly(Buffer.from('early\n')))).status, 'done')
      }
      await second.shake()
      agree(t, second, await client.facts(2))
      t.is((await client.facts(2)).accepted, accepted)
      await echo(t, second, accepted ? 1 : 2)
      await client.over(t)
      t.regex(client.stdout, /EARLY early\n/)
    })
}
