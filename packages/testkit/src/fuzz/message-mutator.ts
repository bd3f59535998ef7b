/** Mutations of a handshake message, field by field, extensions taken apart too. */
import { type Bytes, concat } from '@biopair/crypto'
import {
  type ExtensionMessage,
  extensionCodec,
  messageHeaderLength,
  messageTypes,
  messageTypes12,
} from '@biopair/handshake'
import type { Shape } from '@biopair/wire'
import type { Dice } from '../seeds/dice.ts'
import { mutateBytes } from './byte-mutator.ts'
import { mutatePart } from './shape-mutator.ts'
import {
  bigEndian,
  numberOf,
  type Opener,
  type Part,
  putTogether,
  takeApart,
} from './shape-tree.ts'

/** A message, its header included. */
export function mutateMessage(message: Uint8Array, dice: Dice, donor: Uint8Array = message): Bytes {
  const [msg_type = 0] = message
  const body = message.subarray(messageHeaderLength)
  if (dice.one(16)) return withHeader(otherType(dice), body)
  if (dice.one(16)) return liar(msg_type, body, dice)
  return withHeader(msg_type, mutateBody(msg_type, body, dice, donor))
}

/** The body of a message of this type. `donor` is a message, its header included. */
export function mutateBody(
  msg_type: number,
  body: Uint8Array,
  dice: Dice,
  donor: Uint8Array = body,
): Bytes {
  const part = dice.one(8) ? undefined : apart(msg_type, body)
  if (!part) return mutateBytes(body, dice, donor)
  const other = dice.one(3) ? apart(donor[0] ?? 0, donor.subarray(messageHeaderLength)) : undefined
  for (let times = 1 + dice.below(3); times > 0; times--) mutatePart(part, dice, other)
  return putTogether(part)
}

function otherType(dice: Dice): number {
  const known = [...messageTypes.keys(), ...messageTypes12.keys()]
  return dice.one(8) ? dice.below(256) : (dice.of(known) as number)
}

/** A message whose header tells another length than it has. */
function liar(msg_type: number, body: Uint8Array, dice: Dice): Bytes {
  const { length } = body
  const told = [0, length + 1, Math.max(0, length - 1), 0xffffff, 0x10001, dice.below(length)]
  return concat(Uint8Array.of(msg_type), bigEndian(dice.of(told) as number, 3), body)
}

function withHeader(msg_type: number, body: Uint8Array): Bytes {
  return concat(Uint8Array.of(msg_type), bigEndian(body.length, 3), body)
}

/** The tree of a body, by whichever version's codec reads it. */
function apart(msg_type: number, body: Uint8Array): Part | undefined {
  for (const types of [messageTypes, messageTypes12]) {
    const type = types.get(msg_type)
    const part = type && takeApart(type.body.shape, body, openerFor(type.name))
    if (part) return part
  }
  return undefined
}

/** Opens `extension_data`, by the extension and the message it stands in. */
function openerFor(message: string): Opener {
  return (type, before): Shape | undefined => {
    const [id] = before
    if (type !== 'Extension' || !id) return undefined
    const places = [
      message,
      `${message}12`,
      message === 'ServerHello' ? 'HelloRetryRequest' : message,
    ]
    for (const place of places) {
      const codec = extensionCodec(place as ExtensionMessage, numberOf(id.bytes))
      if (codec) return codec.shape
    }
    return undefined
  }
}
