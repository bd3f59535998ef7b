/** Mutations of a stream of records: the records, the messages in them, the fields in those. */
import { type Bytes, concat } from '@biopair/crypto'
import type { Dice } from '../seeds/dice.ts'
import { mutateBytes } from './byte-mutator.ts'
import { mutateMessage } from './message-mutator.ts'
import { recordsOf, streamOf, type WireRecord } from './wire-records.ts'

const handshake = 22

/** A stream that somebody said, said otherwise; what is spliced in comes from `donor`. */
export function mutateStream(stream: Uint8Array, dice: Dice, donor: Uint8Array = stream): Bytes {
  const { records, rest } = recordsOf(stream)
  if (records.length === 0 || dice.one(10)) return mutateBytes(stream, dice, donor)
  const others = recordsOf(donor).records
  for (let times = 1 + dice.below(dice.one(4) ? 6 : 2); times > 0; times--)
    if (dice.one(3)) mutateRecords(records, dice, others)
    else mutateContent(records, dice, others)
  return streamOf(records, rest)
}

function mutateRecords(records: WireRecord[], dice: Dice, others: readonly WireRecord[]): void {
  const at = dice.below(records.length)
  const record = records[at]
  if (!record) return
  switch (dice.below(12)) {
    case 0:
      records.splice(at, 1)
      return
    case 1:
      records.splice(at, 0, { ...record })
      return
    case 2: {
      const other = dice.below(records.length)
      ;[records[at], records[other]] = [records[other] as WireRecord, record]
      return
    }
    case 3:
      record.type = dice.one(6) ? dice.below(256) : 20 + dice.below(5)
      return
    case 4:
      record.version = dice.of([
        0x0300,
        0x0301,
        0x0302,
        0x0303,
        0x0304,
        dice.below(65_536),
      ]) as number
      return
    case 5:
      record.lie = dice.of([0, 1, 16_384, 16_385, 16_640, 16_641, 65_535]) ?? 0
      return
    case 6: {
      const cut = dice.below(record.content.length)
      records.splice(at, 1, { ...record, content: record.content.subarray(0, cut) })
      records.splice(at + 1, 0, { ...record, content: record.content.subarray(cut) })
      return
    }
    case 7: {
      const next = records[at + 1]
      if (!next) return
      record.content = concat(record.content, next.content)
      records.splice(at + 1, 1)
      return
    }
    case 8:
      records.splice(at, 0, said(record, dice))
      return
    case 9: {
      const given = dice.of(others)
      if (given) records.splice(at, 0, { ...given })
      return
    }
    case 10:
      record.sealed = dice.of(['no', '1.3', '1.2', '1.2 with nonce'] as const) ?? 'no'
      return
    default:
      record.padding = dice.below(dice.one(8) ? 16_384 : 40)
  }
}

/** Something that may come at any time: alerts, change_cipher_spec, data, KeyUpdate, many of them, nothing at all. */
function said(beside: WireRecord, dice: Dice): WireRecord {
  const contents: readonly (readonly [number, Uint8Array])[] = [
    [21, Uint8Array.of(1, 0)],
    [21, Uint8Array.of(1 + dice.below(2), dice.below(121))],
    [21, Uint8Array.of(1, 90)],
    [20, Uint8Array.of(1)],
    [23, new Uint8Array(dice.below(40)).fill(0x61)],
    [23, new Uint8Array(0)],
    [22, new Uint8Array(0)],
    [22, Uint8Array.of(24, 0, 0, 1, dice.below(3))],
    [22, concat(...Array.from({ length: dice.below(80) }, () => Uint8Array.of(24, 0, 0, 1, 1)))],
    [22, Uint8Array.of(0, 0, 0, 0)],
    [22, Uint8Array.of(5, 0, 0, 0)],
    [22, Uint8Array.of(4, 0, 0, 13, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 1, 5, 0)],
  ]
  const [type, content] = dice.of(contents) as readonly [number, Uint8Array]
  return { ...beside, type, content, sealed: dice.one(4) ? 'no' : beside.sealed }
}

/** Changes a message in a record, or which messages there are; other content as bytes. */
function mutateContent(records: WireRecord[], dice: Dice, others: readonly WireRecord[]): void {
  const chosen = records.filter(({ type }) => type === handshake)
  const record = dice.one(10) ? dice.of(records) : dice.of(chosen)
  if (!record) return
  const messages = record.type === handshake ? messagesOf(record.content) : undefined
  if (!messages) {
    record.content = mutateBytes(record.content, dice)
    return
  }
  const donor = dice.one(2) ? donated(others, dice) : undefined
  const at = dice.below(messages.length)
  const message = messages[at] as Uint8Array
  switch (dice.below(12)) {
    case 0:
      messages.splice(at, 1)
      break
    case 1:
      messages.splice(at, 0, message)
      break
    case 2: {
      const other = dice.below(messages.length)
      messages[at] = messages[other] as Uint8Array
      messages[other] = message
      break
    }
    case 3: {
      if (donor) messages.splice(at, dice.below(2), donor)
      break
    }
    default:
      messages[at] = mutateMessage(message, dice, donor)
  }
  record.content = concat(...messages)
}

/** A message of another stream. */
function donated(others: readonly WireRecord[], dice: Dice): Uint8Array | undefined {
  const record = dice.of(others.filter(({ type }) => type === handshake))
  return record && dice.of(messagesOf(record.content) ?? [])
}

/** The messages of a record's content; undefined where they do not fill it. */
function messagesOf(content: Uint8Array): Uint8Array[] | undefined {
  const messages: Uint8Array[] = []
  let at = 0
  while (at + 4 <= content.length) {
    const [, high = 0, middle = 0, low = 0] = content.subarray(at, at + 4)
    const end = at + 4 + high * 65_536 + middle * 256 + low
    if (end > content.length) return undefined
    messages.push(content.subarray(at, end))
    at = end
  }
  return at === content.length && messages.length > 0 ? messages : undefined
}
