/** How fast records are sealed and opened, beside the bare AEAD of the same provider: `node dist/bench/records.js`. */
import { cipherSuites } from '@biopair/crypto'
import {
  Buffers,
  headerLength,
  RecordReader,
  RecordWriter,
  readProtection13,
  writeProtection13,
} from '@biopair/record'
import { standIn } from '../record/stand-in.ts'

const suite = cipherSuites.TLS_AES_128_GCM_SHA256
const aead = standIn.aeads[suite.aead]
const rounds = 9
const millis = 120

/** Every case does one record of `length` bytes, and answers nothing. */
function cases(length: number): Record<string, () => void> {
  const secret = { suite, secret: new Uint8Array(32).fill(7) }
  const content = new Uint8Array(length).fill(1)
  const inner = length + 1
  const sealed = headerLength + inner + 16
  const key = aead.key(new Uint8Array(16).fill(3))
  const work = new Uint8Array(inner + 16)
  const into = new Uint8Array(inner + 16)
  const plaintext = new Uint8Array(inner + 16)
  const nonce = new Uint8Array(12)
  const header = new Uint8Array(headerLength)

  const ring = new Uint8Array(sealed)
  const buffers = new Buffers()
  const end = () => {
    const writer = new RecordWriter({ buffers })
    const reader = new RecordReader({ buffers })
    writer.protect(writeProtection13(secret, standIn))
    reader.protect(readProtection13(secret, standIn))
    return { writer, reader }
  }
  const lent = end()
  const queued = end()
  return {
    'bare AEAD': () => {
      work.set(content)
      key.seal(nonce, header, work, inner, into)
      if (!key.open(nonce, header, into, plaintext)) throw new Error('it does not open')
    },
    'lent runs (sealInto, offer)': () => {
      const used = lent.writer.sealInto('application_data', content, ring)
      lent.reader.offer(ring.subarray(0, used))
      if (lent.reader.next()?.fragment.length !== length) throw new Error('no record')
    },
    'queue and own room (write, room)': () => {
      queued.writer.write('application_data', content)
      while (queued.writer.queue > 0) {
        const room = queued.reader.room()
        room.set(queued.writer.pending().subarray(0, room.length))
        queued.writer.sent(room.length)
        queued.reader.filled(room.length)
      }
      if (queued.reader.next()?.fragment.length !== length) throw new Error('no record')
    },
  }
}

for (const length of [16384, 1024, 64]) {
  const all = cases(length)
  const samples = new Map(Object.keys(all).map(name => [name, [] as number[]]))
  for (const run of Object.values(all)) for (let i = 0; i < 2000; i++) run()
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of Object.entries(all)) samples.get(name)?.push(microseconds(run))
  const bare = median(samples.get('bare AEAD') ?? [])
  console.log(`\n${length} bytes, seal and open, CPU time, ${standIn.aeads[suite.aead].name}`)
  for (const [name, list] of samples) {
    const time = median(list)
    console.log(
      `  ${name.padEnd(34)} ${time.toFixed(2).padStart(7)} us  ${(length / time).toFixed(0).padStart(5)} MB/s  ${(bare / time).toFixed(2)} of bare`,
    )
  }
}

/** Microseconds of this process's CPU per run. */
function microseconds(run: () => void): number {
  const start = performance.now()
  const cpu = process.cpuUsage()
  let count = 0
  while (performance.now() - start < millis) {
    for (let i = 0; i < 50; i++) run()
    count += 50
  }
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / count
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0
}
