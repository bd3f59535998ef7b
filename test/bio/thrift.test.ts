/** When an emptied storage is kept: by what it was filled with before, and never by a timer. */
import { ByteRing, bioPair, datagramPair } from '@biopair/bio'
import test from 'ava'

type Store = { fill(bytes: number): void; empty(): void; held(): number }

const stores: Readonly<Record<string, () => Store>> = {
  'a ring': () => {
    const ring = new ByteRing(2048)
    return {
      fill: bytes => void ring.write(new Uint8Array(bytes)),
      empty: () => void ring.read(new Uint8Array(4096)),
      held: () => ring.held,
    }
  },
  'a pair': () => {
    const [near, far] = bioPair(2048)
    return {
      fill: bytes => void near.write(new Uint8Array(bytes)),
      empty: () => void far.read(new Uint8Array(4096)),
      held: () => near.held,
    }
  },
  'a pair of datagrams': () => {
    const [near, far] = datagramPair()
    return {
      fill: bytes => void near.send(new Uint8Array(bytes)),
      empty: () => void far.receive(new Uint8Array(4096)),
      held: () => near.held,
    }
  },
}

for (const [name, make] of Object.entries(stores)) {
  test(`${name} keeps a storage of 1 KiB, gives a larger one back twice, keeps it from the third time on`, t => {
    const store = make()
    t.is(store.held(), 0)
    for (const [bytes, size] of [
      [1, 256],
      [256, 256],
      [257, 512],
      [1024, 1024],
    ] as const) {
      store.fill(bytes)
      t.is(store.held(), size)
      store.empty()
      t.is(store.held(), size, 'kept')
    }
    for (const kept of [0, 0, 2048, 2048]) {
      store.fill(1025)
      t.is(store.held(), 2048)
      store.empty()
      t.is(store.held(), kept)
    }
  })

  test(`${name} that was warm gives its storage back at the seventh small filling`, t => {
    const store = make()
    for (let i = 0; i < 20; i++) {
      store.fill(1400)
      store.empty()
    }
    for (let i = 1; i <= 7; i++) {
      t.is(store.held(), 2048)
      store.fill(i === 1 ? 1024 : 1)
      store.empty()
    }
    t.is(store.held(), 0)
    // Six fillings that are small after one that is not: as warm as before, and never colder than cold.
    for (let i = 0; i < 20; i++) {
      store.fill(1)
      store.empty()
    }
    for (const kept of [0, 0, 2048]) {
      store.fill(1400)
      store.empty()
      t.is(store.held(), kept)
    }
  })
}
