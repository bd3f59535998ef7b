/** BIOs that are unlike ours: what a carrier does with what they answer. */
import { type Bio, bioPair, type LendingBio } from '@biopair/bio'
import type { Ssl } from '@biopair/ssl'
import test from 'ava'
import { ends, shake } from './support.ts'

/** A BIO as it is, with some of its verbs replaced, and without its storage lent. */
function plain(bio: LendingBio, verbs: Partial<Bio> = {}): Bio {
  return {
    read: into => bio.read(into),
    write: bytes => bio.write(bytes),
    flush: () => bio.flush(),
    end: () => bio.end(),
    close: error => bio.close(error),
    ...verbs,
  }
}

function client(bio: Bio): Ssl {
  return ends(bio, bioPair()[0]).client
}

for (const answer of [0, -1, Number.NaN, 1_000_000]) {
  test(`a BIO whose write answers ${answer} is broken, and nobody waits for it`, t => {
    const outcome = client(plain(bioPair()[0], { write: () => answer })).doHandshake()
    t.is(outcome.status, 'failed')
    t.is(outcome.status === 'failed' && outcome.error.name, 'CarrierError')
  })

  test(`a BIO whose read answers ${answer} is broken, and nobody waits for it`, t => {
    const outcome = client(plain(bioPair()[0], { read: () => answer })).doHandshake()
    t.is(outcome.status, 'failed')
    t.is(outcome.status === 'failed' && outcome.error.name, 'CarrierError')
  })
}

test('a record is sealed through the queue where the lent room is shared memory', t => {
  const [near, far] = bioPair()
  const shared = new Uint8Array(new SharedArrayBuffer(20_000))
  const lending = Object.assign(plain(near), {
    run: () => near.run(),
    consume: (count: number) => near.consume(count),
    room: () => shared,
    commit: () => undefined,
  })
  const { client, server } = ends(lending as unknown as LendingBio, far)
  shake(client, server)
  t.deepEqual(client.write(Uint8Array.of(1, 2, 3)), { status: 'done', bytes: 3 })
  t.deepEqual(server.read(new Uint8Array(8)), { status: 'done', bytes: 3 })
})
