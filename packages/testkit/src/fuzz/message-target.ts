/** The target `message`: every codec of the handshake; what is read is written back byte for byte. */
import { type Bytes, concat } from '@biopair/crypto'
import {
  type Extension,
  extensions,
  messageTypes,
  messageTypes12,
  showMessage,
} from '@biopair/handshake'
import { type Codec, decode, encode, TlsAlert } from '@biopair/wire'
import { Dice } from '../seeds/dice.ts'
import { mutateBytes } from './byte-mutator.ts'
import { law, onlyThrows } from './finding.ts'
import type { FuzzSubject } from './fuzz-target.ts'
import { mutatePart, sample } from './shape-mutator.ts'
import { putTogether, takeApart } from './shape-tree.ts'

interface Row {
  readonly name: string
  readonly codec: Codec<unknown>
  /** Of a message; an extension has none. */
  readonly msg_type: number | undefined
}

const rows: readonly Row[] = [
  ...[...messageTypes.values(), ...messageTypes12.values()].map(({ name, body, msg_type }) => ({
    ...{ name, codec: body, msg_type },
  })),
  ...Object.values(extensions).flatMap((row: Extension) =>
    Object.entries(row.in).map(([message, codec]) => ({
      ...{ name: `${row.name} in ${message}`, codec, msg_type: undefined },
    })),
  ),
]

export const messageSubject: FuzzSubject = {
  name: 'message',
  target(data) {
    const [first = 0] = data
    const row = rows[first % rows.length] as Row
    const body = data.subarray(1)
    if (row.msg_type !== undefined && (first & 0x80) !== 0)
      onlyThrows(
        'a message is shown',
        () => false,
        () => showMessage(row.msg_type ?? 0, body),
      )
    const read = onlyThrows('a codec throws alerts alone', isAlert, () => decode(row.codec, body))
    if ('error' in read) {
      const { alert, why } = read.error as TlsAlert
      return `${row.name} ${alert} ${why.replace(/\d+/g, '')}`
    }
    const written = onlyThrows(
      'what was read can be written',
      () => false,
      () => encode(row.codec, read.value),
    )
    const same = 'value' in written && equal(written.value, body)
    law('what is read is what was there', same, () => row.name)
    return `${row.name} ${32 - Math.clz32(body.length)}`
  },
  mutator(data, dice, corpus) {
    const [first = 0] = data
    if (dice.one(40)) return concat(Uint8Array.of(dice.word()), data.subarray(1))
    const row = rows[first % rows.length] as Row
    const body = data.subarray(1)
    const part = dice.one(6) ? undefined : takeApart(row.codec.shape, body)
    if (!part)
      return concat(
        data.subarray(0, 1),
        dice.one(6)
          ? putTogether(sample(row.codec.shape, dice))
          : mutateBytes(body, dice, dice.of(corpus) ?? body),
      )
    for (let times = 1 + dice.below(3); times > 0; times--) mutatePart(part, dice)
    return concat(data.subarray(0, 1), putTogether(part))
  },
  corpus: () => {
    const dice = new Dice(7)
    return rows.flatMap(({ codec }, i): Bytes[] => [
      concat(Uint8Array.of(i), putTogether(sample(codec.shape, dice))),
      concat(Uint8Array.of(i), putTogether(sample(codec.shape, dice))),
    ])
  },
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function isAlert(error: unknown): boolean {
  return error instanceof TlsAlert
}
