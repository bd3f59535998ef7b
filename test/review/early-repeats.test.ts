/** 0-RTT and resumption repeat to the byte where random bytes and time do. */
import { type Bio, bioPair } from '@biopair/bio'
import { Ssl, sessionFromBytes, sessionToBytes } from '@biopair/ssl'
import test from 'ava'
import { bytes, readAll, shake } from '../support/ends.ts'
import { clientContext, serverContext, sessionOf } from '../support/resume.ts'
import { seeded } from '../support/seeded.ts'
import { earlyOf, takes } from './early-ends.ts'

async function wire(seed: string, accepts: boolean): Promise<{ went: string[]; became: string }> {
  const client = clientContext({
    random: seeded(seed),
    padding: (_, length, draw) => length + (draw(1)[0] as number),
    clientHello: { grease: true, order: 'shuffled' },
  })
  const server = serverContext({
    ...takes,
    random: seeded(`${seed}, server`),
    replayStore: { claim: () => accepts },
  })
  const session = sessionFromBytes(sessionToBytes(await sessionOf(client, server)))
  const went: string[] = []
  const [a, b] = bioPair()
  const tapped = (half: Bio): Bio => ({
    read: into => half.read(into),
    write: from => {
      const count = half.write(from)
      if (typeof count === 'number') went.push(Buffer.from(from.subarray(0, count)).toString('hex'))
      return count
    },
    flush: () => half.flush(),
    end: () => half.end(),
    close: () => half.close(),
  })
  const near = new Ssl(client, { servername: 'server.example', session })
    .setBio(tapped(a))
    .setConnectState()
  const far = new Ssl(server).setBio(tapped(b)).setAcceptState()
  near.writeEarly(bytes('early'))
  earlyOf(far)
  far.writeEarly(bytes('half'))
  shake({ client: near, server: far })
  readAll(near)
  near.write(bytes('late'))
  return { went, became: near.earlyData }
}

test('a seed repeats, and another one does not', async t => {
  for (const accepts of [true, false]) {
    const first = await wire('a', accepts)
    t.is(first.became, accepts ? 'accepted' : 'rejected')
    t.deepEqual(await wire('a', accepts), first)
    const { went } = await wire('b', accepts)
    t.true(went.every((piece, i) => piece !== first.went[i]))
  }
})
