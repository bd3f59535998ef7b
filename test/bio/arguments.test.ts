/** Arguments that cannot be: each BIO refuses them by itself, before anything below it is asked. */
import { createHash } from 'node:crypto'
import {
  Base64Filter,
  type Bio,
  BufferFilter,
  bioPair,
  CipherFilter,
  type DatagramBio,
  DatagramMemoryBio,
  DatagramTapFilter,
  DigestFilter,
  datagramPair,
  type Filter,
  LineBufferFilter,
  MemoryBio,
  NullBio,
  NullFilter,
  PrefixFilter,
  ReadBufferFilter,
  SharedPairBio,
  SocketBio,
  sharedPair,
  TapFilter,
  TortureFilter,
} from '@biopair/bio'
import test from 'ava'
import { ready, scripted } from './support/scripted-socket.ts'

const wrong = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
const outOfRange = { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
const noBytes = ['text', '', [], new ArrayBuffer(4), null].map(one => one as unknown as Uint8Array)

/** Takes anything and gives nothing; what it is asked for is noted. */
class Lax implements Bio {
  readonly asked: string[] = []
  read(): number {
    this.asked.push('read')
    return 0
  }
  write({ length }: Uint8Array): number {
    this.asked.push('write')
    return length
  }
  flush(): 'done' {
    return 'done'
  }
  end(): 'done' {
    return 'done'
  }
  close(): void {}
  ready(): Promise<void> {
    this.asked.push('ready')
    return Promise.resolve()
  }
}

const carriers: Readonly<Record<string, () => Bio>> = {
  MemoryBio: () => new MemoryBio(),
  NullBio: () => new NullBio(),
  PairBio: () => bioPair(10)[0],
  SharedPairBio: () => new SharedPairBio(sharedPair(10)[0]),
  SocketBio: () => new SocketBio(scripted(ready).socket),
}

const stream = { update: (bytes: Uint8Array) => bytes, final: () => new Uint8Array(0) }
const filters: Readonly<Record<string, () => Filter>> = {
  Base64Filter: () => new Base64Filter(),
  BufferFilter: () => new BufferFilter(),
  CipherFilter: () => new CipherFilter({ encrypt: stream, decrypt: stream }),
  DigestFilter: () => new DigestFilter(() => createHash('sha256')),
  LineBufferFilter: () => new LineBufferFilter(),
  NullFilter: () => new NullFilter(),
  PrefixFilter: () => new PrefixFilter({ prefix: '> ' }),
  ReadBufferFilter: () => new ReadBufferFilter(),
  TapFilter: () => new TapFilter({}),
  TortureFilter: () => new TortureFilter(1),
}

for (const [name, make] of Object.entries({ ...carriers, ...filters }))
  test(`${name} refuses what is no bytes and no direction, and moves none where there is no room`, t => {
    const bio = make()
    const below = new Lax()
    const { push } = bio as Partial<Filter>
    push?.call(bio, below)
    for (const none of noBytes) t.throws(() => bio.read(none), wrong)
    for (const none of noBytes) t.throws(() => bio.write(none), wrong)
    for (const on of ['', 'special', 'Read']) t.throws(() => bio.ready?.(on as 'read'), wrong)
    t.is(bio.read(new Uint8Array(0)), 0)
    t.is(bio.write(new Uint8Array(0)), 0)
    t.deepEqual(below.asked, [])
    bio.close()
    t.throws(() => bio.ready?.('' as 'read'), wrong)
  })

test('a BIO that lends refuses counts that cannot be, and more than was lent', t => {
  const lending = [
    new MemoryBio({ limit: 10 }),
    bioPair(10)[0],
    new SocketBio(scripted(ready).socket, { outbound: 10 }),
  ]
  for (const bio of lending) {
    for (const count of [-1, 0.5, Number.NaN]) t.throws(() => bio.room(count), outOfRange)
    t.throws(() => bio.room('1' as unknown as number), wrong)
    for (const count of [-1, 0.5, 11]) t.throws(() => bio.commit(count), outOfRange)
    for (const count of [-1, 0.5, 11]) t.throws(() => bio.consume(count), outOfRange)
    bio.commit(0)
    bio.consume(0)
  }
})

test('datagram BIOs refuse what is no bytes and no direction, before a callback sees it', t => {
  const seen: unknown[] = []
  const note = (one: unknown): undefined => void seen.push(one)
  const tapped = new DatagramTapFilter({ beforeReceive: note, beforeSend: note })
  const bios: DatagramBio[] = [
    new DatagramMemoryBio(),
    datagramPair()[0],
    tapped.push(new DatagramMemoryBio()),
  ]
  for (const bio of bios) {
    for (const none of noBytes) t.throws(() => bio.receive(none), wrong)
    for (const none of noBytes) t.throws(() => bio.send(none), wrong)
    t.throws(() => bio.ready?.('' as 'read'), wrong)
    bio.close()
    for (const none of noBytes) t.throws(() => bio.receive(none), wrong)
    for (const none of noBytes) t.throws(() => bio.send(none), wrong)
  }
  t.deepEqual(seen, [])
})

test('bounds that cannot be are refused by name, and the least ones are taken', t => {
  const tries: [string, (count: number) => unknown][] = [
    ['size of a write buffer', writeSize => new BufferFilter({ writeSize })],
    ['size of a write buffer', writeSize => new BufferFilter().resize({ writeSize })],
    ['size of a read buffer', readSize => new BufferFilter({ readSize })],
    ['size of a read buffer', readSize => new BufferFilter().resize({ readSize })],
    ['size of a line buffer', size => new LineBufferFilter({ size })],
    ['size of a line buffer', size => new LineBufferFilter().resize(size)],
    ['limit of a read buffer', limit => new ReadBufferFilter({ limit })],
    ['limit of a queue', limit => new MemoryBio({ limit })],
    ['holdUntilVerified', hold => new CipherFilter({}, { holdUntilVerified: hold })],
    ['largest of a torture filter', largest => new TortureFilter(1, { largest })],
    ['timeout in milliseconds', timeout => new SharedPairBio(sharedPair(9)[0], { timeout })],
    ['mtu', mtu => datagramPair({ mtu })],
    ['mtu', mtu => Object.assign(datagramPair()[0], { mtu })],
    ['inbound limit', inbound => new SocketBio(scripted(ready).socket, { inbound })],
    ['outbound limit', outbound => new SocketBio(scripted(ready).socket, { outbound })],
  ]
  for (const [name, make] of tries) {
    for (const count of [0, -1, 1.5]) {
      const error = t.throws(() => make(count), outOfRange)
      t.true(error?.message.includes(name), `${name}: ${error?.message}`)
    }
    t.notThrows(() => make(1))
  }
  const indents: [string, (indent: number) => unknown][] = [
    ['indent', indent => new PrefixFilter({ indent })],
    ['indent', indent => Object.assign(new PrefixFilter(), { indent })],
  ]
  for (const [, make] of indents) {
    for (const indent of [-1, 65536]) t.throws(() => make(indent), outOfRange)
    for (const indent of [0, 65535]) t.notThrows(() => make(indent))
  }
  for (const share of [-0.1, 1.1, Number.NaN]) {
    t.throws(() => new TortureFilter(1, { refuse: share }), outOfRange)
    t.throws(() => new TortureFilter(1, { short: share }), outOfRange)
  }
  t.throws(() => new TortureFilter(1.5), outOfRange)
  t.throws(() => new TortureFilter(1, { inARow: -1 }), outOfRange)
  for (const share of [0, 1]) t.notThrows(() => new TortureFilter(-1, { refuse: share, inARow: 0 }))
})
