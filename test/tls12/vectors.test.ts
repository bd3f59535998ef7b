/** Key derivation and records of TLS 1.2 as OpenSSL and Go have them: connections that were recorded once, with their servers' key logs. */
import { readFileSync } from 'node:fs'
import { type CipherSuite12Name, cipherSuites12 } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { ReadProtection12, WriteProtection12 } from '@biopair/record'
import test from 'ava'
import { digest, type HashName } from '../support/key-schedule.ts'
import {
  keyBlock12,
  masterSecret12,
  open12,
  seal12,
  verifyData12,
} from '../support/key-schedule12.ts'
import { said, type Vector, VectorClient } from './vector.ts'

// The tests run from dist/, the recordings stand beside their sources.
const file = new URL('../../tls12/vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[]

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

function recordsOf(stream: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = []
  for (let at = 0; at < stream.length; ) {
    const length = 5 + (((stream[at + 3] as number) << 8) | (stream[at + 4] as number))
    records.push(stream.slice(at, at + length))
    at += length
  }
  return records
}

/** What an end sent: its messages in the clear, one by one, and its protected records. */
function parts(stream: Uint8Array) {
  const records = recordsOf(stream)
  const change = records.findIndex(([type]) => type === 20)
  const content = Buffer.concat(records.slice(0, change).map(record => record.subarray(5)))
  const messages: Uint8Array[] = []
  for (let at = 0; at < content.length; ) {
    const length = 4 + content.readUIntBE(at + 1, 3)
    messages.push(new Uint8Array(content.subarray(at, at + length)))
    at += length
  }
  return { messages, hidden: records.slice(change + 1) }
}

for (const vector of vectors) {
  const suite = cipherSuites12[vector.suite as CipherSuite12Name]
  const hash = suite.hash as HashName
  const what = `${vector.suite} with ${vector.peer}${vector.extended ? '' : ', no extended_master_secret'}`
  const streams = { client: bytesOf(vector.client), server: bytesOf(vector.server) }
  const [client, server] = [parts(streams.client), parts(streams.server)]
  const randoms = {
    client: (client.messages[0] as Uint8Array).subarray(6, 38),
    server: (server.messages[0] as Uint8Array).subarray(6, 38),
  }
  const [hello, ...flight] = client.messages as [Uint8Array, ...Uint8Array[]]
  const transcript = Buffer.concat([hello, ...server.messages, ...flight])
  const [, random = '', secret = ''] = vector.keylog.split(' ')
  const master = bytesOf(secret)
  const keys = keyBlock12(suite, master, randoms)

  test(`${what}: the master secret follows from the key exchange, verify_data from all messages`, t => {
    t.is(random, hex(randoms.client))
    const seed = vector.extended ? digest(hash, transcript) : randoms
    t.is(hex(masterSecret12(hash, bytesOf(vector.pre_master_secret), seed)), secret)
    const first = open12(suite, keys.client, 0, client.hidden[0] as Uint8Array)
    const mine = verifyData12(hash, master, 'client', digest(hash, transcript))
    t.is(hex(first), `1400000c${hex(mine)}`)
    const second = open12(suite, keys.server, 0, server.hidden[0] as Uint8Array)
    const theirs = verifyData12(hash, master, 'server', digest(hash, transcript, first))
    t.is(hex(second), `1400000c${hex(theirs)}`)
  })

  for (const crypto of [nodeCrypto, noble])
    test(`${what}: every record opens, and those of ours are made again, over ${crypto.name}`, t => {
      for (const [role, { hidden }] of Object.entries({ client, server })) {
        const { key, iv } = keys[role as 'client' | 'server']
        const copy = () => ({ suite, key: key.slice(), iv: iv.slice() })
        const reader = new ReadProtection12(copy(), crypto)
        const writer = new WriteProtection12(copy(), crypto)
        for (const [number, record] of hidden.entries()) {
          const into = new Uint8Array((record.length + 3) & ~3)
          const { type, length } = reader.open(record.subarray(0, 5), record.slice(5), into)
          const content = into.slice(0, length)
          t.is(hex(content), hex(open12(suite, keys[role as 'client'], number, record)))
          // The explicit nonce of GCM is its sender's own; ours is the number.
          const explicit = iv.length < 12 ? record.subarray(5, 13) : undefined
          t.is(
            hex(seal12(suite, keys[role as 'client'], number, type, content, explicit)),
            hex(record),
          )
          if (role === 'server') continue
          const made = new Uint8Array(record.length)
          const work = new Uint8Array((record.length + 3) & ~3)
          writer.seal(type as 22, 0x0303, content, 0, work, made, 0)
          t.is(hex(made), hex(record))
        }
      }
      t.true(client.hidden.length >= 3 && server.hidden.length >= 2)
    })

  test(`${what}: our client says again what it said, and agrees with the server's key log`, t => {
    const again = new VectorClient(vector, hello)
    const heard: string[] = []
    const sent: Uint8Array[] = []
    const into = new Uint8Array(1000)
    const step = () => {
      const read = again.ssl.read(into)
      if (read.status === 'done') heard.push(Buffer.from(into.subarray(0, read.bytes)).toString())
      sent.push(again.takes())
      return read.status
    }
    t.is(step(), 'want_read')
    // The server's flight, then its Finished; what it says is an answer to what we say.
    const [flights, rest] = cutBehindFinished(streams.server)
    again.toUs.write(flights)
    step()
    t.true(again.ssl.connected)
    again.ssl.write(Buffer.from(said))
    again.toUs.write(rest)
    while (step() === 'done');
    again.ssl.shutdown()
    sent.push(again.takes())
    t.is(hex(Buffer.concat(sent)), vector.client)
    t.deepEqual(again.keylog, [vector.keylog])
    t.is(again.preMaster, vector.pre_master_secret)
    t.is(heard.join('').length, said.length)
    again.ssl.close()
  })
}

test('there are recordings of each AEAD with two peers, and without extended_master_secret', t => {
  t.is(vectors.length, 9)
  t.is(new Set(vectors.map(({ suite, peer, extended }) => `${suite} ${peer} ${extended}`)).size, 9)
})

/** Everything up to the record behind change_cipher_spec, and what is behind it. */
function cutBehindFinished(stream: Uint8Array): [Uint8Array, Uint8Array] {
  let at = 0
  let left = Number.POSITIVE_INFINITY
  for (const record of recordsOf(stream)) {
    if (record[0] === 20) left = 2
    if (left-- === 0) break
    at += record.length
  }
  return [stream.slice(0, at), stream.slice(at)]
}
