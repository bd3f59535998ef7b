/** The target `record`: reader and writer of the record layer, plain and under null keys of both versions. */
import { type Bytes, cipherSuites, cipherSuites12, concat } from '@biopair/crypto'
import {
  type ContentTypeName,
  ReadProtection12,
  RecordReader,
  RecordWriter,
  readProtection13,
  WriteProtection12,
  writeProtection13,
} from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import { law, onlyThrows } from './finding.ts'
import type { FuzzSubject } from './fuzz-target.ts'
import { nothingIsSecret, unsafeNullCrypto } from './null-crypto.ts'
import { mutateStream } from './stream-mutator.ts'

const crypto = unsafeNullCrypto(nothingIsSecret)
const headLength = 2

/** How records are protected, chosen by the first byte. */
const modes = ['plain', '1.3', '1.2', '1.2 with nonce'] as const
type Mode = (typeof modes)[number]

interface Setting {
  readonly mode: Mode
  readonly drops: boolean
  readonly alerts: boolean
  readonly skips: boolean
  /** Whether what was read is written and read again. */
  readonly writes: boolean
  readonly maxPlaintext: number
  readonly piece: number
}

function settingOf([first = 0, second = 0]: Uint8Array): Setting {
  return {
    mode: modes[first & 3] as Mode,
    drops: (first & 4) !== 0,
    alerts: (first & 8) !== 0,
    skips: (first & 16) !== 0,
    writes: (first & 64) !== 0,
    maxPlaintext: (first & 32) === 0 ? 16_384 : 63 + second,
    piece: 1 + (second & 63),
  }
}

/** What a reader made of a stream. */
interface Reading {
  readonly records: readonly { readonly type: ContentTypeName; readonly fragment: Bytes }[]
  readonly end: string
}

export const recordSubject: FuzzSubject = {
  name: 'record',
  target(data) {
    const setting = settingOf(data)
    const stream = new Uint8Array(data.subarray(headLength))
    const whole = read(setting, stream, stream.length)
    const cut = read(setting, stream, setting.piece)
    law(
      'cuts change nothing',
      same(whole.records, cut.records) && whole.end === cut.end,
      () => `${shown(whole)}: ${shown(cut)}`,
    )
    if (setting.writes) writtenAgain(setting, whole)
    const types = whole.records.slice(0, 4).map(({ type }) => type[0])
    return `${setting.mode} ${types.join('')} ${Math.min(whole.records.length, 9)} ${whole.end}`
  },
  mutator(data, dice, corpus) {
    const head = data.slice(0, headLength)
    if (dice.one(8)) head[dice.below(headLength)] = dice.word()
    const donor = dice.of(corpus) ?? data
    return concat(head, mutateStream(data.subarray(headLength), dice, donor.subarray(headLength)))
  },
  corpus: () =>
    modes.flatMap((mode, first) =>
      [0, 4, 8, 16, 32, 48, 64].map(bits => {
        const writer = new RecordWriter({ maxFragment: 512 })
        writer.write('handshake', new Uint8Array(40).fill(1))
        if (bits === 4) writer.write('change_cipher_spec', Uint8Array.of(1))
        const plain = mode === 'plain' || bits === 8
        if (plain) writer.write('alert', Uint8Array.of(1, 0))
        if (mode !== 'plain') protect(writer, mode)
        if (mode !== 'plain') writer.write('application_data', new Uint8Array(600).fill(2))
        writer.write('alert', Uint8Array.of(2, 40))
        return concat(Uint8Array.of(first | bits, 20), sent(writer))
      }),
    ),
}

const secret13 = () => ({
  suite: cipherSuites.TLS_AES_128_GCM_SHA256 as Parameters<typeof readProtection13>[0]['suite'],
  secret: new Uint8Array(32),
})
const keys12 = (mode: Mode) => ({
  suite:
    mode === '1.2'
      ? cipherSuites12.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
      : cipherSuites12.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  key: new Uint8Array(mode === '1.2' ? 32 : 16),
  iv: new Uint8Array(mode === '1.2' ? 12 : 4),
})

function protect(writer: RecordWriter, mode: Mode): void {
  if (mode === 'plain') return
  writer.protect(
    mode === '1.3'
      ? writeProtection13(secret13(), crypto)
      : new WriteProtection12(keys12(mode), crypto),
  )
}

function sent(writer: RecordWriter): Bytes {
  const parts: Bytes[] = []
  while (writer.queue > 0) {
    const part = writer.pending().slice()
    parts.push(part)
    writer.sent(part.length)
  }
  return concat(...parts)
}

function readerOf({ drops, alerts, skips, maxPlaintext }: Setting): RecordReader {
  const reader = new RecordReader({ maxPlaintext, begun: true })
  reader.changeCipherSpec = drops ? 'drop' : 'refuse'
  reader.allowPlaintextAlert = alerts
  if (skips) reader.skipEarlyData(1000)
  return reader
}

/** Reads in pieces: lent where a piece is the whole, else into the reader's own room. */
function read(setting: Setting, stream: Bytes, piece: number): Reading {
  const reader = readerOf(setting)
  const { mode } = setting
  const records: { type: ContentTypeName; fragment: Bytes }[] = []
  // The first record is in the clear, then there is a key: as in a handshake.
  let keyed = mode === 'plain'
  const key = () => {
    keyed = true
    // As a server that has refused early data: the ClientHello in the clear ends what was skipped before.
    if (setting.skips && mode === '1.3') reader.skipEarlyData(1000)
    if (mode === '1.3') reader.protect(readProtection13(secret13(), crypto))
    else reader.pend(new ReadProtection12(keys12(mode), crypto))
  }
  let at = 0
  for (let steps = 0; ; steps++) {
    law('a reader comes to its end', steps < 2 * stream.length + 100, () => `${steps} steps`)
    const took = onlyThrows('a reader throws alerts alone', isAlert, () => reader.next())
    if ('error' in took) {
      const { alert, reason, section } = took.error as TlsAlert
      const again = onlyThrows('a failure stays', isAlert, () => reader.next())
      law(
        'a failure stays',
        'error' in again && reader.wanted === 0,
        () => `${reason} is forgotten`,
      )
      return { records, end: `${alert} ${reason} ${section}` }
    }
    if (took.value) {
      const { type, fragment } = took.value
      const most = reader.protects ? setting.maxPlaintext : 16_384
      law('a record keeps to its limit', fragment.length <= most, () => `${fragment.length}`)
      records.push({ type, fragment: fragment.slice() })
      if (!keyed) key()
      continue
    }
    if (at === stream.length) break
    const run = stream.subarray(at, at + piece)
    if (piece === stream.length) at += reader.offer(run)
    else {
      const room = reader.room()
      const count = Math.min(room.length, run.length)
      room.set(run.subarray(0, count))
      reader.filled(count)
      at += count
    }
  }
  law('no more than a record is held', reader.footprint < 40_000, () => `${reader.footprint} bytes`)
  return { records, end: reader.buffered > 0 ? 'in a record' : 'between records' }
}

/** What was read can be written, and read again. */
function writtenAgain(setting: Setting, { records }: Reading): void {
  const writable = records.filter(({ type }, i) => i > 0 || type !== 'application_data')
  if (writable.length !== records.length || records.length === 0) return
  const writer = new RecordWriter()
  for (const [i, { type, fragment }] of records.entries()) {
    if (type === 'change_cipher_spec' || (fragment.length === 0 && type !== 'application_data'))
      return
    if (setting.mode === 'plain' && type === 'application_data') return
    writer.write(type, fragment)
    if (i > 0) continue
    if (setting.mode.startsWith('1.2')) writer.write('change_cipher_spec', Uint8Array.of(1))
    protect(writer, setting.mode)
  }
  const again = read({ ...setting, alerts: false, skips: false }, sent(writer), 1000)
  law(
    'what was read can be written',
    same(again.records, records),
    () => `${shown({ records, end: '' })}: ${shown(again)}`,
  )
}

function same(some: Reading['records'], others: Reading['records']): boolean {
  return (
    some.length === others.length &&
    some.every(({ type, fragment }, i) => {
      const other = others[i] as Reading['records'][number]
      if (other.type !== type || other.fragment.length !== fragment.length) return false
      for (let at = 0; at < fragment.length; at++)
        if (fragment[at] !== other.fragment[at]) return false
      return true
    })
  )
}

function shown({ records, end }: Reading): string {
  return `${records.map(({ type, fragment }) => `${type} ${fragment.join()}`).join('; ')} ${end}`
}

function isAlert(error: unknown): boolean {
  return error instanceof TlsAlert
}
