/** What a ClientHello says of keys, changed in any way: the server names an alert of the peer's fault, or shakes hands. */
import { bioPair } from '@biopair/bio'
import {
  extensionTypes,
  type RawExtension,
  readExtension,
  writeExtension,
} from '@biopair/handshake'
import { Ssl } from '@biopair/ssl'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { Dice } from '../support/dice.ts'
import { clientContext, serverContext, sessionOf } from '../support/resume.ts'
import { takes } from './early-ends.ts'

const key = (byte: number) => new Uint8Array(32).fill(byte)
const psks = [
  { identity: 'a', key: key(1) },
  { identity: 'b', key: key(2), hash: 'sha384' as const },
  { identity: 'c', key: key(3), kind: 'imported' as const },
]

/** The extensions, with one change. */
function changed(extensions: readonly RawExtension[], dice: Dice): readonly RawExtension[] {
  const offered = readExtension('ClientHello', 'pre_shared_key', extensions)
  const others = extensions.filter(one => one.extension_type !== extensionTypes.pre_shared_key)
  if (!offered) return extensions
  const identities = [...offered.identities]
  const binders = [...offered.binders]
  const at = dice.below(identities.length)
  const raw = (bytes: Uint8Array) => ({
    extension_type: extensionTypes.pre_shared_key,
    extension_data: new Uint8Array(bytes),
  })
  const made = () => writeExtension('ClientHello', 'pre_shared_key', { identities, binders })
  const whole = made()
  const { extension_data: data } = whole
  switch (dice.below(12)) {
    case 0:
      return [...others, raw(data.subarray(0, dice.below(data.length)))]
    case 1:
      return [...others, raw(dice.bytes(dice.below(200)))]
    case 2: {
      const other = data.slice()
      other[dice.below(other.length)] = dice.below(256)
      return [...others, raw(other)]
    }
    case 3:
      identities.splice(at, 1)
      return identities.length === 0 ? extensions : [...others, made()]
    case 4:
      binders.splice(at, 1)
      return binders.length === 0 ? extensions : [...others, made()]
    case 5:
      identities.reverse()
      return [...others, made()]
    case 6: {
      const one = identities[at]
      if (one) identities.push(one)
      binders.push(dice.bytes(32) as Uint8Array<ArrayBuffer>)
      return [...others, made()]
    }
    case 7:
      for (let i = 0; i < 30; i++) {
        const identity = Uint8Array.from(dice.bytes(1 + dice.below(80)))
        identities.unshift({ identity, obfuscated_ticket_age: dice.below(2 ** 31) })
        binders.unshift(Uint8Array.from(dice.bytes(32 + dice.below(20))))
      }
      return [...others, made()]
    case 8:
      return dice.shuffled(extensions)
    case 9:
      return [...others, whole, whole]
    case 10:
      return extensions.map(one =>
        one.extension_type === extensionTypes.early_data ||
        one.extension_type === extensionTypes.psk_key_exchange_modes
          ? { ...one, extension_data: Uint8Array.from(dice.bytes(dice.below(4))) }
          : one,
      )
    default:
      return extensions.filter(() => !dice.one(6))
  }
}

test('an offer of keys that is changed in any way is an alert of its own, or a handshake: 250 runs', async t => {
  const alerts: Record<string, number> = {}
  const own = { ...takes, psks, replayStore: { claim: () => true } }
  const session = await sessionOf(
    clientContext(),
    serverContext({ ...takes, ...{ replayStore: own.replayStore } }),
  )
  const servers = [own, { ...own, groups: 'P-256' }, { ...own, cookie: 'always' as const }].map(
    serverContext,
  )
  for (let seed = 1; seed <= 250; seed++) {
    const dice = new Dice(seed)
    const second = dice.one(3)
    let hellos = 0
    const client = clientContext({
      groups: 'x25519:P-256',
      psks,
      pskModes: ['psk_ke', 'psk_dhe_ke'],
      edit: (name, message) => {
        if (name !== 'ClientHello' || ++hellos !== (second ? 2 : 1)) return message
        const { extensions = [] } = message as { extensions?: readonly RawExtension[] }
        return { ...message, extensions: changed(extensions, dice) }
      },
    })
    const [near, far] = bioPair()
    const options = { servername: 'server.example', reuseSession: true }
    const from = new Ssl(client, dice.one(4) ? options : { ...options, session })
      .setBio(near)
      .setConnectState()
    const to = new Ssl(dice.pick(servers)).setBio(far).setAcceptState()
    if (dice.one(2)) from.writeEarly(new Uint8Array(100))
    let what = 'no end'
    for (let i = 0; i < 40 && what === 'no end'; i++) {
      const ends = [to.doHandshake(), from.doHandshake()]
      for (const end of ends)
        if (end.status === 'failed') {
          const { error } = end
          what = error instanceof TlsAlert ? `${error.alert}` : String(error)
          if (end === ends[0]) t.not(what, 'internal_error', `seed ${seed}: ${error}`)
          break
        }
      if (ends.every(({ status }) => status === 'done')) what = 'done'
    }
    t.not(what, 'no end', `seed ${seed}`)
    alerts[what] = (alerts[what] ?? 0) + 1
  }
  t.log(JSON.stringify(alerts))
  t.true(Object.keys(alerts).length > 4)
})
